// The directory of a sweep and the loop over its runs, as other programs call them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "data/file/output.h"
#include "data/results/state.h"
#include "experiments/sweep/directory/directory.h"
#include "experiments/sweep/directory/manifest.h"
#include "experiments/sweep/sweep.h"
#include "tests/support/temp_directory.h"

enum { RUNS = 4 };

static const char scenario[] =
    "trials: 1\n"
    "market: {rounds: 20, burn_in_epochs: 1, test_epochs: 1}\n"
    "firms: [{agent: baseline, portfolio: random}, {agent: null, count: 2}]\n";

static pp_sweep_plan *plan_of(const char *seeds)
{
    char text[256];
    pp_sweep_plan *plan;
    pp_problems problems = {0};
    snprintf(text, sizeof text, "name: n\nscenario: scenario.yaml\ndesigns: {grid: {seed: %s}}\n",
             seeds);
    temp_write(temp_path("scenario.yaml"), scenario, strlen(scenario));
    temp_write(temp_path("plan.yaml"), text, strlen(text));
    if (pp_sweep_plan_load(temp_path("plan.yaml"), NULL, 0, &plan, &problems) != PP_OK)
        fail_msg("%s", problems.n ? problems.text[0] : "no plan");
    pp_problems_destroy(&problems);
    return plan;
}

/// A sweep in a directory of its own.
typedef struct fixture {
    pp_sweep_plan *plan;
    char directory[512];
    char ids[RUNS][PP_SWEEP_ID];
} fixture;

static void start(fixture *f, const char *name)
{
    f->plan = plan_of("[1, 2, 3, 4]");
    assert_int_equal(pp_sweep_plan_runs(f->plan), RUNS);
    snprintf(f->directory, sizeof f->directory, "%s", temp_path(name));
    for (size_t i = 0; i < RUNS; i++)
        memcpy(f->ids[i], pp_sweep_plan_id(f->plan, i), PP_SWEEP_ID);
    pp_error error = {0};
    if (pp_sweep_directory_join(f->directory, f->plan, "test", NULL, &error) != PP_OK)
        fail_msg("%s", error.message);
}

static const char *file_of(const fixture *f, size_t run, const char *suffix)
{
    static char paths[4][1024];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/runs/%s%s", f->directory, f->ids[run], suffix);
    return path;
}

static void empty_directory(const char *path)
{
    DIR *entries = opendir(path);
    char inner[2048];
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            remove(inner);
    }
    if (entries)
        closedir(entries);
}

static void finish(fixture *f)
{
    char runs[1024];
    snprintf(runs, sizeof runs, "%s/runs", f->directory);
    empty_directory(runs);
    rmdir(runs);
    empty_directory(f->directory);
    rmdir(f->directory);
    pp_sweep_plan_destroy(f->plan);
}

/// What the callbacks heard.
typedef struct heard {
    size_t failures, before, calls;
    pp_status status;
    pp_sweep_counts last;
} heard;

static void on_failed(void *context, const char *id, const pp_error *failure, bool before)
{
    heard *h = context;
    assert_int_equal(strlen(id), PP_SWEEP_ID - 1);
    h->failures++;
    h->before += before;
    h->status = failure->status;
}

/// A rival's output, which it gives up after the second report. May be NULL.
static pp_output *leaving;

static void on_done(void *context, const pp_sweep_counts *counts)
{
    heard *h = context;
    h->calls++;
    h->last = *counts;
    if (leaving && h->calls == 2)
        pp_output_abandon(leaving);
}

/// Every run of a share in turn; for pp_sweep_options.next.
static bool next_of_share(void *queue, size_t *run)
{
    pp_sweep_share *share = queue;
    if (share->next >= share->end)
        return false;
    *run = share->next;
    share->next += share->step;
    return true;
}

static pp_status run(const fixture *f, pp_sweep_rerun rerun, bool fail_fast,
                     pp_sweep_counts *counts, heard *h, pp_error *error)
{
    pp_sweep_share all = pp_sweep_share_of(1, 1, RUNS);
    const pp_sweep_options options = {.directory = f->directory,
                                      .threads = 1,
                                      .command_line = "test",
                                      .program = "test",
                                      .rerun = rerun,
                                      .fail_fast = fail_fast,
                                      .next = next_of_share,
                                      .queue = &all,
                                      .done = on_done,
                                      .failed = on_failed,
                                      .context = h};
    *error = (pp_error){0};
    *h = (heard){0};
    return pp_sweep_run(f->plan, &options, counts, error);
}

