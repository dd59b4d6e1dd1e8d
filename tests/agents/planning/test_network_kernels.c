/// agents/planning/network_kernels.h: activations and steps against plain ones, and the same
/// network at every level of vector instructions.
#include "tests/support/pricing_fixture.h"

#include "agents/planning/network.h"
#include "agents/planning/network_kernels.h"
#include "pricing/matrix_kernels.h"

enum { BATCH = PP_MATRIX_ROWS, UNITS = 17 };

/// A block of [units][BATCH], a third of it 0 or less.
static double *block(gsl_rng *rng, size_t units)
{
    double *made = reals(units * BATCH);
    for (size_t i = 0; i < units * BATCH; i++)
        made[i] = gsl_ran_ugaussian(rng) + 0.4;
    return made;
}

static void test_network_kernels_rectify_and_mask_at_every_level(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 3);
    double *in = block(rng, UNITS), *slope = block(rng, UNITS), *x = block(rng, UNITS);
    in[0] = NAN;
    in[1] = -0.0;
    for (int level = 0; level <= (int)pp_simd_most(); level++)
        for (size_t rows = 0; rows <= 24; rows += 8) {
            pp_simd_use((pp_simd)level);
            memcpy(x, in, UNITS * BATCH * sizeof(double));
            pp_network_kernels_now()->rectify(x, UNITS, rows);
            for (size_t i = 1; i < UNITS * BATCH; i++)
                assert_true(x[i] == (i % BATCH < rows && in[i] < 0 ? 0 : in[i]));
            assert_true(rows == 0 || x[0] == 0); // of NaN
            memcpy(x, slope, UNITS * BATCH * sizeof(double));
            pp_network_kernels_now()->mask(x, in, UNITS, rows);
            for (size_t i = 0; i < UNITS * BATCH; i++)
                assert_true(x[i] == (i % BATCH < rows && !(in[i] > 0) ? 0 : slope[i]));
        }
    free(in);
    free(slope);
    free(x);
}

/// Weights, first moments, second moments after three steps.
static void adam(const double *gradient, size_t n, double rate, double *to)
{
    memset(to, 0, 3 * UNITS * sizeof(double));
    for (int step = 1; step <= 3; step++)
        pp_adam(to, gradient, to + UNITS, to + 2 * UNITS, n, rate, step);
}

static void test_network_kernels_adam_is_the_paper_s_at_every_level(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 4);
    double gradient[UNITS], base[3 * UNITS], found[3 * UNITS];
    for (size_t i = 0; i < UNITS; i++)
        gradient[i] = gsl_ran_ugaussian(rng);
    for (size_t n = 0; n <= UNITS; n++) {
        pp_simd_use(PP_SIMD_BASELINE);
        adam(gradient, n, 0.1, base);
        for (size_t i = 0; i < UNITS; i++) {
            // Of a gradient that stays, corrected moments are the gradient and its square.
            double step = 0.1 * gradient[i] / (fabs(gradient[i]) + 1e-8);
            assert_close(base[i], i < n ? -3 * step : 0, 1e-12);
        }
        for (int level = 1; level <= (int)pp_simd_most(); level++) {
            pp_simd_use((pp_simd)level);
            adam(gradient, n, 0.1, found);
            assert_memory_equal(found, base, sizeof base);
        }
    }
}

static void test_network_kernels_adam_s_moments_do_not_linger_below_normal(void **state)
{
    (void)state;
    double weight = 1, gradient = 0, first = 1e-280, second = 1;
    for (int step = 1; step <= 400; step++)
        pp_adam(&weight, &gradient, &first, &second, 1, 1, step);
    assert_true(first == 0);
    assert_true(weight == 1);
}

/// Of a network trained at a level: its outputs.
static void trained(pp_simd level, double *y, double *square)
{
    enum { ROWS = 150, INPUTS = 3 }; // 64 + 64 + 22 rows
    pp_gsl_random random;
    pp_error error = {0};
    gsl_rng *rng = draws(&random, 5);
    double x[ROWS * INPUTS], target[ROWS];
    size_t order[ROWS];
    pp_network *network;
    for (size_t i = 0; i < ROWS; i++) {
        order[i] = i;
        for (size_t j = 0; j < INPUTS; j++)
            x[i * INPUTS + j] = gsl_ran_ugaussian(rng);
        target[i] = fabs(x[i * INPUTS]) - x[i * INPUTS + 1];
    }
    pp_simd_use(level);
    assert_int_equal(pp_network_create(INPUTS, 2, 13, rng, &network, &error), PP_OK);
    const pp_network_data data = {ROWS, x, target, order};
    for (int i = 0; i < 20; i++)
        assert_int_equal(pp_network_pass(network, &data, 0.01, rng, NULL, square, &error), PP_OK);
    pp_network_predict(network, x, ROWS, y);
    for (size_t i = 0; i < ROWS; i++) { // a row alone is the row among others
        double alone;
        pp_network_predict(network, x + i * INPUTS, 1, &alone);
        assert_true(alone == y[i]);
    }
    pp_network_destroy(network);
}

static void test_network_kernels_train_the_same_network_at_every_level(void **state)
{
    (void)state;
    double base[150], found[150], square, other;
    trained(PP_SIMD_BASELINE, base, &square);
    assert_true(square < 0.1);
    for (int level = 1; level <= (int)pp_simd_most(); level++) {
        trained((pp_simd)level, found, &other);
        assert_memory_equal(found, base, sizeof base);
        assert_true(other == square);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network_kernels_rectify_and_mask_at_every_level),
        cmocka_unit_test(test_network_kernels_adam_is_the_paper_s_at_every_level),
        cmocka_unit_test(test_network_kernels_adam_s_moments_do_not_linger_below_normal),
        cmocka_unit_test(test_network_kernels_train_the_same_network_at_every_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
