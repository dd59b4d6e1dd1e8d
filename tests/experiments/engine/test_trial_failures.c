/// A trial that cannot be played, or is told to stop, says so.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/trial_fixture.h"

static pp_stop_flag stop_at_once = 1;

static void test_trial_interrupted_says_so(void **state)
{
    (void)state;
    market_fixture m;
    pp_workspace *w;
    pp_error error = {0};
    small(&m, "null");
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    assert_int_equal(pp_workspace_create(m.experiment, 1, &w, &error), PP_OK);
    assert_int_equal(pp_trial_run(w, 0, &stop_at_once, r, &error), PP_EINTERRUPTED);
    pp_workspace_destroy(w);
    pp_record_destroy(r);
    fixture_finish(&m);
}

static pp_stop_flag stop_soon;

static void stop_quote_batch(const void *s, const pp_agent_batch *batch, double *multiplier)
{
    (void)s;
    memcpy(multiplier, batch->null_bid, batch->n * sizeof *multiplier);
    stop_soon = 1;
}

/// An epoch may be long: a stop is seen within it.
static void test_trial_interrupted_within_an_epoch_stops_there(void **state)
{
    (void)state;
    pp_agent_class class = {.abi = PP_AGENT_ABI,
                            .name = "stop",
                            .params = &no_parameters,
                            .train = learn_nothing,
                            .quote_batch = stop_quote_batch};
    market_fixture m;
    pp_workspace *w;
    pp_error error = {0};
    small(&m, "null");
    m.scenario.market.rounds = 3 * PP_BLOCK;
    m.scenario.firms[1].agent = &class;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    assert_int_equal(pp_workspace_create(m.experiment, 1, &w, &error), PP_OK);
    stop_soon = 0;
    assert_int_equal(pp_trial_run(w, 0, &stop_soon, r, &error), PP_EINTERRUPTED);
    assert_int_equal(w->epoch, 3);
    assert_int_equal(w->blocks[0].customers.first_round, 0);
    pp_workspace_destroy(w);
    pp_record_destroy(r);
    fixture_finish(&m);
}

static double bad_quote;

static double bad_agent_quote(void *s, const pp_agent_quote *quote, const double *held)
{
    (void)s, (void)quote, (void)held;
    return bad_quote;
}

static void bad_agent_batch(const void *s, const pp_agent_batch *batch, double *multiplier)
{
    (void)s;
    for (size_t i = 0; i < batch->n; i++)
        multiplier[i] = bad_quote;
}

/// NaN, negative, zero and infinite quotes, from either way of quoting, are refused by name.
static void test_trial_impossible_quotes_are_refused(void **state)
{
    (void)state;
    const double bad[] = {NAN, -1, 0, INFINITY};
    for (size_t i = 0; i < 2 * PP_COUNT(bad); i++) {
        pp_agent_class class = {.abi = PP_AGENT_ABI,
                                .name = "bad",
                                .params = &no_parameters,
                                .train = learn_nothing,
                                .quote = i % 2 ? bad_agent_quote : NULL,
                                .quote_batch = i % 2 ? NULL : bad_agent_batch};
        market_fixture m;
        pp_error error = {0};
        small(&m, "null");
        m.scenario.firms[2].agent = &class;
        bad_quote = bad[i / 2];
        fixture_start(&m);
        pp_record *r = fixture_record(&m);
        assert_int_equal(pp_experiment_trial(m.experiment, 0, r, &error), PP_ENUMERIC);
        assert_non_null(strstr(error.message, "firm-2"));
        assert_non_null(strstr(error.message, "'bad'"));
        pp_record_destroy(r);
        fixture_finish(&m);
    }
}

static pp_status failing_status;
static const char *failing_message;

static pp_status failing_train(void *s, const void *params, const pp_agent_setup *setup,
                               pp_error *error)
{
    (void)s, (void)params, (void)setup;
    return *failing_message ? pp_error_set(error, failing_status, "%s", failing_message)
                            : failing_status;
}

