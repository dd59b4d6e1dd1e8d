#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "data/results/read.h"
#include "tests/support/results_fixture.h"
#include "tests/support/temp_directory.h"

/// Which system call fails with which errno; calls are counted down where a count is given.
/// Defining the calls here replaces them for the whole program, HDF5 included.
static struct {
    int writes_left, write_error; ///< after that many writes, all fail
    int flock_error, fsync_error, rename_error, link_error;
} fault;

static const char *appearing; ///< created right before a rename, as a rival's file would be

static void no_faults(void)
{
    memset(&fault, 0, sizeof fault);
    appearing = NULL;
}

static int fails(int cause)
{
    errno = cause;
    return cause ? -1 : 0;
}

// Seen by HDF5 too, whatever the visibility of everything else.
#pragma GCC visibility push(default)

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    if (fault.write_error && fault.writes_left-- <= 0)
        return fails(fault.write_error);
    return syscall(SYS_pwrite64, fd, bytes, n, offset);
}

int flock(int fd, int operation)
{
    return fault.flock_error ? fails(fault.flock_error) : (int)syscall(SYS_flock, fd, operation);
}

int fsync(int fd)
{
    return fault.fsync_error ? fails(fault.fsync_error) : (int)syscall(SYS_fsync, fd);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to,
              unsigned flags)
{
    if (appearing)
        temp_write(appearing, "rival", 5);
    if (fault.rename_error)
        return fails(fault.rename_error);
    return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
}

int link(const char *from, const char *to)
{
    return fault.link_error ? fails(fault.link_error) : (int)syscall(SYS_link, from, to);
}

#pragma GCC visibility pop

static pp_error error;

static bool exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

static bool contains(const char *path, const char *text)
{
    size_t n;
    unsigned char *bytes = temp_read(path, &n);
    bool same = n == strlen(text) && memcmp(bytes, text, n) == 0;
    free(bytes);
    return same;
}

static pp_status write_fixture(const char *path, bool force, int64_t trials, int64_t rows)
{
    pp_results_layout layout = fixture_layout(trials, 0, rows);
    error = (pp_error){0};
    return fixture_write(path, force, &layout, &error);
}

static void expect(pp_status status, pp_status expected, const char *message)
{
    if (status != expected || !strstr(error.message, message))
        fail_msg("%s: '%s' instead of %s: '%s'", pp_status_text(status), error.message,
                 pp_status_text(expected), message);
}

static void check_readable(const char *path)
{
    pp_results_file *file;
    error = (pp_error){0};
    expect(pp_results_open(path, &file, &error), PP_OK, "");
    pp_results_close(file);
}

static void test_results_existing_file_is_refused(void **state)
{
    (void)state;
    no_faults();
    const char *path = temp_path("exists.h5");
    temp_write(path, "old", 3);
    expect(write_fixture(path, false, 1, 0), PP_EEXIST, "already exists");
    assert_null(strstr(error.message, "--force")); // a flag is the program's, not the library's
    assert_true(contains(path, "old"));
    assert_false(exists(temp_path("exists.h5.partial")));
}

static void test_results_force_keeps_the_old_file_until_commit(void **state)
{
    (void)state;
    no_faults();
    pp_results_layout layout = fixture_layout(1, 0, 0);
    const char *path = temp_path("force.h5");
    pp_results *results;
    pp_record *record;
    temp_write(path, "old", 3);
    error = (pp_error){0};
    expect(pp_record_create(&layout, &record, &error), PP_OK, "");
    expect(pp_results_create(path, true, &layout, &results, &error), PP_OK, "");
    expect(pp_results_append(results, record, &error), PP_OK, "");
    assert_true(contains(path, "old"));
    pp_results_abandon(results);
    assert_true(contains(path, "old"));
    assert_false(exists(temp_path("force.h5.partial")));
    expect(pp_results_create(path, true, &layout, &results, &error), PP_OK, "");
    expect(pp_results_append(results, record, &error), PP_OK, "");
    expect(pp_results_commit(results, &error), PP_OK, "");
    check_readable(path);
    pp_record_destroy(record);
}

static void test_results_force_replaces_only_regular_files(void **state)
{
    (void)state;
    no_faults();
    expect(write_fixture(temp_directory, true, 1, 0), PP_EIO, "not a regular file");
    expect(write_fixture("/dev/null", true, 1, 0), PP_EIO, "not a regular file");
    assert_int_equal(symlink("/nowhere", temp_path("link.h5")), 0);
    expect(write_fixture(temp_path("link.h5"), false, 1, 0), PP_EEXIST, "exists");
    expect(write_fixture(temp_path("link.h5"), true, 1, 0), PP_EIO, "not a regular file");
}

