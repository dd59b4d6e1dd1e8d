/// Statistics against closed forms and values worked out by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/stats/stats.h"

static void assert_close(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", value, expected, tolerance);
}

static void test_stats_mean_and_sd_hand_values(void **state)
{
    (void)state;
    const double x[] = {2, 4, 4, 4, 5, 5, 7, 9}; // mean 5, squared deviations add up to 32
    assert_close(pp_mean(x, 8), 5, 1e-15);
    assert_close(pp_sample_sd(x, 8), sqrt(32.0 / 7), 1e-14);
}

static void test_stats_mean_and_sd_too_few_nan(void **state)
{
    (void)state;
    const double x[] = {3};
    assert_true(isnan(pp_mean(x, 0)));
    assert_true(isnan(pp_sample_sd(x, 1)));
    assert_close(pp_mean(x, 1), 3, 0);
}

static void test_stats_interval_two_values_cauchy_quantile(void **state)
{
    (void)state;
    const double x[] = {0, 1}; // mean 1/2, standard error 1/2, one degree of freedom
    pp_interval interval;
    double half = tan(0.475 * acos(-1)) / 2; // the Cauchy distribution's 97.5% quantile is 12.7
    assert_int_equal(pp_mean_interval(x, 2, &interval, NULL), PP_OK);
    assert_close(interval.low, 0.5 - half, 1e-12);
    assert_close(interval.high, 0.5 + half, 1e-12);
}

static void test_stats_interval_table_quantile(void **state)
{
    (void)state;
    // Mean 5 and variance 32/7; tables have t(7) = 2.364624 at 97.5%.
    const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    pp_interval interval;
    double half = 2.364624 * sqrt(32.0 / 7 / 8);
    assert_int_equal(pp_mean_interval(x, 8, &interval, NULL), PP_OK);
    assert_close(interval.low, 5 - half, 1e-6);
    assert_close(interval.high, 5 + half, 1e-6);
}

static void test_stats_interval_shifted_and_turned_follows(void **state)
{
    (void)state;
    double x[24], y[24];
    for (int i = 0; i < 24; i++) {
        x[i] = sin(i * 1.7);
        y[i] = 3 - 2 * x[i];
    }
    pp_interval a, again, turned;
    assert_int_equal(pp_mean_interval(x, 24, &a, NULL), PP_OK);
    assert_int_equal(pp_mean_interval(x, 24, &again, NULL), PP_OK);
    assert_int_equal(pp_mean_interval(y, 24, &turned, NULL), PP_OK);
    assert_memory_equal(&a, &again, sizeof a);
    assert_close(turned.low, 3 - 2 * a.high, 1e-12);
    assert_close(turned.high, 3 - 2 * a.low, 1e-12);
}

static void test_stats_interval_many_observations_normal_width(void **state)
{
    (void)state;
    enum { MANY = 4000 };
    double x[MANY];
    for (size_t i = 0; i < MANY; i++)
        x[i] = ((double)i + 0.5) / MANY;
    pp_interval interval;
    assert_int_equal(pp_mean_interval(x, MANY, &interval, NULL), PP_OK);
    double half = 1.959964 * sqrt(1.0 / 12 / MANY); // uniform on (0, 1): variance 1/12
    assert_close(interval.low, 0.5 - half, 1e-3 * half);
    assert_close(interval.high, 0.5 + half, 1e-3 * half);
}

static void test_stats_interval_spread_unknown_undefined(void **state)
{
    (void)state;
    const double x[] = {4, 4, 4};
    for (size_t n = 0; n <= 3; n++) { // none, a single one, equal ones
        pp_interval interval = {0, 0};
        assert_int_equal(pp_mean_interval(x, n, &interval, NULL), PP_OK);
        assert_true(isnan(interval.low) && isnan(interval.high));
    }
}

static void test_stats_interval_not_finite_refused(void **state)
{
    (void)state;
    const double x[] = {1, 2, NAN};
    pp_interval interval;
    pp_error error = {0};
    assert_int_equal(pp_mean_interval(x, 3, &interval, &error), PP_EINVAL);
    assert_int_equal(error.status, PP_EINVAL);
    assert_non_null(strstr(error.message, "observation 2"));
    assert_true(isnan(interval.low));
}

