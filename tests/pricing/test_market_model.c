/// pricing/rival_model.h: what a firm can tell of its rivals, under each way of observing them.
#include "tests/support/pricing_fixture.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_multifit.h>

#include "pricing/linear.h"
#include "pricing/rival_model.h"

enum { P = 5, INPUTS = P + 1 }; ///< features, and log C

/// A history of n rows made by hand; everything in one block.
typedef struct sample {
    size_t n;
    double *storage, *columns[P], *unit, *multiplier, *rank, *rivals[PP_RIVALS], *scratch;
    pp_history history;
} sample;

/// Features: two numeric, a constant one, and a one-hot pair, which are collinear with it.
static sample sample_create(gsl_rng *rng, size_t n, pp_observe observe)
{
    sample s = {.n = n, .storage = reals((P + 3 + PP_RIVALS + INPUTS + PP_RIVALS) * n)};
    double *at = s.storage;
    for (size_t j = 0; j < P; j++, at += n)
        s.columns[j] = at;
    for (size_t r = 0; r < PP_RIVALS; r++, at += n)
        s.rivals[r] = at;
    s.unit = at;
    s.multiplier = s.unit + n;
    s.rank = s.multiplier + n;
    s.scratch = s.rank + n;
    for (size_t i = 0; i < n; i++) {
        s.columns[0][i] = 50 + 20 * gsl_ran_ugaussian(rng);
        s.columns[1][i] = gsl_ran_exponential(rng, 1e4);
        s.columns[2][i] = 7;
        s.columns[3][i] = gsl_rng_uniform(rng) < 0.4;
        s.columns[4][i] = 1 - s.columns[3][i];
        s.unit[i] = exp(6 + gsl_ran_ugaussian(rng));
        s.multiplier[i] = 1 + 0.2 * gsl_rng_uniform(rng);
    }
    s.history = (pp_history){.n = n,
                             .n_columns = P,
                             .unit = s.unit,
                             .multiplier = s.multiplier,
                             .observe = observe,
                             .n_firms = 6};
    return s;
}

/// Point the view at the columns; the sample must not move afterwards.
static const pp_history *view_of(sample *s)
{
    s->history.features = (const double *const *)s->columns;
    for (size_t r = 0; r < PP_RIVALS && s->history.observe == PP_OBSERVE_ALL; r++)
        s->history.rivals[r] = s->rivals[r];
    if (s->history.observe != PP_OBSERVE_OWN_SALE)
        s->history.rank = s->rank;
    return &s->history;
}

static double law(const sample *s, size_t i, size_t r)
{
    return 1.1 + 0.05 * (double)r + 0.002 * (s->columns[0][i] - 50) - 3e-6 * s->columns[1][i] +
           0.04 * s->columns[3][i] + (0.01 + 0.01 * (double)r) * log(s->unit[i]);
}

static void draw_rivals(sample *s, gsl_rng *rng, double noise)
{
    for (size_t r = 0; r < PP_RIVALS; r++)
        for (size_t i = 0; i < s->n; i++)
            s->rivals[r][i] = law(s, i, r) + noise * gsl_ran_ugaussian(rng);
}

static pp_rival_model fitted(sample *s, double ridge)
{
    pp_rival_model model;
    assert_int_equal(pp_rival_model_create(P, 4, s->history.observe, &model, NULL), PP_OK);
    assert_int_equal(pp_rival_model_fit(&model, ridge, view_of(s), s->scratch, NULL), PP_OK);
    return model;
}

static double *predicted(const pp_rival_model *model, const sample *s)
{
    double *outputs = reals((size_t)model->n_outputs * s->n), *scratch = reals(s->n);
    pp_rival_model_predict(model, (const double *const *)s->columns, s->unit, s->n, scratch,
                           outputs);
    free(scratch);
    return outputs;
}

