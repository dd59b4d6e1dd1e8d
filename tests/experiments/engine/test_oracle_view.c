/// The oracle in the market: what it is shown, when it quotes, and that its bid is the best for it.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agents/planning/choice_curve.h"
#include "tests/support/market_fixture.h"
#include "tests/support/oracle_fixture.h"

enum { FIRMS = 5, ROUNDS = 300, BURN_IN = 3 };

/// @param params see oracle_params
static void make_oracle(market_fixture *m, size_t f, void *params)
{
    m->scenario.firms[f].agent = &pp_agent_oracle;
    m->scenario.firms[f].agent_params = params;
}

static void small(market_fixture *m)
{
    fixture_defaults(m, FIRMS, "null");
    m->scenario.market.rounds = ROUNDS;
    m->scenario.market.burn_in_epochs = BURN_IN;
    m->scenario.market.test_epochs = 1;
    m->scenario.record.quotes_every = 1;
}

/// One trial in a workspace that stays: its last block is there to be looked at.
static pp_workspace *played(market_fixture *m, pp_record **record)
{
    pp_workspace *w;
    pp_error error = {0};
    fixture_start(m);
    *record = fixture_record(m);
    if (pp_workspace_create(m->experiment, 1, &w, &error) != PP_OK ||
        pp_trial_run(w, 0, NULL, *record, &error) != PP_OK)
        fail_msg("%s", error.message);
    return w;
}

static void test_oracle_view_is_shown_what_it_sees_and_no_more(void **state)
{
    (void)state;
    market_fixture m;
    pp_record *record;
    const int sees[] = {SEES_CUSTOMER, SEES_RIVALS, SEES_BOTH};
    void *params[3];
    small(&m);
    for (size_t f = 0; f < 3; f++)
        make_oracle(&m, f, params[f] = oracle_params(sees[f]));
    m.scenario.inflation.mean_rate = 0.5;
    m.scenario.inflation.index_volatility = 0.3;
    m.scenario.inflation.rounds_per_week = 100;
    pp_workspace *w = played(&m, &record);
    for (size_t i = 0; i < ROUNDS; i += 7) {
        pp_oracle_view view[3];
        const pp_customers *c = &w->blocks->customers;
        for (size_t f = 0; f < 3; f++) {
            pp_oracle_view_fill(w, w->blocks, f, i, &view[f]);
            assert_int_equal(view[f].n_firms, FIRMS);
            if (sees[f] == SEES_RIVALS) {
                assert_true(isnan(view[f].pure_premium) && isnan(view[f].sensitivity));
                assert_true(isnan(view[f].walk_away) && isnan(view[f].loyalty_mean));
            } else {
                assert_true(view[f].pure_premium == c->pure_premium[i] * w->blocks->insurer[i]);
                assert_true(view[f].sensitivity == c->sensitivity[i]);
                assert_true(view[f].walk_away == c->walk_away[i]);
                assert_true(fabs(view[f].loyalty_mean - 0.05 * (c->walk_away[i] + 20)) < 1e-9);
            }
            if (sees[f] == SEES_CUSTOMER) {
                assert_int_equal(view[f].n_rivals, 0);
                assert_null(view[f].rivals);
            } else { // not one another, nor themselves
                assert_int_equal(view[f].n_rivals, 2);
                for (size_t j = 0; j < 2; j++)
                    assert_true(view[f].rivals[j] == w->blocks->offers[(3 + j) * PP_BLOCK + i]);
            }
        }
    }
    assert_true(w->blocks->insurer[0] != 1 && w->blocks->insurer[0] != w->blocks->customer[0]);
    pp_workspace_destroy(w);
    pp_record_destroy(record);
    for (size_t f = 0; f < 3; f++)
        free(params[f]);
    fixture_finish(&m);
}

static double round_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    (void)state, (void)held;
    return quote->null_bid + 0.01 * (double)(quote->round % 3);
}

/// Quotes in the round itself, as the oracle does.
static const pp_agent_class round_class = {.abi = PP_AGENT_ABI,
                                           .name = "round",
                                           .params = &no_parameters,
                                           .train = learn_nothing,
                                           .quote = round_quote};

