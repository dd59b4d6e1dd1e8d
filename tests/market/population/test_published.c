/// @slow
// What the published scenario is known to look like once burn-in is over.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/market_fixture.h"

enum { FIRMS = 6, BURN_IN = 6, EPOCHS = 14, TRIALS = 8, FEW = 3 };

/// Sums over the test epochs of all trials, per firm.
typedef struct totals {
    double quotes, policies, multipliers, booked, truth, epochs;
} totals;

static void add_trial(pp_record *r, totals *sum)
{
    for (size_t epoch = BURN_IN; epoch < EPOCHS; epoch++)
        for (size_t f = 0; f < FIRMS; f++) {
            size_t at = epoch * FIRMS + f;
            sum[f].quotes += (double)pp_record_i64(r, PP_VAR_quote_count)[at];
            sum[f].policies += (double)pp_record_i64(r, PP_VAR_policies)[at];
            sum[f].multipliers += pp_record_f64(r, PP_VAR_multiplier_sum)[at];
            sum[f].booked += pp_record_f64(r, PP_VAR_booked_profit)[at];
            sum[f].truth += pp_record_f64(r, PP_VAR_true_profit)[at];
            sum[f].epochs++;
        }
}

static void run_published(int conversion, int observe, int64_t trials, totals *sum)
{
    market_fixture m;
    pp_workspace *w;
    pp_error error = {0};
    memset(sum, 0, FIRMS * sizeof *sum);
    fixture_defaults(&m, FIRMS, "baseline");
    m.scenario.run.seed = 424242;
    m.scenario.pricing.conversion = conversion;
    m.scenario.pricing.mlp_hidden = 4;
    m.scenario.market.observe = observe;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    assert_int_equal(pp_workspace_create(m.experiment, 1, &w, &error), PP_OK);
    for (int64_t trial = 0; trial < trials; trial++) {
        if (pp_trial_run(w, trial, NULL, r, &error) != PP_OK)
            fail_msg("%s", error.message);
        add_trial(r, sum);
    }
    pp_workspace_destroy(w);
    pp_record_destroy(r);
    fixture_finish(&m);
}

static void assert_sane(const totals *sum)
{
    for (size_t f = 1; f < FIRMS; f++) {
        double multiplier = sum[f].multipliers / sum[f].quotes;
        double conversion = sum[f].policies / sum[f].quotes;
        double booked = sum[f].booked / sum[f].epochs, truth = sum[f].truth / sum[f].epochs;
        print_message(
            "firm %zu: price/C %.3f, conversion %.3f, booked %.0f, true %.0f GBP an epoch\n", f,
            multiplier, conversion, booked, truth);
        assert_true(multiplier > 1.02 && multiplier < 1.10);
        assert_true(conversion > 0.07 && conversion < 0.15);
        assert_true(booked > 2000 && booked < 10000);
        assert_true(truth < booked && truth > 0);
    }
}

static void test_published_null_firms_settle_where_they_should(void **state)
{
    (void)state;
    totals sum[FIRMS];
    run_published(0, PP_OBSERVE_ALL, TRIALS, sum);
    assert_sane(sum);
}

/// With less to see, firms still find a sane market.
static void test_published_market_works_under_each_observe(void **state)
{
    (void)state;
    totals sum[FIRMS];
    run_published(0, PP_OBSERVE_OWN_RANK, FEW, sum);
    assert_sane(sum);
    run_published(0, PP_OBSERVE_OWN_SALE, FEW, sum);
    assert_sane(sum);
}

static void test_published_market_works_with_the_neural_network(void **state)
{
    (void)state;
    totals sum[FIRMS];
    run_published(1, PP_OBSERVE_ALL, 1, sum);
    assert_sane(sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_null_firms_settle_where_they_should),
        cmocka_unit_test(test_published_market_works_under_each_observe),
        cmocka_unit_test(test_published_market_works_with_the_neural_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
