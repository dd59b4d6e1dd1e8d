/// @slow
// What plans earn at full size, against the exact optimum.
#include "tests/support/plan_fixture.h"

enum { ROUNDS = 1000, MOST = 120 }; // policies, far above the target

/// One category and a whole epoch's rounds for a firm.
static void make_full_size(firm *f, double target)
{
    f->portfolio.n_categories = 1;
    f->portfolio.target[0] = target;
    f->average[0] = 30;
    f->setup.portfolio = &f->portfolio;
    f->setup.burn_in_average = f->average;
    f->setup.rounds = ROUNDS;
}

/// What the bids of a plan bring in expectation, from an empty portfolio: backwards over (t, held)
/// with the plan's value of a sale in each, asked for in order of rounds.
/// @param planner NULL: a sale is worth its profit alone
/// @param gain    a table so fine that it is as good as exact
static double reward_of(pp_planner *planner, const firm *f, const pp_gain *gain)
{
    double *worth = reals((size_t)ROUNDS * MOST), value[MOST + 1];
    for (size_t i = 0; i < MOST && planner; i++)
        for (size_t t = 0; t < ROUNDS; t++) {
            const double held = (double)i;
            worth[t * MOST + i] = pp_planner_sale_value(planner, (int64_t)t, &held, 1);
        }
    for (size_t i = 0; i <= MOST; i++) {
        const double held = (double)i;
        value[i] = -pp_portfolio_loss(&f->portfolio, &held);
    }
    for (size_t t = ROUNDS; t-- > 0;)
        for (size_t i = 0; i < MOST; i++) { // upwards: value[i + 1] is still the next round's
            double gained = 0;
            for (size_t p = 0; p < gain->n_patterns; p++) {
                double d = gain->pattern[p] ? worth[t * MOST + i] : 0;
                double change = gain->pattern[p] ? value[i + 1] - value[i] : 0;
                pp_gain_value g = pp_gain_at(gain, p, d); // G(d) = profit + d * sales
                gained += g.value + g.slope * (change - d);
            }
            value[i] += gained;
        }
    free(worth);
    return value[0];
}

/// The reward of the bids of a plan by tables of gains as a scenario has them.
static double reward_by(int value, const firm *f, const pp_sale_model *model, const pp_gain *exact)
{
    planned *p = plan(&f->setup, model, NULL, value, 65);
    double reward = reward_of(p->planner, f, exact);
    planned_destroy(p);
    return reward;
}

// Measured: profit only 6792.44, optimum 6915.05, table 6915.05, resolve 6913.63, linear 6469.54.
static void test_planner_full_size_rewards_against_the_optimum(void **state)
{
    firm f = *(const firm *)*state;
    const pp_sale_config config = {.conversion = PP_SALE_PIPELINE};
    const double nothing = 0;
    pp_sale_model model;
    make_full_size(&f, 45);
    assert_int_equal(pp_sale_model_fit(&config, &f.setup, &model, NULL), PP_OK);
    planned *best = plan(&f.setup, &model, NULL, TABLE, 2049);
    const pp_gain *exact = &best->gain;
    double optimum = pp_planner_value(best->planner, 0, &nothing);
    double profit_only = reward_of(NULL, &f, exact);
    assert_close(reward_of(best->planner, &f, exact), optimum, 1e-3);
    assert_true(profit_only < optimum - 100);
    double table = reward_by(TABLE, &f, &model, exact);
    double resolve = reward_by(RESOLVE, &f, &model, exact);
    double linear = reward_by(LINEAR, &f, &model, exact);
    assert_true(table > optimum - 0.1 && table < optimum + 1e-6);
    assert_true(resolve > optimum - 3 && resolve < optimum + 1e-6);
    assert_true(linear < resolve - 50); // a linear value misses the kink at the target
    planned_destroy(best);
}

/// Targets far below the 47 policies or so that profit alone brings: to give them up is a solution
/// of the shadow prices' equation, but not the best one.
static void test_planner_resolve_does_not_give_up_small_targets(void **state)
{
    // Share of the way from profit alone to the optimum. Measured: 1.000, 0.66, 0.52, 0.48, 0.96,
    // 0.99. With one to three policies to sell, what counts is to stop in time, which constant
    // prices see only as it happens.
    static const struct {
        double target, share;
    } cases[] = {{0, 0.99}, {1, 0.6}, {2, 0.45}, {3, 0.4}, {5, 0.9}, {10, 0.97}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        firm f = *(const firm *)*state;
        const pp_sale_config config = {.conversion = PP_SALE_PIPELINE};
        const double nothing = 0;
        pp_sale_model model;
        make_full_size(&f, cases[i].target);
        assert_int_equal(pp_sale_model_fit(&config, &f.setup, &model, NULL), PP_OK);
        planned *best = plan(&f.setup, &model, NULL, TABLE, 2049);
        double optimum = pp_planner_value(best->planner, 0, &nothing);
        double alone = reward_of(NULL, &f, &best->gain);
        double resolve = reward_by(RESOLVE, &f, &model, &best->gain);
        assert_true(optimum > alone + 100);
        assert_true(resolve > alone + cases[i].share * (optimum - alone));
        assert_true(resolve < optimum + 1e-6);
        planned_destroy(best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planner_full_size_rewards_against_the_optimum),
        cmocka_unit_test(test_planner_resolve_does_not_give_up_small_targets),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
