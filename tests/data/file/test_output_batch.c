// Files that are put under their names together: each is whole or not there, whatever becomes of
// the others.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "data/file/output.h"
#include "data/results/read.h"
#include "tests/support/market_fixture.h"
#include "tests/support/results_fixture.h"
#include "tests/support/temp_directory.h"

enum { FILES = 5 };

/// The file that cannot be kept; 0: none. Threads only read it.
static ino_t unkept;
static _Atomic int syncs;

#pragma GCC visibility push(default)

int fsync(int fd)
{
    struct stat about;
    syncs++;
    if (unkept && fstat(fd, &about) == 0 && about.st_ino == unkept) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

#pragma GCC visibility pop

typedef struct told {
    int n;
    char paths[FILES][512];
    pp_status statuses[FILES];
} told;

static void note(void *context, const char *path, pp_status status, const pp_error *error)
{
    told *t = context;
    assert_true(t->n < FILES);
    assert_int_equal(status == PP_OK, error->message[0] == '\0');
    snprintf(t->paths[t->n], sizeof t->paths[0], "%s", path);
    t->statuses[t->n++] = status;
}

static void path_of(int i, const char *suffix, char *path, size_t size)
{
    snprintf(path, size, "%s/%d.txt%s", temp_directory, i, suffix);
}

static bool exists(int i, const char *suffix)
{
    char path[512];
    struct stat about;
    path_of(i, suffix, path, sizeof path);
    return lstat(path, &about) == 0;
}

static pp_output_batch *batch_of(size_t most)
{
    pp_output_batch *batch;
    assert_int_equal(pp_output_batch_create(most, &batch, NULL), PP_OK);
    return batch;
}

/// Files 0, 1, ... of one byte each, open and written.
static void fill(pp_output_batch *batch, int n)
{
    for (int i = 0; i < n; i++) {
        char path[512], byte = (char)('0' + i);
        pp_output output;
        pp_error error = {0};
        path_of(i, "", path, sizeof path);
        if (pp_output_open(path, false, &output, &error) != PP_OK)
            fail_msg("%s", error.message);
        assert_int_equal(write(output.fd, &byte, 1), 1);
        pp_output_batch_add(batch, &output);
    }
    assert_int_equal(pp_output_batch_waiting(batch), n);
}

static void expect_file(int i, char byte)
{
    char path[512];
    size_t n;
    path_of(i, "", path, sizeof path);
    unsigned char *bytes = temp_read(path, &n);
    assert_int_equal(n, 1);
    assert_int_equal(bytes[0], byte);
    free(bytes);
    assert_false(exists(i, ".partial"));
}

static void remove_files(void)
{
    char path[512];
    for (int i = 0; i < FILES; i++) {
        path_of(i, "", path, sizeof path);
        unlink(path);
    }
}

static void test_output_batch_files_appear_at_commit(void **state)
{
    (void)state;
    told t = {0};
    pp_output_batch *batch = batch_of(FILES);
    pp_error error = {0};
    for (int round = 0; round < 2; round++) { // a batch is used again
        t.n = 0;
        fill(batch, FILES - round);
        assert_int_equal(pp_output_batch_is_full(batch), round == 0);
        for (int i = 0; i < FILES - round; i++)
            assert_true(!exists(i, "") && exists(i, ".partial"));
        syncs = 0;
        assert_int_equal(pp_output_batch_commit(batch, note, &t, &error), PP_OK);
        assert_int_equal(syncs, FILES - round + 1); // every file, and the folder once
        assert_int_equal(pp_output_batch_waiting(batch), 0);
        assert_int_equal(t.n, FILES - round);
        for (int i = 0; i < t.n; i++) {
            char path[512];
            path_of(i, "", path, sizeof path);
            assert_string_equal(t.paths[i], path);
            assert_int_equal(t.statuses[i], PP_OK);
            expect_file(i, (char)('0' + i));
        }
        remove_files();
    }
    assert_int_equal(pp_output_batch_commit(batch, note, &t, &error), PP_OK); // of none
    pp_output_batch_destroy(batch);
}

static void test_output_batch_that_is_destroyed_leaves_nothing(void **state)
{
    (void)state;
    pp_output_batch *batch = batch_of(FILES);
    fill(batch, 3);
    pp_output_batch_destroy(batch);
    for (int i = 0; i < 3; i++)
        assert_true(!exists(i, "") && !exists(i, ".partial"));
    pp_output_batch_destroy(NULL);
}

/// One cannot be kept, one has a rival's file in its place, one's partial file is gone.
static void test_output_batch_failures_are_each_ones_own(void **state)
{
    (void)state;
    char path[512];
    struct stat about;
    told t = {0};
    pp_error error = {0};
    pp_output_batch *batch = batch_of(FILES);
    fill(batch, FILES);
    path_of(1, ".partial", path, sizeof path);
    assert_int_equal(stat(path, &about), 0);
    unkept = about.st_ino;
    path_of(2, "", path, sizeof path);
    temp_write(path, "r", 1);
    path_of(4, ".partial", path, sizeof path);
    unlink(path);
    assert_int_equal(pp_output_batch_commit(batch, note, &t, &error), PP_EIO);
    unkept = 0;
    assert_non_null(strstr(error.message, "1.txt.partial"));
    const pp_status expected[FILES] = {PP_OK, PP_EIO, PP_EEXIST, PP_OK, PP_EIO};
    for (int i = 0; i < FILES; i++)
        assert_int_equal(t.statuses[i], expected[i]);
    expect_file(0, '0');
    expect_file(2, 'r');
    expect_file(3, '3');
    for (int i = 1; i <= 4; i += 3)
        assert_true(!exists(i, "") && !exists(i, ".partial"));
    pp_output_batch_destroy(batch);
    remove_files();
}

static void test_output_batch_sizes_are_checked(void **state)
{
    (void)state;
    pp_output_batch *batch;
    pp_error error = {0};
    assert_int_equal(pp_output_batch_create(0, &batch, &error), PP_EINVAL);
    assert_null(batch);
    assert_int_equal(pp_output_batch_create(PP_BATCH_MOST + 1, &batch, NULL), PP_EINVAL);
    assert_int_equal(pp_output_batch_create(1, NULL, NULL), PP_EINVAL);
}

static pp_status write_later(const char *path, pp_output_batch *batch, pp_error *error)
{
    pp_results_layout layout = fixture_layout(1, 0, 0);
    pp_results *results;
    pp_record *record;
    assert_int_equal(pp_record_create(&layout, &record, NULL), PP_OK);
    assert_int_equal(pp_results_create(path, false, &layout, &results, NULL), PP_OK);
    assert_int_equal(pp_results_append(results, record, NULL), PP_OK);
    pp_record_destroy(record);
    return pp_results_commit_later(results, batch, error);
}

static void test_output_batch_of_results_is_readable_once_committed(void **state)
{
    (void)state;
    pp_error error = {0};
    pp_results_file *file;
    pp_output_batch *batch = batch_of(2);
    assert_int_equal(write_later(temp_path("a.h5"), batch, &error), PP_OK);
    assert_int_equal(write_later(temp_path("b.h5"), batch, &error), PP_OK);
    // A full batch takes no more, and what it does not take is removed.
    assert_int_equal(write_later(temp_path("c.h5"), batch, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "full"));
    assert_int_not_equal(access(temp_path("c.h5.partial"), F_OK), 0);
    assert_int_equal(pp_results_open(temp_path("a.h5"), &file, NULL), PP_EIO);
    assert_int_equal(pp_output_batch_commit(batch, NULL, NULL, NULL), PP_OK);
    error = (pp_error){0};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pp_results_open(temp_path(i ? "a.h5" : "b.h5"), &file, &error), PP_OK);
        pp_results_close(file);
    }
    pp_output_batch_destroy(batch);
}

