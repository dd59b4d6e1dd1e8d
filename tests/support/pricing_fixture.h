/// @file
/// A small simulated market of a known law, and what the tests of pricing/ and agents/ share.
#ifndef PURSUIT_TESTS_SUPPORT_PRICING_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_PRICING_FIXTURE_H

// cmocka needs these four first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pricing/config.h"
#include "pricing/history.h"

static inline void assert_close(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", value, expected, tolerance);
}

/// Start a sequence of draws of a test's own. Not to be moved afterwards.
static inline gsl_rng *draws(pp_gsl_random *random, uint64_t seed)
{
    const pp_stream stream = {.seed = seed};
    pp_gsl_random_init(random, &stream, PP_DRAW_REPORT, 0);
    return &random->rng;
}

static inline double *reals(size_t n)
{
    double *made = calloc(n ? n : 1, sizeof(double));
    assert_non_null(made);
    return made;
}

static inline pp_pricing_config pricing_defaults(void)
{
    pp_pricing_config config;
    pp_param_defaults(&pp_pricing_table, &config);
    return config;
}

enum { SIM_FIRMS = 7, SIM_COLUMNS = 4 };

/// A customer: age 18..80, mileage, and an urban/rural pair of one-hot columns.
static inline double simulated_features(gsl_rng *rng, double features[SIM_COLUMNS])
{
    features[0] = floor(18 + 63 * gsl_rng_uniform(rng));
    features[1] = 10 * gsl_ran_exponential(rng, 1);
    features[2] = gsl_rng_uniform(rng) < 0.3;
    features[3] = 1 - features[2];
    return 200 + 400 * (features[0] < 30) + 10 * features[1] + 100 * features[2]; // pure premium
}

/// Offers of all firms at a U(1, 1.2) multiple that is 5% higher in town, and a softmax choice with
/// beta = 40/m and a walk-away price of 1.15 m.
static inline void simulated_round(gsl_rng *rng, pp_histories *histories)
{
    double features[SIM_COLUMNS], unit[SIM_FIRMS], multiplier[SIM_FIRMS], offer[SIM_FIRMS];
    double propensity[SIM_FIRMS], weight[SIM_FIRMS + 1], total;
    const double *columns[SIM_COLUMNS];
    double m = simulated_features(rng, features);
    for (int j = 0; j < SIM_COLUMNS; j++)
        columns[j] = &features[j];
    total = weight[SIM_FIRMS] = exp(-40 * 1.15);
    for (int f = 0; f < SIM_FIRMS; f++) {
        unit[f] = m * (1 + 0.03 * gsl_ran_ugaussian(rng));
        multiplier[f] = 1 + 0.2 * gsl_rng_uniform(rng) + 0.05 * features[2];
        propensity[f] = 5;
        offer[f] = multiplier[f] * unit[f];
        total += weight[f] = exp(-40 * offer[f] / m);
    }
    double u = gsl_rng_uniform(rng) * total;
    int32_t choice = 0, rank[SIM_FIRMS];
    while (choice < SIM_FIRMS && u >= weight[choice])
        u -= weight[choice++];
    pp_rank_batch(offer, 1, 1, SIM_FIRMS, rank);
    const pp_history_block block = {1, columns, unit, multiplier, propensity, offer, rank, &choice};
    pp_histories_add(histories, &block, 0, 1);
}

/// Histories of SIM_FIRMS firms, full.
static inline pp_histories *simulate(uint64_t seed, size_t epochs, size_t rows, pp_observe observe)
{
    pp_histories *histories;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, seed);
    assert_int_equal(
        pp_histories_create(SIM_COLUMNS, SIM_FIRMS, epochs, rows, observe, &histories, NULL),
        PP_OK);
    for (size_t epoch = 0; epoch < epochs; epoch++) {
        pp_histories_epoch(histories);
        for (size_t i = 0; i < rows; i++)
            simulated_round(rng, histories);
    }
    return histories;
}

/// New customers with one firm's estimates. @param storage the caller frees it
static inline double *simulated_quotes(uint64_t seed, size_t n, const double *columns[SIM_COLUMNS],
                                       const double **unit)
{
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, seed);
    double *storage = reals((SIM_COLUMNS + 1) * n);
    for (size_t i = 0; i < n; i++) {
        double features[SIM_COLUMNS], m = simulated_features(rng, features);
        for (size_t j = 0; j < SIM_COLUMNS; j++)
            storage[j * n + i] = features[j];
        storage[SIM_COLUMNS * n + i] = m * (1 + 0.03 * gsl_ran_ugaussian(rng));
    }
    for (size_t j = 0; j < SIM_COLUMNS; j++)
        columns[j] = storage + j * n;
    *unit = storage + SIM_COLUMNS * n;
    return storage;
}

#endif
