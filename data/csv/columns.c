// Columns of a CSV file as numbers, or as levels with codes.
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv/read.h"
#include "market/base/array.h"
#include "market/base/nearest.h"
#include "market/base/text.h"

enum { NAME_SHOWN = 60, NAMES_SHOWN_BYTES = 1200, HINT_BYTES = 128 };

/// "age, claims, ..." as far as there is room.
static void list_names(const pp_csv *csv, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < pp_csv_columns(csv); i++) {
        const char *separator = i ? ", " : "";
        if (used + NAME_SHOWN + 8 > size) {
            snprintf(text + used, size - used, ", ...");
            return;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%.*s", separator, (int)NAME_SHOWN,
                                 pp_csv_name(csv, i));
    }
}

pp_status pp_csv_find(const pp_csv *csv, const char *name, size_t *column, pp_error *error)
{
    if (!csv || !name || !column)
        return pp_error_set(error, PP_EINVAL, "a table, a name and a place for the column needed");
    char names[NAMES_SHOWN_BYTES], hint[HINT_BYTES];
    pp_nearest nearest;
    pp_nearest_start(&nearest, name);
    for (size_t i = 0; i < pp_csv_columns(csv); i++) {
        if (strcmp(pp_csv_name(csv, i), name) == 0) {
            *column = i;
            return PP_OK;
        }
        pp_nearest_offer(&nearest, pp_csv_name(csv, i));
    }
    pp_nearest_text(&nearest, hint, sizeof hint);
    list_names(csv, names, sizeof names);
    return pp_error_set(error, PP_EFORMAT, "%s: no column '%.*s'%s; there are: %s",
                        pp_csv_path(csv), (int)NAME_SHOWN, name, hint, names);
}

/// Decimal numbers only: strtod alone would also take "0x1p3", "nan" and "infinity".
static bool parse_number(const char *text, double *value)
{
    static const char blank[] = " \t";
    text += strspn(text, blank);
    size_t length = strspn(text, "0123456789+-.eE");
    if (length == 0 || text[length + strspn(text + length, blank)] != '\0')
        return false;
    char *end;
    *value = pp_parse_real(text, &end);
    return end == text + length && isfinite(*value);
}

pp_status pp_csv_numbers(const pp_csv *csv, size_t column, double *values, pp_error *error)
{
    if (!csv || !values || column >= pp_csv_columns(csv))
        return pp_error_set(error, PP_EINVAL, "a table, one of its columns and a place needed");
    for (size_t row = 0; row < pp_csv_rows(csv); row++) {
        const char *cell = pp_csv_cell(csv, row, column);
        if (!parse_number(cell, &values[row]))
            return pp_error_set(error, PP_EFORMAT, "%s:%zu: column '%.*s': '%.*s' is not a number",
                                pp_csv_path(csv), pp_csv_line(csv, row), (int)NAME_SHOWN,
                                pp_csv_name(csv, column), (int)NAME_SHOWN, cell);
    }
    return PP_OK;
}

/// Distinct cells of a column, sorted; the texts are borrowed from the table.
typedef struct level_set {
    const char **text;
    size_t n, capacity;
} level_set;

/// Index of the text, or where it would have to be inserted.
static size_t level_position(const level_set *set, const char *text, bool *found)
{
    size_t low = 0, high = set->n;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(text, set->text[middle]);
        if (order == 0) {
            *found = true;
            low = middle;
        } else if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static bool level_insert(level_set *set, size_t position, const char *text)
{
    const char **grown = pp_array_grow(set->text, set->n, &set->capacity, sizeof *grown);
    if (!grown)
        return false;
    set->text = grown;
    memmove(set->text + position + 1, set->text + position,
            (set->n - position) * sizeof *set->text);
    set->text[position] = text;
    set->n++;
    return true;
}

static pp_status collect_levels(const pp_csv *csv, size_t column, size_t max_levels, level_set *set,
                                pp_error *error)
{
    for (size_t row = 0; row < pp_csv_rows(csv); row++) {
        const char *cell = pp_csv_cell(csv, row, column);
        if (cell[0] == '\0')
            return pp_error_set(error, PP_EFORMAT, "%s:%zu: column '%.*s': the cell is empty",
                                pp_csv_path(csv), pp_csv_line(csv, row), (int)NAME_SHOWN,
                                pp_csv_name(csv, column));
        bool found;
        size_t position = level_position(set, cell, &found);
        if (found)
            continue;
        if (set->n >= max_levels || set->n >= INT_MAX)
            return pp_error_set(error, PP_EFORMAT,
                                "%s:%zu: column '%.*s': '%.*s' is one level more than the %zu "
                                "that a categorical feature may have; is it numeric?",
                                pp_csv_path(csv), pp_csv_line(csv, row), (int)NAME_SHOWN,
                                pp_csv_name(csv, column), (int)NAME_SHOWN, cell, max_levels);
        if (!level_insert(set, position, cell))
            return pp_error_set(error, PP_ENOMEM, "%s: out of memory", pp_csv_path(csv));
    }
    return PP_OK;
}

/// Own copies of the texts; NULL if out of memory.
static char **copy_levels(const level_set *set)
{
    char **levels = calloc(set->n + 1, sizeof *levels);
    for (size_t i = 0; levels && i < set->n; i++) {
        levels[i] = strdup(set->text[i]);
        if (!levels[i]) {
            for (size_t j = 0; j < i; j++)
                free(levels[j]);
            free(levels);
            levels = NULL;
        }
    }
    return levels;
}

pp_status pp_csv_levels(const pp_csv *csv, size_t column, size_t max_levels, int *codes,
                        char ***levels, size_t *n_levels, pp_error *error)
{
    if (!levels || !n_levels)
        return pp_error_set(error, PP_EINVAL, "no place for the levels");
    *levels = NULL;
    *n_levels = 0;
    if (!csv || !codes || column >= pp_csv_columns(csv))
        return pp_error_set(error, PP_EINVAL, "a table, one of its columns and a place needed");
    level_set set = {0};
    pp_status status = collect_levels(csv, column, max_levels, &set, error);
    if (status == PP_OK && !(*levels = copy_levels(&set)))
        status = pp_error_set(error, PP_ENOMEM, "%s: out of memory", pp_csv_path(csv));
    if (status == PP_OK) {
        bool found;
        *n_levels = set.n;
        for (size_t row = 0; row < pp_csv_rows(csv); row++)
            codes[row] = (int)level_position(&set, pp_csv_cell(csv, row, column), &found);
    }
    free(set.text);
    return status;
}