static void test_market_model_linear_law_without_noise_recovered(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 1);
    sample s = sample_create(rng, 400, PP_OBSERVE_ALL),
           fresh = sample_create(rng, 50, PP_OBSERVE_ALL);
    draw_rivals(&s, rng, 0);
    pp_rival_model model = fitted(&s, 1e-10);
    assert_int_equal(model.n_outputs, PP_RIVALS);
    double *outputs = predicted(&model, &fresh);
    for (size_t r = 0; r < PP_RIVALS; r++)
        for (size_t i = 0; i < fresh.n; i++)
            assert_close(outputs[r * fresh.n + i], law(&fresh, i, r), 1e-7);
    free(outputs);
    free(s.storage);
    free(fresh.storage);
    pp_rival_model_destroy(&model);
}

static void test_market_model_linear_law_with_noise_within_its_error(void **state)
{
    (void)state;
    // The mean square error of predictions at the rows fitted is noise^2 q/n, q = 5 free
    // coefficients; as a chi-squared with 5 degrees of freedom it exceeds 30.9/5 times that once in
    // 100,000.
    enum { Q = 5 };
    const double noise = 0.05;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 2);
    sample s = sample_create(rng, 4000, PP_OBSERVE_ALL);
    draw_rivals(&s, rng, noise);
    pp_rival_model model = fitted(&s, 1e-8);
    double *outputs = predicted(&model, &s);
    for (size_t r = 0; r < PP_RIVALS; r++) {
        double squares = 0;
        for (size_t i = 0; i < s.n; i++) {
            double miss = outputs[r * s.n + i] - law(&s, i, r);
            squares += miss * miss;
        }
        assert_true(squares > 0 && squares / (noise * noise) < 30.9);
    }
    free(outputs);
    free(s.storage);
    pp_rival_model_destroy(&model);
}

/// The ridge regression as one least-squares problem, n rows of data and one per coefficient, by
/// GSL's singular value decomposition. @param outputs [n] its predictions
static void reference_ridge(const sample *s, size_t r, double ridge, double *outputs)
{
    size_t n = s->n, q = INPUTS + 1;
    gsl_matrix *x = gsl_matrix_calloc(n + INPUTS, q), *covariance = gsl_matrix_alloc(q, q);
    gsl_vector *y = gsl_vector_calloc(n + INPUTS), *c = gsl_vector_alloc(q);
    gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(n + INPUTS, q);
    double chisq;
    for (size_t j = 0; j < INPUTS; j++) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < n; i++) {
            double value = j < P ? s->columns[j][i] : log(s->unit[i]);
            gsl_matrix_set(x, i, j, value);
            mean += value / (double)n;
        }
        for (size_t i = 0; i < n; i++)
            variance += pow(gsl_matrix_get(x, i, j) - mean, 2) / (double)n;
        double deviation = variance > 1e-12 ? sqrt(variance) : 1;
        for (size_t i = 0; i < n; i++)
            gsl_matrix_set(x, i, j, (gsl_matrix_get(x, i, j) - mean) / deviation);
        gsl_matrix_set(x, n + j, j, sqrt(ridge * (double)n));
    }
    for (size_t i = 0; i < n; i++) {
        gsl_matrix_set(x, i, q - 1, 1);
        gsl_vector_set(y, i, s->rivals[r][i]);
    }
    assert_int_equal(gsl_multifit_linear(x, y, c, covariance, &chisq, work), 0);
    for (size_t i = 0; i < n; i++) {
        gsl_vector_view row = gsl_matrix_row(x, i);
        gsl_blas_ddot(&row.vector, c, &outputs[i]);
    }
    gsl_multifit_linear_free(work);
    gsl_matrix_free(x);
    gsl_matrix_free(covariance);
    gsl_vector_free(y);
    gsl_vector_free(c);
}

static void test_market_model_ridge_equals_direct_solution(void **state)
{
    (void)state;
    const double ridges[] = {1e-4, 0.03, 2};
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 3);
    sample s = sample_create(rng, 60, PP_OBSERVE_ALL);
    double *expected = reals(s.n);
    draw_rivals(&s, rng, 0.1);
    for (size_t g = 0; g < 3; g++) {
        pp_rival_model model = fitted(&s, ridges[g]);
        double *outputs = predicted(&model, &s);
        for (size_t r = 0; r < PP_RIVALS; r++) {
            reference_ridge(&s, r, ridges[g], expected);
            for (size_t i = 0; i < s.n; i++)
                assert_close(outputs[r * s.n + i], expected[i], 1e-10);
        }
        free(outputs);
        pp_rival_model_destroy(&model);
    }
    free(expected);
    free(s.storage);
}

