/// Price indices against closed forms, and the law of what firms believe.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/prices.h"

#include "tests/support/checks.h"

enum { ROUNDS = 1000, TRIALS = 20000, STEPS = 60 };

static pp_quantile_table normal;

static const pp_stream stream = {.seed = 99, .trial = 1};

static int group_setup(void **state)
{
    (void)state;
    return pp_distribution_normal(&normal, NULL) == PP_OK ? 0 : -1;
}

static pp_inflation_config defaults(void)
{
    pp_inflation_config config;
    pp_param_defaults(&pp_inflation_table, &config);
    return config;
}

typedef struct path {
    double base[ROUNDS], insurer[ROUNDS], customer[ROUNDS];
} path;

static pp_indices run(const pp_inflation_config *config, size_t n, path *to)
{
    pp_indices indices;
    pp_indices_start(config, &indices);
    assert_int_equal(pp_indices_run(config, &normal, &stream, 0, n, &indices, to->base, to->insurer,
                                    to->customer, NULL),
                     PP_OK);
    return indices;
}

static void test_prices_default_no_inflation_exactly_one(void **state)
{
    (void)state;
    pp_inflation_config config = defaults();
    static path p;
    pp_indices end = run(&config, ROUNDS, &p);
    for (int i = 0; i < ROUNDS; i++)
        assert_true(p.base[i] == 1 && p.insurer[i] == 1 && p.customer[i] == 1);
    assert_true(end.rate == 0 && end.base == 1 && end.insurer == 1 && end.customer == 1);
}

static void test_prices_start_rate_given_or_mean(void **state)
{
    (void)state;
    pp_inflation_config config = defaults();
    pp_indices indices;
    config.mean_rate = 0.03;
    pp_indices_start(&config, &indices);
    assert_true(indices.rate == 0.03);
    config.initial_rate = -0.01;
    pp_indices_start(&config, &indices);
    assert_true(indices.rate == -0.01);
    assert_true(indices.base == 1 && indices.insurer == 1 && indices.customer == 1);
}

static void test_prices_constant_rate_compound_interest(void **state)
{
    (void)state;
    pp_inflation_config config = defaults();
    config.mean_rate = 0.05;
    config.rounds_per_week = 10;
    static path p;
    pp_indices end = run(&config, ROUNDS, &p);
    for (int i = 0; i < ROUNDS; i++) { // a round sees the index before its own step
        assert_close(p.base[i], pow(1 + 0.05 / 520, i), 1e-12);
        assert_true(p.insurer[i] == p.base[i] && p.customer[i] == p.base[i]);
    }
    assert_close(end.base, pow(1 + 0.05 / 520, ROUNDS), 1e-12);
}

static void test_prices_reversion_without_noise_geometric_decay(void **state)
{
    (void)state;
    pp_inflation_config config = defaults();
    config.mean_rate = 0.02;
    config.initial_rate = 0.3;
    config.reversion = 4;
    config.rounds_per_week = 2;
    static path p;
    double dt = 1 / 104.0, product = 1;
    for (int n = 0; n < ROUNDS; n++) {
        // The rate moves first, then the index by the new rate.
        if (n > 0)
            product *= 1 + (0.02 + 0.28 * pow(1 - 4 * dt, n)) * dt;
        pp_indices at = run(&config, (size_t)n, &p);
        assert_close(at.rate, 0.02 + 0.28 * pow(1 - 4 * dt, n), 1e-13);
        assert_close(at.base, product, 1e-12 * product);
    }
}

static void test_prices_run_in_two_calls_same_bytes(void **state)
{
    (void)state;
    pp_inflation_config config = defaults();
    config.mean_rate = 0.03;
    config.rate_volatility = 0.02;
    config.index_volatility = 0.1;
    static path whole, pieces;
    pp_indices end = run(&config, ROUNDS, &whole), indices;
    for (size_t cut = 0; cut <= ROUNDS; cut += 125) {
        memset(&pieces, 0, sizeof pieces);
        pp_indices_start(&config, &indices);
        assert_int_equal(pp_indices_run(&config, &normal, &stream, 0, cut, &indices, pieces.base,
                                        pieces.insurer, pieces.customer, NULL),
                         PP_OK);
        assert_int_equal(pp_indices_run(&config, &normal, &stream, (uint32_t)cut, ROUNDS - cut,
                                        &indices, pieces.base + cut, pieces.insurer + cut,
                                        pieces.customer + cut, NULL),
                         PP_OK);
        assert_memory_equal(&pieces, &whole, sizeof whole);
        assert_memory_equal(&indices, &end, sizeof end);
    }
}

