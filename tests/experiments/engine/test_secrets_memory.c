/// What agents are handed lies in memory of its own, and a class that asks for more is refused.
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agents/oracle.h"
#include "tests/support/trial_fixture.h"

enum { CATEGORIES = 5, COLUMNS = 15 };

typedef struct range {
    const char *what;
    const void *at;
    size_t size, firm;
} range;

enum { MOST_RANGES = 800, NOSY = 2, THREADS = 2 };
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
    take("history: estimates", firm, h->unit, reals);
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
    take("estimates", firm, batch->unit, batch->n * sizeof(double));
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

/// What belongs to the market, and what belongs to one firm and is in no other's reach, in a block.
static void assert_nothing_beside_in_block(const pp_block *block)
{
    assert_apart("a block's numbers", block->reals, FIRMS);
    assert_apart("choices", block->integers, FIRMS);
    assert_apart("latent variables", block->customers.hidden, FIRMS);
    assert_apart("loyal firms", block->customers.loyal_firm, FIRMS);
    assert_apart("the block's accounts", block->accounts.firm, FIRMS);
    assert_apart("the block's ranks", block->accounts.rank_histogram, FIRMS);
    assert_apart("the firms of a block", block->firms, FIRMS);
    for (size_t f = 0; f < FIRMS; f++) {
        assert_apart("another firm's numbers of a block", block->firms[f].own, f);
        assert_apart("another firm's categories", block->firms[f].members, f);
        assert_apart("another firm's view", block->firms[f].view, f);
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
    assert_apart("the blocks", w->blocks, FIRMS);
    assert_apart("the population", w->experiment->population, FIRMS);
    assert_apart("the histories", w->histories, FIRMS);
    for (size_t i = 0; i < THREADS; i++)
        assert_nothing_beside_in_block(&w->blocks[i]);
    for (size_t f = 0; f < FIRMS; f++) {
        pp_history history;
        pp_histories_view(w->histories, f, &history);
        assert_apart("another firm's history", history.unit, f);
        assert_apart("another firm's sales", history.sold, f);
        assert_apart("another firm's numbers", w->firms[f].own, f);
        assert_apart("another firm's portfolio", w->firms[f].portfolio, f);
        assert_apart("an agent's state", w->firms[f].state, FIRMS);
        // what the firm does not observe is not kept beside what it does
        size_t columns = observed == PP_OBSERVE_ALL ? 7 : observed == PP_OBSERVE_OWN_RANK ? 4 : 3;
        double *start = (double *)(uintptr_t)history.unit;
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
    m.scenario.market.rounds = PP_BLOCK + ROUNDS; // a block for each thread
    m.scenario.market.test_epochs = 1;
    m.scenario.market.observe = observed = observe;
    m.scenario.record.quotes_every = 0;
    n_ranges = 0;
    fixture_start(&m);
    pp_record *record = fixture_record(&m);
    assert_int_equal(pp_workspace_create(m.experiment, THREADS, &w, &error), PP_OK);
    if (pp_trial_run(w, 0, NULL, record, &error) != PP_OK)
        fail_msg("%s", error.message);
    assert_true(n_ranges > NOSY * (1 + THREADS) * COLUMNS);
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
        assert_int_equal(pp_experiment_create(&m.scenario, &m.experiment, &error), PP_ESCENARIO);
        snprintf(expected, sizeof expected,
                 "firms[0].agent: agent '%s' asks to see latent variables and rivals' offers "
                 "(quote_seeing), which is for the built-in oracle alone",
                 classes[i].name);
        assert_string_equal(error.message, expected);
        fixture_finish(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets_handed_memory_lies_apart),
        cmocka_unit_test(test_secrets_unobserved_is_not_in_the_history),
        cmocka_unit_test(test_secrets_class_that_asks_to_see_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
