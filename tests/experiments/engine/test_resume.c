// Runs that are interrupted and go on: the file is that of a run that never was.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "market/base/build_id.h"
#include "tests/support/market_fixture.h"
#include "tests/support/temp_directory.h"

enum { TRIALS = 24, RECORDS = 3 }; ///< of a thread: see hand_in.h

/// Stops a run when so many trials are in.
typedef struct watch {
    pp_stop_flag stop, drop;
    int64_t stop_at, drop_at; ///< 0: never
    int64_t resumed, done, calls;
} watch;

static void on_resumed(void *context, int64_t done, int64_t trials)
{
    watch *w = context;
    assert_int_equal(trials, TRIALS);
    assert_int_equal(w->done, 0);
    w->resumed = done;
}

static void on_progress(void *context, int64_t done, int64_t trials)
{
    watch *w = context;
    assert_int_equal(trials, TRIALS);
    assert_true(done > w->resumed);
    w->done = done;
    w->calls++;
    // As a signal would, but by a thread among others.
    if (done == w->stop_at)
        w->stop = 1;
    if (done == w->drop_at)
        w->drop = 1;
}

/// Where a run writes to.
static char path[512], kept[544], partial[544], whole[544];

static void use(const char *name)
{
    snprintf(path, sizeof path, "%s/%s.h5", temp_directory, name);
    snprintf(kept, sizeof kept, "%s.checkpoint", path);
    snprintf(partial, sizeof partial, "%s.partial", path);
    snprintf(whole, sizeof whole, "%s.whole", path);
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
}

static bool exists(const char *file)
{
    return access(file, F_OK) == 0;
}

static pp_error error;

static pp_run_options options_of(watch *w, int threads)
{
    return (pp_run_options){.output = path,
                            .keep = PP_KEEP_TRIALS,
                            .threads = threads,
                            .command_line = "first",
                            .program = "test",
                            .stop = &w->stop,
                            .drop = &w->drop,
                            .resumed = on_resumed,
                            .progress = on_progress,
                            .context = w};
}

static pp_status run_with(const market_fixture *m, const pp_run_options *options)
{
    error = (pp_error){0};
    return pp_experiment_run(m->experiment, options, &error);
}

static void run_whole(const market_fixture *m, int threads)
{
    watch w = {0};
    pp_run_options options = options_of(&w, threads);
    options.output = whole;
    if (run_with(m, &options) != PP_OK)
        fail_msg("%s", error.message);
    assert_int_equal(w.calls, TRIALS);
}

static void assert_same_file(void)
{
    size_t n, m;
    unsigned char *a = temp_read(path, &n), *b = temp_read(whole, &m);
    assert_int_equal(n, m);
    assert_true(memcmp(a, b, n) == 0);
    free(a);
    free(b);
}

/// Quotes are recorded, and with the agent `klq` something is learned.
static void small(market_fixture *m, const char *agent)
{
    fixture_defaults(m, 4, agent);
    m->scenario.run.trials = TRIALS;
    m->scenario.market.rounds = 60;
    m->scenario.market.burn_in_epochs = 2;
    m->scenario.market.test_epochs = 2;
    m->scenario.record.quotes_every = 7;
    fixture_start(m);
}

static void test_run_resumed_equals_an_uninterrupted_one_byte_for_byte(void **state)
{
    (void)state;
    static const char *const agents[] = {"baseline", "klq"};
    // Trials in hand are finished, and those that wait are handed in: all parts together leave one.
    static const struct {
        int64_t trials;
        int threads;
    } parts[] = {{2, 2}, {2, 1}, {1, 3}};
    for (size_t a = 0; a < 2; a++) {
        market_fixture m;
        use(agents[a]);
        small(&m, agents[a]);
        run_whole(&m, 2);
        assert_int_equal(m.layout.learning, a);
        int64_t before = 0;
        for (size_t i = 0; i < PP_COUNT(parts); i++) {
            watch w = {.stop_at = before + parts[i].trials};
            pp_run_options options = options_of(&w, parts[i].threads);
            options.command_line = i ? "later" : "first";
            assert_int_equal(run_with(&m, &options), PP_EINTERRUPTED);
            assert_int_equal(w.resumed, before);
            assert_in_range(w.done, w.stop_at, w.stop_at + RECORDS * parts[i].threads - 1);
            assert_false(exists(path) || exists(partial));
            assert_true(exists(kept));
            before = w.done;
        }
        watch w = {0};
        pp_run_options options = options_of(&w, 3);
        options.command_line = "last";
        if (run_with(&m, &options) != PP_OK)
            fail_msg("%s", error.message);
        assert_int_equal(w.resumed, before);
        assert_int_equal(w.calls, TRIALS - before);
        assert_false(exists(kept));
        assert_same_file();
        fixture_finish(&m);
    }
}