/// The indices after STEPS rounds, over many trials.
static void simulate(const pp_inflation_config *config, pp_indices *end)
{
    double base[STEPS], insurer[STEPS], customer[STEPS];
    for (uint32_t t = 0; t < TRIALS; t++) {
        pp_stream trial = {.seed = 7, .trial = t};
        pp_indices_start(config, &end[t]);
        assert_int_equal(pp_indices_run(config, &normal, &trial, 0, STEPS, &end[t], base, insurer,
                                        customer, NULL),
                         PP_OK);
    }
}

static void test_prices_rate_volatility_law_of_ornstein_uhlenbeck(void **state)
{
    (void)state;
    pp_inflation_config config = defaults();
    config.mean_rate = 0.03;
    config.initial_rate = 0.1;
    config.reversion = 2;
    config.rate_volatility = 0.05;
    config.rounds_per_week = 1;
    static pp_indices end[TRIALS];
    static double rate[TRIALS];
    simulate(&config, end);
    double dt = 1 / 52.0, keep = 1 - 2 * dt;
    double mean = 0.03 + 0.07 * pow(keep, STEPS);
    double variance = 0.05 * 0.05 * dt * (1 - pow(keep, 2 * STEPS)) / (1 - keep * keep);
    for (int t = 0; t < TRIALS; t++)
        rate[t] = end[t].rate;
    assert_likely(mean_p(rate, TRIALS, mean, variance));
    assert_likely(variance_p(rate, TRIALS, mean, variance));
    for (int t = 0; t < TRIALS; t++) {
        rate[t] = gsl_cdf_gaussian_P(rate[t] - mean, sqrt(variance));
        assert_true(end[t].insurer == end[t].base && end[t].customer == end[t].base);
    }
    assert_likely(ks_uniform_p(rate, TRIALS));
}

static void test_prices_index_volatility_moments_of_the_product(void **state)
{
    (void)state;
    pp_inflation_config config = defaults();
    config.mean_rate = 0.04;
    config.index_volatility = 0.2;
    config.rounds_per_week = 1;
    static pp_indices end[TRIALS];
    static double insurer[TRIALS], customer[TRIALS];
    simulate(&config, end);
    // A product of independent factors 1 + r dt + nu sqrt(dt) N.
    double dt = 1 / 52.0, factor = 1 + 0.04 * dt, mean = pow(factor, STEPS);
    double variance = pow(factor * factor + 0.04 * dt, STEPS) - mean * mean;
    for (int t = 0; t < TRIALS; t++) {
        insurer[t] = end[t].insurer;
        customer[t] = end[t].customer;
        assert_close(end[t].base, mean, 1e-13);
    }
    assert_likely(mean_p(insurer, TRIALS, mean, variance));
    assert_likely(mean_p(customer, TRIALS, mean, variance));
    assert_likely(variance_p(insurer, TRIALS, mean, variance));
    assert_likely(variance_p(customer, TRIALS, mean, variance));
    assert_likely(independence_p(insurer, customer, TRIALS, mean, variance));
}

// ---- estimates ----

enum { FIRMS = 6 };

static const double v = 0.001;

static void tabulate_estimates(double variance, pp_quantile_table *gamma)
{
    assert_int_equal(pp_distribution_gamma(1 / variance, variance, gamma, NULL), PP_OK);
}