static void test_market_model_constant_column_ignored(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 4);
    sample s = sample_create(rng, 200, PP_OBSERVE_ALL);
    draw_rivals(&s, rng, 0.1);
    pp_rival_model model = fitted(&s, 1e-4);
    double *before = predicted(&model, &s);
    for (size_t i = 0; i < s.n; i++)
        s.columns[2][i] = 1e6; // never seen to vary, so nothing can be concluded from it
    double *after = predicted(&model, &s);
    assert_memory_equal(before, after, PP_RIVALS * s.n * sizeof(double));
    free(before);
    free(after);
    free(s.storage);
    pp_rival_model_destroy(&model);
}

static void test_market_model_collinear_levels_share_the_effect(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 5);
    sample s = sample_create(rng, 500, PP_OBSERVE_ALL);
    draw_rivals(&s, rng, 0);
    pp_rival_model model = fitted(&s, 1e-9);
    for (size_t r = 0; r < PP_RIVALS; r++) {
        const double *w = model.weight + r * (INPUTS + 1);
        assert_close(w[3], -w[4], 1e-6); // the least of all equal solutions
        assert_close(w[3] / model.deviation[3] - w[4] / model.deviation[4], 0.04, 1e-6);
    }
    free(s.storage);
    pp_rival_model_destroy(&model);
}

/// P(a rival is below a) = 1/(1 + exp(-30 (a - median))), as rivals with logistic multiples have
/// it.
static double median_law(const sample *s, size_t i)
{
    return 1.12 + 0.001 * (s->columns[0][i] - 50) + 0.03 * s->columns[3][i] +
           0.01 * (log(s->unit[i]) - 6);
}

static void draw_ranks(sample *s, gsl_rng *rng)
{
    for (size_t i = 0; i < s->n; i++) {
        double below = 1 / (1 + exp(-30 * (s->multiplier[i] - median_law(s, i))));
        unsigned cheaper = gsl_ran_binomial(rng, below, (unsigned)s->history.n_firms - 1);
        s->rank[i] = 1 + (double)cheaper;
    }
}

static void test_market_model_own_rank_recovers_the_median_rival(void **state)
{
    (void)state;
    // Per row, the information on the median is 5 rivals * 30^2 * p(1 - p) > 5 * 900 * 0.06, so the
    // standard error of a mean over q = 5 coefficients is below sqrt(5/(270 * 20000)) = 0.001.
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 6);
    sample s = sample_create(rng, 20000, PP_OBSERVE_OWN_RANK);
    draw_ranks(&s, rng);
    pp_rival_model model = fitted(&s, 1e-8);
    assert_int_equal(model.n_outputs, 1);
    double *outputs = predicted(&model, &s), squares = 0;
    for (size_t i = 0; i < s.n; i++)
        squares += pow(outputs[i] - median_law(&s, i), 2) / (double)s.n;
    assert_true(sqrt(squares) < 0.002);
    free(outputs);
    pp_rival_model_destroy(&model);

    model = fitted(&s, 1e-4); // the default ridge shrinks it but little
    outputs = predicted(&model, &s);
    for (size_t i = 0; i < s.n; i++)
        assert_close(outputs[i], median_law(&s, i), 0.02);
    free(outputs);
    free(s.storage);
    pp_rival_model_destroy(&model);
}

static void test_market_model_own_rank_always_cheapest_or_dearest_finite(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 7);
    sample s = sample_create(rng, 300, PP_OBSERVE_OWN_RANK);
    double mean[2] = {0};
    for (int dearest = 0; dearest < 2; dearest++) {
        for (size_t i = 0; i < s.n; i++)
            s.rank[i] = dearest ? 6 : 1;
        pp_rival_model model = fitted(&s, 1e-4);
        double *outputs = predicted(&model, &s);
        for (size_t i = 0; i < s.n; i++) {
            assert_true(isfinite(outputs[i]));
            mean[dearest] += outputs[i] / (double)s.n;
        }
        free(outputs);
        pp_rival_model_destroy(&model);
    }
    assert_true(mean[0] > mean[1]); // rivals are dearer where it is always the cheapest
    free(s.storage);
}