static void assert_counts(const pp_sweep_counts *c, size_t complete, size_t fresh, size_t failed,
                          size_t held)
{
    if (c->complete != complete || c->fresh != fresh || c->failed != failed || c->held != held)
        fail_msg("%zu complete, %zu fresh, %zu failed, %zu held", c->complete, c->fresh, c->failed,
                 c->held);
}

static void assert_states(fixture *f, const pp_run_state *expected)
{
    pp_run_state states[RUNS];
    assert_int_equal(pp_sweep_directory_states(f->directory, f->ids, RUNS, states, NULL), PP_OK);
    for (size_t i = 0; i < RUNS; i++)
        if (states[i] != expected[i])
            fail_msg("run %zu is in state %d, not %d", i, (int)states[i], (int)expected[i]);
}

static void assert_look(const char *path, bool thorough, pp_results_state expected)
{
    pp_results_state state;
    pp_error error = {0};
    if (pp_results_look(path, thorough, &state, &error) != PP_OK)
        fail_msg("%s", error.message);
    if (state != expected)
        fail_msg("%s: state %d, not %d", path, (int)state, (int)expected);
}

static void test_share_gives_every_run_to_one_task(void **state)
{
    (void)state;
    for (size_t n_tasks = 1; n_tasks < 9; n_tasks++) {
        size_t seen[7] = {0}, total = 0;
        for (size_t task = 1; task <= n_tasks; task++) {
            pp_sweep_share share = pp_sweep_share_of(task, n_tasks, PP_COUNT(seen));
            size_t expected = pp_sweep_share_runs(&share), n = 0;
            for (size_t i; next_of_share(&share, &i); n++)
                seen[i]++;
            assert_int_equal(n, expected);
            assert_int_equal(pp_sweep_share_runs(&share), 0);
            total += n;
        }
        assert_int_equal(total, PP_COUNT(seen));
        for (size_t i = 0; i < PP_COUNT(seen); i++)
            assert_int_equal(seen[i], 1);
    }
}

static void test_sweep_runs_all_and_then_nothing(void **state)
{
    (void)state;
    const pp_run_state all[RUNS] = {PP_RUN_COMPLETE, PP_RUN_COMPLETE, PP_RUN_COMPLETE,
                                    PP_RUN_COMPLETE};
    const pp_run_state none[RUNS] = {PP_RUN_PENDING, PP_RUN_PENDING, PP_RUN_PENDING,
                                     PP_RUN_PENDING};
    fixture f;
    pp_sweep_counts counts;
    pp_error error;
    heard h;
    start(&f, "all");
    assert_states(&f, none);
    assert_int_equal(run(&f, PP_RERUN_NONE, false, &counts, &h, &error), PP_OK);
    assert_counts(&counts, RUNS, RUNS, 0, 0);
    assert_int_equal(h.calls, RUNS);
    assert_int_equal(h.last.complete, RUNS);
    assert_states(&f, all);
    assert_int_equal(run(&f, PP_RERUN_FAILED, true, &counts, &h, &error), PP_OK);
    assert_counts(&counts, RUNS, 0, 0, 0);
    assert_int_equal(run(&f, PP_RERUN_ALL, false, &counts, &h, &error), PP_OK);
    assert_counts(&counts, RUNS, RUNS, 0, 0);
    finish(&f);
}

