/// An agent cannot read what it should not: what it answers does not depend on it. (That what it is
/// handed does not lie beside it: test_secrets_memory.c; that no type leads there is for the
/// compiler: agents/agent.h.)
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "market/population/class.h"
#include "tests/support/market_fixture.h"
#include "tests/support/oracle_fixture.h"

enum { FIRMS = 4, ROUNDS = 150, BURN_IN = 2, TESTS = 2, CATEGORIES = 5, COLUMNS = 15 };
enum { ALL_ROUNDS = TESTS * ROUNDS, KEPT = COLUMNS + 3 };

static void small(market_fixture *m, const char *agent)
{
    fixture_defaults(m, FIRMS, agent);
    m->scenario.market.rounds = ROUNDS;
    m->scenario.market.burn_in_epochs = BURN_IN;
    m->scenario.market.test_epochs = TESTS;
    m->scenario.record.quotes_every = 1;
}

// ---- two markets that are the same for all that agents may see, and are not the same

/// From the first test epoch on, in the second market: every pure premium twice what it is, and
/// estimates of it half as much a multiple, so the same; other sensitivities and walk-away prices;
/// and rivals who ask more.
typedef struct diverted {
    pp_population base;
    const pp_population *real;
} diverted;

static bool divert, in_second_market;
static pp_quantile_table *estimates_law;

static void diverted_draw(const pp_population *population, const pp_stream *stream,
                          pp_customers *customers, double *latents)
{
    pp_population_draw(((const diverted *)population)->real, stream, customers, latents);
    for (size_t i = 0; i < customers->n && in_second_market; i++) {
        customers->pure_premium[i] *= 2;
        customers->sensitivity[i] *= 1.7;
        customers->walk_away_scale[i] *= 0.9;
    }
}

static const pp_population_class diverted_class = {.draw = diverted_draw};

static pp_status rival_train(void *state, const void *params, const pp_agent_setup *setup,
                             pp_error *error)
{
    double *term = &estimates_law->cell[0][0][0];
    (void)state, (void)params, (void)setup, (void)error;
    in_second_market = divert;
    for (size_t i = 0; i < sizeof estimates_law->cell / sizeof *term && divert; i++)
        term[i] /= 2;
    return PP_OK;
}

static void rival_quote_batch(const void *state, const pp_agent_batch *batch, double *multiplier)
{
    (void)state;
    for (size_t i = 0; i < batch->n; i++)
        multiplier[i] = batch->null_bid[i] * (in_second_market ? 1.04 : 1);
}

static const pp_agent_class rival_class = {.abi = PP_AGENT_ABI,
                                           .name = "rival",
                                           .params = &no_parameters,
                                           .train = rival_train,
                                           .quote_batch = rival_quote_batch};

/// Answers with all that it may know of a round, so that the test has such an agent to listen to.
static double open_book_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    double sum = quote->null_bid + quote->unit + (double)quote->categories + held[0];
    (void)state;
    for (size_t j = 0; j < COLUMNS; j++)
        sum += quote->features[j];
    return 1 + pp_curve_probability(&quote->curve, 0, 1.1) + 1e-9 * sum;
}

static const pp_agent_class open_book_class = {.abi = PP_AGENT_ABI,
                                               .name = "null",
                                               .params = &no_parameters,
                                               .train = learn_nothing,
                                               .quote = open_book_quote};

// ---- what an agent was asked and what it answered

typedef struct dialogue {
    size_t n;
    double asked[ALL_ROUNDS][KEPT], answered[ALL_ROUNDS];
} dialogue;
static dialogue *heard;
static const pp_agent_class *listened_to;

static void note(const double features[COLUMNS], double unit, double null_bid, uint64_t categories,
                 double answer)
{
    double *row = heard->asked[heard->n];
    assert_true(heard->n < ALL_ROUNDS);
    memcpy(row, features, COLUMNS * sizeof *row);
    row[COLUMNS] = unit;
    row[COLUMNS + 1] = null_bid;
    row[COLUMNS + 2] = (double)categories;
    heard->answered[heard->n++] = answer;
}

/// The portfolio is one made up: what is sold is something that an agent may know.
static double listening_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    double portfolio[CATEGORIES];
    (void)held;
    for (size_t k = 0; k < CATEGORIES; k++)
        portfolio[k] = floor(0.02 * (double)(quote->round * ((int64_t)k + 1)));
    double answer = listened_to->quote(state, quote, portfolio);
    note(quote->features, quote->unit, quote->null_bid, quote->categories, answer);
    return answer;
}

