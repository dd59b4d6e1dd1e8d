// What an agent logs, from its own hands to the file: known numbers, looked for at every place.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data/results/read.h"
#include "market/base/param_rows.h"
#include "tests/support/market_fixture.h"
#include "tests/support/temp_directory.h"

// More rounds than a block has customers, so that an epoch's end is not a block's.
enum { FIRMS = 4, ROUNDS = PP_BLOCK + 76, BURN_IN = 2, TEST = 3, EPOCHS = BURN_IN + TEST };
enum { LOGS_FIVE, NO_LEARNER, LOGS_THREE, LOGS_NOTHING, UPDATES = 5 };

typedef struct logger_config {
    int64_t updates;
} logger_config;

#define CONFIG logger_config
static const pp_param logger_rows[] = {
    INTEGER(updates, 0, 0, 1000000, "1", "updates to log", DESIGN),
};
static const pp_param_table logger_table = {"logger", "updates", logger_rows, PP_COUNT(logger_rows),
                                            sizeof(CONFIG)};
#undef CONFIG

typedef struct logger {
    int64_t trial, firm, quotes;
} logger;

/// What series s of a firm has at update u. One of each series stays unwritten.
static double logged(int64_t trial, int64_t firm, size_t s, size_t u)
{
    return u == s ? NAN
                  : (double)trial * 1e6 + (double)firm * 1e4 + (double)s * 100 + (double)u + 0.5;
}

/// What a firm says of test epoch `epoch` (from 0): how often it has quoted till then, and whose it
/// is.
static double said(int64_t trial, int64_t firm, int64_t epoch)
{
    return (double)(epoch + 1) * ROUNDS + (double)trial / 16 + (double)firm / 1024;
}

static size_t logger_updates(const void *params)
{
    return (size_t)((const logger_config *)params)->updates;
}

static pp_status logger_train(void *state, const void *params, const pp_agent_setup *setup,
                              pp_error *error)
{
    logger *s = state;
    const pp_learning *learning = setup->learning;
    size_t n = logger_updates(params);
    *s = (logger){.trial = setup->stream.trial, .firm = setup->stream.epoch};
    if ((n > 0) != (learning != NULL) || (learning && learning->n_updates != n))
        return pp_error_set(error, PP_EINVAL, "not the log that was asked for");
    for (size_t i = 0; i < PP_LEARNING_COUNT; i++)
        for (size_t u = 0; u < n; u++) {
            if (!isnan(learning->series[i][u]))
                return pp_error_set(error, PP_EINVAL, "the log has been written to");
            if (u != i)
                learning->series[i][u] = logged(s->trial, s->firm, i, u);
        }
    return PP_OK;
}

static double logger_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    (void)held;
    ((logger *)state)->quotes++;
    return quote->null_bid;
}

static void logger_end_epoch(void *state, pp_agent_epoch *epoch)
{
    const logger *s = state;
    if (s->firm != LOGS_NOTHING && isnan(epoch->reference_kl))
        epoch->reference_kl = said(s->trial, s->firm, s->quotes / ROUNDS - 1) +
                              (double)(s->quotes % ROUNDS); // nothing, after the last quote
}

static const pp_agent_class logger_class = {.abi = PP_AGENT_ABI,
                                            .name = "logger",
                                            .params = &logger_table,
                                            .state_size = sizeof(logger),
                                            .train = logger_train,
                                            .quote = logger_quote,
                                            .end_epoch = logger_end_epoch,
                                            .updates = logger_updates};

/// Four firms: one logs five updates and has a reference, one is no learner, one logs three and is
/// never asked of an epoch, and one logs none and has no reference.
typedef struct learners {
    market_fixture market;
    pp_agent_class no_reference;
    logger_config config[FIRMS];
} learners;

static void set_up(learners *l, int64_t first, int64_t trials)
{
    market_fixture *m = &l->market;
    fixture_defaults(m, FIRMS, "null");
    m->scenario.run.first_trial = first;
    m->scenario.run.trials = trials;
    m->scenario.market.rounds = ROUNDS;
    m->scenario.market.burn_in_epochs = BURN_IN;
    m->scenario.market.test_epochs = TEST;
    l->no_reference = logger_class;
    l->no_reference.end_epoch = NULL;
    for (size_t f = 0; f < FIRMS; f++) {
        l->config[f].updates = f == LOGS_FIVE ? 5 : f == LOGS_THREE ? 3 : 0;
        if (f != NO_LEARNER) {
            m->scenario.firms[f].agent = f == LOGS_THREE ? &l->no_reference : &logger_class;
            m->scenario.firms[f].agent_params = &l->config[f];
        }
    }
}