/// One thread has one trial in hand: stopped while that is run, it is the last.
static void test_run_that_is_dropped_keeps_what_was_finished(void **state)
{
    (void)state;
    market_fixture m;
    use("dropped");
    small(&m, "baseline");
    run_whole(&m, 1);
    watch w = {.drop_at = 4};
    pp_run_options options = options_of(&w, 1);
    assert_int_equal(run_with(&m, &options), PP_EINTERRUPTED);
    assert_int_equal(w.done, 4);
    w = (watch){0};
    options = options_of(&w, 1);
    assert_int_equal(run_with(&m, &options), PP_OK);
    assert_int_equal(w.resumed, 4);
    assert_same_file();
    fixture_finish(&m);
}

static void test_run_stopped_before_its_first_trial_keeps_nothing(void **state)
{
    (void)state;
    market_fixture m;
    watch w = {.stop = 1};
    pp_run_options options = options_of(&w, 2);
    use("nothing");
    small(&m, "baseline");
    assert_int_equal(run_with(&m, &options), PP_EINTERRUPTED);
    assert_int_equal(w.calls, 0);
    assert_false(exists(path) || exists(partial) || exists(kept));
    fixture_finish(&m);
}

static void leave_three(const market_fixture *m)
{
    watch w = {.stop_at = 3};
    pp_run_options options = options_of(&w, 1);
    assert_int_equal(run_with(m, &options), PP_EINTERRUPTED);
    assert_true(exists(kept));
}

/// Of another seed, or of another build.
static void test_run_does_not_go_on_from_anothers_trials(void **state)
{
    (void)state;
    market_fixture m, other;
    use("foreign");
    small(&m, "baseline");
    small(&other, "baseline");
    other.scenario.run.seed++;
    run_whole(&other, 1);
    for (int build = 0; build < 2; build++) {
        watch w = {0};
        leave_three(&m);
        pp_run_options options = options_of(&w, 1);
        options.program = build ? "another" : "test";
        const market_fixture *next = build ? &m : &other;
        assert_int_equal(run_with(next, &options), PP_EFORMAT);
        assert_non_null(strstr(error.message, "is of another scenario or build"));
        assert_true(exists(kept) && !exists(path) && !exists(partial));
        assert_int_equal(w.calls, 0);
        options.keep = PP_KEEP_ANEW;
        assert_int_equal(run_with(next, &options), PP_OK);
        assert_int_equal(w.resumed, 0);
        assert_int_equal(w.calls, TRIALS);
        assert_false(exists(kept));
        if (!build)
            assert_same_file();
        remove(path);
    }
    fixture_finish(&m);
    fixture_finish(&other);
}

static void test_run_without_keeping_neither_uses_nor_leaves_trials(void **state)
{
    (void)state;
    market_fixture m;
    use("none");
    small(&m, "baseline");
    leave_three(&m);
    watch w = {0};
    pp_run_options options = options_of(&w, 1);
    options.keep = PP_KEEP_NONE;
    assert_int_equal(run_with(&m, &options), PP_OK);
    assert_int_equal(w.calls, TRIALS);
    assert_true(exists(kept));
    remove(kept);
    remove(path);
    w = (watch){.stop_at = 3};
    assert_int_equal(run_with(&m, &options), PP_EINTERRUPTED);
    assert_false(exists(kept));
    fixture_finish(&m);
}

static void write_book(const char *book, int dearer)
{
    FILE *file = fopen(book, "w");
    assert_non_null(file);
    fputs("age,premium\n", file);
    for (int age = 18; age < 90; age++)
        fprintf(file, "%d,%d\n", age, 200 + dearer * (age == 40));
    assert_int_equal(fclose(file), 0);
}

