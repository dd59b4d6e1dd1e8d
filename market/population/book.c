// A book: customers are rows of the user's own data, drawn with replacement.
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/population/class.h"

enum { BLOCK = 256 };

typedef struct book {
    pp_population base;
    pp_book_config config;
    size_t n_rows;
    double *values; ///< [n_columns][n_rows]
    double *pure_premium;
    pp_latent latents[2]; ///< row and pure premium
    char latent_names[2][PP_LATENT_NAME_MAX];
} book;

static void book_draw(const pp_population *population, const pp_stream *stream,
                      pp_customers *customers, double *latents)
{
    const book *b = (const book *)population;
    double u[BLOCK];
    customers->walk_away_from_reference = false;
    for (size_t start = 0; start < customers->n; start += BLOCK) {
        size_t n = customers->n - start < BLOCK ? customers->n - start : BLOCK;
        pp_random_uniform(stream, PP_DRAW_CUSTOMER,
                          (uint32_t)(customers->first_round + (int64_t)start), n, 0, 1, BLOCK, u);
        for (size_t i = 0; i < n; i++) {
            size_t row = (size_t)(u[i] * (double)b->n_rows), at = start + i;
            double premium = b->pure_premium[row];
            for (int j = 0; j < b->base.schema.n_columns; j++)
                customers->features[j][at] = b->values[(size_t)j * b->n_rows + row];
            customers->pure_premium[at] = premium;
            customers->sensitivity[at] = b->config.price_sensitivity / premium;
            customers->walk_away_scale[at] = b->config.walk_away_multiple * premium;
            if (latents) {
                latents[at] = (double)row;
                latents[customers->capacity + at] = premium;
            }
        }
    }
}

static void book_destroy(pp_population *population)
{
    book *b = (book *)population;
    free(b->base.schema.quantiles);
    free(b->values);
    free(b->pure_premium);
    free(b);
}

static const pp_population_class book_class = {book_draw, book_destroy};

static void name_latents(book *b)
{
    pp_latent_name(&b->base.schema, "book_", "row", b->latent_names[0]);
    pp_latent_name(&b->base.schema, "latent_", "pure_premium", b->latent_names[1]);
    b->latents[0] = (pp_latent){b->latent_names[0], "1", true};
    b->latents[1] = (pp_latent){b->latent_names[1], "GBP", false};
    b->base.latents = b->latents;
    b->base.n_latents = PP_COUNT(b->latents);
}

static pp_status copy_premium(book *b, const pp_book *from, pp_error *error)
{
    for (size_t i = 0; i < from->n_rows; i++) {
        double premium = from->pure_premium[i];
        if (!(premium > 0) || !isfinite(premium))
            return pp_error_set(error, PP_EFORMAT,
                                "%s: data row %zu: pure premium %g is not a positive number",
                                from->label, i + 1, premium);
        b->pure_premium[i] = premium;
    }
    return PP_OK;
}

static pp_status add_feature(pp_schema *schema, const struct pp_book_feature *feature,
                             pp_error *error)
{
    if (feature->kind == PP_CATEGORICAL)
        return pp_schema_add_levels(schema, feature->name, feature->levels, feature->n_levels,
                                    error);
    return pp_schema_add(schema, feature->name, "1", feature->kind, error);
}

static pp_status allocate(book *b, const char *label, pp_error *error)
{
    size_t columns = (size_t)b->base.schema.n_columns;
    if (b->n_rows == 0 || columns == 0)
        return pp_error_set(error, PP_EINVAL, "%s: a book needs rows and features", label);
    b->values = calloc(columns * b->n_rows, sizeof(double));
    b->pure_premium = calloc(b->n_rows, sizeof(double));
    b->base.schema.quantiles = calloc(columns * PP_QUANTILES, sizeof(double));
    b->base.bytes = (double)sizeof *b + (double)(columns + 1) * (double)b->n_rows * sizeof(double);
    if (!b->values || !b->pure_premium || !b->base.schema.quantiles)
        return pp_error_memory(error, "a book of %zu rows", b->n_rows);
    return PP_OK;
}

static pp_status copy_values(book *b, const pp_book *from, pp_error *error)
{
    for (size_t f = 0; f < from->n_features; f++) {
        const struct pp_book_feature *feature = &from->features[f];
        double *to = b->values + (size_t)b->base.schema.features[f].first_column * b->n_rows;
        for (size_t i = 0; i < b->n_rows; i++) {
            if (feature->kind == PP_CATEGORICAL) {
                if (feature->codes[i] < 0 || (size_t)feature->codes[i] >= feature->n_levels)
                    return pp_error_set(error, PP_EFORMAT, "%s: data row %zu: '%s' has no level %d",
                                        from->label, i + 1, feature->name, feature->codes[i]);
                to[(size_t)feature->codes[i] * b->n_rows + i] = 1;
                continue;
            }
            to[i] = feature->values[i];
            if (!isfinite(to[i]))
                return pp_error_set(error, PP_EFORMAT,
                                    "%s: data row %zu: '%s' is not a finite number", from->label,
                                    i + 1, feature->name);
        }
    }
    return PP_OK;
}

/// Quantiles of each column, from which random portfolios draw their bounds.
static pp_status build_quantiles(book *b, pp_error *error)
{
    pp_schema *schema = &b->base.schema;
    double *sorted = malloc(b->n_rows * sizeof(double));
    if (!sorted)
        return pp_error_memory(error, "a book of %zu rows", b->n_rows);
    for (int j = 0; j < schema->n_columns; j++) {
        double *to = schema->quantiles + (size_t)j * PP_QUANTILES;
        schema->columns[j].quantiles = to;
        memcpy(sorted, b->values + (size_t)j * b->n_rows, b->n_rows * sizeof(double));
        gsl_sort(sorted, 1, b->n_rows);
        for (size_t q = 0; q < PP_QUANTILES; q++)
            to[q] = sorted[q * (b->n_rows - 1) / (PP_QUANTILES - 1)];
    }
    free(sorted);
    return PP_OK;
}

static pp_status fill(book *b, const pp_book *from, pp_error *error)
{
    for (size_t j = 0; j < from->n_features; j++)
        PP_TRY(add_feature(&b->base.schema, &from->features[j], error));
    PP_TRY(allocate(b, from->label, error));
    PP_TRY(copy_premium(b, from, error));
    PP_TRY(copy_values(b, from, error));
    name_latents(b);
    return build_quantiles(b, error);
}

pp_status pp_population_book(const pp_book *from, const pp_book_config *config,
                             pp_population **population, pp_error *error)
{
    *population = NULL;
    PP_TRY(pp_param_check(&pp_book_table, config, error));
    book *b = calloc(1, sizeof *b);
    if (!b)
        return pp_error_memory(error, "a book of %zu rows", from->n_rows);
    b->base.class = &book_class;
    b->config = *config;
    b->n_rows = from->n_rows;
    pp_status status = fill(b, from, error);
    if (status == PP_OK)
        *population = &b->base;
    else
        book_destroy(&b->base);
    return status;
}