static void test_prices_estimates_law_per_firm(void **state)
{
    (void)state;
    enum { N = 50000 };
    static pp_quantile_table gamma;
    static double premium[N], insurer[N], estimate[FIRMS][N], u[N];
    tabulate_estimates(v, &gamma);
    for (int i = 0; i < N; i++) {
        premium[i] = 100 + i % 3000;
        insurer[i] = 1 + i * 1e-6;
    }
    pp_estimates_draw(&gamma, &stream, 0, N, premium, insurer, FIRMS, N, estimate[0]);
    for (int f = 0; f < FIRMS; f++)
        for (int i = 0; i < N; i++)
            estimate[f][i] /= premium[i] * insurer[i];
    for (int f = 0; f < FIRMS; f++) {
        assert_likely(mean_p(estimate[f], N, 1, v));
        assert_likely(variance_p(estimate[f], N, 1, v));
        for (int g = 0; g < f; g++)
            assert_likely(independence_p(estimate[f], estimate[g], N, 1, v));
        for (int i = 0; i < N; i++)
            u[i] = gsl_cdf_gamma_P(estimate[f][i], 1 / v, v);
        assert_likely(ks_uniform_p(u, N));
    }
}

static void test_prices_estimates_tiny_variance_still_its_law(void **state)
{
    (void)state;
    enum { N = 20000 };
    static pp_quantile_table gamma;
    static double one[N], estimate[N];
    for (int i = 0; i < N; i++)
        one[i] = 1;
    tabulate_estimates(1e-8, &gamma);
    pp_estimates_draw(&gamma, &stream, 0, N, one, one, 1, N, estimate);
    assert_likely(mean_p(estimate, N, 1, 1e-8));
    assert_likely(variance_p(estimate, N, 1, 1e-8));
}

static void test_prices_estimates_more_firms_leave_the_first_unchanged(void **state)
{
    (void)state;
    enum { N = 300, CROWD = 100, WIDE = 512 };
    static pp_quantile_table gamma;
    static double premium[N], insurer[N], few[FIRMS][N], many[CROWD][WIDE];
    tabulate_estimates(v, &gamma);
    for (int i = 0; i < N; i++) {
        premium[i] = 50 + i;
        insurer[i] = 1.1;
    }
    pp_estimates_draw(&gamma, &stream, 11, N, premium, insurer, FIRMS, N, few[0]);
    pp_estimates_draw(&gamma, &stream, 11, N, premium, insurer, CROWD, WIDE, many[0]);
    for (int f = 0; f < FIRMS; f++)
        assert_memory_equal(few[f], many[f], sizeof few[f]);
    for (int f = 1; f < CROWD; f++)
        assert_memory_not_equal(many[0], many[f], sizeof few[0]);
}

static void test_prices_estimates_in_pieces_same_bytes(void **state)
{
    (void)state;
    static pp_quantile_table gamma;
    static double premium[ROUNDS], insurer[ROUNDS], whole[FIRMS][ROUNDS], pieces[FIRMS][ROUNDS];
    tabulate_estimates(v, &gamma);
    for (int i = 0; i < ROUNDS; i++) {
        premium[i] = 50 + i;
        insurer[i] = 1 + 1e-3 * i;
    }
    pp_estimates_draw(&gamma, &stream, 0, ROUNDS, premium, insurer, FIRMS, ROUNDS, whole[0]);
    for (size_t at = 0; at < ROUNDS; at += 37)
        pp_estimates_draw(&gamma, &stream, (uint32_t)at, ROUNDS - at < 37 ? ROUNDS - at : 37,
                          premium + at, insurer + at, FIRMS, ROUNDS, pieces[0] + at);
    assert_memory_equal(whole, pieces, sizeof whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices_default_no_inflation_exactly_one),
        cmocka_unit_test(test_prices_start_rate_given_or_mean),
        cmocka_unit_test(test_prices_constant_rate_compound_interest),
        cmocka_unit_test(test_prices_reversion_without_noise_geometric_decay),
        cmocka_unit_test(test_prices_run_in_two_calls_same_bytes),
        cmocka_unit_test(test_prices_rate_volatility_law_of_ornstein_uhlenbeck),
        cmocka_unit_test(test_prices_index_volatility_moments_of_the_product),
        cmocka_unit_test(test_prices_estimates_law_per_firm),
        cmocka_unit_test(test_prices_estimates_tiny_variance_still_its_law),
        cmocka_unit_test(test_prices_estimates_more_firms_leave_the_first_unchanged),
        cmocka_unit_test(test_prices_estimates_in_pieces_same_bytes),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