static void assert_is(double value, double expected, const char *name, size_t at)
{
    if (!(value == expected || (isnan(value) && isnan(expected))))
        fail_msg("%s[%zu] is %.17g, not %.17g", name, at, value, expected);
}

/// @param values [trials][FIRMS][UPDATES] of series s
static void check_series(const double *values, size_t s, int64_t first, size_t trials)
{
    for (size_t i = 0; i < trials * FIRMS * UPDATES; i++) {
        size_t u = i % UPDATES, firm = i / UPDATES % FIRMS, n = (size_t[]){5, 0, 3, 0}[firm];
        int64_t trial = first + (int64_t)(i / UPDATES / FIRMS);
        assert_is(values[i], u < n ? logged(trial, (int64_t)firm, s, u) : NAN, "series", i);
    }
}

/// @param values [trials][EPOCHS][FIRMS] of reference_kl
static void check_said(const double *values, int64_t first, size_t trials)
{
    for (size_t i = 0; i < trials * EPOCHS * FIRMS; i++) {
        int64_t firm = (int64_t)(i % FIRMS), epoch = (int64_t)(i / FIRMS % EPOCHS);
        int64_t trial = first + (int64_t)(i / FIRMS / EPOCHS);
        bool says = firm == LOGS_FIVE && epoch >= BURN_IN;
        assert_is(values[i], says ? said(trial, firm, epoch - BURN_IN) : NAN, "reference_kl", i);
    }
}

static const pp_variable_id series[PP_LEARNING_COUNT] = {
    PP_VAR_learning_value, PP_VAR_learning_return, PP_VAR_learning_td_error, PP_VAR_learning_kl};

static void test_learning_log_is_in_the_record(void **state)
{
    (void)state;
    learners l;
    set_up(&l, 0, 1);
    fixture_start(&l.market);
    assert_true(l.market.layout.learning);
    assert_int_equal(l.market.layout.n_updates, UPDATES);
    pp_record *record = fixture_record(&l.market);
    for (int64_t trial = 4; trial >= 3; trial--) { // and the first leaves nothing to the second
        fixture_trial(&l.market, trial, record);
        for (size_t s = 0; s < PP_LEARNING_COUNT; s++)
            check_series(pp_record_f64(record, series[s]), s, trial, 1);
        check_said(pp_record_f64(record, PP_VAR_learning_reference_kl), trial, 1);
    }
    pp_record_destroy(record);
    fixture_finish(&l.market);
}

static void run_to(const market_fixture *m, const char *path, int threads)
{
    pp_error error = {0};
    pp_run_options options = {.output = path,
                              .force = true,
                              .threads = threads,
                              .command_line = "test",
                              .program = "test"};
    if (pp_experiment_run(m->experiment, &options, &error) != PP_OK)
        fail_msg("%s", error.message);
}

static pp_results_file *open_file(const char *path)
{
    pp_results_file *file;
    pp_error error = {0};
    if (pp_results_open(path, &file, &error) != PP_OK)
        fail_msg("%s", error.message);
    return file;
}

static double *read_all(pp_results_file *file, pp_variable_id id, size_t expected)
{
    double *values;
    size_t n;
    pp_error error = {0};
    if (pp_results_read(file, id, &values, &n, &error) != PP_OK)
        fail_msg("%s", error.message);
    assert_int_equal(n, expected);
    return values;
}

static void check_file(const char *path, int64_t first, size_t trials)
{
    pp_results_file *file = open_file(path);
    assert_int_equal(pp_results_length(file, PP_DIM_UPDATE), UPDATES);
    for (size_t s = 0; s < PP_LEARNING_COUNT; s++) {
        assert_true(pp_results_has(file, series[s]));
        double *values = read_all(file, series[s], trials * FIRMS * UPDATES);
        check_series(values, s, first, trials);
        free(values);
    }
    double *values = read_all(file, PP_VAR_learning_reference_kl, trials * EPOCHS * FIRMS);
    check_said(values, first, trials);
    free(values);
    pp_results_close(file);
}

/// Each number is that of its own trial, whoever ran it.
static void test_learning_file_is_the_same_on_any_number_of_threads(void **state)
{
    (void)state;
    enum { TRIALS = 7 };
    const char *path = temp_path("threads.h5");
    learners l;
    set_up(&l, 0, TRIALS);
    fixture_start(&l.market);
    for (int threads = 1; threads <= 3; threads++) {
        run_to(&l.market, path, threads);
        check_file(path, 0, TRIALS);
    }
    fixture_finish(&l.market);
}

