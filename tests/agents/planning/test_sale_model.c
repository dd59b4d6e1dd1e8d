// The planner's own model of sales: agents/planning/sale_model.h.
#include "tests/support/agent_fixture.h"

#include "agents/planning/sale_model.h"

static const pp_sale_config own = {
    .conversion = PP_SALE_OWN, .ridge = 2, .prior_slope = 25, .prior_weight = 100};
static const pp_sale_config pipeline = {.conversion = PP_SALE_PIPELINE};

static const pp_price_range anywhere = {0, INFINITY};

static pp_sale_model fitted(const pp_sale_config *config, const pp_agent_setup *setup)
{
    pp_sale_model model;
    pp_error error = {0};
    if (pp_sale_model_fit(config, setup, &model, &error) != PP_OK)
        fail_msg("%s", error.message);
    return model;
}

/// Curves of the firm's quotes. @return [QUOTES][curve_size], the caller's to free
static double *curves_of(const pp_sale_model *model, const firm *f)
{
    double *curves = reals(QUOTES * model->curve_size);
    pp_sale_curves(model, f->columns, f->unit, &f->curves, curves);
    return curves;
}

static void test_sale_model_of_the_pipeline_is_the_pipeline(void **state)
{
    const firm *f = *state;
    pp_sale_model model = fitted(&pipeline, &f->setup);
    double *curves = curves_of(&model, f), low, high;
    pp_pipeline_bid_range(f->pipeline, &low, &high);
    assert_true(model.low == low && model.high == high);
    assert_int_equal(model.curve_size, f->curves.size);
    for (size_t i = 0; i < QUOTES; i++) {
        const double *curve = curves + i * model.curve_size;
        for (double a = 0.9; a < 1.5; a += 0.07)
            assert_true(pp_sale_probability(&model, curve, a) ==
                        pp_curve_probability(&f->curves, i, a));
        for (double k = 0; k < 1.3; k += 0.2)
            assert_true(pp_sale_bid(&model, curve, k, anywhere) == pp_curve_bid(&f->curves, i, k));
    }
    free(curves);
    pp_sale_model_release(&model);
}

static void test_sale_model_bids_are_the_best_of_their_range(void **state)
{
    const firm *f = *state;
    pp_sale_model model = fitted(&own, &f->setup);
    double *curves = curves_of(&model, f);
    for (size_t i = 0; i < QUOTES; i++)
        for (double k = 0.4; k < 1.3; k += 0.2) {
            double a = pp_sale_bid(&model, curves + i, k, anywhere);
            double gain = pp_sale_probability(&model, curves + i, a) * (a - k), last = 1;
            assert_true(a >= model.low && a <= model.high);
            for (double b = model.low; b <= model.high; b += 0.005) {
                double p = pp_sale_probability(&model, curves + i, b);
                assert_true(p > 0 && p < last); // falls
                assert_true(p * (b - k) <= gain + 1e-12);
                last = p;
            }
        }
    free(curves);
    pp_sale_model_release(&model);
}

/// Slope of the own model in logits per unit multiplier.
static double slope_of(const pp_sale_model *model)
{
    const double curve = 27;
    double p = pp_sale_probability(model, &curve, 1.1), q = pp_sale_probability(model, &curve, 1.2);
    return (log(p / (1 - p)) - log(q / (1 - q))) / 0.1;
}

static void test_sale_model_slope_is_pulled_towards_its_prior(void **state)
{
    const firm *f = *state;
    pp_sale_config config = own;
    double last = 0, slope = 0, free_slope;
    config.prior_weight = 1e-9;
    pp_sale_model model = fitted(&config, &f->setup);
    free_slope = slope_of(&model);
    pp_sale_model_release(&model);
    for (double prior = 8; prior <= 80; prior *= 3) {
        for (double weight = 1; weight <= 1e9; weight *= 1e3) {
            config.prior_slope = prior;
            config.prior_weight = weight;
            model = fitted(&config, &f->setup);
            slope = slope_of(&model);
            pp_sale_model_release(&model);
            assert_true(weight == 1 || fabs(slope - prior) <= fabs(last - prior));
            last = slope;
        }
        assert_close(slope, prior, 1e-4 * prior);
    }
    config.prior_slope = free_slope; // where the data already are, no weight moves anything
    config.prior_weight = 1e6;
    model = fitted(&config, &f->setup);
    assert_close(slope_of(&model), free_slope, 1e-3 * free_slope);
    pp_sale_model_release(&model);
}

enum { ROWS = 2000 };

/// A history of a law in which what kind of customer it is decides how dear a price is still
/// accepted: the older, the sooner they walk away.
typedef struct told {
    double column[SIM_COLUMNS][ROWS], unit[ROWS], multiplier[ROWS], chance[ROWS];
    unsigned char sold[ROWS];
    const double *features[SIM_COLUMNS];
    pp_history history;
} told;

