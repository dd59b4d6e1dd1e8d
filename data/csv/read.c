// A CSV file in memory: rows of cells, each with its line.
#include "data/csv/read.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/file/checksum.h"
#include "data/file/transfer.h"
#include "market/base/utf8.h"

/// A larger book is a mistake, or a pipe without an end.
static const long long bytes_max = 4LL << 30;

struct pp_csv {
    char *path;
    char *text; ///< the whole file; cells are unquoted in place
    size_t length;
    uint64_t checksum;
    size_t n_rows, n_columns; ///< rows without the header
    char **cells;             ///< header and rows, row-major, into text
    size_t *lines;            ///< [1 + n_rows] line of each, from 1
};

/// Where the parser stands.
typedef struct parser {
    pp_csv *csv;
    size_t at, line;
    size_t n_cells, cell_capacity, n_lines, line_capacity;
} parser;

typedef enum delimiter { END_OF_FIELD, END_OF_LINE, END_OF_FILE } delimiter;

static pp_status out_of_memory(const char *path, pp_error *error)
{
    return pp_error_set(error, PP_ENOMEM, "%s: out of memory", path);
}

/// Make room for one more element; the capacity doubles.
static bool reserve(void **array, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return true;
    size_t wanted = *capacity ? *capacity * 2 : 256;
    if (wanted > SIZE_MAX / 2 / size)
        return false;
    void *grown = realloc(*array, wanted * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

/// Read to the end whatever size the file claims, with room for a final NUL.
static pp_status read_stream(pp_csv *csv, FILE *stream, pp_error *error)
{
    size_t capacity = 0;
    for (;;) {
        if (csv->length + 1 >= capacity) {
            size_t wanted = capacity ? capacity * 2 : 65536;
            char *grown = capacity > SIZE_MAX / 4 ? NULL : realloc(csv->text, wanted);
            if (!grown)
                return out_of_memory(csv->path, error);
            csv->text = grown;
            capacity = wanted;
        }
        size_t n = fread(csv->text + csv->length, 1, capacity - csv->length - 1, stream);
        csv->length += n;
        if (n == 0)
            break;
        if ((long long)csv->length > bytes_max)
            return pp_error_set(error, PP_EFORMAT, "'%s' is larger than %lld bytes", csv->path,
                                bytes_max);
    }
    if (ferror(stream))
        return pp_error_set(error, PP_EIO, "cannot read '%s': %s", csv->path, strerror(errno));
    csv->text[csv->length] = '\0';
    return PP_OK;
}

static pp_status read_file(pp_csv *csv, pp_error *error)
{
    FILE *stream = pp_open_to_read(csv->path);
    if (!stream)
        return pp_error_set(error, PP_EIO, "cannot open '%s': %s", csv->path, strerror(errno));
    struct stat about;
    pp_status status = PP_OK;
    if (fstat(fileno(stream), &about) != 0)
        status = pp_error_set(error, PP_EIO, "cannot read '%s': %s", csv->path, strerror(errno));
    else if (!S_ISREG(about.st_mode)) // of a pipe nothing would be read
        status = pp_error_set(error, PP_EIO, "'%s' is no regular file", csv->path);
    else
        status = read_stream(csv, stream, error);
    fclose(stream);
    return status;
}

/// Text only: no NUL and nothing that is not UTF-8, which would surface much later in a results
/// file.
static pp_status check_text(const pp_csv *csv, pp_error *error)
{
    size_t line = 1;
    for (size_t i = 0; i < csv->length;) {
        size_t length = pp_utf8_character(csv->text + i, csv->length - i);
        if (csv->text[i] == '\0')
            return pp_error_set(error, PP_EFORMAT, "%s:%zu: NUL byte: this is no CSV file in UTF-8",
                                csv->path, line);
        if (length == 0)
            return pp_error_set(error, PP_EFORMAT, "%s:%zu: byte 0x%02x is not UTF-8", csv->path,
                                line, (unsigned)(unsigned char)csv->text[i]);
        line += csv->text[i] == '\n';
        i += length;
    }
    return PP_OK;
}

/// Consume what ends a field: a comma, LF, CRLF or the end. False if there is something else.
static bool end_field(parser *parse, delimiter *found)
{
    const char *text = parse->csv->text;
    size_t at = parse->at;
    if (at == parse->csv->length) {
        *found = END_OF_FILE;
    } else if (text[at] == ',') {
        *found = END_OF_FIELD;
        parse->at = at + 1;
    } else if (text[at] == '\n' || (text[at] == '\r' && text[at + 1] == '\n')) {
        *found = END_OF_LINE;
        parse->at = at + (text[at] == '\n' ? 1 : 2);
        parse->line++;
    } else {
        return false;
    }
    return true;
}

/// A quoted field, unquoted in place; parse->at is on its opening quote.
static pp_status quoted_field(parser *parse, delimiter *found, pp_error *error)
{
    char *text = parse->csv->text;
    size_t to = parse->at, first_line = parse->line;
    for (parse->at++;; parse->at++) {
        if (parse->at == parse->csv->length)
            return pp_error_set(error, PP_EFORMAT, "%s:%zu: a quote is opened and never closed",
                                parse->csv->path, first_line);
        char c = text[parse->at];
        if (c == '"' && text[parse->at + 1] != '"')
            break;
        if (c == '"')
            parse->at++;
        parse->line += c == '\n';
        text[to++] = c;
    }
    parse->at++;
    if (!end_field(parse, found))
        return pp_error_set(error, PP_EFORMAT, "%s:%zu: text after a closing quote",
                            parse->csv->path, parse->line);
    text[to] = '\0';
    return PP_OK;
}

/// An unquoted field; its delimiter is consumed, so the delimiter's place can hold the final NUL.
static void plain_field(parser *parse, delimiter *found)
{
    size_t stop = parse->at;
    while (!end_field(parse, found))
        stop = ++parse->at;
    parse->csv->text[stop] = '\0';
}

static pp_status next_field(parser *parse, delimiter *found, pp_error *error)
{
    pp_csv *csv = parse->csv;
    if (!reserve((void **)&csv->cells, parse->n_cells, &parse->cell_capacity, sizeof *csv->cells))
        return out_of_memory(csv->path, error);
    char *field = csv->text + parse->at;
    csv->cells[parse->n_cells++] = field;
    if (*field == '"')
        return quoted_field(parse, found, error);
    plain_field(parse, found);
    return PP_OK;
}

/// One line of cells; blank lines are skipped.
static pp_status next_row(parser *parse, pp_error *error)
{
    pp_csv *csv = parse->csv;
    delimiter found;
    if (end_field(parse, &found)) {
        if (found != END_OF_FIELD)
            return PP_OK;
        parse->at--;
    }
    if (!reserve((void **)&csv->lines, parse->n_lines, &parse->line_capacity, sizeof *csv->lines))
        return out_of_memory(csv->path, error);
    csv->lines[parse->n_lines++] = parse->line;
    size_t line = parse->line, first = parse->n_cells;
    do {
        PP_TRY(next_field(parse, &found, error));
    } while (found == END_OF_FIELD);
    size_t n = parse->n_cells - first;
    if (csv->n_columns == 0)
        csv->n_columns = n;
    else if (n != csv->n_columns)
        return pp_error_set(error, PP_EFORMAT, "%s:%zu: %zu cells, but the header has %zu columns",
                            csv->path, line, n, csv->n_columns);
    return PP_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static pp_status check_header(const pp_csv *csv, pp_error *error)
{
    for (size_t i = 0; i < csv->n_columns; i++)
        if (csv->cells[i][0] == '\0')
            return pp_error_set(error, PP_EFORMAT, "%s:%zu: column %zu has no name", csv->path,
                                csv->lines[0], i + 1);
    char **names = malloc((csv->n_columns + 1) * sizeof *names);
    if (!names)
        return out_of_memory(csv->path, error);
    memcpy(names, csv->cells, csv->n_columns * sizeof *names);
    qsort(names, csv->n_columns, sizeof *names, compare_names);
    pp_status status = PP_OK;
    for (size_t i = 1; i < csv->n_columns && status == PP_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            status = pp_error_set(error, PP_EFORMAT, "%s:%zu: two columns are named '%.80s'",
                                  csv->path, csv->lines[0], names[i]);
    free(names);
    return status;
}

static pp_status parse_text(pp_csv *csv, pp_error *error)
{
    parser parse = {.csv = csv, .line = 1};
    if (csv->length >= 3 && memcmp(csv->text, "\xEF\xBB\xBF", 3) == 0)
        parse.at = 3;
    while (parse.at < csv->length) {
        bool header = parse.n_lines == 0;
        pp_status status = next_row(&parse, error);
        if (status == PP_OK && header && parse.n_lines == 1)
            status = check_header(csv, error);
        if (status != PP_OK)
            return status;
    }
    if (parse.n_lines == 0)
        return pp_error_set(error, PP_EFORMAT, "%s: the file is empty", csv->path);
    if (parse.n_lines == 1)
        return pp_error_set(error, PP_EFORMAT, "%s: there is a header but no row of data",
                            csv->path);
    csv->n_rows = parse.n_lines - 1;
    return PP_OK;
}

pp_status pp_csv_read(const char *path, pp_csv **csv, pp_error *error)
{
    if (!csv)
        return pp_error_set(error, PP_EINVAL, "no place for the table");
    *csv = NULL;
    if (!path)
        return pp_error_set(error, PP_EINVAL, "no path");
    pp_csv *table = calloc(1, sizeof *table);
    if (!table || !(table->path = strdup(path))) {
        pp_csv_destroy(table);
        return out_of_memory(path, error);
    }
    pp_status status = read_file(table, error);
    if (status == PP_OK) {
        table->checksum = pp_checksum(table->text, table->length, 0);
        status = check_text(table, error);
    }
    if (status == PP_OK)
        status = parse_text(table, error);
    if (status != PP_OK)
        pp_csv_destroy(table);
    else
        *csv = table;
    return status;
}

void pp_csv_destroy(pp_csv *csv)
{
    if (!csv)
        return;
    free(csv->path);
    free(csv->text);
    free(csv->cells);
    free(csv->lines);
    free(csv);
}

uint64_t pp_csv_checksum(const pp_csv *csv)
{
    return csv->checksum;
}

size_t pp_csv_rows(const pp_csv *csv)
{
    return csv->n_rows;
}

size_t pp_csv_columns(const pp_csv *csv)
{
    return csv->n_columns;
}

const char *pp_csv_path(const pp_csv *csv)
{
    return csv->path;
}

const char *pp_csv_name(const pp_csv *csv, size_t column)
{
    return column < csv->n_columns ? csv->cells[column] : NULL;
}

const char *pp_csv_cell(const pp_csv *csv, size_t row, size_t column)
{
    if (row >= csv->n_rows || column >= csv->n_columns)
        return NULL;
    return csv->cells[(row + 1) * csv->n_columns + column];
}

size_t pp_csv_line(const pp_csv *csv, size_t row)
{
    return row < csv->n_rows ? csv->lines[row + 1] : 0;
}
