// A long table of CSV, its rows written from columns of datasets.
#include "data/export/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv/write.h"
#include "data/export/column.h"

/// Bytes of values that are in memory at once, if a step of the first axis takes no more.
enum { BLOCK_BYTES = 4 << 20 };

const char pp_export_dictionary_header[] = "table,column,type,unit,missing,meaning\n";

/// The columns that say which row it is, by dimension and in this order.
static const struct key {
    pp_dim dim;
    pp_export_source source;
    const char *name, *path;
    const char *long_name; ///< NULL: the variable's own
} keys[] = {
    {PP_DIM_TRIAL, PP_EXPORT_COORDINATE, "trial", "trial", NULL},
    {PP_DIM_EPOCH, PP_EXPORT_COORDINATE, "epoch", "epoch", NULL},
    {PP_DIM_EPOCH, PP_EXPORT_PHASE, "phase", "phase", NULL},
    {PP_DIM_FIRM, PP_EXPORT_INDEX, "firm_index", NULL, "number of the firm, from 0"},
    {PP_DIM_FIRM, PP_EXPORT_FIRM, "firm", "firm", NULL},
    {PP_DIM_CATEGORY, PP_EXPORT_INDEX, "category", NULL, "number of the firm's category, from 0"},
    {PP_DIM_CATEGORY, PP_EXPORT_CATEGORY, "category_description", "category_description", NULL},
    {PP_DIM_RANK, PP_EXPORT_COORDINATE, "rank", "rank", NULL},
    {PP_DIM_BAND, PP_EXPORT_VIEW, "view", "band_view", NULL},
    {PP_DIM_BAND, PP_EXPORT_COORDINATE, "band", "band", NULL},
    {PP_DIM_BAND, PP_EXPORT_END, "low", "band_low", NULL},
    {PP_DIM_BAND, PP_EXPORT_END, "high", "band_high", NULL},
    {PP_DIM_UPDATE, PP_EXPORT_COORDINATE, "update", "learning/update", NULL},
    {PP_DIM_QUOTE, PP_EXPORT_INDEX, "quote", NULL, "number of the recorded round, from 0"},
};

/// A place for another column, or NULL.
static pp_export_column *new_column(pp_export_table *table, pp_error *error)
{
    pp_export_column *grown = realloc(table->columns, (table->n_columns + 1) * sizeof *grown);
    if (!grown) {
        pp_file_out_of_memory(table->file, error);
        return NULL;
    }
    table->columns = grown;
    grown[table->n_columns] = (pp_export_column){0};
    return &grown[table->n_columns++];
}

pp_status pp_export_table_create(const pp_results_file *file, const pp_dim *dims,
                                 pp_export_table *table, pp_error *error)
{
    pp_status status = PP_OK;
    *table = (pp_export_table){.file = file};
    for (size_t d = 0; dims[d] != PP_DIM_NONE; d++) {
        table->dims[d] = dims[d];
        for (size_t i = 0; i < sizeof keys / sizeof *keys && status == PP_OK; i++) {
            const struct key *key = &keys[i];
            if (key->dim != dims[d])
                continue;
            pp_export_column *column = new_column(table, error);
            status = column ? pp_export_column_create(file, key->source, key->dim, key->path, NULL,
                                                      key->name, key->long_name, column, error)
                            : PP_ENOMEM;
        }
    }
    return status;
}

void pp_export_table_destroy(pp_export_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++)
        pp_export_column_destroy(&table->columns[i]);
    free(table->columns);
    *table = (pp_export_table){0};
}

static bool has_column(const pp_export_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->columns[i].name && strcmp(table->columns[i].name, name) == 0)
            return true;
    return false;
}

/// A column of names after the one of numbers that was added last.
static pp_status add_labels(pp_export_table *table, pp_error *error)
{
    char name[2 * PP_FILE_PATH], long_name[2 * PP_FILE_PATH];
    pp_export_column *column = new_column(table, error);
    if (!column)
        return PP_ENOMEM;
    const char *numbers = table->columns[table->n_columns - 2].name;
    snprintf(name, sizeof name, "%s_label", numbers);
    while (has_column(table, name) && strlen(name) + 1 < sizeof name)
        strcat(name, "_");
    snprintf(long_name, sizeof long_name, "name of the number in %s", numbers);
    return pp_export_column_create(table->file, PP_EXPORT_LABEL, PP_DIM_NONE, NULL, NULL, name,
                                   long_name, column, error);
}

pp_status pp_export_table_add(pp_export_table *table, const char *path, const char *name,
                              pp_error *error)
{
    if (has_column(table, name))
        return pp_error_set(error, PP_EFORMAT, "%s: '%s' has the name of another column",
                            table->file->path, path);
    pp_export_column *column = new_column(table, error);
    if (!column)
        return PP_ENOMEM;
    pp_status status = pp_export_column_create(table->file, PP_EXPORT_VARIABLE, PP_DIM_NONE, path,
                                               table->dims, name, NULL, column, error);
    if (status == PP_OK)
        status = pp_export_column_read_labels(column, error);
    if (status == PP_OK && column->n_labels > 0)
        status = add_labels(table, error);
    table->n_variables += status == PP_OK;
    return status;
}

static void put_text(pp_export_table *table, FILE *out, const char *text)
{
    table->formulae += pp_csv_is_formula(text);
    pp_csv_put_text(out, text);
}