static void test_results_file_that_appears_meanwhile_is_kept(void **state)
{
    (void)state;
    // Where the rename can refuse, where only a link can, and where nothing can but looking first.
    const int rename_errors[] = {0, EINVAL, ENOSYS}, link_errors[] = {0, 0, EPERM};
    for (size_t i = 0; i < 3; i++) {
        no_faults();
        const char *path = temp_path("appears.h5");
        fault.rename_error = rename_errors[i];
        fault.link_error = link_errors[i];
        appearing = path;
        expect(write_fixture(path, false, 1, 0), PP_EEXIST, "has appeared meanwhile");
        assert_true(contains(path, "rival"));
        assert_false(exists(temp_path("appears.h5.partial")));
        unlink(path);
        appearing = NULL;
        expect(write_fixture(path, false, 1, 0), PP_OK, "");
        assert_false(exists(temp_path("appears.h5.partial")));
        check_readable(path);
        unlink(path);
    }
}

static void test_results_failing_rename_leaves_nothing(void **state)
{
    (void)state;
    no_faults();
    fault.rename_error = EIO;
    expect(write_fixture(temp_path("rename.h5"), false, 1, 0), PP_EIO, "Input/output error");
    fault.rename_error = EINVAL;
    fault.link_error = EDQUOT;
    expect(write_fixture(temp_path("rename.h5"), false, 1, 0), PP_EIO, "quota");
    no_faults();
    fault.fsync_error = EIO;
    expect(write_fixture(temp_path("rename.h5"), false, 1, 0), PP_EIO, "Input/output error");
    no_faults();
    assert_false(exists(temp_path("rename.h5")));
    assert_false(exists(temp_path("rename.h5.partial")));
}

static void test_results_unwritable_place_is_an_io_error(void **state)
{
    (void)state;
    no_faults();
    char path[1200];
    temp_write(temp_path("file"), "x", 1);
    snprintf(path, sizeof path, "%s/run.h5", temp_path("file"));
    expect(write_fixture(path, false, 1, 0), PP_EIO, "Not a directory");
    snprintf(path, sizeof path, "%s/run.h5", temp_path("absent"));
    expect(write_fixture(path, false, 1, 0), PP_EIO, "No such file or directory");
}

static void test_results_stale_partial_file_is_replaced(void **state)
{
    (void)state;
    no_faults();
    temp_write(temp_path("stale.h5.partial"), "dead", 4);
    expect(write_fixture(temp_path("stale.h5"), false, 1, 0), PP_OK, "");
    check_readable(temp_path("stale.h5"));
    assert_false(exists(temp_path("stale.h5.partial")));
}

static void test_results_second_writer_is_refused_and_harmless(void **state)
{
    (void)state;
    no_faults();
    pp_results_layout layout = fixture_layout(1, 0, 0);
    pp_results *results;
    pp_record *record;
    error = (pp_error){0};
    expect(pp_record_create(&layout, &record, &error), PP_OK, "");
    expect(pp_results_create(temp_path("two.h5"), false, &layout, &results, &error), PP_OK, "");
    expect(write_fixture(temp_path("two.h5"), true, 1, 0), PP_EEXIST, "another run is writing");
    assert_true(exists(temp_path("two.h5.partial")));
    error = (pp_error){0};
    expect(pp_results_append(results, record, &error), PP_OK, "");
    expect(pp_results_commit(results, &error), PP_OK, "");
    check_readable(temp_path("two.h5"));
    pp_record_destroy(record);
}

static void test_results_writer_whose_file_was_taken_fails(void **state)
{
    (void)state;
    no_faults();
    pp_results_layout layout = fixture_layout(1, 0, 0);
    pp_results *results;
    pp_record *record;
    error = (pp_error){0};
    expect(pp_record_create(&layout, &record, &error), PP_OK, "");
    expect(pp_results_create(temp_path("taken.h5"), false, &layout, &results, &error), PP_OK, "");
    unlink(temp_path("taken.h5.partial"));
    temp_write(temp_path("taken.h5.partial"), "other", 5);
    expect(pp_results_append(results, record, &error), PP_OK, "");
    expect(pp_results_commit(results, &error), PP_EIO, "removed or replaced");
    assert_false(exists(temp_path("taken.h5")));
    assert_true(contains(temp_path("taken.h5.partial"), "other"));
    pp_record_destroy(record);
}

static void test_results_without_file_locks_a_partial_file_is_not_guessed_stale(void **state)
{
    (void)state;
    no_faults();
    fault.flock_error = ENOLCK;
    expect(write_fixture(temp_path("nolock.h5"), false, 1, 0), PP_OK, "");
    temp_write(temp_path("nolock-b.h5.partial"), "?", 1);
    expect(write_fixture(temp_path("nolock-b.h5"), false, 1, 0), PP_EEXIST,
           "HDF5_USE_FILE_LOCKING");
    assert_true(contains(temp_path("nolock-b.h5.partial"), "?"));
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    expect(write_fixture(temp_path("nolock-b.h5"), false, 1, 0), PP_OK, "");
    unsetenv("HDF5_USE_FILE_LOCKING");
}

