// The two ends of klq's temperature: next to none is `bellman` on the same grid, without end is the
// reference policy. Quote by quote, and in a whole trial.
#include "tests/support/agent_params.h"

#include "agents/planning/pursuer.h"
#include "tests/support/market_fixture.h"

#define COLD 1e-10
#define HOT  1e12

static const param_value cold[] = {{"temperature", COLD, NULL}, {"act", 0, "mode"}};
static const param_value hot[] = {{"temperature", HOT, NULL}, {"act", 0, "mean"}};
static const param_value grid[] = {{"bids", 0, "grid"}};

static const double portfolios[][CATEGORIES] = {{0, 0, 0},          {40, 15, 20}, {39, 14, 0},
                                                {1000, 1000, 1000}, {0, 15, 1},   {20, 30, 20}};

/// `bellman`'s and cold klq's quotes of all customers at one portfolio: each is worth what the
/// other is, and so is V.
static void check_cold(const firm *f, const char *value, const double *held)
{
    const param_value bellman_values[] = {grid[0], {"value", 0, value}};
    const param_value klq_values[] = {cold[0], cold[1], {"value", 0, value}};
    agent hard = agent_with("bellman", &f->setup, bellman_values, 2);
    agent soft = agent_with("klq", &f->setup, klq_values, 3);
    const pp_pursuer *pursuer = hard.state, *other_chaser = soft.state; // first in both states
    double row[SIM_COLUMNS], other[SIM_COLUMNS], *hard_rows = agent_prepare(&hard, &f->batch),
                                                 *soft_rows = agent_prepare(&soft, &f->batch);
    int distinct = 0;
    for (size_t i = 0; i < QUOTES; i++) {
        pp_agent_quote x = quote_at(&hard, &f->batch, i, row, hard_rows);
        pp_agent_quote y = quote_at(&soft, &f->batch, i, other, soft_rows);
        double a = hard.class->quote(hard.state, &x, held);
        double b = soft.class->quote(soft.state, &y, held);
        double d = pp_planner_sale_value(pursuer->planner, x.round, held, x.categories);
        assert_close(pp_planner_sale_value(other_chaser->planner, y.round, held, y.categories), d,
                     1e-7);
        const double *curve = pp_pursuer_curve(pursuer, &x);
        double p = pp_sale_probability(&pursuer->model, curve, a);
        double q = pp_sale_probability(&pursuer->model, curve, b);
        assert_close(q * (x.unit * (b - 1) + d), p * (x.unit * (a - 1) + d), 1e-9);
        pp_soft v = pp_soft_maximum(&pursuer->candidates, COLD, pp_stake_booked(x.unit), d, NULL);
        assert_close(
            v.value,
            pp_soft_maximum(&pursuer->candidates, 0, pp_stake_booked(x.unit), d, NULL).value, 1e-8);
        distinct += fabs(a - x.null_bid) > 1e-6;
    }
    assert_true(distinct > 0 || held[0] == 0);
    free(hard_rows);
    free(soft_rows);
    agent_destroy(&hard);
    agent_destroy(&soft);
}

static void test_klq_without_temperature_is_bellman(void **state)
{
    for (size_t h = 0; h < PP_COUNT(portfolios); h++) {
        check_cold(*state, "resolve", portfolios[h]);
        check_cold(*state, "linear", portfolios[h]);
    }
}

static void test_klq_great_temperature_is_the_reference(void **state)
{
    const firm *f = *state;
    agent a = agent_with("klq", &f->setup, hot, 2);
    const pp_pursuer *pursuer = a.state; // the first member of klq's
    double row[SIM_COLUMNS], *rows = agent_prepare(&a, &f->batch);
    for (size_t h = 0; h < PP_COUNT(portfolios); h++)
        for (size_t i = 0; i < QUOTES; i++) {
            pp_agent_quote quote = quote_at(&a, &f->batch, i, row, rows);
            double quoted = a.class->quote(a.state, &quote, portfolios[h]), mean = 0;
            const pp_candidates *c = &pursuer->candidates;
            for (size_t j = 0; j < c->n; j++) {
                mean += c->reference[j] * c->multiplier[j];
                assert_close(pursuer->probability[j], c->reference[j], 1e-9);
            }
            assert_close(quoted, mean, 1e-9);
        }
    pp_agent_epoch epoch;
    a.class->end_epoch(a.state, &epoch);
    assert_close(epoch.reference_kl, 0, 1e-12);
    free(rows);
    agent_destroy(&a);
}

enum { FIRMS = 5, ROUNDS = 300, BURN_IN = 3, TEST = 3 };

/// Rewards of firm 0 in every epoch of a trial.
static void trial_rewards(const char *name, const param_value *values, size_t n,
                          double reward[BURN_IN + TEST])
{
    market_fixture m;
    fixture_defaults(&m, FIRMS, name);
    m.scenario.market.rounds = ROUNDS;
    m.scenario.market.burn_in_epochs = BURN_IN;
    m.scenario.market.test_epochs = TEST;
    params_set(m.scenario.firms[0].agent->params, m.params, values, n);
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 2, r);
    for (size_t epoch = 0; epoch < BURN_IN + TEST; epoch++)
        reward[epoch] = pp_record_f64(r, PP_VAR_reward)[epoch * FIRMS];
    pp_record_destroy(r);
    fixture_finish(&m);
}

static void test_klq_without_temperature_earns_what_bellman_does(void **state)
{
    (void)state;
    double hard[BURN_IN + TEST], soft[BURN_IN + TEST], null[BURN_IN + TEST], apart = 0;
    trial_rewards("bellman", grid, 1, hard);
    trial_rewards("klq", cold, 2, soft);
    trial_rewards("null", NULL, 0, null);
    for (size_t epoch = 0; epoch < BURN_IN + TEST; epoch++) {
        assert_close(soft[epoch], hard[epoch], 1e-9);
        apart += fabs(null[epoch] - hard[epoch]);
    }
    assert_true(apart > 1); // they did something
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_klq_without_temperature_is_bellman),
        cmocka_unit_test(test_klq_great_temperature_is_the_reference),
        cmocka_unit_test(test_klq_without_temperature_earns_what_bellman_does),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
