/// @file
/// experiments/stats/design.h: ranges, Latin hypercubes and Sobol's sequence.
// cmocka needs these four first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/stats/design.h"

/// The same number, to the last digit.
static void assert_same(double value, double expected)
{
    if (!(value <= expected && value >= expected))
        fail_msg("%.17g instead of %.17g", value, expected);
}

static void test_range_step_linear_gives_round_numbers(void **state)
{
    (void)state;
    const pp_range tenths = {.from = 0.1, .to = 0.5};
    const double expected[] = {0.1, 0.2, 0.3, 0.4, 0.5};
    for (size_t i = 0; i < 5; i++)
        assert_same(pp_range_step(&tenths, i, 5), expected[i]);
    const pp_range falling = {.from = 3, .to = -3};
    for (size_t i = 0; i < 7; i++)
        assert_same(pp_range_step(&falling, i, 7), 3 - (double)i);
    assert_same(pp_range_step(&tenths, 0, 1), 0.1);
}

static void test_range_step_keeps_ends_that_rounding_would_change(void **state)
{
    (void)state;
    const pp_range range = {.from = 1.0 / 3, .to = 2.0 / 3};
    assert_same(pp_range_step(&range, 0, 3), 1.0 / 3);
    assert_same(pp_range_step(&range, 1, 3), 0.5);
    assert_same(pp_range_step(&range, 2, 3), 2.0 / 3);
}

static void test_range_step_log_gives_decades(void **state)
{
    (void)state;
    const pp_range decades = {.from = 1e-3, .to = 1e4, .log = true};
    const double expected[] = {1e-3, 1e-2, 0.1, 1, 10, 100, 1000, 1e4};
    for (size_t i = 0; i < 8; i++)
        assert_same(pp_range_step(&decades, i, 8), expected[i]);
}

static void test_range_at_is_linear_in_value_or_logarithm(void **state)
{
    (void)state;
    const pp_range linear = {.from = 2, .to = 4}, log_range = {.from = 1, .to = 100, .log = true};
    assert_same(pp_range_at(&linear, 0), 2);
    assert_same(pp_range_at(&linear, 0.25), 2.5);
    assert_true(fabs(pp_range_at(&log_range, 0.5) - 10) < 1e-12);
    assert_true(pp_range_at(&log_range, nextafter(1, 0)) <= 100);
    assert_true(pp_range_at(&linear, nextafter(1, 0)) <= 4);
}

static void test_range_at_of_whole_numbers_gives_each_its_share(void **state)
{
    (void)state;
    enum { N = 12000 };
    const pp_range linear = {.from = 1, .to = 3, .whole = true};
    const pp_range log_range = {.from = 1, .to = 3, .log = true, .whole = true};
    size_t n_linear[5] = {0}, n_log[5] = {0};
    for (size_t i = 0; i < N; i++) {
        double share = ((double)i + 0.5) / N;
        n_linear[(size_t)pp_range_at(&linear, share)]++;
        n_log[(size_t)pp_range_at(&log_range, share)]++;
    }
    for (size_t k = 1; k <= 3; k++) {
        double shares = N * log((double)(k + 1) / (double)k) / log(4);
        assert_int_equal(n_linear[k], N / 3);
        assert_true(fabs((double)n_log[k] - shares) <= 1);
    }
    assert_same(pp_range_at(&linear, nextafter(1, 0)), 3);
}

enum { RUNS = 64, KEYS = 5 };

static void latin(uint64_t seed, size_t keys, double *points)
{
    pp_error error = {0};
    assert_int_equal(pp_latin_hypercube(seed, RUNS, keys, points, &error), PP_OK);
}

static void test_latin_hypercube_has_one_point_in_each_slice(void **state)
{
    (void)state;
    double points[RUNS * KEYS];
    latin(7, KEYS, points);
    for (size_t key = 0; key < KEYS; key++) {
        int hits[RUNS] = {0};
        for (size_t i = 0; i < RUNS; i++) {
            double point = points[i * KEYS + key];
            assert_true(point > 0 && point < 1);
            hits[(size_t)(point * RUNS)]++;
        }
        for (size_t i = 0; i < RUNS; i++)
            assert_int_equal(hits[i], 1);
    }
}

