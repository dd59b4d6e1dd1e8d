/// The formulas of the agents `null` and `baseline`.
#include "tests/support/agent_fixture.h"

static void test_baseline_null_agent_quotes_the_null_bid(void **state)
{
    firm *f = *state;
    agent a = agent_create(pp_agent_find("null"), &f->setup);
    double multiplier[QUOTES];
    quote_all(&a, &f->batch, multiplier);
    assert_memory_equal(multiplier, f->null_bid, sizeof multiplier);
    assert_null(a.class->quote);
    agent_destroy(&a);
}

/// The first of its parameters.
typedef struct baseline_params {
    double b, h;
} baseline_params;

/// The agent's factor for a customer in category 0 only, with that average and target.
static double baseline_factor(const firm *f, double b, double h, double average, double target)
{
    const pp_agent_class *class = pp_agent_find("baseline");
    pp_portfolio portfolio = f->portfolio;
    pp_agent_setup situation = f->setup;
    pp_agent_batch batch = f->batch;
    double averages[CATEGORIES] = {average, 9, 9}, bid = 1, multiplier;
    uint64_t member = 1;
    void *params = zeroed(class->params->size);
    pp_param_defaults(class->params, params);
    if (!isnan(b))
        *(baseline_params *)params = (baseline_params){b, h};
    portfolio.target[0] = target;
    situation.portfolio = &portfolio;
    situation.burn_in_average = averages;
    batch.n = 1;
    batch.null_bid = &bid;
    batch.categories = &member;
    void *work = zeroed(class->state_size);
    assert_int_equal(class->train(work, params, &situation, NULL), PP_OK);
    class->quote_batch(work, &batch, &multiplier);
    if (class->release)
        class->release(work);
    free(work);
    free(params);
    return multiplier;
}

static void test_baseline_factor_by_hand(void **state)
{
    firm *f = *state;
    assert_close(baseline_factor(f, NAN, NAN, 30, 10), 1.01, 1e-15); // 1 + 0.02 (30 - 10)/40
    assert_close(baseline_factor(f, 0.02, 1, 10, 30), 0.99, 1e-15);
    assert_close(baseline_factor(f, 0.1, 2, 20, 10), 1.06, 1e-15); // 1 + 0.1 (400 - 100)/500
    assert_close(baseline_factor(f, 0.1, 0.5, 9, 4), 1.02, 1e-15); // 1 + 0.1 (3 - 2)/5
    assert_close(baseline_factor(f, 0.02, 1, 0, 7), 0.98, 1e-15);
    assert_close(baseline_factor(f, 0.02, 1, 7, 0), 1.02, 1e-15);
}

static void test_baseline_no_excess_no_loading(void **state)
{
    firm *f = *state;
    assert_true(baseline_factor(f, 0.02, 1, 15, 15) == 1); // average = target
    assert_true(baseline_factor(f, 0.02, 3, 0, 0) == 1);   // both 0
    assert_true(baseline_factor(f, 0, 1, 30, 10) == 1);    // b = 0
}

static void test_baseline_extreme_h_stays_finite(void **state)
{
    firm *f = *state;
    assert_close(baseline_factor(f, 0.02, 100, 5000, 100), 1.02, 1e-15);
    assert_close(baseline_factor(f, 0.02, 100, 1e-9, 1e9), 0.98, 1e-15);
    assert_true(baseline_factor(f, 0.02, 100, 1e300, 1e300) == 1);
}

static void test_baseline_categories_multiply(void **state)
{
    firm *f = *state;
    // 1 + 0.02 (20 - 40)/60, 1 + 0.02 (30 - 15)/45 and 1: see make_portfolio.
    const double factor[CATEGORIES] = {1 - 0.02 / 3, 1 + 0.02 / 3, 1};
    agent a = agent_create(pp_agent_find("baseline"), &f->setup);
    double multiplier[QUOTES];
    size_t seen[8] = {0};
    quote_all(&a, &f->batch, multiplier);
    for (size_t i = 0; i < QUOTES; i++) {
        double expected = f->null_bid[i];
        for (size_t k = 0; k < CATEGORIES; k++)
            expected *= f->members[i] >> k & 1 ? factor[k] : 1;
        assert_close(multiplier[i], expected, 1e-14);
        seen[f->members[i]]++;
    }
    assert_true(seen[0] && seen[1] && seen[2] && seen[3] && seen[4]); // none, one, and two at once
    agent_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_baseline_null_agent_quotes_the_null_bid),
        cmocka_unit_test(test_baseline_factor_by_hand),
        cmocka_unit_test(test_baseline_no_excess_no_loading),
        cmocka_unit_test(test_baseline_extreme_h_stays_finite),
        cmocka_unit_test(test_baseline_categories_multiply),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