static told *tell(const firm *f, uint64_t seed)
{
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, seed);
    told *h = zeroed(sizeof *h);
    for (size_t i = 0; i < ROWS; i++) {
        double x[SIM_COLUMNS], m = simulated_features(rng, x);
        for (size_t j = 0; j < SIM_COLUMNS; j++)
            h->column[j][i] = x[j];
        h->unit[i] = m * (1 + 0.03 * gsl_ran_ugaussian(rng));
        h->multiplier[i] = 1 + 0.2 * gsl_rng_uniform(rng);
        double limit = 1.12 - 0.0015 * (x[0] - 50);
        h->chance[i] = 1 / (1 + exp(30 * (h->multiplier[i] - limit)));
        h->sold[i] = gsl_rng_uniform(rng) < h->chance[i];
    }
    for (size_t j = 0; j < SIM_COLUMNS; j++)
        h->features[j] = h->column[j];
    h->history = f->history;
    h->history.n = ROWS;
    h->history.features = h->features;
    h->history.unit = h->unit;
    h->history.multiplier = h->multiplier;
    h->history.sold = h->sold;
    return h;
}

/// Mean negative log-likelihood per row of sales a model was not shown.
static double log_loss(const pp_sale_model *model, const told *h)
{
    double sum = 0, *curves = reals(ROWS * model->curve_size);
    double *values = reals(pp_pipeline_curve_size(model->pipeline) * ROWS);
    double *scratch = reals(pp_pipeline_scratch(model->pipeline) * ROWS);
    pp_curves made;
    pp_pipeline_prepare(model->pipeline, h->features, h->unit, ROWS, scratch, values, &made);
    pp_sale_curves(model, h->features, h->unit, &made, curves);
    for (size_t i = 0; i < ROWS; i++) {
        double p = pp_sale_probability(model, curves + i * model->curve_size, h->multiplier[i]);
        sum -= log(h->sold[i] ? p : 1 - p);
    }
    free(scratch);
    free(values);
    free(curves);
    return sum / ROWS;
}

/// The pipeline sees customers through rivals' offers only (here those of another market, which say
/// nothing of age); the own model sees the customers.
static void test_sale_model_on_every_feature_beats_the_pipeline(void **state)
{
    const firm *f = *state;
    pp_agent_setup setup = f->setup;
    told *shown = tell(f, 41), *held_out = tell(f, 42);
    double best = 0, mean = 0;
    setup.history = &shown->history;
    pp_sale_model mine = fitted(&own, &setup), theirs = fitted(&pipeline, &setup);
    for (size_t i = 0; i < ROWS; i++) {
        double p = held_out->chance[i];
        best -= log(held_out->sold[i] ? p : 1 - p) / ROWS;
        mean += held_out->sold[i] / (double)ROWS;
    }
    double constant = -mean * log(mean) - (1 - mean) * log(1 - mean);
    assert_true(log_loss(&mine, held_out) < log_loss(&theirs, held_out) - 0.05);
    assert_true(log_loss(&mine, held_out) < constant - 0.1);
    assert_close(log_loss(&mine, held_out), best, 0.02); // hardly worse than the law itself
    pp_sale_model_release(&mine);
    pp_sale_model_release(&theirs);
    free(shown);
    free(held_out);
}

/// Enough rows for several blocks, and a last one that is not full.
static void test_sale_model_blocks_do_not_matter(void **state)
{
    const firm *f = *state;
    pp_sale_model model = fitted(&own, &f->setup);
    const pp_history *h = &f->history;
    double *scratch = reals(pp_pipeline_scratch(f->pipeline) * h->n), *all = reals(h->n), one;
    double *values = reals(pp_pipeline_curve_size(f->pipeline) * h->n);
    pp_curves curves;
    assert_int_equal(model.curve_size, 1);
    assert_true(h->n > 512 && h->n % 256);
    pp_pipeline_prepare(f->pipeline, h->features, h->unit, h->n, scratch, values, &curves);
    pp_sale_curves(&model, h->features, h->unit, &curves, all);
    for (size_t i = 0; i < h->n; i++) {
        const double *columns[SIM_COLUMNS];
        const pp_curves row = {curves.pipeline, 1, curves.size, curves.values + i * curves.size,
                               curves.unit + i};
        for (size_t j = 0; j < SIM_COLUMNS; j++)
            columns[j] = h->features[j] + i;
        pp_sale_curves(&model, columns, h->unit + i, &row, &one);
        assert_true(one == all[i]);
    }
    free(scratch);
    free(values);
    free(all);
    pp_sale_model_release(&model);
}

static void test_sale_model_history_not_finite_is_refused(void **state)
{
    const firm *f = *state;
    pp_agent_setup setup = f->setup;
    told *h = tell(f, 43);
    pp_sale_model model;
    pp_error error = {0};
    setup.history = &h->history;
    h->column[1][ROWS / 2] = NAN;
    assert_int_equal(pp_sale_model_fit(&own, &setup, &model, &error), PP_ENUMERIC);
    assert_int_equal(error.status, PP_ENUMERIC);
    assert_true(error.message[0] != 0);
    pp_sale_model_release(&model);
    pp_sale_model_release(&model);
    free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sale_model_of_the_pipeline_is_the_pipeline),
        cmocka_unit_test(test_sale_model_bids_are_the_best_of_their_range),
        cmocka_unit_test(test_sale_model_slope_is_pulled_towards_its_prior),
        cmocka_unit_test(test_sale_model_on_every_feature_beats_the_pipeline),
        cmocka_unit_test(test_sale_model_blocks_do_not_matter),
        cmocka_unit_test(test_sale_model_history_not_finite_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
