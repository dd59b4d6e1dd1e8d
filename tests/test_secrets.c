/// An agent cannot read what it should not: what it answers does not depend on it, and what it is
/// handed does not lie beside it. (That no type leads there is for the compiler: agents/agent.h.)
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "market/population_class.h"
#include "market_fixture.h"
#include "oracle_fixture.h"

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

static const pp_param_table no_parameters = {.name = "none"};
static const pp_agent_class rival_class = {.abi = PP_AGENT_ABI,
                                           .name = "rival",
                                           .params = &no_parameters,
                                           .train = rival_train,
                                           .quote_batch = rival_quote_batch};

/// Answers with all that it may know of a round, so that the test has such an agent to listen to.
static double open_book_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    double sum = quote->null_bid + quote->estimate + (double)quote->categories + held[0];
    (void)state;
    for (size_t j = 0; j < COLUMNS; j++)
        sum += quote->features[j];
    return 1 + pp_curve_probability(&quote->curve, 0, 1.1) + 1e-9 * sum;
}

static pp_status open_book_train(void *state, const void *params, const pp_agent_setup *setup,
                                 pp_error *error)
{
    (void)state, (void)params, (void)setup, (void)error;
    return PP_OK;
}

static const pp_agent_class open_book_class = {.abi = PP_AGENT_ABI,
                                               .name = "null",
                                               .params = &no_parameters,
                                               .train = open_book_train,
                                               .quote = open_book_quote};

// ---- what an agent was asked and what it answered

typedef struct dialogue {
    size_t n;
    double asked[ALL_ROUNDS][KEPT], answered[ALL_ROUNDS];
} dialogue;
static dialogue *heard;
static const pp_agent_class *listened_to;

