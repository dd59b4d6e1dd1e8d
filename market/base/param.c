// Defaults, ranges, checks and comparison of configurations, all from their parameter tables.
#include "market/base/param.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/text.h"

static void set_reals(const pp_param *row, pp_reals *reals)
{
    *reals =
        (pp_reals){.n = row->n_default_reals < PP_REALS_MAX ? row->n_default_reals : PP_REALS_MAX};
    for (size_t i = 0; i < reals->n; i++)
        reals->value[i] = row->default_reals[i];
}

static void row_default(const pp_param *row, void *field)
{
    switch (row->type) {
    case PP_PARAM_INTEGER:
        *(int64_t *)field = (int64_t)row->default_number;
        break;
    case PP_PARAM_REAL:
        *(double *)field = row->default_number;
        break;
    case PP_PARAM_BOOLEAN:
        *(bool *)field = row->default_number != 0;
        break;
    case PP_PARAM_ENUM:
        *(int *)field = (int)row->default_number;
        break;
    case PP_PARAM_TEXT:
        snprintf(((pp_text *)field)->text, PP_TEXT_MAX, "%s",
                 row->default_text ? row->default_text : "");
        break;
    case PP_PARAM_REALS:
        set_reals(row, field);
        break;
    }
}

void pp_param_defaults(const pp_param_table *table, void *config)
{
    if (table->size)
        memset(config, 0, table->size);
    for (size_t i = 0; i < table->n_rows; i++)
        row_default(&table->rows[i], (char *)config + table->rows[i].offset);
}

const pp_param *pp_param_find(const pp_param_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_rows; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

static bool unbounded(const pp_param *row)
{
    return row->min == 0 && row->max == 0;
}

bool pp_param_in_range(const pp_param *row, double value)
{
    if (isnan(value))
        return false;
    if (unbounded(row))
        return isfinite(value);
    bool above = row->flags & PP_OPEN_MIN ? value > row->min : value >= row->min;
    bool below = row->flags & PP_OPEN_MAX ? value < row->max : value <= row->max;
    return above && below && isfinite(value);
}

void pp_param_range_text(const pp_param *row, char *text, size_t size)
{
    bool below = isfinite(row->min), above = isfinite(row->max);
    if (unbounded(row) || (!below && !above))
        snprintf(text, size, "any number");
    else if (!above)
        pp_print(text, size, "%s %.16g", row->flags & PP_OPEN_MIN ? "above" : "at least", row->min);
    else if (!below)
        pp_print(text, size, "%s %.16g", row->flags & PP_OPEN_MAX ? "below" : "at most", row->max);
    else
        pp_print(text, size, "%c%.16g, %.16g%c", row->flags & PP_OPEN_MIN ? '(' : '[', row->min,
                 row->max, row->flags & PP_OPEN_MAX ? ')' : ']');
}

static pp_status out_of_range(const pp_param_table *table, const pp_param *row, double value,
                              pp_error *error)
{
    char range[96];
    pp_param_range_text(row, range, sizeof range);
    return pp_error_set(error, PP_EINVAL, "%s.%s: %.16g is out of range (%s)", table->name,
                        row->name, value, range);
}

static size_t count_choices(const pp_param *row)
{
    size_t n = 0;
    while (row->names[n])
        n++;
    return n;
}

pp_status pp_param_check(const pp_param_table *table, const void *config, pp_error *error)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const pp_param *row = &table->rows[i];
        const void *field = (const char *)config + row->offset;
        const pp_reals *reals = field;
        double value = row->type == PP_PARAM_INTEGER ? (double)*(const int64_t *)field
                       : row->type == PP_PARAM_REAL  ? *(const double *)field
                                                     : 0;
        bool absent = row->type == PP_PARAM_REAL && row->flags & PP_OPTIONAL && isnan(value);
        if ((row->type == PP_PARAM_INTEGER || row->type == PP_PARAM_REAL) && !absent &&
            !pp_param_in_range(row, value))
            return out_of_range(table, row, value, error);
        if (row->type == PP_PARAM_ENUM && (size_t) * (const int *)field >= count_choices(row))
            return out_of_range(table, row, *(const int *)field, error);
        if (row->type == PP_PARAM_REALS && reals->n > PP_REALS_MAX)
            return pp_error_set(error, PP_EINVAL, "%s.%s: %zu numbers; at most %d", table->name,
                                row->name, reals->n, (int)PP_REALS_MAX);
        for (size_t j = 0; row->type == PP_PARAM_REALS && j < reals->n; j++)
            if (!pp_param_in_range(row, reals->value[j]))
                return out_of_range(table, row, reals->value[j], error);
    }
    return PP_OK;
}

static bool real_equal(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool row_equal(const pp_param *row, const void *a, const void *b)
{
    switch (row->type) {
    case PP_PARAM_INTEGER:
        return *(const int64_t *)a == *(const int64_t *)b;
    case PP_PARAM_REAL:
        return real_equal(*(const double *)a, *(const double *)b);
    case PP_PARAM_BOOLEAN:
        return *(const bool *)a == *(const bool *)b;
    case PP_PARAM_ENUM:
        return *(const int *)a == *(const int *)b;
    case PP_PARAM_TEXT:
        return strcmp(((const pp_text *)a)->text, ((const pp_text *)b)->text) == 0;
    case PP_PARAM_REALS:
        break;
    }
    const pp_reals *x = a, *y = b;
    bool equal = x->n == y->n;
    for (size_t i = 0; equal && i < x->n; i++)
        equal = real_equal(x->value[i], y->value[i]);
    return equal;
}

bool pp_param_equal(const pp_param_table *table, const void *a, const void *b)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const pp_param *row = &table->rows[i];
        if (!row_equal(row, (const char *)a + row->offset, (const char *)b + row->offset))
            return false;
    }
    return true;
}
