/// Every agent prices on the break-even multiplier that it is handed. A sale that costs kappa C is
/// one at C that is worth (kappa - 1) C less: a planner quotes the same in both cases.
#include "tests/support/agent_params.h"

#include "agents/planning/pursuer.h"

#define KAPPA 1.04

static const char *const planners[] = {"bellman", "klq"};

static void test_planners_a_dearer_sale_is_worth_less(void **state)
{
    firm *f = *state;
    pp_cost dear = f->cost;
    dear.kappa = KAPPA;
    for (size_t c = 0; c < PP_COUNT(planners); c++) {
        agent a = agent_with(planners[c], &f->setup, NULL, 0);
        pp_pursuer *pursuer = a.state; // first in both states
        const pp_cost booked = pursuer->cost;
        double row[SIM_COLUMNS], *rows = agent_prepare(&a, &f->batch);
        size_t moved = 0;
        for (size_t i = 0; i < QUOTES; i++) {
            pp_agent_quote quote = quote_at(&a, &f->batch, i, row, rows);
            double d = (double)(i % 7) * 20 - 60;
            pursuer->cost = dear;
            double corrected = pp_pursuer_quote(pursuer, &quote, d);
            pursuer->cost = booked;
            double worth_less = pp_pursuer_quote(pursuer, &quote, d - (KAPPA - 1) * quote.unit);
            assert_close(corrected, worth_less, 1e-9);
            moved += corrected > pp_pursuer_quote(pursuer, &quote, d) + 1e-4;
        }
        assert_true(moved > QUOTES / 4);
        free(rows);
        agent_destroy(&a);
    }
}

/// Of every agent the mean quote rises where all sales cost more, by about as much.
static void test_agents_all_price_on_the_cost_given(void **state)
{
    firm *f = *state;
    firm dear = *f;
    dear.cost.kappa = KAPPA;
    dear.setup.cost = &dear.cost;
    double null_bid[QUOTES], break_even[QUOTES];
    pp_break_even(&dear.cost, f->unit, QUOTES, break_even);
    pp_curves_bid(&f->curves, break_even, null_bid);
    dear.batch.null_bid = null_bid;
    dear.batch.break_even = break_even;
    for (size_t c = 0; pp_agent_classes[c]; c++) {
        agent a = agent_create(pp_agent_classes[c], &f->setup);
        agent b = agent_create(pp_agent_classes[c], &dear.setup);
        double x[QUOTES], y[QUOTES], rise = 0;
        quote_all(&a, &f->batch, x);
        quote_all(&b, &dear.batch, y);
        for (size_t i = 0; i < QUOTES; i++)
            rise += (y[i] / x[i] - 1) / QUOTES;
        if (!(rise > 0.005 && rise < 0.06))
            fail_msg("%s: quotes rise by %g", pp_agent_classes[c]->name, rise);
        agent_destroy(&a);
        agent_destroy(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planners_a_dearer_sale_is_worth_less),
        cmocka_unit_test(test_agents_all_price_on_the_cost_given),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
