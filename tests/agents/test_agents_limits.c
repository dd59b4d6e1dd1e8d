// Planners plan with the price that will be quoted: what they answer is within the firm's limits
// before anybody holds it there, and so are the gains that they plan with.
#include "tests/support/agent_fixture.h"

#include "agents/planning/gain.h"

/// Limits that bind for most of the fixture's quotes.
static const pp_limits limits = {1.05, 1.3, 300, 800, NAN};

static const pp_price_range anywhere = {0, INFINITY};

/// A firm whose pipeline and batch have the limits.
static int limited_setup(void **state)
{
    setup(state);
    firm *f = *state;
    pp_pipeline_limit(f->pipeline, &limits);
    pp_curves_bid(&f->curves, NULL, f->null_bid);
    for (size_t i = 0; i < QUOTES; i++) {
        pp_price_range range = pp_limits_range(&limits, f->unit[i]);
        f->low[i] = range.low;
        f->high[i] = range.high;
    }
    return 0;
}

static const pp_policy_config around = {.temperature = 0.5,
                                        .candidates = 41,
                                        .centre = 1,
                                        .spread = 0.03,
                                        .support = 0.12,
                                        .cap_min = NAN,
                                        .cap_max = NAN};

static pp_sale_model model_of(const firm *f)
{
    const pp_sale_config config = {
        .conversion = PP_SALE_OWN, .ridge = 2, .prior_slope = 25, .prior_weight = 100};
    pp_sale_model model;
    assert_int_equal(pp_sale_model_fit(&config, &f->setup, &model, NULL), PP_OK);
    return model;
}

/// Every built-in agent but `baseline`, which multiplies a bid by loadings whatever comes of it.
static void test_agents_quote_within_the_limits_by_themselves(void **state)
{
    const firm *f = *state;
    for (size_t i = 0; pp_agent_classes[i]; i++) {
        size_t at_limit = 0;
        double multiplier[QUOTES];
        if (strcmp(pp_agent_classes[i]->name, "baseline") == 0)
            continue;
        agent a = agent_create(pp_agent_classes[i], &f->setup);
        quote_all(&a, &f->batch, multiplier);
        for (size_t q = 0; q < QUOTES; q++) {
            const double slack = 1e-12; // a mean of candidates at one limit
            assert_true(multiplier[q] >= f->low[q] * (1 - slack));
            assert_true(multiplier[q] <= f->high[q] * (1 + slack));
            at_limit += multiplier[q] < f->low[q] * 1.0001 || multiplier[q] > f->high[q] / 1.0001;
        }
        print_message("%s: %zu of %d at a limit\n", a.class->name, at_limit, (int)QUOTES);
        assert_true(at_limit > QUOTES / 10);
        agent_destroy(&a);
    }
}

/// The candidates within limits are as they were, and each limit has the weight of those beyond it
/// and P at the limit.
static void test_candidates_beyond_a_limit_give_it_their_weight(void **state)
{
    const firm *f = *state;
    pp_sale_model model = model_of(f);
    double *curves = reals(QUOTES);
    pp_sale_curves(&model, f->columns, f->unit, &f->curves, curves);
    for (size_t i = 0; i < QUOTES; i++) {
        pp_price_range range = {f->low[i], f->high[i]};
        pp_candidates all, held;
        double weight[3] = {0}, told[3] = {0}, sum = 0;
        pp_candidates_make(&around, &model, curves + i, f->null_bid[i], anywhere, &all);
        pp_candidates_make(&around, &model, curves + i, f->null_bid[i], range, &held);
        for (size_t j = 0; j < all.n; j++)
            weight[all.multiplier[j] <= range.low   ? 0
                   : all.multiplier[j] < range.high ? 1
                                                    : 2] += all.reference[j];
        for (size_t j = 0; j < held.n; j++) {
            double a = held.multiplier[j];
            assert_true(a >= range.low && a <= range.high);
            assert_true(j == 0 || a > held.multiplier[j - 1]);
            assert_close(held.sale[j], pp_sale_probability(&model, curves + i, a), 1e-12);
            told[a <= range.low ? 0 : a < range.high ? 1 : 2] += held.reference[j];
            sum += held.reference[j];
        }
        assert_close(sum, 1, 1e-12);
        for (size_t k = 0; k < 3 && range.low < range.high; k++)
            assert_close(told[k], weight[k], 1e-12);
    }
    free(curves);
    pp_sale_model_release(&model);
}

