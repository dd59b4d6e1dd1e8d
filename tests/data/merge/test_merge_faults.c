/// @slow
/// @file
/// Merging results files: what is damaged, what fails, and what is left then.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/syscall.h>

#include "tests/support/merge_fixture.h"

static struct {
    bool armed;
    int writes_left; ///< after that many writes, all fail
    int left;        ///< after that many allocations of ours, one fails
} fault;

// Seen by HDF5 too, whatever the visibility of everything else.
#pragma GCC visibility push(default)

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    if (fault.writes_left && --fault.writes_left == 0) {
        fault.writes_left = 1;
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, n, offset);
}

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&       \
    !defined(__clang__)
#define ALLOCATIONS_CAN_FAIL
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern char __executable_start, etext;

/// Only what this program asks for itself: HDF5 is another's.
static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    return fault.armed && at >= (uintptr_t)&__executable_start && at < (uintptr_t)&etext &&
           fault.left-- == 0;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}
#endif

#pragma GCC visibility pop

static void test_merge_run_that_is_cut_short_is_partial(void **state)
{
    (void)state;
    sweep s;
    size_t n;
    make(&s, 3);
    write_runs(&s);
    unsigned char *bytes = temp_read(s.paths[1], &n);
    // Within the seal, the contents, the superblock and the signature.
    const size_t cuts[] = {n - 1, n - 15, n / 2, 60, 5, 0};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        temp_write(s.paths[1], bytes, cuts[i]);
        merges(&s, (pp_merge_options){0});
        assert_int_equal(report.runs[PP_MERGE_COMPLETE], 2);
        assert_int_equal(report.runs[PP_MERGE_PARTIAL], 1);
        s.runs[1].state = PP_MERGE_PARTIAL;
        check_file(&s, 3, 6, 5);
        s.runs[1].state = PP_MERGE_COMPLETE;
    }
    free(bytes);
}

static void test_merge_damaged_run_is_named(void **state)
{
    (void)state;
    sweep s;
    size_t n;
    make(&s, 3);
    write_runs(&s);
    unsigned char *bytes = temp_read(s.paths[1], &n);
    bytes[n / 2] ^= 1;
    temp_write(s.paths[1], bytes, n);
    refuses(&s, (pp_merge_options){0}, PP_EFORMAT, s.paths[1]);
    // Where an HDF5 file says that it ends: a file with a seal is not taken for one cut short.
    bytes[n / 2] ^= 1;
    bytes[31] ^= 1;
    temp_write(s.paths[1], bytes, n);
    refuses(&s, (pp_merge_options){0}, PP_EFORMAT, s.paths[1]);
    temp_write(s.paths[1], "Dear diary", 10);
    refuses(&s, (pp_merge_options){0}, PP_EFORMAT, "not an HDF5 file");
    unlink(s.paths[1]);
    refuses(&s, (pp_merge_options){0}, PP_EIO, s.paths[1]);
    write_run(&s, 1);
    merges(&s, (pp_merge_options){0});
    rename(target(), s.paths[1]);
    refuses(&s, (pp_merge_options){0}, PP_EFORMAT, "this is a merged sweep");
    free(bytes);
}

/// Change what is in a run's file, and not its seal's being there.
static void damage(const char *path, void (*change)(hid_t file))
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    change(file);
    H5Fclose(file);
}

static void drop_reward(hid_t file)
{
    assert_true(H5Ldelete(file, "reward", H5P_DEFAULT) >= 0);
}

