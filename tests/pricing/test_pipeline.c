/// pricing/pipeline.h: fit, curves and bids on a simulated history, under every way of observing
/// rivals and every conversion model.
#include "tests/support/pricing_fixture.h"

#include "pricing/pipeline.h"

enum { QUOTES = 60, EPOCHS = 2, ROWS = 400, FIRM = 2 };

/// A firm's pipeline, its history, and new quotes with their curves.
typedef struct priced {
    pp_histories *histories;
    pp_pipeline *pipeline;
    double *quotes, *scratch, *values;
    const double *columns[SIM_COLUMNS], *unit;
    pp_curves curves;
} priced;

static pp_status fit(pp_pipeline *pipeline, const pp_histories *histories, size_t firm,
                     pp_error *error)
{
    pp_gsl_random random;
    pp_history history;
    pp_histories_view(histories, firm, &history);
    double *scratch = reals(pp_pipeline_fit_scratch(pipeline) * history.n);
    pp_status status = pp_pipeline_fit(pipeline, &history, scratch, draws(&random, 3), error);
    free(scratch);
    return status;
}

static pp_pricing_config config_of(int conversion)
{
    pp_pricing_config config = pricing_defaults();
    config.conversion = conversion;
    config.mlp_steps = 20;
    return config;
}

static pp_pipeline *create(int conversion, pp_observe observe)
{
    const pp_pricing_config config = config_of(conversion);
    pp_pipeline *pipeline = NULL;
    assert_int_equal(pp_pipeline_create(&config, SIM_COLUMNS, EPOCHS, observe, &pipeline, NULL),
                     PP_OK);
    assert_non_null(pipeline);
    return pipeline;
}

static priced priced_create(int conversion, pp_observe observe)
{
    priced p = {.histories = simulate(1, EPOCHS, ROWS, observe),
                .pipeline = create(conversion, observe)};
    assert_int_equal(fit(p.pipeline, p.histories, FIRM, NULL), PP_OK);
    p.quotes = simulated_quotes(2, QUOTES, p.columns, &p.unit);
    p.scratch = reals(pp_pipeline_scratch(p.pipeline) * QUOTES);
    p.values = reals(pp_pipeline_curve_size(p.pipeline) * QUOTES);
    pp_pipeline_prepare(p.pipeline, p.columns, p.unit, QUOTES, p.scratch, p.values, &p.curves);
    return p;
}

static void priced_destroy(priced *p)
{
    pp_histories_destroy(p->histories);
    pp_pipeline_destroy(p->pipeline);
    free(p->quotes);
    free(p->scratch);
    free(p->values);
}

static void for_each(void (*check)(priced *p, int conversion, pp_observe observe))
{
    const pp_observe ways[] = {PP_OBSERVE_ALL, PP_OBSERVE_OWN_RANK, PP_OBSERVE_OWN_SALE};
    for (int c = 0; pp_conversion_classes[c]; c++)
        for (size_t o = 0; o < 3; o++) {
            priced p = priced_create(c, ways[o]);
            check(&p, c, ways[o]);
            priced_destroy(&p);
        }
}

static void check_curves(priced *p, int conversion, pp_observe observe)
{
    (void)conversion, (void)observe;
    assert_true(pp_pipeline_fitted(p->pipeline));
    assert_ptr_equal(p->curves.pipeline, p->pipeline);
    assert_ptr_equal(p->curves.values, p->values);
    assert_int_equal(p->curves.n, QUOTES);
    assert_int_equal(p->curves.size, pp_pipeline_curve_size(p->pipeline));
    for (size_t i = 0; i < QUOTES; i++) {
        double before = 1;
        for (double a = 0.8; a < 1.6; a += 0.05) {
            double probability = pp_curve_probability(&p->curves, i, a);
            assert_true(probability > 0 && probability < before);
            before = probability;
        }
    }
}

static void test_pipeline_curves_fall_with_price(void **state)
{
    (void)state;
    for_each(check_curves);
}

static void check_bids(priced *p, int conversion, pp_observe observe)
{
    (void)conversion, (void)observe;
    const pp_pricing_config config = pricing_defaults();
    double k[QUOTES], bid[QUOTES], null_bid[QUOTES];
    for (size_t i = 0; i < QUOTES; i++)
        k[i] = 0.8 + 0.01 * (double)i;
    pp_curves_bid(&p->curves, k, bid);
    pp_curves_bid(&p->curves, NULL, null_bid);
    for (size_t i = 0; i < QUOTES; i++) {
        assert_true(bid[i] >= config.bid_min && bid[i] <= config.bid_max);
        assert_true(pp_curve_bid(&p->curves, i, k[i]) == bid[i]); // one by one or all at once
        assert_true(pp_curve_bid(&p->curves, i, 1) == null_bid[i]);
        double most = pp_curve_probability(&p->curves, i, bid[i]) * (bid[i] - k[i]);
        for (double a = 1; a <= 2; a += 1.0 / 256)
            assert_true(pp_curve_probability(&p->curves, i, a) * (a - k[i]) <= most + 1e-7);
    }
}