/// max over the multiples that can be quoted, by steps of 0.0002, of P(a)(C(a - 1) + d).
static double best_gain(const pp_gain *g, size_t row, double d)
{
    const double *curve = g->rows.curves + row * g->model->curve_size;
    pp_price_range range = g->rows.range[row];
    double low = pp_within(g->model->low, range.low, range.high), best = -INFINITY;
    double high = pp_within(g->model->high, range.low, range.high), c = g->rows.stake[row].size;
    size_t steps = 1 + (size_t)((high - low) / 2e-4);
    for (size_t j = 0; j <= steps; j++) {
        double a = low + (high - low) * (double)j / (double)steps;
        best = fmax(best, pp_sale_probability(g->model, curve, a) * (c * (a - 1) + d));
    }
    return best;
}

/// Exact sums, of the best bid of all, against brute force; and they are below those of a firm
/// without limits.
static void test_gains_are_those_of_prices_that_can_be_quoted(void **state)
{
    const firm *f = *state;
    const double values[] = {-150, 0, 60};
    pp_sale_model model = model_of(f);
    pp_gain gain, free_gain;
    assert_int_equal(pp_gain_create(&f->setup, &model, NULL, 0, 400, &gain, NULL), PP_OK);
    pp_pipeline_limit(f->pipeline, &PP_NO_LIMITS);
    assert_int_equal(pp_gain_create(&f->setup, &model, NULL, 0, 400, &free_gain, NULL), PP_OK);
    pp_pipeline_limit(f->pipeline, &limits);
    for (size_t k = 0; k < PP_COUNT(values); k++) {
        double told = 0, sum = 0, without = 0;
        for (size_t p = 0; p < gain.n_patterns; p++) {
            told += pp_gain_at(&gain, p, values[k]).value;
            without += pp_gain_at(&free_gain, p, values[k]).value;
        }
        for (size_t i = 0; i < gain.rows.n; i++)
            sum += best_gain(&gain, i, values[k]) / (double)gain.rows.n;
        assert_close(told, sum, 1e-3);
        assert_true(told < without - 0.01);
    }
    pp_gain_release(&gain);
    pp_gain_release(&free_gain);
    pp_sale_model_release(&model);
}

/// Caps and limits that leave nothing are refused, with both keys' names.
static void test_caps_that_no_limit_allows_are_refused(void **state)
{
    (void)state;
    pp_policy_config config = around;
    pp_agent_outline outline = {.bid_min = 1, .bid_max = 2, .max_multiple = 1.2};
    pp_error error = {0};
    config.cap_min = 1.2;
    assert_int_equal(pp_policy_check_outline(&config, &outline, &error), PP_OK);
    config.cap_min = 1.3;
    assert_int_equal(pp_policy_check_outline(&config, &outline, &error), PP_EINVAL);
    assert_string_equal(error.message, "cap_min: 1.3 is above the firm's limits.max_multiple, 1.2");
    error = (pp_error){0};
    config = around;
    config.cap_max = 1.1;
    outline = (pp_agent_outline){.bid_min = 1, .bid_max = 2, .min_multiple = 1.15};
    assert_int_equal(pp_policy_check_outline(&config, &outline, &error), PP_EINVAL);
    assert_string_equal(error.message,
                        "cap_max: 1.1 is below the firm's limits.min_multiple, 1.15");
    outline.min_multiple = NAN;
    assert_int_equal(pp_policy_check_outline(&config, &outline, &error), PP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agents_quote_within_the_limits_by_themselves),
        cmocka_unit_test(test_candidates_beyond_a_limit_give_it_their_weight),
        cmocka_unit_test(test_gains_are_those_of_prices_that_can_be_quoted),
        cmocka_unit_test(test_caps_that_no_limit_allows_are_refused),
    };
    return cmocka_run_group_tests(tests, limited_setup, teardown);
}
