/// pricing/linear.h: sums, positive definite systems, standardisation.
#include "tests/support/pricing_fixture.h"

#include "pricing/linear.h"

static void test_linear_dot_any_length_sums_all(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 1);
    double x[70], y[70];
    for (size_t i = 0; i < 70; i++) {
        x[i] = gsl_ran_ugaussian(rng);
        y[i] = gsl_ran_ugaussian(rng);
    }
    for (size_t n = 0; n <= 70; n++) {
        long double expected = 0;
        for (size_t i = 0; i < n; i++)
            expected += (long double)x[i] * y[i];
        assert_close(pp_dot(x, y, n), (double)expected, 1e-13);
    }
}

static void test_linear_dot_order_is_fixed(void **state)
{
    (void)state;
    // Part sums are of every eighth element: 1e16 cancels before the ones are lost in it.
    const double x[] = {1e16, 1, 1, 1, 1, 1, 1, 1, -1e16, 1},
                 one[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    assert_true(pp_dot(x, one, 10) == 8);
}

enum { ORDER = 12, SIDES = 3 };

/// M'M + I of a random M.
static void random_positive(gsl_rng *rng, double *a)
{
    double m[ORDER][ORDER];
    for (size_t i = 0; i < ORDER; i++)
        for (size_t j = 0; j < ORDER; j++)
            m[i][j] = gsl_ran_ugaussian(rng);
    for (size_t i = 0; i < ORDER; i++)
        for (size_t j = 0; j < ORDER; j++) {
            a[i * ORDER + j] = i == j;
            for (size_t k = 0; k < ORDER; k++)
                a[i * ORDER + j] += m[k][i] * m[k][j];
        }
}

static void test_linear_solve_known_solutions_found(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 2);
    double a[ORDER * ORDER], x[SIDES * ORDER], b[SIDES * ORDER] = {0};
    random_positive(rng, a);
    for (size_t i = 0; i < SIDES * ORDER; i++)
        x[i] = gsl_ran_ugaussian(rng);
    for (size_t c = 0; c < SIDES; c++)
        for (size_t i = 0; i < ORDER; i++)
            for (size_t j = 0; j < ORDER; j++)
                b[c * ORDER + i] += a[i * ORDER + j] * x[c * ORDER + j];
    for (size_t i = 0; i < ORDER; i++)
        for (size_t j = i + 1; j < ORDER; j++)
            a[i * ORDER + j] = NAN; // not to be read
    assert_int_equal(pp_solve_positive(a, ORDER, b, SIDES, NULL), PP_OK);
    for (size_t i = 0; i < SIDES * ORDER; i++)
        assert_close(b[i], x[i], 1e-12);
}

static void test_linear_solve_one_unknown_divides(void **state)
{
    (void)state;
    double a[] = {4}, b[] = {6, -2};
    assert_int_equal(pp_solve_positive(a, 1, b, 2, NULL), PP_OK);
    assert_close(b[0], 1.5, 1e-15);
    assert_close(b[1], -0.5, 1e-15);
}

static void refuses(const double *system, size_t n, const double *side, const char *part)
{
    double a[9], b[3];
    pp_error error = {0};
    memcpy(a, system, n * n * sizeof(double));
    memcpy(b, side, n * sizeof(double));
    assert_int_equal(pp_solve_positive(a, n, b, 1, &error), PP_ENUMERIC);
    assert_int_equal(error.status, PP_ENUMERIC);
    assert_non_null(strstr(error.message, part));
    assert_memory_equal(b, side, n * sizeof(double));
}

static void test_linear_solve_not_positive_definite_refused(void **state)
{
    (void)state;
    const double side[] = {1, 2, 3};
    refuses((const double[]){1, 0, 2, 1}, 2, side, "no unique solution"); // indefinite
    refuses((const double[]){1, 0, 1, 1}, 2, side, "no unique solution"); // singular
    refuses((const double[]){-1}, 1, side, "no unique solution");
    refuses((const double[]){0}, 1, side, "no unique solution");
    refuses((const double[]){1, 0, 0, 0, 1, 0, 0, 0, -1e-9}, 3, side, "no unique solution");
}

static void test_linear_solve_not_finite_refused(void **state)
{
    (void)state;
    const double side[] = {1, 2, 3}, bad[] = {1, NAN, 3}, infinite[] = {-INFINITY, 1, 3};
    refuses((const double[]){1, 0, NAN, 1}, 2, side, "not finite");
    refuses((const double[]){INFINITY, 0, 0, 1}, 2, side, "not finite");
    refuses((const double[]){1, 0, 0, NAN}, 2, side, "not finite");
    refuses((const double[]){1, 0, 0, 1}, 2, bad, "not finite");
    refuses((const double[]){1, 0, 0, 1}, 2, infinite, "not finite");
}

static void test_linear_standardise_hand_values(void **state)
{
    (void)state;
    const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    double mean, deviation;
    pp_standardise(x, 8, &mean, &deviation);
    assert_close(mean, 5, 1e-15);
    assert_close(deviation, 2, 1e-15); // of the rows themselves: divided by n
}

static void test_linear_standardise_constant_column_centres_to_zero(void **state)
{
    (void)state;
    const double constant[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, zeros[3] = {0};
    const double nearly[] = {1e6, 1e6 + 1e-9, 1e6, 1e6};
    double mean, deviation;
    pp_standardise(constant, 7, &mean, &deviation);
    assert_close(mean, 0.1, 1e-16);
    assert_true(deviation == 1);
    pp_standardise(zeros, 3, &mean, &deviation);
    assert_true(mean == 0 && deviation == 1);
    pp_standardise(nearly, 4, &mean, &deviation); // what is left is rounding
    assert_true(deviation == 1);
    pp_standardise(constant, 1, &mean, &deviation);
    assert_true(deviation == 1);
}

static void test_linear_standardise_nothing_defined(void **state)
{
    (void)state;
    double mean = 7, deviation = 7;
    pp_standardise(NULL, 0, &mean, &deviation);
    assert_true(mean == 0 && deviation == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_dot_any_length_sums_all),
        cmocka_unit_test(test_linear_dot_order_is_fixed),
        cmocka_unit_test(test_linear_solve_known_solutions_found),
        cmocka_unit_test(test_linear_solve_one_unknown_divides),
        cmocka_unit_test(test_linear_solve_not_positive_definite_refused),
        cmocka_unit_test(test_linear_solve_not_finite_refused),
        cmocka_unit_test(test_linear_standardise_hand_values),
        cmocka_unit_test(test_linear_standardise_constant_column_centres_to_zero),
        cmocka_unit_test(test_linear_standardise_nothing_defined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
