/// agents/planning/network_kernels.h: products and steps against plain loops, and the same bits at
/// every level of vector instructions, whatever the numbers of units and of rows.
#include "tests/support/pricing_fixture.h"

#include "agents/planning/network.h"
#include "agents/planning/network_kernels.h"

enum { BATCH = PP_NETWORK_BATCH, UNITS = 17, DEEP = 300, WEIGHTS = UNITS * UNITS };

/// A block of [units][BATCH], a third of it 0 or less.
static double *block(gsl_rng *rng, size_t units)
{
    double *made = reals(units * BATCH);
    for (size_t i = 0; i < units * BATCH; i++)
        made[i] = gsl_ran_ugaussian(rng) + 0.4;
    return made;
}

/// In order, one number at a time: the bits that every level must have.
static void plain_product(const pp_network_product *of, double *out)
{
    for (size_t p = 0; p < of->outputs; p++)
        for (size_t r = 0; r < of->rows; r++) {
            double sum = of->start ? of->start[p] : 0;
            for (size_t q = 0; q < of->inputs; q++)
                sum += of->weight[p * of->along_out + q * of->along_in] * of->in[q * BATCH + r];
            out[p * BATCH + r] = sum;
        }
}

static double plain_gradient(const double *in, const double *slope, size_t rows)
{
    double s[8] = {0};
    for (size_t r = 0; r < rows; r++)
        s[r % 8] += in[r] * slope[r];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/// Equal in the rows that count; the others are as they were.
static void assert_block(const double *block, const double *expected, size_t units, size_t rows,
                         double untouched)
{
    for (size_t i = 0; i < units * BATCH; i++)
        assert_true(block[i] == (i % BATCH < rows ? expected[i] : untouched));
}

static void check_product(pp_network_product of)
{
    double *expected = reals(of.outputs * BATCH), *out = reals(of.outputs * BATCH);
    plain_product(&of, expected);
    of.out = out;
    for (int level = 0; level <= (int)pp_simd_most(); level++) {
        for (size_t i = 0; i < of.outputs * BATCH; i++)
            out[i] = -7;
        pp_simd_use((pp_simd)level);
        pp_network_kernels_now()->product(&of);
        assert_block(out, expected, of.outputs, of.rows, -7);
    }
    free(expected);
    free(out);
}

static void check_gradient(const double *in, size_t inputs, const double *slope, size_t outputs,
                           size_t rows)
{
    double found[WEIGHTS + 1];
    for (int level = 0; level <= (int)pp_simd_most(); level++) {
        found[inputs * outputs] = -7;
        pp_simd_use((pp_simd)level);
        pp_network_kernels_now()->gradient(in, inputs, slope, outputs, rows, found);
        for (size_t i = 0; i < inputs; i++)
            for (size_t j = 0; j < outputs; j++)
                assert_true(found[i * outputs + j] ==
                            plain_gradient(in + i * BATCH, slope + j * BATCH, rows));
        assert_true(found[inputs * outputs] == -7);
    }
}

static void test_network_kernels_products_equal_plain_sums_at_every_level(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 1);
    double *in = block(rng, UNITS), *slope = block(rng, UNITS), *weight = block(rng, UNITS);
    for (size_t a = 0; a <= UNITS; a++)
        for (size_t b = 0; b <= UNITS; b++)
            for (size_t rows = 0; rows <= BATCH; rows += rows == 16 ? 24 : 8) {
                check_product((pp_network_product){rows, a, b, weight, 1, a, weight, in, NULL});
                check_product((pp_network_product){rows, a, b, weight, b, 1, NULL, in, NULL});
                check_gradient(in, a, slope, b, rows);
            }
    free(in);
    free(slope);
    free(weight);
}

static void test_network_kernels_product_of_many_inputs_is_summed_in_order(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 2);
    double *in = block(rng, DEEP), *weight = block(rng, DEEP); // more than one block of inputs
    for (size_t inputs = 127; inputs <= DEEP; inputs += inputs == 129 ? 127 : 1) {
        check_product((pp_network_product){40, 9, inputs, weight, 1, 9, weight, in, NULL});
        check_product((pp_network_product){64, 9, inputs, weight, inputs, 1, NULL, in, NULL});
    }
    free(in);
    free(weight);
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
        cmocka_unit_test(test_network_kernels_products_equal_plain_sums_at_every_level),
        cmocka_unit_test(test_network_kernels_product_of_many_inputs_is_summed_in_order),
        cmocka_unit_test(test_network_kernels_rectify_and_mask_at_every_level),
        cmocka_unit_test(test_network_kernels_adam_is_the_paper_s_at_every_level),
        cmocka_unit_test(test_network_kernels_adam_s_moments_do_not_linger_below_normal),
        cmocka_unit_test(test_network_kernels_train_the_same_network_at_every_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
