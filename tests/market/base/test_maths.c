/// exp and log of market/base/maths.h against long double, and what they say at the ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>

#include "market/base/maths.h"
#include "market/random.h"

#include "tests/support/checks.h"

enum { DRAWS = 1 << 20, STRIP = 1 << 10 };

static double *uniforms(uint32_t round)
{
    static double u[STRIP];
    const pp_stream stream = {.seed = 11};
    pp_random_uniform(&stream, PP_DRAW_AGENT, round, STRIP, 0, 1, STRIP, u);
    return u;
}

/// Distance in units in the last place of a double as large as the truth.
static double ulps(double value, long double truth)
{
    int exponent;
    frexp((double)truth, &exponent);
    return (double)(fabsl(value - truth) / ldexpl(1, exponent - 53));
}

// Under valgrind long double is double, so half an ulp more is the yardstick's own.
static void test_maths_exp_within_one_unit_in_the_last_place(void **state)
{
    (void)state;
    double worst = 0;
    for (uint32_t i = 0; i < DRAWS / STRIP; i++) {
        const double *u = uniforms(i * STRIP);
        double reach = i % 2 ? 1 : 1400;
        for (size_t j = 0; j < STRIP; j++) {
            double x = reach * (u[j] - 0.5);
            worst = fmax(worst, ulps(pp_exp(x), expl(x)));
        }
    }
    assert_true(worst < 1.6);
    assert_true(worst > 0.5); // something was measured
}

static void test_maths_log_within_one_unit_in_the_last_place(void **state)
{
    (void)state;
    double worst = 0;
    for (uint32_t i = 0; i < DRAWS / STRIP; i++) {
        const double *u = uniforms(i * STRIP);
        for (size_t j = 0; j < STRIP; j++) {
            double x = i % 3 == 0 ? u[j] : i % 3 == 1 ? 0.5 + u[j] : exp(1400 * (u[j] - 0.5));
            worst = fmax(worst, ulps(pp_log(x), logl(x)));
            assert_true(pp_log_normal(x) == pp_log(x));
        }
    }
    assert_true(worst < 1.6);
    assert_true(worst > 0.5);
}

static void test_maths_exp_exact_and_extreme_values(void **state)
{
    (void)state;
    assert_true(pp_exp(0) == 1);
    assert_true(pp_exp(-0.0) == 1);
    assert_true(pp_exp(-707.1) == 0);
    assert_true(pp_exp(-707) > 0);
    assert_true(pp_exp(-1e300) == 0);
    assert_true(pp_exp(-INFINITY) == 0);
    assert_true(isfinite(pp_exp(709.7)));
    assert_close(pp_exp(709.7) / exp(709.7), 1, 4e-16);
    assert_true(pp_exp(709.8) == INFINITY);
    assert_true(pp_exp(1e300) == INFINITY);
    assert_true(pp_exp(INFINITY) == INFINITY);
    assert_true(isnan(pp_exp(NAN)));
}

static void test_maths_log_exact_and_extreme_values(void **state)
{
    (void)state;
    assert_true(pp_log(1) == 0);
    assert_true(pp_log(0) == -INFINITY);
    assert_true(pp_log(-0.0) == -INFINITY);
    assert_true(pp_log(INFINITY) == INFINITY);
    assert_true(isnan(pp_log(-1)));
    assert_true(isnan(pp_log(-INFINITY)));
    assert_true(isnan(pp_log(NAN)));
    for (int e = -1074; e < 1024; e++) // subnormal numbers too
        assert_close(pp_log(ldexp(1, e)), (double)(e * M_LN2l), 4e-16 * fabs(e * M_LN2));
    assert_close(pp_log(0x1.fffffffffffffp1023), 1024 * M_LN2, 2e-13);
}

static void test_maths_exp_rises(void **state)
{
    (void)state;
    // Where the reduction changes from one whole number to the next, at odd multiples of log(2)/2.
    for (int k = -1000; k <= 1000; k++) {
        double at = (k + 0.5) * M_LN2, before = pp_exp(nextafter(at, -INFINITY));
        if (fabs(at) < 700)
            assert_true(before <= pp_exp(nextafter(at, INFINITY)) * (1 + 4e-16));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maths_exp_within_one_unit_in_the_last_place),
        cmocka_unit_test(test_maths_log_within_one_unit_in_the_last_place),
        cmocka_unit_test(test_maths_exp_exact_and_extreme_values),
        cmocka_unit_test(test_maths_log_exact_and_extreme_values),
        cmocka_unit_test(test_maths_exp_rises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
