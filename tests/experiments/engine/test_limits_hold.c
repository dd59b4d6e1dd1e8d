/// Limits hold for every price of every agent, explored or not, from the first epoch on: a million
/// quotes of each. Where they do not bind, nothing changes.
/// @slow
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "tests/support/checks.h"
#include "tests/support/market_fixture.h"

enum { N_FIRMS = 2, N_ROUNDS = 4000, EPOCHS = 25, BURN_IN = 2, TRIALS = 10 };

// ---- agents that quote anything

/// From a hundredth to a hundred times the estimate.
static double wild(int64_t round)
{
    return exp(fmod((double)round * 0.7548776662466927, 1) * 9.2 - 4.6);
}

static void wild_batch(const void *state, const pp_agent_batch *batch, double *multiplier)
{
    (void)state;
    for (size_t i = 0; i < batch->n; i++)
        multiplier[i] = wild(batch->first_round + (int64_t)i);
}

static double wild_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    (void)state, (void)held;
    return wild(quote->round);
}

static double steady_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    (void)state, (void)quote, (void)held;
    return 1.1;
}

static const pp_agent_class wild_in_blocks = {.abi = PP_AGENT_ABI,
                                              .name = "wild",
                                              .doc = "test",
                                              .params = &no_parameters,
                                              .train = learn_nothing,
                                              .quote_batch = wild_batch};
static const pp_agent_class wild_in_rounds = {.abi = PP_AGENT_ABI,
                                              .name = "wild",
                                              .doc = "test",
                                              .params = &no_parameters,
                                              .train = learn_nothing,
                                              .quote = wild_quote};
static const pp_agent_class steady = {.abi = PP_AGENT_ABI,
                                      .name = "steady",
                                      .doc = "test",
                                      .params = &no_parameters,
                                      .train = learn_nothing,
                                      .quote = steady_quote};

// ---- markets

static void set_choice(const pp_param_table *table, void *params, const char *name, int value)
{
    const pp_param *row = pp_param_find(table, name);
    assert_non_null(row);
    *(int *)(void *)((char *)params + row->offset) = value;
}

/// Learners learn little: what they quote is held all the same.
static void set_quick(const pp_param_table *table, void *params)
{
    static const char *const names[] = {"iterations", "rollouts", "passes"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        const pp_param *row = pp_param_find(table, names[i]);
        if (row)
            *(int64_t *)(void *)((char *)params + row->offset) = 2;
    }
}

/// Two firms, of which the first has limits and explores always. Every quote is recorded.
static void market(market_fixture *m, const char *kind, const pp_limits *limits)
{
    fixture_defaults(m, N_FIRMS, kind);
    m->scenario.market.rounds = N_ROUNDS;
    m->scenario.market.burn_in_epochs = BURN_IN;
    m->scenario.market.test_epochs = EPOCHS - BURN_IN;
    m->scenario.market.history_rounds = 500;
    m->scenario.record.quotes_every = 1;
    m->scenario.firms[0].explore = PP_EXPLORE_ALWAYS;
    m->scenario.firms[0].limits = *limits;
    set_quick(m->scenario.firms[0].agent->params, m->params);
}

// ---- limits

typedef struct counts {
    int64_t quotes, at_min_multiple, at_max_multiple, at_min_premium, at_max_premium, inside;
} counts;

/// Count firm 0's quotes of a trial. None may be outside, nor be no multiple of the step inside.
static void count_quotes(const market_fixture *m, pp_record *r, counts *n)
{
    const pp_limits *l = &m->scenario.firms[0].limits;
    const double *offer = fixture_f64(m, r, "offer"), *unit = fixture_f64(m, r, "estimate");
    for (size_t row = 0; row < (size_t)m->layout.n_quote_rows; row++) {
        double price = offer[row * N_FIRMS], c = unit[row * N_FIRMS];
        double low = l->min_multiple * c, high = l->max_multiple * c;
        assert_true(price >= l->min_premium && price <= l->max_premium);
        assert_true(price >= low || price == l->max_premium);
        assert_true(price <= high || price == l->min_premium);
        n->quotes++;
        n->at_min_multiple += price == low;
        n->at_max_multiple += price == high;
        n->at_min_premium += price == l->min_premium;
        n->at_max_premium += price == l->max_premium;
        bool inside = price > fmax(low, l->min_premium) && price < fmin(high, l->max_premium);
        assert_true(!inside || fmod(price, l->step) == 0);
        n->inside += inside;
    }
}

/// @param agent in the place of firm 0's; NULL: none
static void hold_a_million(market_fixture *m, const pp_agent_class *agent, const char *what)
{
    counts n = {0};
    if (agent) {
        m->scenario.firms[0].agent = agent;
        m->scenario.firms[0].agent_params = NULL;
    }
    fixture_start(m);
    pp_record *r = fixture_record(m);
    for (int64_t t = 0; t < TRIALS; t++) {
        pp_record_clear(r);
        fixture_trial(m, t, r);
        count_quotes(m, r, &n);
    }
    print_message("%-19s %lld quotes; at least multiple %lld, greatest %lld, least GBP %lld, "
                  "greatest %lld; inside %lld\n",
                  what, (long long)n.quotes, (long long)n.at_min_multiple,
                  (long long)n.at_max_multiple, (long long)n.at_min_premium,
                  (long long)n.at_max_premium, (long long)n.inside);
    assert_true(n.quotes == 1000000);
    assert_true(n.at_min_multiple > 1000 && n.at_max_multiple > 1000 && n.at_min_premium > 1000 &&
                n.at_max_premium > 1000 && n.inside > 1000);
    pp_record_destroy(r);
    fixture_finish(m);
}