static void test_learning_of_trial_five_alone_is_that_of_trial_five(void **state)
{
    (void)state;
    const char *path = temp_path("alone.h5");
    learners l;
    set_up(&l, 5, 1);
    fixture_start(&l.market);
    run_to(&l.market, path, 1);
    check_file(path, 5, 1);
    fixture_finish(&l.market);
}

static void test_learning_without_anything_to_log_has_no_group(void **state)
{
    (void)state;
    const char *path = temp_path("nothing.h5");
    learners l;
    set_up(&l, 0, 1);
    for (size_t f = 0; f < FIRMS; f++) { // able to log, but these parameters say nothing of it
        l.market.scenario.firms[f].agent = &l.no_reference;
        l.market.scenario.firms[f].agent_params = &l.config[f];
        l.config[f].updates = 0;
    }
    fixture_start(&l.market);
    assert_false(l.market.layout.learning);
    assert_int_equal(l.market.layout.n_updates, 0);
    pp_record *record = fixture_record(&l.market);
    fixture_trial(&l.market, 0, record);
    assert_null(pp_record_f64(record, PP_VAR_learning_reference_kl));
    pp_record_destroy(record);
    run_to(&l.market, path, 1);
    pp_results_file *file = open_file(path);
    assert_int_equal(pp_results_length(file, PP_DIM_UPDATE), 0);
    for (size_t s = 0; s < PP_LEARNING_COUNT; s++)
        assert_false(pp_results_has(file, series[s]));
    assert_false(pp_results_has(file, PP_VAR_learning_reference_kl));
    pp_results_close(file);
    fixture_finish(&l.market);
}

static void test_learning_with_a_reference_only_has_reference_kl_only(void **state)
{
    (void)state;
    const char *path = temp_path("reference.h5");
    learners l;
    set_up(&l, 0, 2);
    l.config[LOGS_FIVE].updates = l.config[LOGS_THREE].updates = 0;
    fixture_start(&l.market);
    assert_true(l.market.layout.learning);
    assert_int_equal(l.market.layout.n_updates, 0);
    run_to(&l.market, path, 2);
    pp_results_file *file = open_file(path);
    for (size_t s = 0; s < PP_LEARNING_COUNT; s++)
        assert_false(pp_results_has(file, series[s]));
    double *values = read_all(file, PP_VAR_learning_reference_kl, (size_t)2 * EPOCHS * FIRMS);
    check_said(values, 0, 2);
    free(values);
    pp_results_close(file);
    fixture_finish(&l.market);
}

static void test_learning_of_too_many_updates_is_refused(void **state)
{
    (void)state;
    learners l;
    pp_experiment *experiment;
    pp_error error = {0};
    set_up(&l, 0, 1);
    l.config[LOGS_THREE].updates = PP_LEARNING_UPDATES;
    assert_int_equal(pp_experiment_create(&l.market.scenario, &experiment, &error), PP_OK);
    double memory = pp_experiment_memory(experiment, 1);
    pp_experiment_destroy(experiment);
    l.config[LOGS_THREE].updates = 1;
    assert_int_equal(pp_experiment_create(&l.market.scenario, &experiment, &error), PP_OK);
    assert_true(memory - pp_experiment_memory(experiment, 1) >
                (double)PP_LEARNING_COUNT * FIRMS * 9990 * sizeof(double));
    pp_experiment_destroy(experiment);
    l.config[LOGS_THREE].updates = PP_LEARNING_UPDATES + 1;
    assert_int_equal(pp_experiment_create(&l.market.scenario, &experiment, &error), PP_ESCENARIO);
    assert_null(experiment);
    assert_string_equal(error.message, "firms[2].agent: agent 'logger' would log 10001 updates; "
                                       "10000 are possible");
    fixture_finish(&l.market);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learning_log_is_in_the_record),
        cmocka_unit_test(test_learning_file_is_the_same_on_any_number_of_threads),
        cmocka_unit_test(test_learning_of_trial_five_alone_is_that_of_trial_five),
        cmocka_unit_test(test_learning_without_anything_to_log_has_no_group),
        cmocka_unit_test(test_learning_with_a_reference_only_has_reference_kl_only),
        cmocka_unit_test(test_learning_of_too_many_updates_is_refused),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