/// The scenario has the book's name only.
static void test_run_does_not_go_on_with_another_book(void **state)
{
    (void)state;
    const char *book = temp_path("book.csv");
    for (int dearer = 0; dearer < 2; dearer++) {
        market_fixture m;
        use("book");
        write_book(book, 0);
        small(&m, "baseline");
        pp_experiment_destroy(m.experiment);
        m.scenario.population = PP_POPULATION_BOOK;
        snprintf(m.scenario.book_source.file.text, PP_TEXT_MAX, "%s", book);
        snprintf(m.scenario.book_source.pure_premium.text, PP_TEXT_MAX, "premium");
        m.scenario.book_source.n_features = 1;
        snprintf(m.scenario.book_source.features[0].name, PP_NAME_MAX, "age");
        m.scenario.portfolio.random_categories = 1;
        fixture_start(&m);
        leave_three(&m);
        write_book(book, dearer);
        pp_experiment_destroy(m.experiment);
        fixture_start(&m);
        watch w = {0};
        pp_run_options options = options_of(&w, 1);
        assert_int_equal(run_with(&m, &options), dearer ? PP_EFORMAT : PP_OK);
        assert_int_equal(w.resumed, dearer ? 0 : 3);
        remove(path);
        remove(kept);
        fixture_finish(&m);
    }
}

static pp_status fail_in_trial_five(void *s, const void *params, const pp_agent_setup *setup,
                                    pp_error *cause)
{
    (void)s, (void)params;
    return setup->stream.trial != 5 ? PP_OK : pp_error_set(cause, PP_ENUMERIC, "no plan");
}

static pp_status fail_to_read(void *s, const void *params, const pp_agent_setup *setup,
                              pp_error *cause)
{
    (void)s, (void)params;
    return setup->stream.trial != 5 ? PP_OK : pp_error_set(cause, PP_EIO, "no disk");
}

static void quote_null(const void *s, const pp_agent_batch *batch, double *multiplier)
{
    (void)s;
    memcpy(multiplier, batch->null_bid, batch->n * sizeof *multiplier);
}

/// What fails once more when it is run once more leaves nothing; what may not, does.
static void test_run_that_fails_keeps_trials_if_it_may_yet_succeed(void **state)
{
    (void)state;
    static pp_agent_class class = {.abi = PP_AGENT_ABI,
                                   .name = "failing",
                                   .params = &no_parameters,
                                   .quote_batch = quote_null};
    for (int reads = 0; reads < 2; reads++) {
        market_fixture m;
        watch w = {0};
        pp_run_options options = options_of(&w, 1);
        use("failed");
        small(&m, "baseline");
        class.train = reads ? fail_to_read : fail_in_trial_five;
        m.scenario.firms[1].agent = &class;
        assert_int_equal(run_with(&m, &options), reads ? PP_EIO : PP_ENUMERIC);
        assert_true(error.of_trial); // the disk that could not be read is the agent's
        assert_int_equal(w.calls, 5);
        assert_int_equal(exists(kept), reads);
        assert_false(exists(path) || exists(partial));
        fixture_finish(&m);
    }
    remove(kept);
}

static void test_build_has_an_identity(void **state)
{
    (void)state;
    assert_int_equal(strlen(pp_build_id()), 64);
    assert_int_equal(strspn(pp_build_id(), "0123456789abcdef"), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_resumed_equals_an_uninterrupted_one_byte_for_byte),
        cmocka_unit_test(test_run_that_is_dropped_keeps_what_was_finished),
        cmocka_unit_test(test_run_stopped_before_its_first_trial_keeps_nothing),
        cmocka_unit_test(test_run_does_not_go_on_from_anothers_trials),
        cmocka_unit_test(test_run_without_keeping_neither_uses_nor_leaves_trials),
        cmocka_unit_test(test_run_does_not_go_on_with_another_book),
        cmocka_unit_test(test_run_that_fails_keeps_trials_if_it_may_yet_succeed),
        cmocka_unit_test(test_build_has_an_identity),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
