/// pricing/bid.h against GSL's Lambert W, against long double, and against golden-section search.
#include "tests/support/pricing_fixture.h"

#include <gsl/gsl_sf_lambert.h>

#include "pricing/bid.h"

static void test_bid_lambert_agrees_with_gsl(void **state)
{
    (void)state;
    for (double x = -700; x <= 700; x += 0.37) {
        double expected = gsl_sf_lambert_W0(exp(x));
        assert_close(pp_lambert_exp(x), expected,
                     1e-14 * expected + 1e-16); // GSL's own are absolute
    }
}

/// Newton's method on w + log w = x in log w, in long double from the value in question.
static long double lambert_reference(double x, double start)
{
    long double l = logl(start);
    for (int i = 0; i < 6; i++) {
        long double w = expl(l);
        l -= (w + l - x) / (w + 1);
    }
    return expl(l);
}

static void test_bid_lambert_solves_its_equation(void **state)
{
    (void)state;
    for (double x = -700; x <= 700; x += 0.0613) {
        double w = pp_lambert_exp(x);
        assert_true(w > 0);
        assert_close(w + log(w), x, 1e-14 * (1 + w) + 4e-16 * fabs(x));
        long double reference = lambert_reference(x, w);
        assert_true(fabsl(w - reference) < 1e-14L * reference);
    }
}

static void test_bid_lambert_huge_argument_stays_accurate(void **state)
{
    (void)state;
    const double x[] = {1e3, 1e8, 1.0000001e9, 1e12, 1e150, 1e200, 1e308};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        long double reference = (long double)x[i] - logl(x[i]);
        for (int step = 0; step < 8; step++)
            reference -= (reference + logl(reference) - x[i]) / (1 + 1 / reference);
        assert_true(fabsl(pp_lambert_exp(x[i]) - reference) < 1e-14L * reference);
    }
}

static void test_bid_lambert_known_values(void **state)
{
    (void)state;
    assert_close(pp_lambert_exp(1), 1, 1e-15);                   // 1 + log 1
    assert_close(pp_lambert_exp(0), 0.56714329040978387, 1e-15); // the omega constant
    assert_close(pp_lambert_exp(1 + M_E), M_E, 1e-14);           // e + log e
    assert_close(pp_lambert_exp(-1000), 0, 0);                   // below the least double
}

/// log of the objective for a above k: same maximiser, and no underflow.
static double log_gain(double alpha, double beta, double k, double a)
{
    double logit = beta * a - alpha;
    return log(a - k) - (logit > 0 ? logit + log1p(exp(-logit)) : log1p(exp(logit)));
}

static double golden_section(double alpha, double beta, double k, double low, double high)
{
    const double share = (sqrt(5) - 1) / 2;
    while (high - low > 1e-10) {
        double a = high - share * (high - low), b = low + share * (high - low);
        if (log_gain(alpha, beta, k, a) >= log_gain(alpha, beta, k, b))
            high = b;
        else
            low = a;
    }
    return (low + high) / 2;
}

static void test_bid_logistic_random_curves_maximise(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 1);
    int inside = 0, at_low = 0, at_high = 0;
    for (int i = 0; i < 4000; i++) {
        double beta = exp(gsl_ran_flat(rng, log(0.5), log(200)));
        double alpha = beta * gsl_ran_flat(rng, 0.3, 2.5) + gsl_ran_flat(rng, -5, 5);
        double k = gsl_ran_flat(rng, -2, 1.9);
        double bid = pp_logistic_bid(alpha, beta, k, 1, 2);
        double expected = golden_section(alpha, beta, k, fmax(1, k + 1e-12), 2);
        assert_close(bid, expected, 1e-6);
        at_low += bid == 1;
        at_high += bid == 2;
        inside += bid > 1 && bid < 2;
    }
    assert_true(inside > 500 && at_low > 100 && at_high > 100); // every case was met
}

static void test_bid_logistic_condition_of_first_order_holds(void **state)
{
    (void)state;
    // d/da log(P(a)(a - k)) = 1/(a - k) - beta (1 - P(a)) = 0 at a maximum that is not clipped.
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 2);
    for (int i = 0; i < 1000; i++) {
        double alpha = gsl_ran_flat(rng, -40, 300), beta = gsl_ran_flat(rng, 1, 100);
        double k = gsl_ran_flat(rng, -2, 3);
        double a = pp_logistic_bid(alpha, beta, k, -1e9, 1e9);
        double lost = 1 / (1 + exp(alpha - beta * a));
        assert_close((a - k) * beta * lost, 1,
                     1e-11 * (1 + beta * (fabs(a) + fabs(k)) + fabs(alpha)));
    }
}

static void test_bid_logistic_sale_below_cost_asks_most(void **state)
{
    (void)state;
    // Every bid in the range loses: the dearest loses least.
    assert_true(pp_logistic_bid(20, 15, 2.5, 1, 2) == 2);
    assert_true(pp_logistic_bid(20, 15, 2, 1, 2) == 2);
    for (double a = 1; a < 2; a += 0.01)
        assert_true((a - 2.5) / (1 + exp(15 * a - 20)) < (2 - 2.5) / (1 + exp(15 * 2.0 - 20)));
}

static void test_bid_logistic_extreme_alpha_clips(void **state)
{
    (void)state;
    const double extremes[] = {1e3, 1e5, 1e100, 1e300};
    for (size_t i = 0; i < sizeof extremes / sizeof *extremes; i++) {
        assert_true(pp_logistic_bid(extremes[i], 20, 1, 1, 2) == 2); // sells whatever it asks
        // Never sells: what is left is the tail exp(-beta a)(a - k), whose maximum is k + 1/beta.
        assert_close(pp_logistic_bid(-extremes[i], 20, 1, 1, 2), 1.05, 1e-14);
    }
    assert_true(pp_logistic_bid(0, 1e6, 1.5, 1, 2) > 1.5);
    assert_true(pp_logistic_bid(30, 20, 1, 1.3, 1.3) == 1.3);
    assert_true(pp_logistic_bid(0, 20, -50, 1, 2) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bid_lambert_agrees_with_gsl),
        cmocka_unit_test(test_bid_lambert_solves_its_equation),
        cmocka_unit_test(test_bid_lambert_huge_argument_stays_accurate),
        cmocka_unit_test(test_bid_lambert_known_values),
        cmocka_unit_test(test_bid_logistic_random_curves_maximise),
        cmocka_unit_test(test_bid_logistic_condition_of_first_order_holds),
        cmocka_unit_test(test_bid_logistic_sale_below_cost_asks_most),
        cmocka_unit_test(test_bid_logistic_extreme_alpha_clips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