static void put_number(const pp_export_column *column, const pp_export_place *place, FILE *out)
{
    if (column->source == PP_EXPORT_INDEX)
        pp_csv_put_integer(out, (int64_t)place->at[column->dim]);
    else if (column->source == PP_EXPORT_COORDINATE)
        pp_csv_put_integer(out, column->values.integers[place->at[column->dim]]);
    else if (column->source == PP_EXPORT_END) {
        if (isfinite(column->values.reals[place->at[column->dim]]))
            pp_csv_put_real(out, column->values.reals[place->at[column->dim]]);
    } else if (column->reader.real)
        pp_csv_put_real(out, column->values.reals[place->row]);
    else
        pp_csv_put_integer(out, column->values.integers[place->row]);
}

static void put_row(pp_export_table *table, const pp_export_place *place, FILE *out)
{
    bool known = false;
    for (size_t i = 0; i < table->n_columns && !known; i++)
        known = pp_export_column_known(&table->columns[i], place);
    if (!known)
        return;
    for (size_t i = 0; i < table->n_columns; i++) {
        const pp_export_column *column = &table->columns[i];
        const char *text = pp_export_column_text(table->columns, i, place);
        if (i > 0)
            putc(',', out);
        if (text)
            put_text(table, out, text);
        else
            put_number(column, place, out);
    }
    putc('\n', out);
    table->rows++;
}

/// The next row, the last dimension first.
static void advance(const pp_export_table *table, pp_export_place *place)
{
    size_t d = 0;
    place->row++;
    while (table->dims[d + 1] != PP_DIM_NONE)
        d++;
    while (++place->at[table->dims[d]] == table->file->length[table->dims[d]] && d > 0)
        place->at[table->dims[d--]] = 0;
}

static pp_status write_block(pp_export_table *table, uint64_t first, size_t n_rows, FILE *out,
                             const pp_stop_flag *stop, int *cause, pp_error *error)
{
    pp_export_place place = {.first = (size_t)first};
    place.at[table->dims[0]] = (size_t)first;
    for (; place.row < n_rows && !*cause; advance(table, &place)) {
        PP_TRY(pp_stop_check(stop, error));
        errno = 0;
        put_row(table, &place, out);
        if (ferror(out))
            *cause = errno ? errno : EIO;
    }
    return PP_OK;
}

/// Steps of the first axis to have in memory at once.
static size_t block_steps(const pp_export_table *table)
{
    double bytes = 1;
    for (size_t i = 0; i < table->n_columns; i++)
        bytes += pp_export_column_bytes(&table->columns[i]);
    double steps = BLOCK_BYTES / bytes, all = (double)table->file->length[table->dims[0]];
    return steps < 1 ? 1 : (size_t)(steps < all ? steps : all);
}

/// Memory for the columns that are read block by block.
static pp_status allocate(pp_export_table *table, size_t steps, pp_error *error)
{
    pp_status status = PP_OK;
    for (size_t i = 0; i < table->n_columns && status == PP_OK; i++)
        if (pp_export_column_bytes(&table->columns[i]) > 0)
            status = pp_export_column_allocate(&table->columns[i], steps, error);
    return status;
}

static void put_header(const pp_export_table *table, FILE *out)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (i > 0)
            putc(',', out);
        pp_csv_put_text(out, table->columns[i].name);
    }
    putc('\n', out);
}

pp_status pp_export_table_write(pp_export_table *table, FILE *out, const pp_stop_flag *stop,
                                int *cause, pp_error *error)
{
    const uint64_t all = table->file->length[table->dims[0]];
    size_t steps = block_steps(table), per_step = 1;
    for (size_t d = 1; table->dims[d] != PP_DIM_NONE; d++) // a variable of this shape was checked
        per_step *= (size_t)table->file->length[table->dims[d]];
    pp_status status = allocate(table, steps, error);
    put_header(table, out);
    *cause = 0;
    for (uint64_t first = 0; first < all && status == PP_OK && !*cause; first += steps) {
        size_t n = first + steps <= all ? steps : (size_t)(all - first);
        for (size_t i = 0; i < table->n_columns && status == PP_OK; i++)
            status = pp_export_column_load(&table->columns[i], first, n, error);
        if (status == PP_OK)
            status = write_block(table, first, n * per_step, out, stop, cause, error);
    }
    return status;
}

static const char *type_of(const pp_export_column *column)
{
    switch (column->source) {
    case PP_EXPORT_INDEX:
    case PP_EXPORT_COORDINATE:
        return "integer";
    case PP_EXPORT_END:
    case PP_EXPORT_VARIABLE:
        return column->reader.real ? "number" : "integer";
    case PP_EXPORT_VIEW:
    case PP_EXPORT_PHASE:
    case PP_EXPORT_FIRM:
    case PP_EXPORT_CATEGORY:
    case PP_EXPORT_LABEL:
        break;
    }
    return "text";
}

static const char *missing_of(const pp_export_column *column)
{
    if (column->source == PP_EXPORT_VARIABLE && column->reader.real)
        return "empty if undefined";
    if (column->source == PP_EXPORT_END)
        return "empty if there is no end";
    if (column->source == PP_EXPORT_CATEGORY)
        return "empty if the firm has no such category";
    return column->source == PP_EXPORT_LABEL ? "empty if the number has no name" : "never";
}

void pp_export_table_describe(const pp_export_table *table, const char *name, FILE *out)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const pp_export_column *column = &table->columns[i];
        const char *const fields[] = {name,          column->name,       type_of(column),
                                      column->units, missing_of(column), column->long_name};
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
            if (f > 0)
                putc(',', out);
            pp_csv_put_text(out, fields[f]);
        }
        putc('\n', out);
    }
}