static const pp_limits tight = {1.04, 1.12, 250, 1500, 0.5};

static void test_limits_hold_for_a_million_quotes_of_every_agent(void **state)
{
    (void)state;
    market_fixture m;
    for (size_t a = 0; pp_agent_classes[a]; a++) {
        market(&m, pp_agent_classes[a]->name, &tight);
        hold_a_million(&m, NULL, pp_agent_classes[a]->name);
    }
    for (int sees = 0; sees < 2; sees++) {
        market(&m, "oracle", &tight);
        set_choice(pp_agent_find("oracle")->params, m.params, "sees", sees);
        hold_a_million(&m, NULL, sees ? "oracle of rivals" : "oracle of customers");
    }
    market(&m, "klq", &tight);
    set_choice(pp_agent_find("klq")->params, m.params, "method", 1);
    hold_a_million(&m, NULL, "klq, model-free");
    market(&m, "bellman", &tight);
    set_choice(pp_agent_find("bellman")->params, m.params, "bids", 1);
    hold_a_million(&m, NULL, "bellman, grid");
    market(&m, "null", &tight);
    hold_a_million(&m, &wild_in_blocks, "wild in blocks");
    market(&m, "null", &tight);
    hold_a_million(&m, &wild_in_rounds, "wild in rounds");
}

/// Firm 0's bid is 1.1 always. Of the factors .93, .95, .97, 1, 1.03, 1.05 and 1.07 two lead to the
/// lower limit and three to the upper. Chi-squared of 92,000 quotes; false-alarm rate 0.001.
static void test_limits_frequencies_are_the_propensities(void **state)
{
    (void)state;
    const pp_limits limits = {1.05, 1.13, NAN, NAN, NAN};
    const double expected[4] = {0.04, 0.02, 0.88, 0.06};
    double count[4] = {0};
    market_fixture m;
    market(&m, "null", &limits);
    m.scenario.firms[0].agent = &steady;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 0, r);
    const double *offer = fixture_f64(&m, r, "offer"), *unit = fixture_f64(&m, r, "estimate");
    const double *propensity = fixture_f64(&m, r, "propensity");
    for (size_t row = (size_t)BURN_IN * N_ROUNDS; row < (size_t)m.layout.n_quote_rows; row++) {
        double a = offer[row * N_FIRMS] / unit[row * N_FIRMS];
        size_t cell = a < 1.05 + 1e-9 ? 0 : a < 1.08 ? 1 : a < 1.12 ? 2 : 3;
        count[cell]++;
        assert_true(fabs(propensity[row * N_FIRMS] - expected[cell]) < 1e-12);
    }
    assert_true(chi_squared_p(count, expected, 4) > 0.001);
    // In the first epoch U(1, 1.2) was held between the limits.
    double at_low = 0, at_high = 0;
    for (size_t row = 0; row < N_ROUNDS; row++) {
        double a = offer[row * N_FIRMS] / unit[row * N_FIRMS], p = propensity[row * N_FIRMS];
        bool low = a<1.05 + 1e-9, high = a> 1.13 - 1e-9;
        assert_true(fabs(p - (low ? 0.25 : high ? 0.35 : 5)) < 1e-9);
        at_low += low;
        at_high += high;
    }
    const double first[3] = {at_low, at_high, N_ROUNDS - at_low - at_high};
    const double chance[3] = {0.25, 0.35, 0.4};
    assert_true(chi_squared_p(first, chance, 3) > 0.001);
    pp_record_destroy(r);
    fixture_finish(&m);
}

/// Limits that no price meets leave every bit as it is.
static void test_limits_that_do_not_bind_change_nothing(void **state)
{
    (void)state;
    static const char *const columns[] = {"offer", "estimate", "propensity"};
    static const char *const agents[] = {"null", "bellman", "klq", "ppo", "oracle"};
    const pp_limits none = {0}, wide = {0.01, 100, 1, 1e6, NAN};
    for (size_t a = 0; a < PP_COUNT(agents); a++) {
        market_fixture x, y;
        market(&x, agents[a], &none);
        market(&y, agents[a], &wide);
        x.scenario.market.test_epochs = y.scenario.market.test_epochs = 1;
        fixture_start(&x);
        fixture_start(&y);
        pp_record *p = fixture_record(&x), *q = fixture_record(&y);
        fixture_trial(&x, 0, p);
        fixture_trial(&y, 0, q);
        for (size_t c = 0; c < PP_COUNT(columns); c++)
            assert_memory_equal(fixture_f64(&x, p, columns[c]), fixture_f64(&y, q, columns[c]),
                                (size_t)x.layout.n_quote_rows * N_FIRMS * sizeof(double));
        pp_record_destroy(p);
        pp_record_destroy(q);
        fixture_finish(&x);
        fixture_finish(&y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_hold_for_a_million_quotes_of_every_agent),
        cmocka_unit_test(test_limits_frequencies_are_the_propensities),
        cmocka_unit_test(test_limits_that_do_not_bind_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