static void swap_variables(hid_t file)
{
    drop_reward(file);
    assert_true(H5Lmove(file, "rank_histogram", file, "reward", H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void link_out(hid_t file)
{
    drop_reward(file);
    assert_true(
        H5Lcreate_external("other.h5", "reward", file, "reward", H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

/// A dimension of 10 million in a few bytes.
static void claim_categories(hid_t file)
{
    const hsize_t length = 10000000;
    assert_true(H5Ldelete(file, "category", H5P_DEFAULT) >= 0);
    hid_t space = H5Screate_simple(1, &length, NULL);
    hid_t scale =
        H5Dcreate2(file, "category", H5T_IEEE_F32BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(scale >= 0);
    H5Dclose(scale);
    H5Sclose(space);
}

static void drop_kl(hid_t file)
{
    assert_true(H5Ldelete(file, "learning/kl", H5P_DEFAULT) >= 0);
}

static void test_merge_run_of_another_shape_is_refused(void **state)
{
    (void)state;
    static const struct {
        void (*change)(hid_t file);
        const char *message;
    } cases[] = {{drop_reward, "there is no 'reward'"},
                 {swap_variables, "'reward' has the wrong shape"},
                 {link_out, "there is no 'reward'"},
                 {claim_categories, "'portfolio' has the wrong shape"},
                 {drop_kl, "there is no 'learning/kl'"}};
    sweep s;
    make(&s, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_runs(&s);
        damage(s.paths[1], cases[i].change);
        fault.writes_left = 1; // nothing may be written before all runs are known to be right
        refuses(&s, (pp_merge_options){0}, PP_EFORMAT, cases[i].message);
        fault.writes_left = 0;
        assert_non_null(strstr(error.message, s.paths[1]));
    }
}

static pp_status refuse_scenario(const void *context, size_t run, const char *scenario,
                                 pp_error *cause)
{
    assert_string_equal(scenario, "title: a test\nseed: 7\n# naïve\n");
    return run == *(const size_t *)context
               ? pp_error_set(cause, PP_EFORMAT, "the scenario is another's")
               : PP_OK;
}

static void test_merge_scenario_of_another_run_is_refused(void **state)
{
    (void)state;
    sweep s;
    size_t wrong = 1;
    make(&s, 2);
    write_runs(&s);
    s.sweep.check = refuse_scenario;
    s.sweep.context = &wrong;
    refuses(&s, (pp_merge_options){0}, PP_EFORMAT, "another's");
    assert_non_null(strstr(error.message, s.paths[1]));
    wrong = 2;
    merges(&s, (pp_merge_options){0});
}

/// Asked for the last run, puts another file in the place of the first.
static pp_status replace_first(const void *context, size_t run, const char *scenario,
                               pp_error *cause)
{
    sweep *s = *(sweep *const *)context;
    (void)scenario;
    (void)cause;
    s->layouts[0].n_trials = 1;
    if (run == 1)
        write_run(s, 0);
    return PP_OK;
}

static void test_merge_run_that_changes_meanwhile_is_refused(void **state)
{
    (void)state;
    sweep s, *self = &s;
    make(&s, 2);
    write_runs(&s);
    s.sweep.check = replace_first;
    s.sweep.context = &self;
    refuses(&s, (pp_merge_options){0}, PP_EIO, "has changed meanwhile");
}

static void test_merge_existing_files_are_kept(void **state)
{
    (void)state;
    sweep s;
    size_t n;
    make(&s, 2);
    write_runs(&s);
    temp_write(target(), "old", 3);
    assert_int_equal(pp_merge_write(target(), &s.sweep, &(pp_merge_options){0}, &report, &error),
                     PP_EEXIST);
    error = (pp_error){0};
    // Not even with force is a run's own file replaced.
    pp_merge_options force = {.force = true};
    unsigned char *before = temp_read(s.paths[1], &n);
    assert_int_equal(pp_merge_write(s.paths[1], &s.sweep, &force, &report, &error), PP_EEXIST);
    assert_non_null(strstr(error.message, "file of a run"));
    unsigned char *after = temp_read(s.paths[1], &n);
    assert_memory_equal(before, after, n);
    free(before);
    free(after);
    unlink(target());
}

static void test_merge_impossible_sweeps_are_refused(void **state)
{
    (void)state;
    sweep s;
    pp_merge_coordinate many[40];
    make(&s, 1);
    write_runs(&s);
    for (size_t i = 0; i < 40; i++) {
        many[i] = s.dimensions[0];
        many[i].name = (const char *[]){"a", "b", "c", "d"}[i % 4];
    }
    s.sweep.dimensions = many;
    s.sweep.n_dimensions = 29;
    refuses(&s, (pp_merge_options){0}, PP_EINVAL, "has 29 axes; a merged file can have 28");
    s.sweep.dimensions = s.dimensions;
    s.sweep.n_dimensions = 1;
    s.sweep.n_runs = 2;
    refuses(&s, (pp_merge_options){0}, PP_EINVAL, "impossible sweep");
    s.sweep.n_runs = 1;
    s.runs[0].state = PP_MERGE_PENDING;
    refuses(&s, (pp_merge_options){0}, PP_EIO, "no run is complete");
}

static void test_merge_stop_leaves_nothing(void **state)
{
    (void)state;
    sweep s;
    pp_stop_flag stop = 1;
    make(&s, 2);
    write_runs(&s);
    refuses(&s, (pp_merge_options){.stop = &stop}, PP_EINTERRUPTED, "interrupted");
}

static void test_merge_failing_writes_leave_nothing(void **state)
{
    (void)state;
    sweep s;
    make_mixed(&s);
    int done = 0;
    for (int n = 1; !done; n += n < 20 ? 1 : 61) {
        fault.writes_left = n;
        error = (pp_error){0};
        pp_status status =
            pp_merge_write(target(), &s.sweep, &(pp_merge_options){.force = true}, &report, &error);
        done = status == PP_OK;
        if (!done && (status != PP_EIO || !strstr(error.message, "No space left")))
            fail_msg("%d: %s: %s", n, pp_status_text(status), error.message);
        assert_false(exists(temp_path("merged.h5.partial")));
        assert_true(exists(target()) == done);
        unlink(target());
    }
    memset(&fault, 0, sizeof fault);
}

static void test_merge_failing_allocations_leave_nothing(void **state)
{
    (void)state;
#ifdef ALLOCATIONS_CAN_FAIL
    sweep s;
    make_mixed(&s);
    int n = 0;
    for (pp_status status = PP_ENOMEM; status != PP_OK; n += n < 100 ? 1 : 13) {
        fault.armed = true;
        fault.left = n;
        error = (pp_error){0};
        status =
            pp_merge_write(target(), &s.sweep, &(pp_merge_options){.force = true}, &report, &error);
        fault.armed = false;
        // HDF5 does not hand on why our driver of its files could not be opened.
        if (status != PP_OK && status != PP_ENOMEM && !strstr(error.message, "open failed"))
            fail_msg("%d: %s: %s", n, pp_status_text(status), error.message);
        assert_false(exists(temp_path("merged.h5.partial")));
        assert_true(exists(target()) == (status == PP_OK));
    }
    assert_true(n > 50);
    check_file(&s, 5, 6, 7);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge_run_that_is_cut_short_is_partial),
        cmocka_unit_test(test_merge_damaged_run_is_named),
        cmocka_unit_test(test_merge_run_of_another_shape_is_refused),
        cmocka_unit_test(test_merge_scenario_of_another_run_is_refused),
        cmocka_unit_test(test_merge_run_that_changes_meanwhile_is_refused),
        cmocka_unit_test(test_merge_existing_files_are_kept),
        cmocka_unit_test(test_merge_impossible_sweeps_are_refused),
        cmocka_unit_test(test_merge_stop_leaves_nothing),
        cmocka_unit_test(test_merge_failing_writes_leave_nothing),
        cmocka_unit_test(test_merge_failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