static void test_trial_failed_training_names_trial_agent_and_firm(void **state)
{
    (void)state;
    static const struct {
        pp_status given, got;
        const char *message, *reason;
    } cases[] = {
        {PP_ENUMERIC, PP_ENUMERIC, "it does not converge", "it does not converge"},
        {PP_ENOMEM, PP_ENOMEM, "", "out of memory"},
        {PP_EINVAL, PP_EINVAL, "", "invalid argument"},
        {PP_EINTERRUPTED, PP_ENUMERIC, "", "interrupted"},
        {PP_EEXIST, PP_ENUMERIC, "no", "no"},
        {(pp_status)99, PP_ENUMERIC, "", "unknown status"},
    };
    pp_agent_class class = {.abi = PP_AGENT_ABI,
                            .name = "failing",
                            .params = &no_parameters,
                            .train = failing_train,
                            .quote = bad_agent_quote};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        market_fixture m;
        pp_error error = {0};
        char expected[256];
        small(&m, "null");
        m.scenario.firms[2].agent = &class;
        failing_status = cases[i].given;
        failing_message = cases[i].message;
        fixture_start(&m);
        pp_record *r = fixture_record(&m);
        assert_int_equal(pp_experiment_trial(m.experiment, 3, r, &error), cases[i].got);
        snprintf(expected, sizeof expected,
                 "trial 3: agent 'failing' of firm 'firm-2' could not be trained: %s",
                 cases[i].reason);
        assert_string_equal(error.message, expected);
        pp_record_destroy(r);
        fixture_finish(&m);
    }
}

static void test_trial_too_many_firms_are_refused(void **state)
{
    (void)state;
    market_fixture m;
    pp_error error = {0};
    fixture_defaults(&m, 10, "null"); // success rate 0.1: 9 is the most
    assert_int_equal(pp_experiment_create(&m.scenario, &m.experiment, &error), PP_ESCENARIO);
    assert_int_equal(error.status, PP_ESCENARIO);
    assert_non_null(strstr(error.message, "success_rate"));
    fixture_finish(&m);
}

/// A scenario that a program filled in wrongly is refused, whatever is wrong with it.
static void test_trial_scenario_out_of_range_is_refused(void **state)
{
    (void)state;
    for (int fault = 0; fault < 9; fault++) {
        market_fixture m;
        pp_error error = {0};
        small(&m, "baseline");
        pp_scenario *s = &m.scenario;
        if (fault == 0)
            s->market.history_epochs = 0;
        if (fault == 1)
            s->market.rounds = 0;
        if (fault == 2)
            s->market.observe = 7;
        if (fault == 3)
            s->portfolio.random_categories = 100;
        if (fault == 4)
            s->inflation.rounds_per_week = 0;
        if (fault == 5)
            s->run.first_trial = INT32_MAX;
        if (fault == 6)
            s->firms[0].portfolio = PP_PORTFOLIO_NONE; // baseline needs one
        if (fault == 7)
            s->firms[3].agent = NULL;
        if (fault == 8)
            s->market.burn_in_epochs = 0;
        assert_int_equal(pp_experiment_create(s, &m.experiment, &error), PP_ESCENARIO);
        assert_int_equal(error.status, PP_ESCENARIO);
        assert_true(error.message[0] != 0);
        fixture_finish(&m);
    }
}

/// Prices that inflation drives out of this world stop the run by name.
static void test_trial_impossible_index_is_refused(void **state)
{
    (void)state;
    market_fixture m;
    pp_error error = {0};
    pp_status status = PP_OK;
    small(&m, "null");
    m.scenario.inflation.index_volatility = 10;
    m.scenario.inflation.rounds_per_week = 1;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    for (int64_t trial = 0; trial < 5 && status == PP_OK; trial++)
        status = pp_experiment_trial(m.experiment, trial, r, &error);
    assert_int_equal(status, PP_ENUMERIC);
    assert_non_null(strstr(error.message, "price index"));
    pp_record_destroy(r);
    fixture_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trial_interrupted_says_so),
        cmocka_unit_test(test_trial_interrupted_within_an_epoch_stops_there),
        cmocka_unit_test(test_trial_impossible_quotes_are_refused),
        cmocka_unit_test(test_trial_failed_training_names_trial_agent_and_firm),
        cmocka_unit_test(test_trial_too_many_firms_are_refused),
        cmocka_unit_test(test_trial_scenario_out_of_range_is_refused),
        cmocka_unit_test(test_trial_impossible_index_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