static void test_output_batch_takes_the_file_of_a_run(void **state)
{
    (void)state;
    market_fixture m;
    pp_error error = {0};
    pp_output_batch *batch = batch_of(1);
    fixture_defaults(&m, 2, "null");
    m.scenario.run.trials = m.scenario.market.burn_in_epochs = m.scenario.market.test_epochs = 1;
    m.scenario.market.rounds = 20;
    fixture_start(&m);
    char path[512];
    snprintf(path, sizeof path, "%s", temp_path("run.h5"));
    pp_run_options options = {
        .output = path, .threads = 1, .batch = batch, .history = "test", .source = "test"};
    assert_int_equal(pp_experiment_run(m.experiment, &options, &error), PP_OK);
    assert_int_not_equal(access(path, F_OK), 0);
    options.output = temp_path("other.h5");
    assert_int_equal(pp_experiment_run(m.experiment, &options, &error), PP_EINVAL); // full
    assert_int_equal(pp_output_batch_commit(batch, NULL, NULL, NULL), PP_OK);
    assert_int_equal(access(path, F_OK), 0);
    pp_output_batch_destroy(batch);
    fixture_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_batch_files_appear_at_commit),
        cmocka_unit_test(test_output_batch_that_is_destroyed_leaves_nothing),
        cmocka_unit_test(test_output_batch_failures_are_each_ones_own),
        cmocka_unit_test(test_output_batch_sizes_are_checked),
        cmocka_unit_test(test_output_batch_of_results_is_readable_once_committed),
        cmocka_unit_test(test_output_batch_takes_the_file_of_a_run),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
