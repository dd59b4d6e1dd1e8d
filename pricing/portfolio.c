// Random portfolios, targets, membership of customers, the loss, and categories in words.
#include "pricing/portfolio.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "market/base/text.h"

static double uniform_integer(gsl_rng *rng, double low, double high)
{
    return low + (double)gsl_rng_uniform_int(rng, (unsigned long)(high - low) + 1);
}

static void swap_sorted(double x, double y, pp_bound *bound)
{
    bound->lower = fmin(x, y);
    bound->upper = fmax(x, y);
}

/// Bounds of one column, as its law says (arXiv 2408.00713 for the published columns).
static void draw_bound(const pp_column *column, gsl_rng *rng, pp_bound *bound)
{
    double x, y;
    switch (column->bounds) {
    case PP_BOUNDS_BINARY:
        bound->lower = bound->upper = uniform_integer(rng, 0, 1);
        break;
    case PP_BOUNDS_QUANTILES:
        x = column->quantiles[(int)(gsl_rng_uniform(rng) * PP_QUANTILES)];
        y = column->quantiles[(int)(gsl_rng_uniform(rng) * PP_QUANTILES)];
        swap_sorted(x, y, bound);
        break;
    case PP_BOUNDS_EXPONENTIAL:
        x = column->c * floor(gsl_ran_exponential(rng, column->a) / column->c + column->b);
        y = column->c * floor(gsl_ran_exponential(rng, column->a) / column->c + column->b);
        swap_sorted(x, y, bound);
        break;
    case PP_BOUNDS_POISSON:
        x = gsl_ran_poisson(rng, column->a);
        y = gsl_ran_poisson(rng, column->a);
        swap_sorted(x, y, bound);
        break;
    case PP_BOUNDS_LOWER_WIDTH:
        bound->lower = uniform_integer(rng, column->a, column->b);
        bound->upper = bound->lower + uniform_integer(rng, column->c, column->d);
        break;
    }
}

void pp_portfolio_random(const pp_schema *schema, const pp_portfolio_config *config, gsl_rng *rng,
                         pp_portfolio *portfolio)
{
    int columns[PP_MAX_FEATURES], n = schema->n_columns;
    size_t k = (size_t)config->random_categories;
    memset(portfolio, 0, sizeof *portfolio);
    portfolio->loss_scale = config->loss_scale;
    portfolio->n_categories = k < (size_t)n ? k : (size_t)n;
    for (int j = 0; j < PP_MAX_FEATURES; j++)
        columns[j] = j;
    for (size_t c = 0; c < portfolio->n_categories; c++) {
        size_t pick = c + gsl_rng_uniform_int(rng, (unsigned long)n - c);
        int column = columns[pick];
        columns[pick] = columns[c];
        pp_category *category = &portfolio->categories[c];
        category->n_bounds = 1;
        category->bounds[0].column = column;
        category->target_given = category->target_multiple = NAN;
        portfolio->target[c] = NAN;
        draw_bound(&schema->columns[column], rng, &category->bounds[0]);
    }
}

/// arXiv 2408.00713: small categories grow; others grow or shrink with equal chance.
static double random_target(const pp_portfolio_config *config, double average, gsl_rng *rng)
{
    bool grow = gsl_rng_uniform(rng) < 0.5;
    if (average <= config->small_portfolio || grow)
        return floor(config->grow * average) + 1;
    return ceil(config->shrink * average);
}

void pp_portfolio_aim(pp_portfolio *portfolio, const pp_portfolio_config *config,
                      const double *burn_in_average, gsl_rng *rng)
{
    for (size_t k = 0; k < portfolio->n_categories; k++) {
        const pp_category *category = &portfolio->categories[k];
        double drawn = random_target(config, burn_in_average[k], rng);
        if (!isnan(category->target_given))
            portfolio->target[k] = category->target_given;
        else if (!isnan(category->target_multiple))
            portfolio->target[k] = round(category->target_multiple * burn_in_average[k]);
        else
            portfolio->target[k] = drawn;
    }
}

void pp_portfolio_members(const pp_portfolio *portfolio, const double *const *features, size_t n,
                          uint64_t *mask)
{
    memset(mask, 0, n * sizeof *mask);
    for (size_t k = 0; k < portfolio->n_categories; k++) {
        const pp_category *category = &portfolio->categories[k];
        for (size_t i = 0; i < n; i++) {
            uint64_t member = 1;
            for (size_t b = 0; b < category->n_bounds; b++) {
                const pp_bound *bound = &category->bounds[b];
                double x = features[bound->column][i];
                member &= (uint64_t)((x >= bound->lower) & (x <= bound->upper));
            }
            mask[i] |= member << k;
        }
    }
}

double pp_portfolio_loss(const pp_portfolio *portfolio, const double *held)
{
    double sum = 0;
    size_t n = portfolio->n_categories;
    for (size_t k = 0; k < n; k++)
        sum += pp_category_loss(held[k], portfolio->target[k]);
    return n ? portfolio->loss_scale * sum / (double)n : 0;
}

static size_t append(char *text, size_t size, size_t at, const char *format, ...) PP_PRINTF(4, 5);

static size_t append(char *text, size_t size, size_t at, const char *format, ...)
{
    va_list arguments;
    if (at >= size)
        return at;
    va_start(arguments, format);
    int written = pp_vprint(text + at, size - at, format, arguments);
    va_end(arguments);
    return written < 0 ? at : at + (size_t)written;
}

static size_t bound_text(const pp_bound *bound, const pp_schema *schema, char *text, size_t size,
                         size_t at)
{
    const pp_column *column = &schema->columns[bound->column];
    pp_feature_kind kind = schema->features[column->feature].kind;
    if (kind == PP_CATEGORICAL && bound->lower == bound->upper)
        return append(text, size, at, "%s%s", bound->lower == 0 ? "not " : "", column->name);
    if (bound->lower == bound->upper)
        return append(text, size, at, "%s = %.10g", column->name, bound->lower);
    if (isinf(bound->upper))
        return append(text, size, at, "%s >= %.10g", column->name, bound->lower);
    if (isinf(bound->lower))
        return append(text, size, at, "%s <= %.10g", column->name, bound->upper);
    return append(text, size, at, "%s in [%.10g, %.10g]", column->name, bound->lower, bound->upper);
}

void pp_category_text(const pp_category *category, const pp_schema *schema, char *text, size_t size)
{
    size_t at = 0;
    text[0] = 0;
    if (category->name[0])
        at = append(text, size, at, "%s: ", category->name);
    for (size_t b = 0; b < category->n_bounds; b++) {
        if (b)
            at = append(text, size, at, " and ");
        at = bound_text(&category->bounds[b], schema, text, size, at);
    }
}
