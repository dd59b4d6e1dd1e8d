/// @slow
/// The oracle is an upper bound: what it sees is worth money, and seeing more is worth more.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "experiments/stats/stats.h"
#include "tests/support/market_fixture.h"
#include "tests/support/oracle_fixture.h"

enum { TRIALS = 20, BURN_IN = 3, TESTS = 5, FIRMS = 6 };
enum { NULL_AGENT = SEES_BOTH + 1, KINDS };

/// Booked profit of firm 0 in each trial, GBP a test epoch.
static void profits(int kind, double profit[TRIALS])
{
    market_fixture m;
    fixture_defaults(&m, FIRMS, kind == NULL_AGENT ? "null" : "oracle");
    m.scenario.market.rounds = 450;
    m.scenario.market.burn_in_epochs = BURN_IN;
    m.scenario.market.test_epochs = TESTS;
    if (kind != NULL_AGENT)
        set_sees(m.params, kind);
    m.scenario.firms[0].portfolio = PP_PORTFOLIO_NONE; // nothing but profit to pursue
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    for (int64_t trial = 0; trial < TRIALS; trial++) {
        fixture_trial(&m, trial, r);
        profit[trial] = 0;
        for (size_t epoch = BURN_IN; epoch < BURN_IN + TESTS; epoch++)
            profit[trial] += pp_record_f64(r, PP_VAR_booked_profit)[epoch * FIRMS] / TESTS;
    }
    pp_record_destroy(r);
    fixture_finish(&m);
}

/// The 95% interval of the mean of x - y over trials is above 0.
static void assert_better(const double x[TRIALS], const double y[TRIALS], const char *what)
{
    double difference[TRIALS];
    pp_interval interval;
    for (size_t i = 0; i < TRIALS; i++)
        difference[i] = x[i] - y[i];
    assert_int_equal(pp_mean_interval(difference, TRIALS, &interval, NULL), PP_OK);
    if (!(interval.low > 0))
        fail_msg("%s: %g GBP an epoch [%g, %g]", what, pp_mean(difference, TRIALS), interval.low,
                 interval.high);
}

static void test_oracle_profit_each_sight_pays_and_both_pay_most(void **state)
{
    (void)state;
    static double profit[KINDS][TRIALS];
    for (int kind = 0; kind < KINDS; kind++)
        profits(kind, profit[kind]);
    assert_better(profit[SEES_CUSTOMER], profit[NULL_AGENT], "customer over null");
    assert_better(profit[SEES_RIVALS], profit[NULL_AGENT], "rivals over null");
    assert_better(profit[SEES_BOTH], profit[SEES_CUSTOMER], "both over customer");
    assert_better(profit[SEES_BOTH], profit[SEES_RIVALS], "both over rivals");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle_profit_each_sight_pays_and_both_pay_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