static void test_market_model_own_sale_hands_inputs_on(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 8);
    sample s = sample_create(rng, 100, PP_OBSERVE_OWN_SALE);
    pp_rival_model model = fitted(&s, 1e-4);
    assert_int_equal(model.n_outputs, INPUTS);
    double *outputs = predicted(&model, &s);
    for (size_t j = 0; j < INPUTS; j++) {
        double *x = reals(s.n), mean, deviation;
        for (size_t i = 0; i < s.n; i++)
            x[i] = j < P ? s.columns[j][i] : log(s.unit[i]);
        pp_standardise(x, s.n, &mean, &deviation);
        for (size_t i = 0; i < s.n; i++)
            assert_close(outputs[j * s.n + i], (x[i] - mean) / deviation, 1e-12);
        free(x);
    }
    free(outputs);
    free(s.storage);
    pp_rival_model_destroy(&model);
}

static void test_market_model_lone_firm_predicts_a_constant(void **state)
{
    (void)state;
    const pp_observe ways[] = {PP_OBSERVE_ALL, PP_OBSERVE_OWN_RANK};
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 9);
    for (size_t w = 0; w < 2; w++) {
        sample s = sample_create(rng, 50, ways[w]);
        s.history.n_firms = 1;
        pp_rival_model model = fitted(&s, 1e-4);
        double *outputs = predicted(&model, &s);
        for (size_t i = 0; i < (size_t)model.n_outputs * s.n; i++)
            assert_true(isfinite(outputs[i]) && outputs[i] == outputs[0]);
        free(outputs);
        free(s.storage);
        pp_rival_model_destroy(&model);
    }
}

/// Spoil one number of the history and expect the fit to say so.
static void refuses(sample *s, double *number, double value)
{
    pp_rival_model model;
    pp_error error = {0};
    double kept = *number;
    *number = value;
    assert_int_equal(pp_rival_model_create(P, 4, s->history.observe, &model, NULL), PP_OK);
    assert_int_equal(pp_rival_model_fit(&model, 1e-4, view_of(s), s->scratch, &error), PP_ENUMERIC);
    assert_int_equal(error.status, PP_ENUMERIC);
    assert_true(error.message[0] != 0);
    pp_rival_model_destroy(&model);
    *number = kept;
}

static void test_market_model_numbers_not_finite_refused(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 10);
    sample all = sample_create(rng, 60, PP_OBSERVE_ALL);
    draw_rivals(&all, rng, 0.1);
    refuses(&all, &all.columns[1][17], NAN);
    refuses(&all, &all.columns[0][0], INFINITY);
    refuses(&all, &all.unit[59], -1);
    refuses(&all, &all.unit[3], 0);
    refuses(&all, &all.rivals[1][8], NAN);
    refuses(&all, &all.rivals[2][59], INFINITY);
    sample rank = sample_create(rng, 60, PP_OBSERVE_OWN_RANK);
    draw_ranks(&rank, rng);
    refuses(&rank, &rank.columns[1][17], NAN);
    refuses(&rank, &rank.multiplier[5], NAN);
    refuses(&rank, &rank.rank[5], NAN);
    free(all.storage);
    free(rank.storage);
}

