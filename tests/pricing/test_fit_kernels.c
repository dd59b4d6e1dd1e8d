/// pricing/fit_kernels.h: the loops of refits against plain ones in long double, and the same bits
/// at every level of vector instructions, whatever the number of rows and regressors.
#include "tests/support/pricing_fixture.h"

#include "market/base/simd.h"
#include "pricing/fit_kernels.h"

enum { MOST = 601, STRIDE = 605, REGRESSORS = 7, TRIANGLE = REGRESSORS * (REGRESSORS + 1) / 2 };

static const size_t rows[] = {0,  1,  2,  3,  4,  5,  6,   7,   8,   9,   10,  11,  12,
                              13, 14, 15, 16, 17, 31, 255, 256, 257, 264, 511, 600, MOST};

typedef struct numbers {
    double x[REGRESSORS][STRIDE], response[STRIDE], coefficient[REGRESSORS];
} numbers;

typedef struct outcome {
    double mean, squares, centred[STRIDE], scaled[STRIDE], gram[TRIANGLE];
    double gradient[REGRESSORS], hessian[REGRESSORS * REGRESSORS];
} outcome;

static void draw(numbers *d)
{
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 1);
    for (size_t i = 0; i < STRIDE; i++) {
        for (size_t j = 0; j < REGRESSORS; j++)
            d->x[j][i] = gsl_ran_ugaussian(rng) + (double)j;
        d->response[i] = gsl_rng_uniform(rng) < 0.3;
    }
    for (size_t j = 0; j < REGRESSORS; j++)
        d->coefficient[j] = 0.4 * gsl_ran_ugaussian(rng);
}

static void run(const numbers *d, size_t n, size_t n_free, size_t n_all, outcome *o)
{
    const pp_fit_kernels *kernels = pp_fit_kernels_now();
    memset(o, 0, sizeof *o);
    o->mean = kernels->centre(d->x[1], n, o->centred);
    o->squares = kernels->squares(d->x[1], n, o->mean);
    kernels->scale(d->x[2], n, 2, 0.3, o->scaled);
    kernels->gram(d->x[0], STRIDE, n, n_all, o->gram);
    kernels->logistic(d->x[0], STRIDE, d->response, n, n_free, n_all, d->coefficient, o->gradient,
                      o->hessian);
}

static void plain_logistic(const numbers *d, size_t i, size_t n_all, long double *residual,
                           long double *weight)
{
    long double logit = 0;
    for (size_t j = 0; j < n_all; j++)
        logit += (long double)d->coefficient[j] * d->x[j][i];
    long double p = 1 / (1 + expl(-logit));
    *residual = d->response[i] - p;
    *weight = p * (1 - p);
}

static void check_sums(const numbers *d, size_t n, size_t n_free, size_t n_all, const outcome *o)
{
    for (size_t j = 0; j < n_all; j++)
        for (size_t k = 0; k <= j; k++) {
            long double product = 0, slope = 0, curvature = 0, residual, weight;
            for (size_t i = 0; i < n; i++) {
                plain_logistic(d, i, n_all, &residual, &weight);
                product += (long double)d->x[j][i] * d->x[k][i];
                curvature += weight * d->x[j][i] * d->x[k][i];
                slope += residual * d->x[j][i];
            }
            assert_close(o->gram[j * (j + 1) / 2 + k], (double)product, 1e-9);
            if (j < n_free) {
                assert_close(o->hessian[j * n_free + k], (double)curvature, 1e-9);
                assert_close(o->gradient[j], (double)slope, 1e-9);
            }
        }
}

static void check_columns(const numbers *d, size_t n, const outcome *o)
{
    long double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        mean += d->x[1][i] / (long double)n;
    for (size_t i = 0; i < n; i++) {
        squares += (d->x[1][i] - mean) * (d->x[1][i] - mean);
        assert_close(o->centred[i], (double)(d->x[1][i] - mean), 1e-14);
        assert_close(o->scaled[i], (d->x[2][i] - 2) * 0.3, 1e-15);
    }
    assert_close(o->mean, (double)mean, 1e-14);
    assert_close(o->squares, (double)squares, 1e-10);
}

static void test_fit_kernels_equal_plain_sums_at_every_level(void **state)
{
    (void)state;
    static numbers d;
    static outcome first, other;
    pp_simd kept = pp_simd_level();
    draw(&d);
    for (size_t r = 0; r < PP_COUNT(rows); r++)
        for (size_t n_all = 1; n_all <= REGRESSORS; n_all++)
            for (size_t n_free = n_all > 1 ? n_all - 1 : 1; n_free <= n_all; n_free++) {
                pp_simd_use(PP_SIMD_BASELINE);
                run(&d, rows[r], n_free, n_all, &first);
                check_sums(&d, rows[r], n_free, n_all, &first);
                check_columns(&d, rows[r], &first);
                for (int level = PP_SIMD_BASELINE + 1; level <= (int)pp_simd_most(); level++) {
                    pp_simd_use((pp_simd)level);
                    run(&d, rows[r], n_free, n_all, &other);
                    assert_memory_equal(&first, &other, sizeof first);
                }
            }
    pp_simd_use(kept);
}

static void test_fit_kernels_numbers_not_finite_are_not_hidden(void **state)
{
    (void)state;
    static numbers d;
    static outcome o;
    draw(&d);
    d.x[1][300] = NAN;
    run(&d, MOST, 5, 5, &o);
    assert_true(isnan(o.mean) && isnan(o.squares) && isnan(o.gram[2]) && isnan(o.gradient[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fit_kernels_equal_plain_sums_at_every_level),
        cmocka_unit_test(test_fit_kernels_numbers_not_finite_are_not_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