static void test_pipeline_bids_are_best_within_range(void **state)
{
    (void)state;
    for_each(check_bids);
}

static void check_blocks(priced *p, int conversion, pp_observe observe)
{
    (void)conversion, (void)observe;
    size_t size = p->curves.size;
    double *values = reals(size);
    for (size_t i = 0; i < QUOTES; i++) {
        const double *columns[SIM_COLUMNS];
        pp_curves one;
        for (size_t j = 0; j < SIM_COLUMNS; j++)
            columns[j] = p->columns[j] + i;
        pp_pipeline_prepare(p->pipeline, columns, p->unit + i, 1, p->scratch, values, &one);
        assert_memory_equal(values, p->values + i * size, size * sizeof(double));
    }
    free(values);
}

static void test_pipeline_block_size_does_not_matter(void **state)
{
    (void)state;
    for_each(check_blocks);
}

static void check_reset(priced *p, int conversion, pp_observe observe)
{
    (void)conversion;
    size_t bytes = p->curves.size * QUOTES * sizeof(double);
    double *again = reals(p->curves.size * QUOTES);
    pp_histories *other = simulate(9, EPOCHS, ROWS, observe);
    pp_curves curves;
    assert_int_equal(fit(p->pipeline, other, FIRM, NULL), PP_OK); // another trial's history
    pp_pipeline_reset(p->pipeline);
    assert_false(pp_pipeline_fitted(p->pipeline));
    assert_int_equal(pp_pipeline_constrained(p->pipeline), 0);
    assert_int_equal(fit(p->pipeline, p->histories, FIRM, NULL), PP_OK);
    pp_pipeline_prepare(p->pipeline, p->columns, p->unit, QUOTES, p->scratch, again, &curves);
    assert_memory_equal(again, p->values, bytes);
    free(again);
    pp_histories_destroy(other);
}

static void test_pipeline_reset_forgets_every_fit(void **state)
{
    (void)state;
    for_each(check_reset);
}

static void check_conversion(priced *p, int conversion, pp_observe observe)
{
    (void)conversion, (void)observe;
    // On the rows fitted, predicted and actual sales agree in number (the prior weighs one row).
    pp_history history;
    pp_curves curves;
    pp_histories_view(p->histories, FIRM, &history);
    double *scratch = reals(pp_pipeline_scratch(p->pipeline) * history.n);
    double *values = reals(p->curves.size * history.n), predicted = 0, sold = 0;
    pp_pipeline_prepare(p->pipeline, history.features, history.unit, history.n, scratch, values,
                        &curves);
    for (size_t i = 0; i < history.n; i++) {
        predicted += pp_curve_probability(&curves, i, history.multiplier[i]);
        sold += history.sold[i];
    }
    assert_true(sold > 50);
    assert_close(predicted, sold, 0.15 * sold);
    free(scratch);
    free(values);
}

static void test_pipeline_predicted_sales_add_up(void **state)
{
    (void)state;
    for_each(check_conversion);
}

static void test_pipeline_dearer_rivals_raise_conversion(void **state)
{
    (void)state;
    // Town costs 5% more at every rival: P at the same multiplier is higher there.
    for (int c = 0; pp_conversion_classes[c]; c++) {
        priced p = priced_create(c, PP_OBSERVE_ALL);
        double sum[2] = {0}, n[2] = {0};
        for (size_t i = 0; i < QUOTES; i++) {
            int town = p.columns[2][i] > 0;
            sum[town] += pp_curve_probability(&p.curves, i, 1.1);
            n[town]++;
        }
        assert_true(n[0] > 5 && n[1] > 5);
        assert_true(sum[1] / n[1] > sum[0] / n[0]);
        priced_destroy(&p);
    }
}

static void test_pipeline_unfitted_says_so(void **state)
{
    (void)state;
    for (int c = 0; pp_conversion_classes[c]; c++) {
        pp_pipeline *pipeline = create(c, PP_OBSERVE_ALL);
        assert_false(pp_pipeline_fitted(pipeline));
        assert_int_equal(pp_pipeline_constrained(pipeline), 0);
        assert_true(pp_pipeline_curve_size(pipeline) > 0);
        assert_true(pp_pipeline_scratch(pipeline) > 0);
        assert_true(pp_pipeline_fit_scratch(pipeline) > 0);
        pp_pipeline_destroy(pipeline);
    }
    pp_pipeline_destroy(NULL);
}

