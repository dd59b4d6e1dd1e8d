// The CSV file behind a population of kind `book`.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv/read.h"
#include "experiments/setup/parts.h"

/// GBP; what lies outside is an error of units or of the file, and would not stay a number in sums.
static const double least_premium = 1e-3, most_premium = 1e9, most_feature = 1e50;

typedef struct loading {
    pp_csv *csv;
    double *pure_premium;
    struct pp_book_feature *features;
    size_t n_features;
    pp_book_problems *problems; ///< NULL: the first is enough
} loading;

/// Keep what is wrong with a column, so that the others are looked at too.
/// @param status of the columns so far
static pp_status keep(loading *l, const char *where, pp_status found, const pp_error *detail,
                      pp_status status, pp_error *error)
{
    pp_book_problems *to = l->problems;
    if (found == PP_OK)
        return status;
    if (to && to->n < PP_COUNT(to->items)) {
        snprintf(to->items[to->n].where, sizeof to->items->where, "%s", where);
        to->items[to->n++].error = *detail;
    }
    return status == PP_OK ? pp_error_set(error, found, "%s", detail->message) : status;
}

static pp_status load_premium(loading *l, const pp_book_source *source, pp_error *error)
{
    size_t column;
    pp_status status = pp_csv_find(l->csv, source->pure_premium.text, &column, error);
    if (status == PP_OK)
        status = pp_csv_numbers(l->csv, column, l->pure_premium, error);
    for (size_t i = 0; status == PP_OK && i < pp_csv_rows(l->csv); i++)
        if (!(l->pure_premium[i] >= least_premium && l->pure_premium[i] <= most_premium))
            status =
                pp_error_set(error, PP_EFORMAT,
                             "%s:%zu: column '%s': %s is no pure premium in GBP from %g to %g",
                             pp_csv_path(l->csv), pp_csv_line(l->csv, i), source->pure_premium.text,
                             pp_csv_cell(l->csv, i, column), least_premium, most_premium);
    return status;
}

static pp_status load_numbers(const loading *l, size_t column, const char *name,
                              struct pp_book_feature *feature, pp_error *error)
{
    size_t rows = pp_csv_rows(l->csv);
    double *values = malloc(rows * sizeof *values);
    feature->values = values;
    if (!values)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu rows", rows);
    pp_status status = pp_csv_numbers(l->csv, column, values, error);
    for (size_t i = 0; i < rows && status == PP_OK; i++)
        if (!(fabs(values[i]) <= most_feature))
            status = pp_error_set(error, PP_EFORMAT, "%s:%zu: column '%s': %s is too large",
                                  pp_csv_path(l->csv), pp_csv_line(l->csv, i), name,
                                  pp_csv_cell(l->csv, i, column));
    return status;
}

/// A level is half of its column's name.
static pp_status check_levels(const loading *l, const char *name,
                              const struct pp_book_feature *feature, pp_error *error)
{
    size_t room = PP_NAME_MAX - 1 - strlen(name) - strlen("="), row = 0;
    for (size_t k = 0; k < feature->n_levels; k++) {
        if (strlen(feature->levels[k]) <= room)
            continue;
        while (feature->codes[row] != (int)k)
            row++;
        return pp_error_set(
            error, PP_EFORMAT, "%s:%zu: column '%s': the level '%.40s...' is longer than %zu bytes",
            pp_csv_path(l->csv), pp_csv_line(l->csv, row), name, feature->levels[k], room);
    }
    return PP_OK;
}

static pp_status load_feature(loading *l, const struct pp_book_column *wanted,
                              struct pp_book_feature *feature, pp_error *error)
{
    size_t column, rows = pp_csv_rows(l->csv);
    pp_status status = pp_csv_find(l->csv, wanted->name, &column, error);
    if (status != PP_OK)
        return status;
    feature->name = wanted->name;
    feature->kind = wanted->kind;
    if (wanted->kind != PP_CATEGORICAL)
        return load_numbers(l, column, wanted->name, feature, error);
    int *codes = malloc(rows * sizeof *codes);
    char **levels = NULL;
    feature->codes = codes;
    if (!codes)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu rows", rows);
    status =
        pp_csv_levels(l->csv, column, PP_MAX_FEATURES, codes, &levels, &feature->n_levels, error);
    feature->levels = (const char *const *)levels;
    return status == PP_OK ? check_levels(l, wanted->name, feature, error) : status;
}

static void unload(loading *l)
{
    for (size_t j = 0; j < l->n_features; j++) {
        struct pp_book_feature *feature = &l->features[j];
        char **levels = (char **)(uintptr_t)feature->levels;
        for (size_t i = 0; levels && i < feature->n_levels; i++)
            free(levels[i]);
        free(levels);
        free((void *)(uintptr_t)feature->values);
        free((void *)(uintptr_t)feature->codes);
    }
    free(l->features);
    free(l->pure_premium);
    pp_csv_destroy(l->csv);
}

static pp_status load_columns(loading *l, const pp_book_source *source, pp_error *error)
{
    char where[PP_WHERE_MAX];
    pp_error detail = {0};
    pp_status found = load_premium(l, source, &detail), status = PP_OK;
    status = keep(l, "population.pure_premium", found, &detail, status, error);
    for (size_t j = 0; j < l->n_features && (status == PP_OK || l->problems); j++) {
        detail = (pp_error){0};
        found = load_feature(l, &source->features[j], &l->features[j], &detail);
        pp_where_index("population.features", j, where);
        status = keep(l, where, found, &detail, status, error);
    }
    return status;
}

static pp_status load(loading *l, const pp_scenario *scenario, pp_population **population,
                      pp_error *error)
{
    const pp_book_source *source = &scenario->book_source;
    pp_error detail = {0};
    pp_status status = pp_csv_read(source->file.text, &l->csv, &detail);
    PP_TRY(keep(l, "population.file", status, &detail, PP_OK, error));
    l->pure_premium = malloc(pp_csv_rows(l->csv) * sizeof(double));
    l->features = calloc(source->n_features, sizeof *l->features);
    if (!l->pure_premium || !l->features)
        return pp_error_set(error, PP_ENOMEM, "no memory for '%s'", source->file.text);
    l->n_features = source->n_features;
    PP_TRY(load_columns(l, source, error));
    pp_book book = {.label = source->file.text,
                    .n_rows = pp_csv_rows(l->csv),
                    .pure_premium = l->pure_premium,
                    .n_features = l->n_features,
                    .features = l->features};
    status = pp_population_book(&book, &scenario->book, population, &detail);
    return keep(l, "population.file", status, &detail, PP_OK, error);
}

pp_status pp_book_population(const pp_scenario *scenario, pp_population **population,
                             uint64_t *checksum, pp_book_problems *problems, pp_error *error)
{
    loading l = {.problems = problems};
    pp_status status = load(&l, scenario, population, error);
    if (status == PP_OK)
        *checksum = pp_csv_checksum(l.csv);
    unload(&l);
    return status;
}
