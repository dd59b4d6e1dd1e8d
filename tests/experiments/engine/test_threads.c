// Threads inside a trial: a failure is reported in the same words at any number of threads. Equal
// results are test_run's subject.
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/market_fixture.h"
#include "tests/support/temp_directory.h"

enum { FIRMS = 6, ROUNDS = 4 * PP_BLOCK + 1, MOST_THREADS = 8 };

/// 1, 2, 3, 8: as many as blocks, fewer, more.
static int more(int threads)
{
    return threads < 3 ? threads + 1 : threads + 5;
}

static void small(market_fixture *m)
{
    fixture_defaults(m, FIRMS, "null");
    m->scenario.market.rounds = ROUNDS;
    m->scenario.market.burn_in_epochs = 1;
    m->scenario.market.test_epochs = 1;
}

/// A trial that fails with so many threads. @return what it says; one static buffer
static const char *failure(market_fixture *m, int threads)
{
    static pp_error error;
    pp_workspace *w;
    fixture_start(m);
    pp_record *r = fixture_record(m);
    error = (pp_error){0};
    assert_int_equal(pp_workspace_create(m->experiment, threads, &w, &error), PP_OK);
    assert_int_equal(pp_trial_run(w, 0, NULL, r, &error), PP_ENUMERIC);
    pp_workspace_destroy(w);
    pp_record_destroy(r);
    fixture_finish(m);
    return error.message;
}

/// Impossible in the second block and in the third, and in one more round.
static double wrong_at_times(int64_t round, int64_t also)
{
    return round == also || round == PP_BLOCK + 5 || round == 2 * PP_BLOCK + 1 ? -1 : 1.1;
}

static void wrong_quote_batch(const void *s, const pp_agent_batch *batch, double *multiplier)
{
    (void)s;
    for (size_t i = 0; i < batch->n; i++)
        multiplier[i] = wrong_at_times(batch->first_round + (int64_t)i, -1);
}

static double wrong_quote(void *s, const pp_agent_quote *quote, const double *held)
{
    (void)s, (void)held;
    return wrong_at_times(quote->round, PP_BLOCK - 1);
}

static const pp_agent_class batch_class = {.abi = PP_AGENT_ABI,
                                           .name = "batch",
                                           .params = &no_parameters,
                                           .train = learn_nothing,
                                           .quote_batch = wrong_quote_batch};
static const pp_agent_class rounds_class = {.abi = PP_AGENT_ABI,
                                            .name = "rounds",
                                            .params = &no_parameters,
                                            .train = learn_nothing,
                                            .quote = wrong_quote};

static void test_threads_report_the_first_block_with_an_impossible_quote(void **state)
{
    (void)state;
    for (int threads = 1; threads <= MOST_THREADS; threads = more(threads))
        for (int both = 0; both < 2; both++) {
            market_fixture m;
            char expected[128];
            small(&m);
            m.scenario.firms[1].agent = &batch_class;
            if (both) // its turn comes in the round loop, after the others' whole group of blocks
                m.scenario.firms[3].agent = &rounds_class;
            const char *said = failure(&m, threads);
            snprintf(expected, sizeof expected,
                     "trial 0, epoch 1, round %d: firm 'firm-%d': agent '%s' quoted -1 times",
                     both ? PP_BLOCK - 1 : PP_BLOCK + 5, both ? 3 : 1, both ? "rounds" : "batch");
            if (!strstr(said, expected))
                fail_msg("%d threads: %s", threads, said);
        }
}

/// The index of a block is run before the quotes of those before it are made.
static void test_threads_report_an_impossible_index_in_its_turn(void **state)
{
    (void)state;
    char first[PP_ERROR_MAX];
    for (int threads = 1; threads <= MOST_THREADS; threads = more(threads))
        for (int early = 0; early < 2; early++) {
            market_fixture m;
            small(&m);
            m.scenario.inflation.mean_rate = 9;
            m.scenario.inflation.rounds_per_week = 55; // out of this world in the third block
            m.scenario.firms[1].agent = early ? &batch_class : m.scenario.firms[0].agent;
            const char *said = failure(&m, threads);
            if (threads == 1 && !early)
                memcpy(first, said, sizeof first);
            if (early)
                assert_non_null(strstr(said, "agent 'batch' quoted"));
            else
                assert_string_equal(said, first);
        }
    assert_non_null(strstr(first, "epoch 1, round 2499: inflation drove a price index"));
}

static pp_status train_some(void *s, const void *params, const pp_agent_setup *setup,
                            pp_error *error)
{
    (void)s, (void)params;
    uint32_t firm = setup->stream.epoch;
    bool fails = firm == 2 || firm == 3;
    return fails ? pp_error_set(error, PP_ENUMERIC, "no plan for %u", firm) : PP_OK;
}