/// A model that has seen earlier epochs, and one that sees all rows for the first time, agree on
/// the same history.
static void check_refits(size_t kept_epochs, const size_t *fitted_after, size_t n_fits)
{
    enum { EPOCHS = 3, ROWS = 90, STARTED = 9 };
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 11);
    sample s = sample_create(rng, EPOCHS * ROWS, PP_OBSERVE_ALL);
    draw_rivals(&s, rng, 0.1);
    pp_rival_model seen;
    assert_int_equal(pp_rival_model_create(P, kept_epochs, PP_OBSERVE_ALL, &seen, NULL), PP_OK);
    for (size_t epoch = 1, fit = 0; epoch <= STARTED; epoch++) {
        size_t at = (epoch - 1) % EPOCHS * ROWS;
        for (size_t i = at; i < at + ROWS; i++) { // the oldest epoch's rows make room
            s.columns[1][i] = (double)epoch + gsl_ran_exponential(rng, 1e4);
            for (size_t r = 0; r < PP_RIVALS; r++)
                s.rivals[r][i] = law(&s, i, r) + 0.1 * gsl_ran_ugaussian(rng);
        }
        view_of(&s);
        size_t epochs = epoch < EPOCHS ? epoch : EPOCHS;
        s.history.n = epochs * ROWS;
        s.history.rows = ROWS;
        s.history.epoch = (int64_t)epoch;
        if (fit == n_fits || fitted_after[fit] != epoch)
            continue;
        fit++;
        assert_int_equal(pp_rival_model_fit(&seen, 1e-4, &s.history, s.scratch, NULL), PP_OK);
        s.history.rows = 0; // no epochs: every row is read
        pp_rival_model fresh;
        assert_int_equal(pp_rival_model_create(P, 0, PP_OBSERVE_ALL, &fresh, NULL), PP_OK);
        assert_int_equal(pp_rival_model_fit(&fresh, 1e-4, &s.history, s.scratch, NULL), PP_OK);
        for (size_t j = 0; j < INPUTS; j++)
            assert_close(seen.deviation[j] / fresh.deviation[j], 1, 1e-12);
        for (size_t j = 0; j < PP_RIVALS * (INPUTS + 1); j++)
            assert_close(seen.weight[j], fresh.weight[j], 1e-11);
        pp_rival_model_destroy(&fresh);
    }
    pp_rival_model_destroy(&seen);
    free(s.storage);
}

static void test_market_model_refits_equal_a_first_fit(void **state)
{
    (void)state;
    const size_t always[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, seldom[] = {2, 3, 7, 8};
    check_refits(3, always, 9);
    check_refits(5, always, 9); // as many as a longer history has
    check_refits(3, seldom, 4);
    check_refits(0, always, 9); // no moments are kept
}

static void test_market_model_reset_forgets_the_epochs(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 12);
    sample s = sample_create(rng, 100, PP_OBSERVE_ALL);
    draw_rivals(&s, rng, 0.1);
    view_of(&s);
    s.history.rows = 100;
    s.history.epoch = 1;
    pp_rival_model model;
    assert_int_equal(pp_rival_model_create(P, 4, PP_OBSERVE_ALL, &model, NULL), PP_OK);
    assert_int_equal(pp_rival_model_fit(&model, 1e-4, &s.history, s.scratch, NULL), PP_OK);
    double before = model.weight[P + 1];
    for (size_t i = 0; i < s.n; i++)
        s.rivals[0][i] += 1; // another trial's first epoch
    pp_rival_model_reset(&model);
    assert_int_equal(pp_rival_model_fit(&model, 1e-4, &s.history, s.scratch, NULL), PP_OK);
    assert_close(model.weight[P + 1], before + 1, 1e-12);
    pp_rival_model_destroy(&model);
    free(s.storage);
}

static void test_market_model_destroy_twice_ignored(void **state)
{
    (void)state;
    pp_rival_model model;
    assert_int_equal(pp_rival_model_create(P, 4, PP_OBSERVE_ALL, &model, NULL), PP_OK);
    pp_rival_model_destroy(&model);
    pp_rival_model_destroy(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_market_model_linear_law_without_noise_recovered),
        cmocka_unit_test(test_market_model_linear_law_with_noise_within_its_error),
        cmocka_unit_test(test_market_model_ridge_equals_direct_solution),
        cmocka_unit_test(test_market_model_constant_column_ignored),
        cmocka_unit_test(test_market_model_collinear_levels_share_the_effect),
        cmocka_unit_test(test_market_model_own_rank_recovers_the_median_rival),
        cmocka_unit_test(test_market_model_own_rank_always_cheapest_or_dearest_finite),
        cmocka_unit_test(test_market_model_own_sale_hands_inputs_on),
        cmocka_unit_test(test_market_model_lone_firm_predicts_a_constant),
        cmocka_unit_test(test_market_model_numbers_not_finite_refused),
        cmocka_unit_test(test_market_model_refits_equal_a_first_fit),
        cmocka_unit_test(test_market_model_reset_forgets_the_epochs),
        cmocka_unit_test(test_market_model_destroy_twice_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