static void test_sweep_states_are_told_apart(void **state)
{
    (void)state;
    const pp_run_state expected[RUNS] = {PP_RUN_COMPLETE, PP_RUN_FAILED, PP_RUN_RUNNING,
                                         PP_RUN_PARTIAL};
    fixture f;
    pp_sweep_counts counts;
    pp_output writer;
    pp_error error;
    heard h;
    start(&f, "states");
    const pp_error failure = {.status = PP_ENUMERIC, .message = "it does \"not\" converge\n\xff"};
    assert_int_equal(pp_sweep_failure_write(f.directory, f.ids[1], &failure, NULL), PP_OK);
    assert_int_equal(pp_output_open(file_of(&f, 2, ".h5"), false, &writer, NULL), PP_OK);
    assert_int_equal(run(&f, PP_RERUN_NONE, false, &counts, &h, &error), PP_OK);
    assert_counts(&counts, 2, 2, 1, 1);
    assert_int_equal(counts.first_failure, PP_ENUMERIC);
    assert_int_equal(h.before, 1);
    unlink(file_of(&f, 3, ".h5"));
    temp_write(file_of(&f, 3, ".h5.checkpoint"), "", 0);
    temp_write(file_of(&f, 0, ".failed"), "{}", 2);         // a whole file counts for more
    temp_write(file_of(&f, 1, ".h5.partial"), "dead", 4);   // and a failure for more than this
    temp_write(file_of(&f, 3, ".h5.others"), "unknown", 7); // nobody knows what it is
    assert_states(&f, expected);
    pp_output_abandon(&writer);
    assert_int_equal(run(&f, PP_RERUN_FAILED, false, &counts, &h, &error), PP_OK);
    assert_counts(&counts, RUNS, 3, 0, 0);
    assert_int_equal(access(file_of(&f, 0, ".failed"), F_OK), -1);
    assert_int_equal(access(file_of(&f, 1, ".failed"), F_OK), -1);
    finish(&f);
}

static void test_sweep_failure_is_read_as_it_was_written(void **state)
{
    (void)state;
    fixture f;
    pp_error failure = {.status = PP_ENOMEM, .message = ""}, found;
    bool there;
    start(&f, "failures");
    assert_int_equal(pp_sweep_failure_read(f.directory, f.ids[0], &there, &found, NULL), PP_OK);
    assert_false(there);
    assert_int_equal(pp_sweep_failure_remove(f.directory, f.ids[0], NULL), PP_OK);
    memset(failure.message, '\1', sizeof failure.message - 1); // escaped, as long as they get
    assert_int_equal(pp_sweep_failure_write(f.directory, f.ids[0], &failure, NULL), PP_OK);
    assert_int_equal(pp_sweep_failure_read(f.directory, f.ids[0], &there, &found, NULL), PP_OK);
    assert_true(there);
    assert_int_equal(found.status, PP_ENOMEM);
    assert_string_equal(found.message, failure.message);
    const char *const malformed[] = {"",
                                     "{",
                                     "[]",
                                     "{\"status\": \"ok\", \"message\": \"\"}",
                                     "{\"status\": \"out of memory\"}",
                                     "{\"status\": \"numerical failure\", \"message\": 3}"};
    for (size_t i = 0; i < PP_COUNT(malformed); i++) {
        temp_write(file_of(&f, 0, ".failed"), malformed[i], strlen(malformed[i]));
        assert_int_equal(pp_sweep_failure_read(f.directory, f.ids[0], &there, &found, NULL), PP_OK);
        assert_true(there);
        assert_int_equal(found.status, PP_EFORMAT);
    }
    assert_int_equal(pp_sweep_failure_remove(f.directory, f.ids[0], NULL), PP_OK);
    assert_int_equal(pp_sweep_failure_write("/nowhere", f.ids[0], &failure, NULL), PP_EIO);
    finish(&f);
}

static void test_sweep_stops_at_what_is_in_the_way(void **state)
{
    (void)state;
    fixture f;
    pp_sweep_counts counts;
    pp_error error;
    heard h;
    start(&f, "way");
    temp_write(file_of(&f, 1, ".h5"), "mine", 4);
    assert_int_equal(run(&f, PP_RERUN_NONE, false, &counts, &h, &error), PP_EEXIST);
    assert_non_null(strstr(error.message, "is in the way and stays as it is"));
    assert_counts(&counts, 1, 1, 0, 0);
    unlink(file_of(&f, 1, ".h5"));
    // A partial file that cannot be one: the claim fails for the directory's sake.
    assert_int_equal(mkdir(file_of(&f, 1, ".h5.partial"), 0777), 0);
    assert_int_equal(run(&f, PP_RERUN_NONE, false, &counts, &h, &error), PP_EIO);
    assert_counts(&counts, 1, 0, 0, 0);
    assert_int_equal(access(file_of(&f, 1, ".failed"), F_OK), -1);
    finish(&f);
}