static void test_stats_share_interval_published_values(void **state)
{
    (void)state;
    // Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    const struct {
        int events, n;
        double low, high;
    } cases[] = {{81, 263, 0.2553, 0.3662},
                 {15, 148, 0.0624, 0.1605},
                 {0, 20, 0, 0.1611},
                 {1, 29, 0.0061, 0.1718}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double share = (double)cases[i].events / cases[i].n;
        pp_interval interval = pp_share_interval(share, (size_t)cases[i].n);
        pp_interval turned = pp_share_interval(1 - share, (size_t)cases[i].n);
        assert_close(interval.low, cases[i].low, 5e-5);
        assert_close(interval.high, cases[i].high, 5e-5);
        assert_close(turned.low, 1 - interval.high, 1e-12);
        assert_close(turned.high, 1 - interval.low, 1e-12);
    }
}

static void test_stats_share_interval_ends_stay_probabilities(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 500; n++) {
        pp_interval none = pp_share_interval(0, n), all = pp_share_interval(1, n);
        assert_true(none.low == 0 && none.high < 1);
        assert_true(all.high == 1 && all.low > 0);
    }
}

static void test_stats_interquartile_mean_hand_values(void **state)
{
    (void)state;
    const double eight[] = {100, 1, 2, 3, 4, 5, 6, -50}; // sorted: -50 1 [2 3 4 5] 6 100
    const double five[] = {9, 1, 3, 2, 4};               // sorted: 1 [2 3 4] 9
    double mean;
    assert_int_equal(pp_interquartile_mean(eight, 8, &mean, NULL), PP_OK);
    assert_close(mean, 3.5, 1e-15);
    assert_int_equal(pp_interquartile_mean(five, 5, &mean, NULL), PP_OK);
    assert_close(mean, 3, 1e-15);
    assert_int_equal(pp_interquartile_mean(five, 3, &mean, NULL), PP_OK); // 3/4 rounds to none
    assert_close(mean, 13.0 / 3, 1e-15);
    assert_int_equal(pp_interquartile_mean(five, 0, &mean, NULL), PP_OK);
    assert_true(isnan(mean));
}

static void test_stats_interquartile_mean_not_finite_refused(void **state)
{
    (void)state;
    const double x[] = {1, 2, NAN, 4}, y[] = {1, 2, 3, -INFINITY};
    double mean = 0;
    pp_error error = {0};
    assert_int_equal(pp_interquartile_mean(x, 4, &mean, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "observation 2"));
    assert_true(isnan(mean));
    mean = 0;
    assert_int_equal(pp_interquartile_mean(y, 4, &mean, NULL), PP_EINVAL);
    assert_true(isnan(mean));
    assert_int_equal(pp_interquartile_mean(y, 3, &mean, NULL), PP_OK);
    assert_close(mean, 2, 1e-15);
}

static void test_stats_improvement_not_finite_refused(void **state)
{
    (void)state;
    const double good[] = {1, 2}, bad[] = {NAN, 2};
    double probability = 0;
    pp_error error = {0};
    assert_int_equal(pp_probability_of_improvement(bad, 2, good, 2, &probability, &error),
                     PP_EINVAL);
    assert_non_null(strstr(error.message, "observation 0"));
    assert_true(isnan(probability));
    assert_int_equal(pp_probability_of_improvement(good, 2, bad, 2, &probability, NULL), PP_EINVAL);
    assert_int_equal(pp_probability_of_improvement(good, 0, bad, 2, &probability, NULL), PP_EINVAL);
    assert_int_equal(pp_probability_of_improvement(good, 2, bad + 1, 1, &probability, NULL), PP_OK);
    assert_close(probability, 0.75, 1e-15);
}