static void listening_quote_batch(const void *state, const pp_agent_batch *batch,
                                  double *multiplier)
{
    listened_to->quote_batch(state, batch, multiplier);
    for (size_t i = 0; i < batch->n; i++) {
        double features[COLUMNS];
        for (size_t j = 0; j < COLUMNS; j++)
            features[j] = batch->features[j][i];
        note(features, batch->unit[i], batch->null_bid[i], batch->categories[i], multiplier[i]);
    }
}

static pp_agent_class listening(const pp_agent_class *class)
{
    pp_agent_class made = *class;
    if (class->quote)
        made.quote = listening_quote;
    else
        made.quote_batch = listening_quote_batch;
    listened_to = class;
    return made;
}

/// A trial in one of the two markets. Firm 0's class is listened to, unless it is an oracle, of
/// which no copy is let in.
static void play(const pp_agent_class *class, int sees, bool second, dialogue *to,
                 pp_record **record, market_fixture *m)
{
    diverted population = {.base = {.class = &diverted_class, .schema = {.n_columns = COLUMNS}}};
    pp_agent_class copy = listening(class);
    small(m, class->name);
    if (class->quote_seeing)
        set_sees(m->params, sees);
    else
        m->scenario.firms[0].agent = &copy;
    m->scenario.firms[FIRMS - 1].agent = &rival_class;
    fixture_start(m);
    pp_population *real = m->experiment->population;
    population.real = real;
    m->experiment->population = &population.base;
    estimates_law = m->experiment->gamma;
    heard = to;
    divert = second;
    in_second_market = false;
    *record = fixture_record(m);
    fixture_trial(m, 3, *record);
    m->experiment->population = real;
    m->scenario.firms[0].agent = class;
}

/// Are firm 0's offers in the test epochs the same in both, to the last bit?
static bool same_offers(const market_fixture *m, pp_record *const record[2])
{
    const double *x = fixture_f64(m, record[0], "offer"), *y = fixture_f64(m, record[1], "offer");
    bool same = true;
    for (size_t row = 0; row < (BURN_IN + TESTS) * ROUNDS; row++) {
        same &= x[row * FIRMS] == y[row * FIRMS];
        assert_true(same || row >= BURN_IN * ROUNDS);
    }
    return same;
}

static void assert_markets_differ_where_hidden(const market_fixture *m, pp_record *const record[2])
{
    static const char *const hidden[] = {"pure_premium", "price_sensitivity", "walk_away_price",
                                         "loyalty"};
    const double *unit[2];
    for (size_t i = 0; i < 2; i++)
        unit[i] = fixture_f64(m, record[i], "estimate");
    size_t differ[sizeof hidden / sizeof *hidden] = {0};
    for (size_t row = BURN_IN * ROUNDS; row < (BURN_IN + TESTS) * ROUNDS; row++) {
        for (size_t h = 0; h < sizeof hidden / sizeof *hidden; h++)
            differ[h] += fixture_f64(m, record[0], hidden[h])[row] !=
                         fixture_f64(m, record[1], hidden[h])[row];
        assert_memory_equal(unit[0] + row * FIRMS, unit[1] + row * FIRMS, FIRMS * sizeof(double));
    }
    for (size_t h = 0; h < sizeof hidden / sizeof *hidden; h++)
        assert_true(differ[h] > 0.9 * ALL_ROUNDS); // some walk-away prices are 0 in both
}

static void compare_markets(const pp_agent_class *class, int sees)
{
    market_fixture m[2];
    pp_record *record[2];
    dialogue *in = calloc(2, sizeof *in);
    assert_non_null(in);
    for (size_t i = 0; i < 2; i++)
        play(class, sees, i == 1, &in[i], &record[i], &m[i]);
    assert_markets_differ_where_hidden(&m[0], record);
    if (same_offers(&m[0], record) == (class->quote_seeing != NULL))
        fail_msg("%s: quotes are %sthe same", class->name, class->quote_seeing ? "" : "not ");
    if (!class->quote_seeing) {
        assert_int_equal(in[0].n, ALL_ROUNDS);
        assert_memory_equal(&in[0], &in[1], sizeof *in);
    }
    for (size_t i = 0; i < 2; i++) {
        pp_record_destroy(record[i]);
        fixture_finish(&m[i]);
    }
    free(in);
}

/// Latents and rivals' offers change: no agent answers otherwise, and every oracle does.
static void test_secrets_quotes_do_not_depend_on_what_is_hidden(void **state)
{
    (void)state;
    compare_markets(&open_book_class, 0);
    for (size_t c = 0; pp_agent_classes[c]; c++)
        for (int sees = 0; sees < (pp_agent_classes[c]->quote_seeing ? 3 : 1); sees++)
            compare_markets(pp_agent_classes[c], sees);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets_quotes_do_not_depend_on_what_is_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