static void test_sweep_stops_at_the_first_failure_if_told_to(void **state)
{
    (void)state;
    fixture f;
    pp_sweep_counts counts;
    pp_error error;
    heard h;
    const pp_error failure = {.status = PP_ENUMERIC, .message = "no"};
    start(&f, "fast");
    assert_int_equal(pp_sweep_failure_write(f.directory, f.ids[1], &failure, NULL), PP_OK);
    assert_int_equal(run(&f, PP_RERUN_NONE, true, &counts, &h, &error), PP_OK);
    assert_counts(&counts, 1, 1, 1, 0);
    assert_int_equal(h.status, PP_ENUMERIC);
    assert_int_equal(run(&f, PP_RERUN_NONE, false, &counts, &h, &error), PP_OK);
    assert_counts(&counts, 3, 2, 1, 0);
    finish(&f);
}

static void test_directory_is_joined_by_the_same_runs_only(void **state)
{
    (void)state;
    fixture f;
    pp_error error = {0};
    start(&f, "join");
    assert_int_equal(pp_sweep_directory_join(f.directory, f.plan, "test", NULL, NULL), PP_OK);
    pp_sweep_plan *other = plan_of("[1, 2, 3]"), *order = plan_of("[2, 1, 3, 4]");
    assert_int_equal(pp_sweep_directory_join(f.directory, other, "test", NULL, &error), PP_EEXIST);
    assert_non_null(strstr(error.message, "sweep 'n', 4 runs"));
    assert_non_null(strstr(error.message, "this is sweep 'n', 3 runs"));
    assert_int_equal(pp_sweep_directory_join(f.directory, order, "test", NULL, NULL), PP_EEXIST);
    pp_sweep_plan_destroy(other);
    pp_sweep_plan_destroy(order);
    finish(&f);
}

static void test_directory_whose_manifest_is_being_written_is_waited_for(void **state)
{
    (void)state;
    const pp_stop_flag stop = 1;
    pp_sweep_plan *plan = plan_of("[1]");
    pp_output writer;
    pp_error error = {0};
    char directory[512], manifest[1024];
    snprintf(directory, sizeof directory, "%s", temp_path("waiting"));
    snprintf(manifest, sizeof manifest, "%s/" PP_SWEEP_MANIFEST, directory);
    assert_int_equal(mkdir(directory, 0777), 0);
    assert_int_equal(pp_output_open(manifest, false, &writer, NULL), PP_OK);
    assert_int_equal(pp_sweep_directory_join(directory, plan, "test", &stop, &error),
                     PP_EINTERRUPTED);
    pp_output_abandon(&writer);
    rmdir(directory);
    pp_sweep_plan_destroy(plan);
}

/// One rival leaves while the sweep is at other runs, another stays.
static void test_sweep_reports_each_run_once_if_others_hold_some(void **state)
{
    (void)state;
    fixture f;
    pp_sweep_counts counts;
    pp_error error;
    heard h;
    pp_output leaves, stays;
    start(&f, "held");
    assert_int_equal(pp_output_open(file_of(&f, 0, ".h5"), false, &leaves, NULL), PP_OK);
    assert_int_equal(pp_output_open(file_of(&f, 2, ".h5"), false, &stays, NULL), PP_OK);
    leaving = &leaves;
    assert_int_equal(run(&f, PP_RERUN_NONE, false, &counts, &h, &error), PP_OK);
    leaving = NULL;
    assert_int_equal(h.calls, RUNS);
    assert_counts(&counts, 3, 3, 0, 1);
    assert_counts(&h.last, 3, 3, 0, 1);
    pp_output_abandon(&stays);
    assert_int_equal(run(&f, PP_RERUN_NONE, false, &counts, &h, &error), PP_OK);
    assert_int_equal(h.calls, RUNS);
    assert_counts(&counts, RUNS, 1, 0, 0);
    finish(&f);
}

