/// pricing/matrix_kernels.h: products against plain loops, and the same bits at every level of
/// vector instructions, whatever the numbers of units and of rows.
#include "tests/support/pricing_fixture.h"

#include "pricing/matrix_kernels.h"

enum { BATCH = PP_MATRIX_ROWS, UNITS = 17, DEEP = 300, WEIGHTS = UNITS * UNITS };

/// A block of [units][BATCH], a third of it 0 or less.
static double *block(gsl_rng *rng, size_t units)
{
    double *made = reals(units * BATCH);
    for (size_t i = 0; i < units * BATCH; i++)
        made[i] = gsl_ran_ugaussian(rng) + 0.4;
    return made;
}

/// In order, one number at a time: the bits that every level must have.
static void plain_product(const pp_matrix_product *of, double *out)
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

static void check_product(pp_matrix_product of)
{
    double *expected = reals(of.outputs * BATCH), *out = reals(of.outputs * BATCH);
    plain_product(&of, expected);
    of.out = out;
    for (int level = 0; level <= (int)pp_simd_most(); level++) {
        for (size_t i = 0; i < of.outputs * BATCH; i++)
            out[i] = -7;
        pp_simd_use((pp_simd)level);
        pp_matrix_kernels_now()->product(&of);
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
        pp_matrix_kernels_now()->gradient(in, inputs, slope, outputs, rows, found);
        for (size_t i = 0; i < inputs; i++)
            for (size_t j = 0; j < outputs; j++)
                assert_true(found[i * outputs + j] ==
                            plain_gradient(in + i * BATCH, slope + j * BATCH, rows));
        assert_true(found[inputs * outputs] == -7);
    }
}

static void test_matrix_kernels_products_equal_plain_sums_at_every_level(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 1);
    double *in = block(rng, UNITS), *slope = block(rng, UNITS), *weight = block(rng, UNITS);
    for (size_t a = 0; a <= UNITS; a++)
        for (size_t b = 0; b <= UNITS; b++)
            for (size_t rows = 0; rows <= BATCH; rows += rows == 16 ? 24 : 8) {
                check_product((pp_matrix_product){rows, a, b, weight, 1, a, weight, in, NULL});
                check_product((pp_matrix_product){rows, a, b, weight, b, 1, NULL, in, NULL});
                check_gradient(in, a, slope, b, rows);
            }
    free(in);
    free(slope);
    free(weight);
}

static void test_matrix_kernels_product_of_many_inputs_is_summed_in_order(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 2);
    double *in = block(rng, DEEP), *weight = block(rng, DEEP); // more than one block of inputs
    for (size_t inputs = 127; inputs <= DEEP; inputs += inputs == 129 ? 127 : 1) {
        check_product((pp_matrix_product){40, 9, inputs, weight, 1, 9, weight, in, NULL});
        check_product((pp_matrix_product){64, 9, inputs, weight, inputs, 1, NULL, in, NULL});
    }
    free(in);
    free(weight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix_kernels_products_equal_plain_sums_at_every_level),
        cmocka_unit_test(test_matrix_kernels_product_of_many_inputs_is_summed_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
