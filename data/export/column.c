// Columns of a table of CSV: one dataset, read some rows at a time.
#include "data/export/column.h"
#include "market/base/array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const pp_dim category_dims[] = {PP_DIM_TRIAL, PP_DIM_FIRM, PP_DIM_CATEGORY, PP_DIM_NONE};

/// Strings beside the pointer, for sizing a block.
enum { TEXT_BYTES = 64 };

static bool is_blockwise(const pp_export_column *column)
{
    return column->source == PP_EXPORT_VARIABLE || column->source == PP_EXPORT_CATEGORY;
}

/// Units and meaning; of a variable, its own words.
static pp_status describe(pp_export_column *column, const char *name, const char *long_name,
                          pp_error *error)
{
    pp_status status = PP_OK;
    column->name = strdup(name);
    if (!long_name) {
        status = pp_variable_reader_attribute(&column->reader, "units", &column->units, error);
        if (status == PP_OK)
            status = pp_variable_reader_attribute(&column->reader, "long_name", &column->long_name,
                                                  error);
    } else {
        column->units = strdup("1");
        column->long_name = strdup(long_name);
    }
    if (status == PP_OK && (!column->name || !column->units || !column->long_name))
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    return status;
}

static bool is_whole(pp_export_source source)
{
    return source == PP_EXPORT_COORDINATE || source == PP_EXPORT_END || source == PP_EXPORT_VIEW ||
           source == PP_EXPORT_PHASE;
}

/// A coordinate, or the phases, is read at once: it is as long as one dimension.
static pp_status read_whole(pp_export_column *column, pp_error *error)
{
    size_t n = (size_t)column->reader.lengths[0];
    column->reader.real = column->source == PP_EXPORT_END;
    pp_status status = pp_export_column_allocate(column, n, error);
    if (status == PP_OK)
        status = pp_variable_reader_numbers(&column->reader, 0, n, column->values.any, error);
    for (size_t i = 0; i < n && status == PP_OK && column->source == PP_EXPORT_PHASE; i++)
        if (column->values.integers[i] != PP_PHASE_BURN_IN &&
            column->values.integers[i] != PP_PHASE_TEST)
            status = pp_error_set(error, PP_EFORMAT, "%s: epoch %zu is in no known phase",
                                  column->reader.file->path, i);
    return status;
}

pp_status pp_export_column_create(const pp_results_file *file, pp_export_source source, pp_dim dim,
                                  const char *path, const pp_dim *dims, const char *name,
                                  const char *long_name, pp_export_column *column, pp_error *error)
{
    const pp_dim own[] = {dim, PP_DIM_NONE};
    const bool text = source == PP_EXPORT_FIRM || source == PP_EXPORT_CATEGORY;
    *column = (pp_export_column){.source = source, .dim = dim};
    pp_status status = PP_OK;
    if (source == PP_EXPORT_CATEGORY)
        dims = category_dims;
    if (path)
        status =
            pp_variable_reader_open(file, path, dims ? dims : own, text, &column->reader, error);
    if (status == PP_OK)
        status = describe(column, name, long_name, error);
    if (status == PP_OK && is_whole(source))
        status = read_whole(column, error);
    if (status == PP_OK && source == PP_EXPORT_VIEW)
        status = pp_export_column_read_labels(column, error);
    return status;
}

static void free_texts(pp_export_column *column)
{
    for (size_t i = 0; i < column->n_texts; i++) {
        free(column->values.texts[i]);
        column->values.texts[i] = NULL;
    }
    column->n_texts = 0;
}

void pp_export_column_destroy(pp_export_column *column)
{
    free_texts(column);
    free(column->values.any);
    for (size_t i = 0; i < column->n_labels; i++)
        free(column->labels[i]);
    free(column->labels);
    free(column->name);
    free(column->units);
    free(column->long_name);
    pp_variable_reader_close(&column->reader);
    *column = (pp_export_column){0};
}

