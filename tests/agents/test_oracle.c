/// The oracle on quotes made up: what it needs, and that it answers to what it is shown.
#include "tests/support/agent_fixture.h"
#include "tests/support/oracle_fixture.h"

/// Where firms do not learn of offers, an oracle that needs to have learnt is refused before it
/// runs.
static void test_oracle_needs_a_history_of_offers(void **state)
{
    (void)state;
    for (int sees = SEES_CUSTOMER; sees <= SEES_BOTH; sees++) {
        pp_error error = {0};
        pp_agent_outline outline = {.bid_min = NAN, .bid_max = NAN, .observe = PP_OBSERVE_OWN_RANK};
        void *params = oracle_params(sees);
        pp_status status = pp_agent_oracle.check(params, &outline, &error);
        assert_int_equal(status, sees == SEES_BOTH ? PP_OK : PP_EINVAL);
        if (sees != SEES_BOTH)
            assert_non_null(strstr(error.message, "requires market.observe: all"));
        outline.observe = PP_OBSERVE_ALL;
        assert_int_equal(pp_agent_oracle.check(params, &outline, &error), PP_OK);
        free(params);
    }
}

/// A dearer market is answered with a dearer bid, and what is masked does not matter.
static void test_oracle_answers_to_what_it_sees_only(void **state)
{
    firm *f = *state;
    pp_agent_setup bare = f->setup;
    bare.portfolio = NULL;
    for (int sees = SEES_CUSTOMER; sees <= SEES_BOTH; sees++) {
        agent a = {&pp_agent_oracle, zeroed(pp_agent_oracle.state_size), oracle_params(sees)};
        const double held[CATEGORIES] = {0};
        double row[SIM_COLUMNS], offers[SIM_FIRMS - 1], dearer[SIM_FIRMS - 1];
        size_t higher = 0;
        assert_int_equal(a.class->train(a.state, a.params, &bare, NULL), PP_OK);
        for (size_t i = 0; i < QUOTES; i++) {
            pp_agent_quote quote = quote_at(&a, &f->batch, i, row, f->null_bid);
            pp_oracle_view view = view_at(&a, &f->batch, i, offers), other = view;
            double bid = a.class->quote_seeing(a.state, &quote, held, &view);
            for (size_t j = 0; j < SIM_FIRMS - 1; j++)
                dearer[j] = 1.03 * offers[j];
            if (sees != SEES_CUSTOMER)
                other.rivals = dearer;
            else
                other.walk_away *= 1.03;
            higher += a.class->quote_seeing(a.state, &quote, held, &other) > bid;
        }
        assert_true(higher > 0.9 * QUOTES);
        agent_destroy(&a);
    }
}

/// With a portfolio, a sale is worth more than its profit to a category that has too few, less to
/// one that has too many, and just that to a customer in none.
static void test_oracle_pursues_the_portfolio(void **state)
{
    firm *f = *state;
    pp_agent_setup bare = f->setup;
    bare.portfolio = NULL;
    agent with = agent_create(&pp_agent_oracle, &f->setup);
    agent without = agent_create(&pp_agent_oracle, &bare);
    const double few[CATEGORIES] = {0}, many[CATEGORIES] = {80, 80, 80};
    size_t changed = 0;
    for (size_t i = 0; i < QUOTES; i++) {
        double wanted = quote_in_round(&with, &f->batch, i, f->null_bid, few);
        double unwanted = quote_in_round(&with, &f->batch, i, f->null_bid, many);
        double for_profit = quote_in_round(&without, &f->batch, i, f->null_bid, many);
        bool in_any = f->members[i];
        assert_true(in_any ? wanted < for_profit : wanted == for_profit);
        assert_true(in_any ? unwanted > for_profit : unwanted == for_profit);
        changed += in_any;
    }
    assert_true(changed > 0 && changed < QUOTES);
    agent_destroy(&with);
    agent_destroy(&without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle_needs_a_history_of_offers),
        cmocka_unit_test(test_oracle_answers_to_what_it_sees_only),
        cmocka_unit_test(test_oracle_pursues_the_portfolio),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