static void test_latin_hypercube_is_a_function_of_its_seed(void **state)
{
    (void)state;
    double points[RUNS * KEYS], again[RUNS * KEYS], other[RUNS * KEYS], fewer[RUNS * 2];
    size_t n_same = 0;
    latin(7, KEYS, points);
    latin(7, KEYS, again);
    latin(8, KEYS, other);
    latin(7, 2, fewer);
    for (size_t i = 0; i < RUNS * KEYS; i++) {
        assert_same(again[i], points[i]);
        n_same += other[i] >= points[i] && other[i] <= points[i];
    }
    assert_true(n_same < 3);
    for (size_t i = 0; i < RUNS; i++)
        assert_same(fewer[i * 2 + 1], points[i * KEYS + 1]);
}

/// Were dimensions shuffled alike, the points would lie on a line.
static void test_latin_hypercube_has_dimensions_that_differ(void **state)
{
    (void)state;
    enum { N = 10000 };
    double *points = calloc(2 * N, sizeof *points), sum = 0;
    pp_error error = {0};
    assert_non_null(points);
    assert_int_equal(pp_latin_hypercube(1, N, 2, points, &error), PP_OK);
    for (size_t i = 0; i < N; i++)
        sum += (points[2 * i] - 0.5) * (points[2 * i + 1] - 0.5);
    free(points);
    // A correlation of N independent points is within 5 standard errors of 0.
    assert_true(fabs(12 * sum / N) < 5 / sqrt(N));
}

static void test_sobol_starts_with_the_known_points(void **state)
{
    (void)state;
    static const double known[4][2] = {{0.5, 0.5}, {0.75, 0.25}, {0.25, 0.75}, {0.375, 0.375}};
    double points[8];
    pp_error error = {0};
    assert_int_equal(pp_sobol(0, 4, 2, points, &error), PP_OK);
    for (size_t i = 0; i < 8; i++)
        assert_same(points[i], known[i / 2][i % 2]);
}

static void test_sobol_is_gsls_sequence_after_what_is_skipped(void **state)
{
    (void)state;
    enum { SKIP = 100, N = 50, DIMS = PP_SOBOL_KEYS_MAX };
    double expected[DIMS], *points = calloc((size_t)N * DIMS, sizeof *points);
    pp_error error = {0};
    gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, DIMS);
    assert_non_null(points);
    assert_non_null(sequence);
    assert_int_equal(pp_sobol(SKIP, N, DIMS, points, &error), PP_OK);
    for (size_t i = 0; i < SKIP + N; i++) {
        gsl_qrng_get(sequence, expected);
        for (size_t j = 0; j < DIMS && i >= SKIP; j++)
            assert_same(points[(i - SKIP) * DIMS + j], expected[j]);
    }
    gsl_qrng_free(sequence);
    free(points);
}

static void test_sobol_of_too_many_dimensions_is_refused(void **state)
{
    (void)state;
    double point[PP_SOBOL_KEYS_MAX + 1];
    pp_error error = {0};
    assert_int_equal(pp_sobol(0, 1, PP_SOBOL_KEYS_MAX + 1, point, &error), PP_EINVAL);
    assert_string_equal(error.message, "41 keys; Sobol's sequence has from 1 to 40");
    assert_int_equal(pp_sobol(0, 1, 0, point, NULL), PP_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range_step_linear_gives_round_numbers),
        cmocka_unit_test(test_range_step_keeps_ends_that_rounding_would_change),
        cmocka_unit_test(test_range_step_log_gives_decades),
        cmocka_unit_test(test_range_at_is_linear_in_value_or_logarithm),
        cmocka_unit_test(test_range_at_of_whole_numbers_gives_each_its_share),
        cmocka_unit_test(test_latin_hypercube_has_one_point_in_each_slice),
        cmocka_unit_test(test_latin_hypercube_is_a_function_of_its_seed),
        cmocka_unit_test(test_latin_hypercube_has_dimensions_that_differ),
        cmocka_unit_test(test_sobol_starts_with_the_known_points),
        cmocka_unit_test(test_sobol_is_gsls_sequence_after_what_is_skipped),
        cmocka_unit_test(test_sobol_of_too_many_dimensions_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