static void test_results_reader_names_the_locking_switch(void **state)
{
    (void)state;
    no_faults();
    pp_results_file *file;
    expect(write_fixture(temp_path("locked.h5"), false, 1, 0), PP_OK, "");
    fault.flock_error = ENOLCK;
    error = (pp_error){0};
    expect(pp_results_open(temp_path("locked.h5"), &file, &error), PP_EIO, "HDF5_USE_FILE_LOCKING");
    assert_null(file);
    no_faults();
}

/// Count the writes of a whole run, then fail from each of them on (thinned where there are many).
static int fail_every_write(int64_t trials, int64_t rows)
{
    enum { PLENTY = 1000000 };
    no_faults();
    fault.write_error = ENOSPC;
    fault.writes_left = PLENTY;
    expect(write_fixture(temp_path("full.h5"), true, trials, rows), PP_OK, "");
    int writes = PLENTY - fault.writes_left;
    unlink(temp_path("full.h5"));
    for (int n = 0; n < writes; n += 1 + writes / 100) {
        fault.writes_left = n;
        expect(write_fixture(temp_path("full.h5"), false, trials, rows), PP_EIO,
               "No space left on device");
        assert_false(exists(temp_path("full.h5")));
        assert_false(exists(temp_path("full.h5.partial")));
    }
    no_faults();
    expect(write_fixture(temp_path("full.h5"), false, trials, rows), PP_OK, "");
    check_readable(temp_path("full.h5"));
    unlink(temp_path("full.h5"));
    return writes;
}

static void test_results_every_failing_write_is_survived(void **state)
{
    (void)state;
    assert_true(fail_every_write(3, 50) > 10);
    assert_int_equal(fail_every_write(1, 0), 1); // a small file is written at once
}

/// In a child with a file size limit: the exit code tells whether all was as it should be.
static int run_limited(const char *path, rlim_t limit, int64_t trials, int64_t rows)
{
    pid_t child = fork();
    if (child == 0) {
        struct rlimit size = {limit, limit};
        signal(SIGXFSZ, SIG_IGN);
        alarm(120);
        if (setrlimit(RLIMIT_FSIZE, &size) != 0)
            _exit(99);
        pp_status status = write_fixture(path, false, trials, rows);
        // A normal exit, so that HDF5's own exit handler runs.
        exit(status == PP_EIO && strstr(error.message, "File too large") ? 42 : 1);
    }
    int status = -1;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_results_full_disk_is_survived_to_a_normal_exit(void **state)
{
    (void)state;
    no_faults();
    const rlim_t limits[] = {0, 1, 100, 4096, 30000, 100000};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        assert_int_equal(run_limited(temp_path("limit.h5"), limits[i], 24, 20), 42);
        assert_false(exists(temp_path("limit.h5")));
        assert_false(exists(temp_path("limit.h5.partial")));
    }
    // Failing in the second of three flushes rather than at the close.
    assert_int_equal(run_limited(temp_path("limit.h5"), 700000, 24, 30000), 42);
    assert_false(exists(temp_path("limit.h5.partial")));
}

static void test_results_writer_of_a_killed_process_is_replaced(void **state)
{
    (void)state;
    no_faults();
    pid_t child = fork();
    if (child == 0) {
        pp_results_layout layout = fixture_layout(1, 0, 0);
        pp_results *results;
        if (pp_results_create(temp_path("killed.h5"), false, &layout, &results, NULL) != PP_OK)
            _exit(1);
        raise(SIGKILL);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(exists(temp_path("killed.h5.partial")));
    assert_false(exists(temp_path("killed.h5")));
    expect(write_fixture(temp_path("killed.h5"), false, 1, 0), PP_OK, "");
    check_readable(temp_path("killed.h5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_existing_file_is_refused),
        cmocka_unit_test(test_results_force_keeps_the_old_file_until_commit),
        cmocka_unit_test(test_results_force_replaces_only_regular_files),
        cmocka_unit_test(test_results_file_that_appears_meanwhile_is_kept),
        cmocka_unit_test(test_results_failing_rename_leaves_nothing),
        cmocka_unit_test(test_results_unwritable_place_is_an_io_error),
        cmocka_unit_test(test_results_stale_partial_file_is_replaced),
        cmocka_unit_test(test_results_second_writer_is_refused_and_harmless),
        cmocka_unit_test(test_results_writer_whose_file_was_taken_fails),
        cmocka_unit_test(test_results_without_file_locks_a_partial_file_is_not_guessed_stale),
        cmocka_unit_test(test_results_reader_names_the_locking_switch),
        cmocka_unit_test(test_results_every_failing_write_is_survived),
        cmocka_unit_test(test_results_full_disk_is_survived_to_a_normal_exit),
        cmocka_unit_test(test_results_writer_of_a_killed_process_is_replaced),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
