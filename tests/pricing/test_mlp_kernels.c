/// pricing/mlp_kernels.h: likelihood and gradient against plain ones in long double, and the same
/// bits at every level of vector instructions, whatever the numbers of units and of rows.
#include "tests/support/pricing_fixture.h"

#include "pricing/matrix_kernels.h"
#include "pricing/mlp_kernels.h"

enum { BATCH = PP_MATRIX_ROWS, HIDDEN = 9, NUMBERS = (HIDDEN + 1) * BATCH };

typedef struct numbers {
    double gain[HIDDEN], sold[BATCH], input[NUMBERS];
} numbers;

typedef struct outcome {
    double loss, alone, unit[NUMBERS], delta[NUMBERS];
} outcome;

static void draw(numbers *d, double scale)
{
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 1);
    for (size_t h = 0; h < HIDDEN; h++)
        d->gain[h] = gsl_rng_uniform(rng);
    for (size_t r = 0; r < BATCH; r++)
        d->sold[r] = gsl_rng_uniform(rng) < 0.3;
    for (size_t i = 0; i < NUMBERS; i++)
        d->input[i] = scale * gsl_ran_ugaussian(rng);
}

static void run(const numbers *d, size_t hidden, size_t n, outcome *o)
{
    memset(o, 0, sizeof *o);
    memcpy(o->unit, d->input, sizeof o->unit);
    o->alone = pp_mlp_kernels_now()->loss(hidden, d->gain, d->sold, n, o->unit, NULL);
    memcpy(o->unit, d->input, sizeof o->unit);
    o->loss = pp_mlp_kernels_now()->loss(hidden, d->gain, d->sold, n, o->unit, o->delta);
}

static void check(const numbers *d, size_t hidden, size_t n, const outcome *o)
{
    long double loss = 0;
    for (size_t r = 0; r < n; r++) {
        long double logit = d->input[hidden * BATCH + r];
        for (size_t h = 0; h < hidden; h++) {
            long double x = d->input[h * BATCH + r], a = x / (1 + fabsl(x));
            assert_close(o->unit[h * BATCH + r], (double)a, 1e-15);
            logit += d->gain[h] * a;
        }
        double error = (double)(1 / (1 + expl(-logit)) - d->sold[r]);
        loss += log1pl(expl(d->sold[r] > 0 ? -logit : logit));
        assert_close(o->unit[hidden * BATCH + r], (double)logit, 1e-14 * (1 + fabs((double)logit)));
        assert_close(o->delta[hidden * BATCH + r], error, 1e-14);
        for (size_t h = 0; h < hidden; h++) {
            double flat = 1 - fabs(o->unit[h * BATCH + r]);
            assert_close(o->delta[h * BATCH + r], error * d->gain[h] * flat * flat, 1e-14);
        }
    }
    assert_close(o->loss, (double)loss, 1e-14 * (1 + (double)loss));
    assert_true(o->alone == o->loss);
    for (size_t h = 0; h <= hidden; h++)
        for (size_t r = n; r < pp_matrix_padded(n); r++)
            assert_true(o->delta[h * BATCH + r] == 0);
}

static void test_mlp_kernels_loss_equals_a_plain_one_at_every_level(void **state)
{
    (void)state;
    const size_t rows[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 40, 63, 64};
    const double scales[] = {1, 300};
    numbers *d = calloc(1, sizeof *d);
    outcome *base = calloc(2, sizeof *base), *found = base + 1;
    assert_non_null(d);
    assert_non_null(base);
    for (size_t s = 0; s < PP_COUNT(scales); s++) {
        draw(d, scales[s]);
        for (size_t hidden = 0; hidden <= HIDDEN; hidden++)
            for (size_t i = 0; i < PP_COUNT(rows); i++) {
                pp_simd_use(PP_SIMD_BASELINE);
                run(d, hidden, rows[i], base);
                check(d, hidden, rows[i], base);
                for (int level = 1; level <= (int)pp_simd_most(); level++) {
                    pp_simd_use((pp_simd)level);
                    run(d, hidden, rows[i], found);
                    assert_memory_equal(found, base, sizeof *base);
                }
            }
    }
    free(d);
    free(base);
}

static void test_mlp_kernels_loss_of_what_is_no_number_is_none(void **state)
{
    (void)state;
    const double wrong[] = {NAN, INFINITY, -INFINITY};
    numbers *d = calloc(1, sizeof *d);
    outcome *o = calloc(1, sizeof *o);
    assert_non_null(d);
    assert_non_null(o);
    for (size_t i = 0; i < PP_COUNT(wrong); i++)
        for (size_t h = 0; h < HIDDEN; h++) // in a unit of four, or in the last
            for (int level = 0; level <= (int)pp_simd_most(); level++) {
                draw(d, 1);
                d->input[h * BATCH + 5] = wrong[i];
                pp_simd_use((pp_simd)level);
                run(d, HIDDEN, 9, o);
                assert_false(isfinite(o->loss));
            }
    free(d);
    free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mlp_kernels_loss_equals_a_plain_one_at_every_level),
        cmocka_unit_test(test_mlp_kernels_loss_of_what_is_no_number_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