/// The oracle answered this round's offers, of firms before and
/// after it, with the best bid.
static void test_oracle_view_that_sees_both_makes_the_best_bid(void **state)
{
    (void)state;
    market_fixture m;
    pp_record *record;
    pp_choice_curve curve;
    void *both = oracle_params(SEES_BOTH);
    const size_t seer = 2;
    small(&m);
    make_oracle(&m, seer, both);
    m.scenario.firms[4].agent = &round_class;
    m.scenario.firms[1].explore = PP_EXPLORE_ALWAYS; // no model could tell its offers
    pp_workspace *w = played(&m, &record);
    assert_int_equal(pp_choice_curve_create(FIRMS, &curve, NULL), PP_OK);
    double gain = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        const pp_customers *c = &w->blocks->customers;
        double unit = w->blocks->estimates[seer * PP_BLOCK + i], walk_away = c->walk_away[i], fall;
        double cheapest = walk_away;
        pp_rival_offer offers[FIRMS - 1];
        for (size_t f = 0, n = 0; f < FIRMS; f++)
            if (f != seer) {
                offers[n] = (pp_rival_offer){w->blocks->offers[f * PP_BLOCK + i], 1};
                cheapest = fmin(cheapest, offers[n++].price);
            }
        pp_choice_curve_start(&curve, unit, c->sensitivity[i], walk_away, 0.05 * (walk_away + 20),
                              cheapest);
        pp_choice_curve_add(&curve, offers, FIRMS - 1, FIRMS, 1);
        double bid = w->blocks->multipliers[seer * PP_BLOCK + i];
        double profit = pp_choice_curve_probability(&curve, bid, &fall) * (bid - 1);
        for (double a = 1; a <= 2; a += 0.0005) {
            double other = pp_choice_curve_probability(&curve, a, &fall) * (a - 1);
            assert_true(profit >= other * (1 - 1e-9));
        }
        double null_bid = w->blocks->firms[seer].null_bid[i];
        gain += profit - pp_choice_curve_probability(&curve, null_bid, &fall) * (null_bid - 1);
    }
    assert_true(gain > 0);
    pp_choice_curve_destroy(&curve);
    pp_workspace_destroy(w);
    pp_record_destroy(record);
    free(both);
    fixture_finish(&m);
}

/// In burn-in an oracle is like everybody, and whoever is the oracle, what others quote is the
/// same.
static void test_oracle_view_bids_as_null_in_burn_in(void **state)
{
    (void)state;
    market_fixture m[2];
    pp_record *record[2];
    pp_workspace *w[2];
    void *both = oracle_params(SEES_BOTH);
    for (size_t i = 0; i < 2; i++) {
        small(&m[i]);
        if (i == 1)
            make_oracle(&m[i], 1, both);
        w[i] = played(&m[i], &record[i]);
    }
    const size_t shared = sizeof(double) * BURN_IN * FIRMS;
    assert_memory_equal(pp_record_f64(record[0], PP_VAR_booked_profit),
                        pp_record_f64(record[1], PP_VAR_booked_profit), shared);
    for (size_t f = 0; f < FIRMS; f++) {
        bool same = true;
        for (size_t i = 0; i < ROUNDS; i++)
            same &=
                w[0]->blocks->offers[f * PP_BLOCK + i] == w[1]->blocks->offers[f * PP_BLOCK + i];
        assert_true(same == (f != 1));
    }
    for (size_t i = 0; i < 2; i++) {
        pp_workspace_destroy(w[i]);
        pp_record_destroy(record[i]);
        fixture_finish(&m[i]);
    }
    free(both);
}

/// Alone, in pairs, and among oracles only, whatever they see.
static void test_oracle_view_quotes_whoever_else_is_there(void **state)
{
    (void)state;
    for (size_t n_firms = 1; n_firms <= 8; n_firms++)
        for (int sees = SEES_CUSTOMER; sees <= SEES_BOTH; sees++) {
            market_fixture m;
            pp_record *record;
            void *params = oracle_params(sees);
            fixture_defaults(&m, n_firms, "null");
            m.scenario.market.rounds = 60;
            m.scenario.market.burn_in_epochs = 2;
            m.scenario.market.test_epochs = 1;
            for (size_t f = 0; f < n_firms; f += n_firms == 3 ? 1 : 4)
                make_oracle(&m, f, params);
            pp_workspace *w = played(&m, &record);
            for (size_t i = 0; i < 60; i++)
                assert_true(w->blocks->multipliers[i] >= 1 && w->blocks->multipliers[i] <= 2);
            pp_workspace_destroy(w);
            pp_record_destroy(record);
            free(params);
            fixture_finish(&m);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle_view_is_shown_what_it_sees_and_no_more),
        cmocka_unit_test(test_oracle_view_that_sees_both_makes_the_best_bid),
        cmocka_unit_test(test_oracle_view_bids_as_null_in_burn_in),
        cmocka_unit_test(test_oracle_view_quotes_whoever_else_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