static void test_pipeline_rising_conversion_counted_as_constrained(void **state)
{
    (void)state;
    pp_pipeline *pipeline = create(0, PP_OBSERVE_OWN_SALE);
    pp_histories *histories = simulate(4, EPOCHS, ROWS, PP_OBSERVE_OWN_SALE);
    unsigned char sold[EPOCHS * ROWS];
    pp_history history;
    pp_gsl_random random;
    pp_histories_view(histories, FIRM, &history);
    double *scratch = reals(pp_pipeline_fit_scratch(pipeline) * history.n);
    for (size_t i = 0; i < history.n; i++)
        sold[i] = history.multiplier[i] > 1.1;
    history.sold = sold;
    for (int refits = 1; refits <= 3; refits++) {
        assert_int_equal(pp_pipeline_fit(pipeline, &history, scratch, draws(&random, 1), NULL),
                         PP_OK);
        assert_int_equal(pp_pipeline_constrained(pipeline), refits);
    }
    assert_int_equal(fit(pipeline, histories, FIRM, NULL), PP_OK); // real sales
    assert_int_equal(pp_pipeline_constrained(pipeline), 3);
    pp_pipeline_reset(pipeline);
    assert_int_equal(pp_pipeline_constrained(pipeline), 0);
    free(scratch);
    pp_histories_destroy(histories);
    pp_pipeline_destroy(pipeline);
}

/// Spoil a column of the history, through the pointer to it, and expect the fit to say so.
static void refuses(priced *p, const double **slot, const pp_history *history)
{
    pp_gsl_random random;
    pp_error error = {0};
    double *spoilt = reals(history->n),
           *scratch = reals(pp_pipeline_fit_scratch(p->pipeline) * history->n);
    const double *kept = *slot;
    memcpy(spoilt, kept, history->n * sizeof(double));
    spoilt[history->n / 2] = NAN;
    *slot = spoilt;
    pp_pipeline_reset(p->pipeline);
    assert_int_equal(pp_pipeline_fit(p->pipeline, history, scratch, draws(&random, 1), &error),
                     PP_ENUMERIC);
    assert_int_equal(error.status, PP_ENUMERIC);
    assert_true(error.message[0] != 0);
    assert_false(pp_pipeline_fitted(p->pipeline));
    *slot = kept;
    assert_int_equal(pp_pipeline_fit(p->pipeline, history, scratch, draws(&random, 1), NULL),
                     PP_OK);
    free(spoilt);
    free(scratch);
}

static void check_refusals(priced *p, int conversion, pp_observe observe)
{
    (void)conversion;
    const double *features[SIM_COLUMNS];
    pp_history history;
    pp_histories_view(p->histories, FIRM, &history);
    memcpy(features, history.features, sizeof features);
    history.features = features;
    refuses(p, &features[1], &history);
    refuses(p, &history.unit, &history);
    refuses(p, &history.multiplier, &history);
    if (observe == PP_OBSERVE_OWN_RANK)
        refuses(p, &history.rank, &history);
    for (size_t r = 0; r < PP_RIVALS && observe == PP_OBSERVE_ALL; r++)
        refuses(p, &history.rivals[r], &history);
}

static void test_pipeline_history_not_finite_refused(void **state)
{
    (void)state;
    for_each(check_refusals);
}

/// A configuration that a program got wrong.
static void refuses_config(pp_pricing_config config, const char *name)
{
    pp_pipeline *pipeline = (pp_pipeline *)&config;
    pp_error error = {0};
    assert_int_equal(
        pp_pipeline_create(&config, SIM_COLUMNS, EPOCHS, PP_OBSERVE_ALL, &pipeline, &error),
        PP_EINVAL);
    assert_null(pipeline);
    assert_int_equal(error.status, PP_EINVAL);
    assert_non_null(strstr(error.message, name));
}

static void test_pipeline_parameters_out_of_range_refused(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    config.bid_max = NAN;
    refuses_config(config, "pricing.bid_max");
    config = pricing_defaults();
    config.conversion = 2;
    refuses_config(config, "pricing.conversion");
    config.conversion = -1;
    refuses_config(config, "pricing.conversion");
    config = pricing_defaults();
    config.mlp_hidden = 257;
    refuses_config(config, "pricing.mlp_hidden");
    config = pricing_defaults();
    config.slope_min = 0;
    refuses_config(config, "pricing.slope_min");
    config = pricing_defaults();
    config.conversion_ridge = 0;
    refuses_config(config, "pricing.conversion_ridge");
    config = pricing_defaults();
    config.exploration_factors.value[1] = -0.5;
    refuses_config(config, "pricing.exploration_factors");
    config = pricing_defaults();
    config.bid_min = 1.5;
    config.bid_max = 1.25;
    refuses_config(config, "pricing.bid_min: bid_min 1.5 is above bid_max 1.25");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipeline_curves_fall_with_price),
        cmocka_unit_test(test_pipeline_bids_are_best_within_range),
        cmocka_unit_test(test_pipeline_block_size_does_not_matter),
        cmocka_unit_test(test_pipeline_reset_forgets_every_fit),
        cmocka_unit_test(test_pipeline_predicted_sales_add_up),
        cmocka_unit_test(test_pipeline_dearer_rivals_raise_conversion),
        cmocka_unit_test(test_pipeline_unfitted_says_so),
        cmocka_unit_test(test_pipeline_rising_conversion_counted_as_constrained),
        cmocka_unit_test(test_pipeline_history_not_finite_refused),
        cmocka_unit_test(test_pipeline_parameters_out_of_range_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
