/// Costs given that it sells, in whole trials: the curse that firms predict is the curse there is,
/// whoever corrects leaves burn-in as it was, and is richer for it.
/// @slow
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/engine/run.h"
#include "tests/support/market_fixture.h"

enum { FIRMS = 6, BURN_IN = 6, EPOCHS = 14 };

static void set_correction(market_fixture *m, size_t firm, pp_correction kind, double variance)
{
    m->scenario.firms[firm].correction =
        (pp_correction_config){.kind = (int)kind, .load = NAN, .variance = variance};
}

/// A market of `null` firms without portfolios, of which the first corrects.
/// @param fixed expense of a policy, GBP, of every firm
static void market_with(market_fixture *m, pp_correction kind, double noise, double fixed)
{
    fixture_defaults(m, FIRMS, "null");
    m->scenario.firms[0].portfolio = PP_PORTFOLIO_NONE;
    m->scenario.market.estimate_variance = noise;
    set_correction(m, 0, kind, NAN);
    for (size_t f = 0; f < FIRMS; f++)
        m->scenario.firms[f].economics.fixed_expense = fixed;
    fixture_start(m);
}

static void market(market_fixture *m, pp_correction kind, double noise)
{
    market_with(m, kind, noise, 0);
}

/// Firm 0's test epochs of some trials.
typedef struct sums {
    double true_profit, booked_cost, true_cost, predicted;
} sums;

static sums play(const market_fixture *m, int64_t trials)
{
    pp_record *r = fixture_record(m);
    sums s = {0};
    for (int64_t t = 0; t < trials; t++) {
        pp_record_clear(r);
        fixture_trial(m, t, r);
        for (size_t e = BURN_IN; e < EPOCHS; e++) {
            size_t at = e * FIRMS;
            s.true_profit += pp_record_f64(r, PP_VAR_true_profit)[at];
            s.booked_cost += pp_record_f64(r, PP_VAR_expected_claims)[at];
            s.true_cost += pp_record_f64(r, PP_VAR_pure_premium)[at];
        }
        s.predicted += pp_record_f64(r, PP_VAR_cost_given_sale)[0] / (double)trials;
    }
    pp_record_destroy(r);
    return s;
}

/// By at most 15% at four noises, and with fixed costs. Forty trials of seed 1 tell kappa - 1 to
/// about 3%. Where estimates are off by 15% and a fixed cost keeps prices from following them, some
/// trials' elasticities make kappa far too great (its median is right): that is printed alone.
static void test_given_sale_predicts_the_curse(void **state)
{
    (void)state;
    const double noises[] = {0.001, 0.0025, 0.01, 0.0225}, fixed[] = {0, 72, 120};
    for (size_t j = 0; j < 3; j++)
        for (size_t i = 0; i < 4; i++) {
            market_fixture m;
            market_with(&m, PP_CORRECTION_TILT, noises[i], fixed[j]);
            sums s = play(&m, 40);
            double actual = s.true_cost / s.booked_cost - 1, ratio = (s.predicted - 1) / actual;
            print_message("fixed cost %g, noise %g: kappa - 1 predicted %.4f, actual %.4f, %.2f\n",
                          fixed[j], noises[i], s.predicted - 1, actual, ratio);
            if (j == 0 || i < 3)
                assert_true(fabs(ratio - 1) < 0.15);
            fixture_finish(&m);
        }
}

/// +8.9% over 100 trials of another seed, and over these by about 2 points either way.
static void test_given_sale_makes_a_firm_richer(void **state)
{
    (void)state;
    const pp_correction kinds[] = {PP_CORRECTION_TILT, PP_CORRECTION_OFFERS};
    market_fixture booked;
    market(&booked, PP_CORRECTION_NONE, 0.001);
    sums before = play(&booked, 40);
    fixture_finish(&booked);
    assert_float_equal(before.predicted, 1, 1e-12);
    for (size_t i = 0; i < 2; i++) {
        market_fixture m;
        market(&m, kinds[i], 0.001);
        sums after = play(&m, 40);
        print_message("true profit %+.1f%%\n", 100 * (after.true_profit / before.true_profit - 1));
        assert_true(after.true_profit > 1.04 * before.true_profit);
        fixture_finish(&m);
    }
}

static void compare_burn_in(pp_cost_from from, bool same)
{
    market_fixture a, b;
    market(&a, PP_CORRECTION_NONE, 0.001);
    fixture_defaults(&b, FIRMS, "null");
    b.scenario.firms[0].portfolio = PP_PORTFOLIO_NONE;
    b.scenario.market.cost_from = (int)from;
    for (size_t f = 0; f < FIRMS; f++)
        set_correction(&b, f, PP_CORRECTION_TILT, NAN);
    fixture_start(&b);
    pp_record *x = fixture_record(&a), *y = fixture_record(&b);
    fixture_trial(&a, 3, x);
    fixture_trial(&b, 3, y);
    const double *p = pp_record_f64(x, PP_VAR_booked_profit);
    const double *q = pp_record_f64(y, PP_VAR_booked_profit);
    size_t burn_in = BURN_IN * FIRMS;
    assert_int_equal(memcmp(p, q, burn_in * sizeof *p) == 0, same);
    for (size_t i = burn_in; i < EPOCHS * FIRMS; i++)
        assert_true(p[i] < q[i] || p[i] > q[i]);
    pp_record_destroy(x);
    pp_record_destroy(y);
    fixture_finish(&a);
    fixture_finish(&b);
}

static void test_given_sale_leaves_burn_in_unless_told(void **state)
{
    (void)state;
    compare_burn_in(PP_COST_FROM_TEST, true);
    compare_burn_in(PP_COST_FROM_BURN_IN, false);
}

/// True reward is true profit less portfolio loss, to the bit.
static void test_given_sale_rewards_add_up(void **state)
{
    (void)state;
    market_fixture m;
    fixture_defaults(&m, FIRMS, "klq");
    set_correction(&m, 0, PP_CORRECTION_TILT, NAN);
    m.scenario.market.rounds = 300;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 0, r);
    for (size_t i = 0; i < EPOCHS * FIRMS; i++)
        assert_true(pp_record_f64(r, PP_VAR_true_reward)[i] ==
                    pp_record_f64(r, PP_VAR_true_profit)[i] -
                        pp_record_f64(r, PP_VAR_portfolio_loss)[i]);
    assert_true(pp_record_f64(r, PP_VAR_cost_given_sale)[0] > 1);
    assert_true(pp_record_f64(r, PP_VAR_cost_given_sale)[1] == 1);
    pp_record_destroy(r);
    fixture_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given_sale_predicts_the_curse),
        cmocka_unit_test(test_given_sale_makes_a_firm_richer),
        cmocka_unit_test(test_given_sale_leaves_burn_in_unless_told),
        cmocka_unit_test(test_given_sale_rewards_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