static bool add_label(pp_export_column *column, const char *word, size_t length)
{
    char **labels =
        pp_array_grow(column->labels, column->n_labels, &column->labels_capacity, sizeof *labels);
    if (!labels)
        return false;
    column->labels = labels;
    char *label = strndup(word, length);
    if (label)
        column->labels[column->n_labels++] = label;
    return label != NULL;
}

pp_status pp_export_column_read_labels(pp_export_column *column, pp_error *error)
{
    char *meanings;
    if (column->reader.real)
        return PP_OK;
    pp_status status =
        pp_variable_reader_attribute(&column->reader, "flag_meanings", &meanings, error);
    if (status != PP_OK)
        return status;
    for (const char *word = meanings + strspn(meanings, " "); *word && status == PP_OK;) {
        size_t length = strcspn(word, " ");
        if (!add_label(column, word, length))
            status = pp_file_out_of_memory(column->reader.file, error);
        word += length;
        word += strspn(word, " ");
    }
    free(meanings);
    return status;
}

double pp_export_column_bytes(const pp_export_column *column)
{
    if (!is_blockwise(column))
        return 0;
    size_t element = column->reader.text ? sizeof(char *) + TEXT_BYTES : sizeof(double);
    return (double)element * (double)column->reader.per_step;
}

pp_status pp_export_column_allocate(pp_export_column *column, size_t steps, pp_error *error)
{
    size_t n;
    if (__builtin_mul_overflow(steps, column->reader.per_step, &n) ||
        !(column->values.any = calloc(n ? n : 1, sizeof *column->values.integers)))
        return pp_file_out_of_memory(column->reader.file, error);
    return PP_OK;
}

pp_status pp_export_column_load(pp_export_column *column, uint64_t first, size_t steps,
                                pp_error *error)
{
    if (!is_blockwise(column))
        return PP_OK;
    if (!column->reader.text)
        return pp_variable_reader_numbers(&column->reader, first, steps, column->values.any, error);
    free_texts(column);
    column->n_texts = steps * column->reader.per_step;
    return pp_variable_reader_texts(&column->reader, first, steps, column->values.texts, error);
}

static const char *category_at(const pp_export_column *column, const pp_export_place *place)
{
    const hsize_t *lengths = column->reader.lengths;
    size_t step = place->at[PP_DIM_TRIAL] - place->first;
    return column->values.texts[(step * lengths[1] + place->at[PP_DIM_FIRM]) * lengths[2] +
                                place->at[PP_DIM_CATEGORY]];
}

static const char *label_at(const pp_export_column *column, size_t row)
{
    int64_t value = column->values.integers[row];
    return value >= 0 && (uint64_t)value < column->n_labels ? column->labels[value] : "";
}

const char *pp_export_column_text(const pp_export_column *columns, size_t i,
                                  const pp_export_place *place)
{
    const pp_export_column *column = &columns[i];
    switch (column->source) {
    case PP_EXPORT_PHASE:
        return column->values.integers[place->at[PP_DIM_EPOCH]] == PP_PHASE_TEST ? "test"
                                                                                 : "burn_in";
    case PP_EXPORT_FIRM:
        return column->reader.file->firms[place->at[PP_DIM_FIRM]];
    case PP_EXPORT_CATEGORY:
        return category_at(column, place);
    case PP_EXPORT_LABEL:
        return label_at(column - 1, place->row);
    case PP_EXPORT_VIEW:
        return label_at(column, place->at[column->dim]);
    case PP_EXPORT_INDEX:
    case PP_EXPORT_COORDINATE:
    case PP_EXPORT_END:
    case PP_EXPORT_VARIABLE:
        break;
    }
    return NULL;
}

bool pp_export_column_known(const pp_export_column *column, const pp_export_place *place)
{
    if (column->source == PP_EXPORT_CATEGORY)
        return category_at(column, place)[0] != '\0';
    return column->source == PP_EXPORT_VARIABLE &&
           !(column->reader.real && isnan(column->values.reals[place->row]));
}