static void note(const double features[COLUMNS], double estimate, double null_bid,
                 uint64_t categories, double answer)
{
    double *row = heard->asked[heard->n];
    assert_true(heard->n < ALL_ROUNDS);
    memcpy(row, features, COLUMNS * sizeof *row);
    row[COLUMNS] = estimate;
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
    note(quote->features, quote->estimate, quote->null_bid, quote->categories, answer);
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
        note(features, batch->estimate[i], batch->null_bid[i], batch->categories[i], multiplier[i]);
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

static const double *real_column(const market_fixture *m, pp_record *record, const char *name)
{
    for (size_t i = 0; i < m->layout.n_quote_columns; i++)
        if (strcmp(m->layout.quote_columns[i].name, name) == 0)
            return pp_record_quotes_f64(record, i);
    fail_msg("no column %s", name);
    return NULL;
}

/// Are firm 0's offers in the test epochs the same in both, to the last bit?
static bool same_offers(const market_fixture *m, pp_record *const record[2])
{
    const double *x = real_column(m, record[0], "offer"), *y = real_column(m, record[1], "offer");
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
    const double *estimate[2];
    for (size_t i = 0; i < 2; i++)
        estimate[i] = real_column(m, record[i], "estimate");
    size_t differ[sizeof hidden / sizeof *hidden] = {0};
    for (size_t row = BURN_IN * ROUNDS; row < (BURN_IN + TESTS) * ROUNDS; row++) {
        for (size_t h = 0; h < sizeof hidden / sizeof *hidden; h++)
            differ[h] += real_column(m, record[0], hidden[h])[row] !=
                         real_column(m, record[1], hidden[h])[row];
        assert_memory_equal(estimate[0] + row * FIRMS, estimate[1] + row * FIRMS,
                            FIRMS * sizeof(double));
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

// ---- where what agents are handed lies

typedef struct range {
    const char *what;
    const void *at;
    size_t size, firm;
} range;

enum { MOST_RANGES = 800, NOSY = 2, LANES = 2 };
static range ranges[MOST_RANGES];
static size_t n_ranges;
static pp_observe observed;

/// Lanes are nosy at once.
static void take(const char *what, size_t firm, const void *at, size_t size)
{
#pragma omp critical
    {
        assert_true(n_ranges < MOST_RANGES);
        assert_non_null(at);
        ranges[n_ranges++] = (range){what, at, size, firm};
    }
}

static void take_history(size_t firm, const pp_history *h)
{
    const size_t reals = h->n * sizeof(double);
    take("history: columns", firm, h->features, (size_t)h->n_columns * sizeof *h->features);
    for (int j = 0; j < h->n_columns; j++)
        take("history: features", firm, h->features[j], reals);
    take("history: estimates", firm, h->estimate, reals);
    take("history: multipliers", firm, h->multiplier, reals);
    take("history: propensities", firm, h->propensity, reals);
    take("history: sold", firm, h->sold, h->n);
    for (size_t r = 0; r < PP_RIVALS; r++) {
        assert_true((h->rivals[r] != NULL) == (observed == PP_OBSERVE_ALL));
        if (h->rivals[r])
            take("history: rivals", firm, h->rivals[r], reals);
    }
    assert_true((h->rank != NULL) == (observed != PP_OBSERVE_OWN_SALE));
    if (h->rank)
        take("history: ranks", firm, h->rank, reals);
}

enum { UPDATES = 5, PREPARED = 3 };

static size_t nosy_updates(const void *params)
{
    (void)params;
    return UPDATES;
}

/// State is the firm's number.
static pp_status nosy_train(void *state, const void *params, const pp_agent_setup *setup,
                            pp_error *error)
{
    size_t firm = setup->stream.epoch;
    (void)params, (void)error;
    *(size_t *)state = firm;
    assert_int_equal(setup->history->observe, observed);
    take("schema", firm, setup->schema, sizeof *setup->schema);
    take("portfolio", firm, setup->portfolio, sizeof *setup->portfolio);
    take("average", firm, setup->burn_in_average, CATEGORIES * sizeof(double));
    for (size_t s = 0; s < PP_LEARNING_COUNT; s++)
        take("log", firm, setup->learning->series[s], UPDATES * sizeof(double));
    take_history(firm, setup->history);
    return PP_OK;
}

static void take_batch(size_t firm, const pp_agent_batch *batch)
{
    take("batch", firm, batch, sizeof *batch);
    take("columns", firm, batch->features, COLUMNS * sizeof *batch->features);
    for (size_t j = 0; j < COLUMNS; j++)
        take("features", firm, batch->features[j], batch->n * sizeof(double));
    take("estimates", firm, batch->estimate, batch->n * sizeof(double));
    take("null bids", firm, batch->null_bid, batch->n * sizeof(double));
    take("categories", firm, batch->categories, batch->n * sizeof *batch->categories);
    take("curves", firm, batch->curves, sizeof *batch->curves);
    take("curve values", firm, batch->curves->values,
         batch->n * batch->curves->size * sizeof(double));
}

static void nosy_quote_batch(const void *state, const pp_agent_batch *batch, double *multiplier)
{
    const size_t firm = *(const size_t *)state;
    take_batch(firm, batch);
    take("answers", firm, multiplier, batch->n * sizeof *multiplier);
    memcpy(multiplier, batch->null_bid, batch->n * sizeof *multiplier);
}

static void nosy_prepare(const void *state, const pp_agent_batch *batch, double *prepared)
{
    const size_t firm = *(const size_t *)state;
    take_batch(firm, batch);
    take("prepared", firm, prepared, PREPARED * batch->n * sizeof *prepared);
}

static double nosy_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    const size_t firm = *(const size_t *)state;
    if (quote->round == ROUNDS / 2) {
        take("features of one", firm, quote->features, COLUMNS * sizeof(double));
        take("curve of one", firm, quote->curve.values, quote->curve.size * sizeof(double));
        take("prepared of one", firm, quote->prepared, PREPARED * sizeof(double));
        take("held", firm, held, CATEGORIES * sizeof(double));
    }
    return quote->null_bid;
}

static const pp_agent_class nosy_class[NOSY] = {
    {.abi = PP_AGENT_ABI,
     .name = "nosy",
     .params = &no_parameters,
     .state_size = sizeof(size_t),
     .train = nosy_train,
     .updates = nosy_updates,
     .quote_batch = nosy_quote_batch},
    {.abi = PP_AGENT_ABI,
     .name = "nosy",
     .params = &no_parameters,
     .state_size = sizeof(size_t),
     .train = nosy_train,
     .updates = nosy_updates,
     .quote = nosy_quote,
     .prepared = PREPARED,
     .prepare = nosy_prepare},
};

/// The start of a block of memory, as malloc gave it, that is none of the agents' business.
/// @param firm the one whose it is, or FIRMS
static void assert_apart(const char *what, const void *block, size_t firm)
{
    uintptr_t first = (uintptr_t)block, end = first + malloc_usable_size((void *)(uintptr_t)block);
    assert_non_null(block);
    for (size_t i = 0; i < n_ranges; i++) {
        uintptr_t low = (uintptr_t)ranges[i].at, high = low + ranges[i].size;
        if (ranges[i].firm != firm && low < end && first < high)
            fail_msg("%s of firm %zu lies in the memory of %s", ranges[i].what, ranges[i].firm,
                     what);
    }
}

/// What belongs to the market, and what belongs to one firm and is in no other's reach, in a lane.
static void assert_nothing_beside_in_lane(const pp_lane *lane)
{
    assert_apart("a lane's numbers", lane->reals, FIRMS);
    assert_apart("choices", lane->integers, FIRMS);
    assert_apart("latent variables", lane->customers.hidden, FIRMS);
    assert_apart("loyal firms", lane->customers.loyal_firm, FIRMS);
    assert_apart("the block's accounts", lane->accounts.firm, FIRMS);
    assert_apart("the block's ranks", lane->accounts.rank_histogram, FIRMS);
    assert_apart("the desks", lane->desks, FIRMS);
    for (size_t f = 0; f < FIRMS; f++) {
        assert_apart("another firm's numbers of a block", lane->desks[f].own, f);
        assert_apart("another firm's categories", lane->desks[f].members, f);
        assert_apart("another firm's papers", lane->desks[f].papers, f);
    }
}

/// The same in the trial.
static void assert_nothing_beside(const pp_workspace *w, pp_record *record)
{
    assert_apart("the record", pp_record_f64(record, 0), FIRMS);
    assert_apart("the workspace", w, FIRMS);
    assert_apart("open offers", w->open_offers, FIRMS);
    assert_apart("the accounts", w->accounts.firm, FIRMS);
    assert_apart("the firms", w->firms, FIRMS);
    assert_apart("the lanes", w->lanes, FIRMS);
    assert_apart("the population", w->experiment->population, FIRMS);
    assert_apart("the histories", w->histories, FIRMS);
    for (size_t i = 0; i < LANES; i++)
        assert_nothing_beside_in_lane(&w->lanes[i]);
    for (size_t f = 0; f < FIRMS; f++) {
        pp_history history;
        pp_histories_view(w->histories, f, &history);
        assert_apart("another firm's history", history.estimate, f);
        assert_apart("another firm's sales", history.sold, f);
        assert_apart("another firm's numbers", w->firms[f].own, f);
        assert_apart("another firm's portfolio", w->firms[f].portfolio, f);
        assert_apart("an agent's state", w->firms[f].state, FIRMS);
        // what the firm does not observe is not kept beside what it does
        size_t columns = observed == PP_OBSERVE_ALL ? 7 : observed == PP_OBSERVE_OWN_RANK ? 4 : 3;
        double *start = (double *)(uintptr_t)history.estimate;
        assert_true(malloc_usable_size(start) < (columns + 1) * history.n * sizeof(double));
    }
}

static void be_nosy(pp_observe observe)
{
    market_fixture m;
    pp_workspace *w;
    pp_error error = {0};
    small(&m, "null");
    for (size_t f = 0; f < NOSY; f++) {
        m.scenario.firms[f].agent = &nosy_class[f];
        m.scenario.firms[f].portfolio = PP_PORTFOLIO_RANDOM;
    }
    m.scenario.market.rounds = PP_BLOCK + ROUNDS; // a block for each lane
    m.scenario.market.test_epochs = 1;
    m.scenario.market.observe = observed = observe;
    m.scenario.record.quotes_every = 0;
    n_ranges = 0;
    fixture_start(&m);
    pp_record *record = fixture_record(&m);
    assert_int_equal(pp_workspace_create(m.experiment, LANES, &w, &error), PP_OK);
    if (pp_trial_run(w, 0, NULL, record, &error) != PP_OK)
        fail_msg("%s", error.message);
    assert_true(n_ranges > NOSY * (1 + LANES) * COLUMNS);
    assert_nothing_beside(w, record);
    pp_workspace_destroy(w);
    pp_record_destroy(record);
    fixture_finish(&m);
}

static void test_secrets_handed_memory_lies_apart(void **state)
{
    (void)state;
    be_nosy(PP_OBSERVE_ALL);
}

static void test_secrets_unobserved_is_not_in_the_history(void **state)
{
    (void)state;
    be_nosy(PP_OBSERVE_OWN_RANK);
    be_nosy(PP_OBSERVE_OWN_SALE);
}

static double seeing_quote(void *state, const pp_agent_quote *quote, const double *held,
                           const pp_oracle_view *view)
{
    (void)state, (void)held, (void)view;
    return quote->null_bid;
}

/// Not under its own name, nor under the oracle's.
static void test_secrets_class_that_asks_to_see_is_refused(void **state)
{
    (void)state;
    pp_agent_class classes[] = {nosy_class[0], pp_agent_oracle};
    classes[0].quote_seeing = seeing_quote;
    for (size_t i = 0; i < 2; i++) {
        market_fixture m;
        char expected[256];
        pp_error error = {0};
        small(&m, "oracle");
        m.scenario.firms[0].agent = &classes[i];
        assert_int_equal(pp_experiment_create(&m.scenario, &m.experiment, &error), PP_EINVAL);
        snprintf(expected, sizeof expected,
                 "firm 'firm-0': agent '%s' asks to see latent variables and rivals' offers "
                 "(quote_seeing), which is for the built-in oracle alone",
                 classes[i].name);
        assert_string_equal(error.message, expected);
        fixture_finish(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets_quotes_do_not_depend_on_what_is_hidden),
        cmocka_unit_test(test_secrets_handed_memory_lies_apart),
        cmocka_unit_test(test_secrets_unobserved_is_not_in_the_history),
        cmocka_unit_test(test_secrets_class_that_asks_to_see_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