static void test_stats_improvement_counts_pairs_and_half_ties(void **state)
{
    (void)state;
    const double base[] = {3, 1, 2}, other[] = {2, 4};
    double probability;
    // 2 beats 1, ties with 2, loses to 3: 1.5; 4 beats all: 3. Of 6 pairs.
    assert_int_equal(pp_probability_of_improvement(base, 3, other, 2, &probability, NULL), PP_OK);
    assert_close(probability, 4.5 / 6, 1e-15);
    assert_int_equal(pp_probability_of_improvement(other, 2, base, 3, &probability, NULL), PP_OK);
    assert_close(probability, 1.5 / 6, 1e-15);
    assert_int_equal(pp_probability_of_improvement(base, 3, base, 3, &probability, NULL), PP_OK);
    assert_close(probability, 0.5, 1e-15);
    assert_int_equal(pp_probability_of_improvement(base, 0, other, 2, &probability, NULL), PP_OK);
    assert_true(isnan(probability));
}

static void test_stats_improvement_agrees_with_counting(void **state)
{
    (void)state;
    enum { N = 37, M = 23 };
    double base[N], other[M], won = 0, probability;
    for (int i = 0; i < N; i++)
        base[i] = (i * 7) % 11;
    for (int j = 0; j < M; j++)
        other[j] = (j * 5) % 13;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < M; j++)
            won += other[j] > base[i] ? 1 : other[j] == base[i] ? 0.5 : 0;
    assert_int_equal(pp_probability_of_improvement(base, N, other, M, &probability, NULL), PP_OK);
    assert_close(probability, won / (N * M), 1e-15);
}

static void test_stats_compare_three_trials_closed_form(void **state)
{
    (void)state;
    const double base[] = {10, 20, 30}, other[] = {11, 23, 35}; // differences 1, 3, 5
    pp_comparison c;
    assert_int_equal(pp_compare(base, other, 3, &c, NULL), PP_OK);
    assert_int_equal(c.n, 3);
    assert_close(c.base, 20, 1e-14);
    assert_close(c.other, 23, 1e-14);
    assert_close(c.difference, 3, 1e-14);
    assert_close(c.uplift, 0.15, 1e-15);
    assert_close(c.d, 3 / sqrt((100 + 144) / 2.0), 1e-14); // sd 10 and 12
    assert_close(c.d_z, 1.5, 1e-14);                       // sd of the differences 2
    double t = 1.5 * sqrt(3);
    assert_close(c.t, t, 1e-14);
    assert_close(c.p, 1 - t / sqrt(2 + t * t), 1e-12); // Student's t with 2 degrees of freedom
    assert_close(c.base_iqm, 20, 1e-14);
    assert_close(c.other_iqm, 23, 1e-14);
    assert_close(c.improvement, 6.0 / 9, 1e-15); // 11 > 10; 23 > 10, 20; 35 > all
    assert_close(c.paired_improvement, 1, 0);
    double half = 4.302653 * 2 / sqrt(3); // t(2) at 97.5%, from tables
    assert_close(c.interval.low, 3 - half, 1e-5);
    assert_close(c.interval.high, 3 + half, 1e-5);
}

static void test_stats_compare_two_trials_cauchy_p(void **state)
{
    (void)state;
    const double base[] = {0, 0}, other[] = {1, 2};
    pp_comparison c;
    assert_int_equal(pp_compare(base, other, 2, &c, NULL), PP_OK);
    // t = 1.5/(sqrt(1/2)/sqrt(2)) = 3; one degree of freedom is the Cauchy law.
    assert_close(c.t, 3, 1e-14);
    assert_close(c.p, 1 - 2 / acos(-1) * atan(3), 1e-12);
    assert_true(isnan(c.uplift)); // over a mean of 0
}

static void test_stats_compare_swapped_mirrors(void **state)
{
    (void)state;
    double base[24], other[24];
    for (int i = 0; i < 24; i++) {
        base[i] = 100 + 10 * sin(i);
        other[i] = 103 + 11 * sin(i + 0.3);
    }
    pp_comparison a, b;
    assert_int_equal(pp_compare(base, other, 24, &a, NULL), PP_OK);
    assert_int_equal(pp_compare(other, base, 24, &b, NULL), PP_OK);
    assert_close(b.difference, -a.difference, 1e-12);
    assert_close(b.d, -a.d, 1e-12);
    assert_close(b.d_z, -a.d_z, 1e-12);
    assert_close(b.p, a.p, 1e-12);
    assert_close(b.interval.low, -a.interval.high, 1e-12);
    assert_close(b.improvement, 1 - a.improvement, 1e-12);
    assert_close(b.paired_improvement, 1 - a.paired_improvement, 1e-12);
    assert_close(b.paired_interval.low, 1 - a.paired_interval.high, 1e-12);
    assert_true(a.interval.low < a.difference && a.difference < a.interval.high);
}

