// Tables of text.
#include "experiments/cli/print/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/print/printable.h"
#include "market/base/array.h"

enum { CELL_MAX = 160, GAP = 2 };

void pp_format_number(double value, int decimals, char text[PP_TABLE_NUMBER_MAX])
{
    char plain[PP_TABLE_NUMBER_MAX];
    if (!isfinite(value) || fabs(value) >= 1e15) {
        snprintf(text, PP_TABLE_NUMBER_MAX, isfinite(value) ? "%.6g" : "-", value);
        return;
    }
    snprintf(plain, sizeof plain, "%.*f", decimals, value);
    const char *digits = plain + strspn(plain, "-");
    if (strspn(digits, "0.") == strlen(digits))
        memmove(plain, digits, strlen(digits) + 1); // no "-0"
    digits = plain + strspn(plain, "-");
    size_t whole = strcspn(digits, ".");
    char *out = text;
    if (digits > plain)
        *out++ = '-';
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    strcpy(out, digits + whole);
}

/// Takes ownership of the text, which may be NULL for want of memory.
static void append(pp_table *table, char *text)
{
    char **cells = pp_array_grow(table->cells, table->n_cells, &table->capacity, sizeof *cells);
    if (!cells) {
        table->failed = true;
        free(text);
        return;
    }
    table->cells = cells;
    table->failed |= !text;
    table->cells[table->n_cells++] = text;
}

void pp_table_text(pp_table *table, const char *text)
{
    append(table, pp_printable(text, CELL_MAX));
}

void pp_table_number(pp_table *table, double value, int decimals)
{
    char text[PP_TABLE_NUMBER_MAX];
    pp_format_number(value, decimals, text);
    pp_table_text(table, text);
}

void pp_table_percent(pp_table *table, double share)
{
    char text[PP_TABLE_NUMBER_MAX];
    pp_format_number(100 * share, 1, text);
    if (isfinite(share) && strlen(text) + 2 < sizeof text)
        strcat(text, "%");
    pp_table_text(table, text);
}

void pp_table_header(pp_table *table)
{
    size_t n = strlen(table->columns);
    table->header_rows = n ? table->n_cells / n : 0;
}

void pp_table_headings(pp_table *table, const pp_table_heading *headings)
{
    size_t n = strlen(table->columns);
    for (size_t j = 0; j < n; j++)
        pp_table_text(table, headings[j].top);
    for (size_t j = 0; j < n; j++)
        pp_table_text(table, headings[j].bottom);
    pp_table_header(table);
}

static void measure(const pp_table *table, size_t n_columns, size_t *widths)
{
    memset(widths, 0, n_columns * sizeof *widths);
    for (size_t i = 0; i < table->n_cells; i++) {
        size_t width = pp_character_count(table->cells[i]);
        if (width > widths[i % n_columns])
            widths[i % n_columns] = width;
    }
}

/// Bold headers, red negative numbers; nothing depends on colour alone.
static const char *style_of(const pp_table *table, const char *cell, bool header, size_t column)
{
    if (header)
        return "\033[1m";
    bool number = table->columns[column] == 'r';
    return number && cell[0] == '-' && cell[1] ? "\033[31m" : "";
}

static void print_cell(const pp_table *table, size_t cell, size_t n_columns, const size_t *widths,
                       bool colour, FILE *out)
{
    const char *text = table->cells[cell];
    size_t column = cell % n_columns, last = n_columns - 1;
    int pad = (int)(widths[column] - pp_character_count(text));
    bool right = table->columns[column] == 'r';
    const char *style =
        colour ? style_of(table, text, cell / n_columns < table->header_rows, column) : "";
    int before = GAP + (right ? pad : 0), after = right || column == last ? 0 : pad;
    fprintf(out, "%*s%s%s%s%*s", before, "", style, text, *style ? "\033[0m" : "", after, "");
    if (column == last)
        fputc('\n', out);
}

pp_status pp_table_print(pp_table *table, FILE *out, bool colour)
{
    size_t n_columns = strlen(table->columns), widths[PP_TABLE_COLUMNS];
    pp_status status = table->failed || n_columns > PP_TABLE_COLUMNS ? PP_ENOMEM : PP_OK;
    if (status == PP_OK) {
        measure(table, n_columns, widths);
        for (size_t i = 0; i < table->n_cells; i++)
            print_cell(table, i, n_columns, widths, colour, out);
    }
    for (size_t i = 0; i < table->n_cells; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (pp_table){.columns = table->columns};
    return status;
}
