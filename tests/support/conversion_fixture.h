/// @file
/// Quotes and sales under a known conversion, for the tests of pricing/conversion.h.
#ifndef PURSUIT_TESTS_SUPPORT_CONVERSION_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_CONVERSION_FIXTURE_H

#include "tests/support/pricing_fixture.h"

#include "pricing/conversion.h"

enum { SALE_INPUTS = 3 };

typedef struct sales {
    double *columns[SALE_INPUTS], *multiplier;
    unsigned char *sold;
    pp_conversion_data data;
} sales;

/// Conversion of a quote with inputs x at multiplier a.
typedef double (*conversion_law)(const double x[SALE_INPUTS], double a);

/// As a firm meets it: about one in seven, falling steeply around the cheapest rival.
static inline double logistic_law(const double x[SALE_INPUTS], double a)
{
    return 1 / (1 + exp(25 * a - (-4.7 + 18 * x[0] + 6 * x[1] + 2 * x[2])));
}

/// As no logistic regression has it: hardly any fall, then a cliff at the cheapest rival.
static inline double cliff_law(const double x[SALE_INPUTS], double a)
{
    return 0.6 / (1 + exp(80 * (a - x[0]))) + 0.05 / (1 + exp(6 * (a - 1)));
}

static inline double rising_law(const double x[SALE_INPUTS], double a)
{
    return 1 / (1 + exp(-15 * (a - x[0])));
}

static inline double never_law(const double x[SALE_INPUTS], double a)
{
    (void)x, (void)a;
    return -1;
}

static inline double always_law(const double x[SALE_INPUTS], double a)
{
    (void)x, (void)a;
    return 2;
}

static inline double coin_law(const double x[SALE_INPUTS], double a)
{
    (void)x, (void)a;
    return 0.5;
}

/// Top 1, mean of top 3 and of top 5 of something like rival offers.
static inline void sales_inputs(gsl_rng *rng, double x[SALE_INPUTS])
{
    x[0] = 1.04 + 0.03 * gsl_ran_ugaussian(rng);
    x[1] = x[0] + 0.03 + 0.01 * gsl_ran_ugaussian(rng);
    x[2] = x[1] + 0.03 + 0.01 * gsl_ran_ugaussian(rng);
}

static inline sales *sales_create(uint64_t seed, size_t n, conversion_law law)
{
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, seed);
    sales *s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (size_t j = 0; j < SALE_INPUTS; j++)
        s->columns[j] = reals(n);
    s->multiplier = reals(n);
    s->sold = calloc(n ? n : 1, 1);
    assert_non_null(s->sold);
    for (size_t i = 0; i < n; i++) {
        double x[SALE_INPUTS];
        sales_inputs(rng, x);
        for (size_t j = 0; j < SALE_INPUTS; j++)
            s->columns[j][i] = x[j];
        s->multiplier[i] = 0.97 + 0.2 * gsl_rng_uniform(rng);
        s->sold[i] = gsl_rng_uniform(rng) < law(x, s->multiplier[i]);
    }
    s->data = (pp_conversion_data){.n = n,
                                   .n_inputs = SALE_INPUTS,
                                   .inputs = (const double *const *)s->columns,
                                   .multiplier = s->multiplier,
                                   .sold = s->sold};
    return s;
}

static inline void sales_destroy(sales *s)
{
    for (size_t j = 0; j < SALE_INPUTS; j++)
        free(s->columns[j]);
    free(s->multiplier);
    free(s->sold);
    free(s);
}

/// A zeroed model of the class. @return the caller frees it
static inline void *model_create(const pp_conversion_class *class, const pp_pricing_config *config)
{
    void *model = calloc(1, class->model_size(config, SALE_INPUTS));
    assert_non_null(model);
    return model;
}

static inline bool fit(const pp_conversion_class *class, void *model,
                       const pp_pricing_config *config, const pp_conversion_data *data)
{
    pp_gsl_random random;
    pp_error error = {0};
    bool constrained;
    pp_status status = class->fit(model, config, data, draws(&random, 99), &constrained, &error);
    if (status != PP_OK)
        fail_msg("%s: %s", class->name, error.message);
    return constrained;
}

/// Curves of all quotes of the sales. @return the caller frees them
static inline double *curves_of(const pp_conversion_class *class, const void *model,
                                const pp_pricing_config *config, const pp_conversion_data *data)
{
    double *curves = reals(data->n * class->curve_size(config));
    class->prepare(model, data->inputs, data->n, curves);
    return curves;
}

/// Mean negative log-likelihood of the sales.
static inline double log_loss(const pp_conversion_class *class, const void *model,
                              const pp_pricing_config *config, const pp_conversion_data *data)
{
    double *curves = curves_of(class, model, config, data), sum = 0;
    for (size_t i = 0; i < data->n; i++) {
        double p =
            class->probability(model, curves + i * class->curve_size(config), data->multiplier[i]);
        sum -= log(data->sold[i] ? p : 1 - p);
    }
    free(curves);
    return sum / (double)data->n;
}

#endif
