/// What a sale pays and costs besides its claims, in whole trials: profits add up from their parts,
/// booked and true ones differ by the curse, and a firm that knows its costs is the richer for it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/engine/run.h"
#include "tests/support/checks.h"
#include "tests/support/market_fixture.h"

enum { FIRMS = 6, BURN_IN = 6, EPOCHS = 14 };

static const pp_economics_config uk = {PP_ECONOMICS_UK, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};

static double at(pp_record *r, pp_variable_id id, size_t i)
{
    return pp_record_f64(r, id)[i];
}

/// Every account of a trial, of firms with and without economics, under inflation.
static void test_economics_profit_adds_up_from_its_parts(void **state)
{
    (void)state;
    market_fixture m;
    fixture_defaults(&m, FIRMS, "klq");
    for (size_t f = 0; f + 1 < FIRMS; f++) // the last has none
        m.scenario.firms[f].economics = uk;
    m.scenario.inflation.mean_rate = 0.5;
    m.scenario.inflation.rounds_per_week = 50;
    fixture_start(&m);
    assert_true(m.layout.economics);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 2, r);
    for (size_t i = 0; i < EPOCHS * FIRMS; i++) {
        double gwp = at(r, PP_VAR_gwp, i), claims = at(r, PP_VAR_pure_premium, i);
        double booked = at(r, PP_VAR_expected_claims, i), h = i % FIRMS == FIRMS - 1 ? 0 : 0.05;
        double spent = at(r, PP_VAR_expenses, i) + at(r, PP_VAR_commission, i) +
                       at(r, PP_VAR_levies, i) - at(r, PP_VAR_finance, i) -
                       at(r, PP_VAR_add_ons, i);
        double penny = 0.01;
        assert_true(gwp > 0);
        assert_close(at(r, PP_VAR_handling, i), h * claims, penny);
        assert_close(at(r, PP_VAR_true_profit, i), gwp - (1 + h) * claims - spent, penny);
        assert_close(at(r, PP_VAR_booked_profit, i), gwp - (1 + h) * booked - spent, penny);
        assert_close(at(r, PP_VAR_winners_curse, i), (1 + h) * (claims - booked), penny);
        assert_close(at(r, PP_VAR_levies, i), (h > 0 ? 0.025 : 0) * gwp, penny);
        assert_close(at(r, PP_VAR_finance, i), (h > 0 ? 0.019 : 0) * gwp, penny);
        assert_close(at(r, PP_VAR_premium_tax, i), (h > 0 ? 0.12 : 0) * gwp, penny);
        // Amounts in the money of the day: at base prices they are worth less, all alike.
        double policies = (double)pp_record_i64(r, PP_VAR_policies)[i];
        double commission = at(r, PP_VAR_commission, i);
        assert_true(h > 0 ? commission < 45 * policies : commission == 0);
        assert_close(at(r, PP_VAR_add_ons, i), commission / 3, penny);
        assert_close(at(r, PP_VAR_expenses, i) - (h > 0 ? 0.05 : 0) * gwp, commission / 0.9, penny);
        assert_close(at(r, PP_VAR_true_reward, i),
                     at(r, PP_VAR_true_profit, i) - at(r, PP_VAR_portfolio_loss, i), penny);
    }
    pp_record_destroy(r);
    fixture_finish(&m);
}

/// Three policies by hand: price 500, 800, 1,000; claims 300, 600, 900; estimates 10% below.
static void test_economics_settle_by_hand(void **state)
{
    (void)state;
    pp_economics e;
    pp_economics_resolve(&uk, &e);
    pp_account a = {.sales = 3,
                    .policies = 3,
                    .gwp = 2300,
                    .pure_premium = 1800,
                    .expected_claims = 1620,
                    .booked_profit = 680,
                    .true_profit = 500,
                    .winners_curse = 180};
    pp_account_settle(&e, &a);
    assert_close(a.expenses, 0.05 * 2300 + 150, 1e-9);
    assert_close(a.commission, 135, 1e-9);
    assert_close(a.levies, 57.5, 1e-9);
    assert_close(a.handling, 90, 1e-9);
    assert_close(a.finance, 43.7, 1e-9);
    assert_close(a.add_ons, 45, 1e-9);
    assert_close(a.premium_tax, 276, 1e-9);
    // combined ratio: (1800 + 90 + 265 + 135 + 57.5)/2300
    double spent = a.pure_premium + a.handling + a.expenses + a.commission + a.levies;
    assert_close(spent / a.gwp, 1.0206521739, 1e-9);
    assert_close(a.true_profit, 2300 - spent + 43.7 + 45, 1e-9);
    assert_close(a.booked_profit - a.true_profit, 1.05 * 180, 1e-9);
    pp_account same = a;
    pp_account_settle(&(pp_economics){0}, &same); // nothing to take
    assert_true(same.true_profit == a.true_profit && same.expenses == 0);
}

typedef struct play {
    double true_profit, price, claims;
} play;

static play play_uk(bool knows)
{
    market_fixture m;
    fixture_defaults(&m, FIRMS, "null");
    m.scenario.firms[0].portfolio = PP_PORTFOLIO_NONE;
    for (size_t f = 0; f < FIRMS; f++)
        m.scenario.firms[f].economics = uk;
    if (knows)
        m.scenario.firms[0].correction = (pp_correction_config){PP_CORRECTION_TILT, NAN, NAN};
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    play sum = {0};
    for (int64_t t = 0; t < 12; t++) {
        pp_record_clear(r);
        fixture_trial(&m, t, r);
        for (size_t e = BURN_IN; e < EPOCHS; e++) {
            sum.true_profit += at(r, PP_VAR_true_profit, e * FIRMS);
            sum.price += at(r, PP_VAR_gwp, e * FIRMS);
            sum.claims += at(r, PP_VAR_pure_premium, e * FIRMS);
        }
    }
    pp_record_destroy(r);
    fixture_finish(&m);
    return sum;
}

/// A market whose firms pay for more than claims charges for it, and correcting pays there too.
static void test_economics_enter_the_bid(void **state)
{
    (void)state;
    play booked = play_uk(false), corrected = play_uk(true);
    double loss_ratio = booked.claims / booked.price;
    print_message("true loss ratio %.3f; true profit %.0f booked, %.0f corrected\n", loss_ratio,
                  booked.true_profit, corrected.true_profit);
    assert_true(loss_ratio > 0.75 && loss_ratio < 0.86);
    assert_true(booked.true_profit > 0 && corrected.true_profit > booked.true_profit);
}

static void test_economics_none_is_not_in_the_file(void **state)
{
    (void)state;
    market_fixture m;
    fixture_defaults(&m, FIRMS, "null");
    m.scenario.firms[3].economics.kind = PP_ECONOMICS_NONE;
    fixture_start(&m);
    assert_false(m.layout.economics);
    pp_record *r = fixture_record(&m);
    assert_null(pp_record_f64(r, PP_VAR_expenses));
    assert_non_null(pp_record_f64(r, PP_VAR_gwp));
    pp_record_destroy(r);
    fixture_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_economics_profit_adds_up_from_its_parts),
        cmocka_unit_test(test_economics_settle_by_hand),
        cmocka_unit_test(test_economics_enter_the_bid),
        cmocka_unit_test(test_economics_none_is_not_in_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