static void test_results_state_of_every_cut_is_damaged(void **state)
{
    (void)state;
    fixture f;
    pp_sweep_counts counts;
    pp_error error;
    heard h;
    size_t n;
    start(&f, "cuts");
    assert_int_equal(run(&f, PP_RERUN_NONE, false, &counts, &h, &error), PP_OK);
    const char *path = file_of(&f, 0, ".h5");
    unsigned char *bytes = temp_read(path, &n);
    assert_look(path, true, PP_RESULTS_WHOLE);
    assert_look(path, false, PP_RESULTS_WHOLE);
    for (size_t cut = 0; cut < n; cut += cut < 100 || cut + 100 > n ? 1 : 997) {
        temp_write(path, bytes, cut);
        // The 16 bytes of the seal gone, it is whole in HDF5's eyes, and another program's.
        pp_results_state expected = cut + 16 == n ? PP_RESULTS_FOREIGN : PP_RESULTS_DAMAGED;
        assert_look(path, false, expected);
        assert_look(path, true, expected);
    }
    bytes[n / 2] ^= 1;
    temp_write(path, bytes, n);
    assert_look(path, true, PP_RESULTS_DAMAGED);
    assert_look(path, false, PP_RESULTS_WHOLE); // it was only looked at
    bytes[n / 2] ^= 1;
    bytes[0] ^= 1; // no HDF5 file at first sight, but the seal is there
    temp_write(path, bytes, n);
    assert_look(path, true, PP_RESULTS_DAMAGED);
    assert_look(path, false, PP_RESULTS_DAMAGED);
    memset(bytes, 0, n - 16); // all but the page that the seal is on
    temp_write(path, bytes, n);
    assert_look(path, false, PP_RESULTS_DAMAGED);
    memset(bytes, 0, n);
    for (size_t length = 1; length <= n; length += length < 100 ? 1 : 997) {
        temp_write(path, bytes, length);
        assert_look(path, true, PP_RESULTS_DAMAGED);
    }
    temp_write(path, "\211HDX", 4);
    assert_look(path, true, PP_RESULTS_FOREIGN);
    unlink(path);
    assert_look(path, true, PP_RESULTS_ABSENT);
    assert_look("/dev/null", true, PP_RESULTS_FOREIGN);
    assert_look(f.directory, true, PP_RESULTS_FOREIGN);
    free(bytes);
    finish(&f);
}

static void test_output_writer_is_told_from_a_dead_one(void **state)
{
    (void)state;
    pp_output writer;
    pp_writer who;
    const char *path = temp_path("written");
    assert_int_equal(pp_output_writer(path, &who, NULL), PP_OK);
    assert_int_equal(who, PP_WRITER_NONE);
    assert_int_equal(pp_output_open(path, false, &writer, NULL), PP_OK);
    assert_int_equal(pp_output_writer(path, &who, NULL), PP_OK);
    assert_int_equal(who, PP_WRITER_LIVE);
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1); // changes nothing where there are locks
    assert_int_equal(pp_output_writer(path, &who, NULL), PP_OK);
    assert_int_equal(who, PP_WRITER_LIVE);
    assert_int_equal(pp_output_write(path, false, "x", 1, NULL), PP_EEXIST);
    unsetenv("HDF5_USE_FILE_LOCKING");
    pp_output_abandon(&writer);
    temp_write(temp_path("written.partial"), "half", 4);
    assert_int_equal(pp_output_writer(path, &who, NULL), PP_OK);
    assert_int_equal(who, PP_WRITER_DEAD);
    assert_int_equal(pp_output_write(path, false, "x", 1, NULL), PP_OK);
    assert_int_equal(access(temp_path("written.partial"), F_OK), -1);
    assert_int_equal(pp_output_write(path, false, "y", 1, NULL), PP_EEXIST);
    assert_int_equal(pp_output_write(path, true, "y", 1, NULL), PP_OK);
    assert_int_equal(pp_output_write("/dev/full/x", true, "y", 1, NULL), PP_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share_gives_every_run_to_one_task),
        cmocka_unit_test(test_sweep_runs_all_and_then_nothing),
        cmocka_unit_test(test_sweep_states_are_told_apart),
        cmocka_unit_test(test_sweep_failure_is_read_as_it_was_written),
        cmocka_unit_test(test_sweep_stops_at_what_is_in_the_way),
        cmocka_unit_test(test_sweep_stops_at_the_first_failure_if_told_to),
        cmocka_unit_test(test_directory_is_joined_by_the_same_runs_only),
        cmocka_unit_test(test_directory_whose_manifest_is_being_written_is_waited_for),
        cmocka_unit_test(test_sweep_reports_each_run_once_if_others_hold_some),
        cmocka_unit_test(test_results_state_of_every_cut_is_damaged),
        cmocka_unit_test(test_output_writer_is_told_from_a_dead_one),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