static void test_threads_report_the_first_firm_that_cannot_be_trained(void **state)
{
    (void)state;
    pp_agent_class class = batch_class;
    class.train = train_some;
    for (int threads = 1; threads <= MOST_THREADS; threads = more(threads)) {
        market_fixture m;
        small(&m);
        for (size_t f = 0; f < FIRMS; f++)
            m.scenario.firms[f].agent = &class;
        const char *said = failure(&m, threads);
        if (!strstr(said, "of firm 'firm-2' could not be trained: no plan for 2"))
            fail_msg("%d threads: %s", threads, said);
    }
}

static int64_t calls_after; ///< the round that failed

static double fail_in_the_first_block(void *s, const pp_agent_quote *quote, const double *held)
{
    (void)s, (void)held;
    calls_after += calls_after >= 0;
    if (quote->round == 500)
        calls_after = 0;
    return quote->round == 500 ? NAN : 1.1;
}

/// Agents may rely on the order of rounds, so the other blocks' rounds are not run after a failure.
static void test_threads_no_agent_is_called_after_one_that_failed(void **state)
{
    (void)state;
    pp_agent_class class = rounds_class;
    class.quote = fail_in_the_first_block;
    for (int threads = 1; threads <= MOST_THREADS; threads = more(threads)) {
        market_fixture m;
        small(&m);
        m.scenario.firms[2].agent = &class;
        calls_after = -1;
        if (!strstr(failure(&m, threads), "round 500: firm 'firm-2': agent 'rounds' quoted"))
            fail_msg("%d threads: another failure", threads);
        assert_int_equal(calls_after, 0);
    }
}

static int team, level; ///< the largest that a stage saw

/// Sees who is at work.
static void count_threads(const void *s, const pp_agent_batch *batch, double *multiplier)
{
    (void)s;
    for (size_t i = 0; i < batch->n; i++)
        multiplier[i] = 1.1;
#pragma omp critical
    {
        team = omp_get_num_threads() > team ? omp_get_num_threads() : team;
        level = omp_get_active_level() > level ? omp_get_active_level() : level;
    }
}

/// What is done at once is the plan of threads: within a trial, and within several.
static void test_threads_are_as_planned(void **state)
{
    (void)state;
    static const struct {
        int64_t trials;
        int threads, team, level;
    } cases[] = {{1, 1, 1, 0}, {1, 3, 3, 1}, {2, 6, 3, 2}, {2, 2, 2, 1}};
    pp_agent_class class = batch_class;
    class.quote_batch = count_threads;
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        market_fixture m;
        pp_error error = {0};
        char path[512];
        snprintf(path, sizeof path, "%s/threads.h5", temp_directory);
        small(&m);
        m.scenario.run.trials = cases[i].trials;
        m.scenario.firms[0].agent = &class;
        fixture_start(&m);
        pp_run_options options = {.output = path,
                                  .force = true,
                                  .threads = cases[i].threads,
                                  .command_line = "test",
                                  .program = "test"};
        team = level = 0;
        if (pp_experiment_run(m.experiment, &options, &error) != PP_OK)
            fail_msg("%s", error.message);
        assert_int_equal(team, cases[i].team);
        assert_int_equal(level, cases[i].level);
        fixture_finish(&m);
    }
}

static pp_stop_flag stop_now;
static int64_t played; ///< rounds since

static double stop_in_the_first_block(void *s, const pp_agent_quote *quote, const double *held)
{
    (void)s, (void)held;
    stop_now |= quote->round == 5;
    played += stop_now;
    return 1.1;
}

/// The round loop is one block after the other whatever the threads: it ends with the current
/// block.
static void test_threads_an_interrupted_round_loop_ends_with_its_block(void **state)
{
    (void)state;
    pp_agent_class class = rounds_class;
    market_fixture m;
    pp_error error = {0};
    pp_workspace *w;
    class.quote = stop_in_the_first_block;
    small(&m);
    m.scenario.firms[0].agent = &class;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    assert_int_equal(pp_workspace_create(m.experiment, MOST_THREADS, &w, &error), PP_OK);
    stop_now = 0;
    assert_int_equal(pp_trial_run(w, 0, &stop_now, r, &error), PP_EINTERRUPTED);
    assert_int_equal(played, PP_BLOCK - 5);
    pp_workspace_destroy(w);
    pp_record_destroy(r);
    fixture_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_report_the_first_block_with_an_impossible_quote),
        cmocka_unit_test(test_threads_report_an_impossible_index_in_its_turn),
        cmocka_unit_test(test_threads_report_the_first_firm_that_cannot_be_trained),
        cmocka_unit_test(test_threads_no_agent_is_called_after_one_that_failed),
        cmocka_unit_test(test_threads_are_as_planned),
        cmocka_unit_test(test_threads_an_interrupted_round_loop_ends_with_its_block),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