static void test_stats_compare_counts_trials_won_and_half_ties(void **state)
{
    (void)state;
    const double base[] = {1, 2, 3, 4, 5}, other[] = {2, 2, 4, 3, 6}; // won, tied, won, lost, won
    pp_comparison c;
    assert_int_equal(pp_compare(base, other, 5, &c, NULL), PP_OK);
    assert_close(c.paired_improvement, 0.7, 1e-15);
    pp_interval expected = pp_share_interval(0.7, 5);
    assert_close(c.paired_interval.low, expected.low, 1e-15);
    assert_close(c.paired_interval.high, expected.high, 1e-15);
}

static void test_stats_compare_equal_differences_undefined_effect(void **state)
{
    (void)state;
    const double x[] = {1, 2, 4}, more[] = {2, 3, 5};
    pp_comparison c;
    assert_int_equal(pp_compare(x, x, 3, &c, NULL), PP_OK);
    assert_close(c.difference, 0, 0);
    assert_close(c.d, 0, 0);
    assert_true(isnan(c.d_z) && isnan(c.t) && isnan(c.p));
    assert_true(isnan(c.interval.low) && isnan(c.interval.high));
    assert_close(c.improvement, 0.5, 1e-15);
    assert_close(c.paired_improvement, 0.5, 0);
    assert_int_equal(pp_compare(x, more, 3, &c, NULL), PP_OK);
    assert_close(c.difference, 1, 0);
    assert_true(isnan(c.d_z) && isnan(c.t) && isnan(c.p));
    assert_true(isnan(c.interval.low) && isnan(c.interval.high));
    assert_close(c.paired_improvement, 1, 0);
}

static void test_stats_compare_bad_input_refused(void **state)
{
    (void)state;
    const double x[] = {1, 2}, infinite[] = {1, INFINITY};
    const double least[] = {1, -1e308}, most[] = {1, 1e308}; // their difference overflows
    pp_comparison c;
    pp_error error = {0};
    assert_int_equal(pp_compare(x, x, 1, &c, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "at least 2 trials"));
    assert_int_equal(pp_compare(infinite, x, 2, &c, NULL), PP_EINVAL);
    assert_int_equal(pp_compare(x, infinite, 2, &c, NULL), PP_EINVAL);
    assert_int_equal(pp_compare(least, most, 2, &c, NULL), PP_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stats_mean_and_sd_hand_values),
        cmocka_unit_test(test_stats_mean_and_sd_too_few_nan),
        cmocka_unit_test(test_stats_interval_two_values_cauchy_quantile),
        cmocka_unit_test(test_stats_interval_table_quantile),
        cmocka_unit_test(test_stats_interval_shifted_and_turned_follows),
        cmocka_unit_test(test_stats_interval_many_observations_normal_width),
        cmocka_unit_test(test_stats_interval_spread_unknown_undefined),
        cmocka_unit_test(test_stats_interval_not_finite_refused),
        cmocka_unit_test(test_stats_share_interval_published_values),
        cmocka_unit_test(test_stats_share_interval_ends_stay_probabilities),
        cmocka_unit_test(test_stats_interquartile_mean_hand_values),
        cmocka_unit_test(test_stats_interquartile_mean_not_finite_refused),
        cmocka_unit_test(test_stats_improvement_not_finite_refused),
        cmocka_unit_test(test_stats_improvement_counts_pairs_and_half_ties),
        cmocka_unit_test(test_stats_improvement_agrees_with_counting),
        cmocka_unit_test(test_stats_compare_three_trials_closed_form),
        cmocka_unit_test(test_stats_compare_two_trials_cauchy_p),
        cmocka_unit_test(test_stats_compare_swapped_mirrors),
        cmocka_unit_test(test_stats_compare_counts_trials_won_and_half_ties),
        cmocka_unit_test(test_stats_compare_equal_differences_undefined_effect),
        cmocka_unit_test(test_stats_compare_bad_input_refused),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
