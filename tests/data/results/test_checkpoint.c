// Finished trials on disk: what comes back after a cut, damage, a crash, a full disk.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "data/file/checksum.h"
#include "data/results/checkpoint.h"
#include "tests/support/results_fixture.h"
#include "tests/support/temp_directory.h"

enum { RECORD = 40, RECORDS = 5, FRAME = 16 + RECORD, HISTORY_BYTES_AT = 88, HEAD = 568 + 8 };

static const char *const key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const char *const other_key =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdee";
static pp_error error;

static pp_checkpoint_kind kind_of(const char *text, size_t record_bytes)
{
    pp_checkpoint_kind kind = {.record_bytes = record_bytes};
    memcpy(kind.key, text, sizeof kind.key);
    return kind;
}

static void fill(unsigned char *record, size_t number)
{
    for (size_t i = 0; i < RECORD; i++)
        record[i] = (unsigned char)(number * 41 + i * 7 + 1);
}

static bool exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

static pp_checkpoint *create(const char *path)
{
    static char history[] = "pursuit run -o 'naïve.h5'";
    pp_provenance first = {.history = history,
                           .threads = 7,
                           .created = "2026-11-21T12:00:00Z",
                           .host = "node-1",
                           .slurm = {"4711", "", "3"}};
    pp_checkpoint_kind kind = kind_of(key, RECORD);
    pp_checkpoint *checkpoint;
    error = (pp_error){0};
    if (pp_checkpoint_create(path, &kind, &first, &checkpoint, &error) != PP_OK)
        fail_msg("%s", error.message);
    return checkpoint;
}

static void append(pp_checkpoint *checkpoint, size_t from, size_t to)
{
    unsigned char record[RECORD];
    for (size_t i = from; i < to; i++) {
        fill(record, i);
        assert_true(pp_checkpoint_append(checkpoint, record));
    }
    assert_int_equal(pp_checkpoint_records(checkpoint), to);
}

/// A whole checkpoint's bytes.
static unsigned char *sample(const char *path, size_t *size)
{
    pp_checkpoint *checkpoint = create(path);
    append(checkpoint, 0, RECORDS);
    pp_checkpoint_close(checkpoint);
    return temp_read(path, size);
}

static pp_status open_as(const char *path, const pp_checkpoint_kind *kind, bool replace,
                         pp_checkpoint **checkpoint)
{
    pp_provenance first = {0};
    error = (pp_error){0};
    pp_status status = pp_checkpoint_open(path, kind, replace, &first, checkpoint, &error);
    if (*checkpoint) {
        assert_string_equal(first.history, "pursuit run -o 'naïve.h5'");
        assert_string_equal(first.created, "2026-11-21T12:00:00Z");
        assert_string_equal(first.host, "node-1");
        assert_string_equal(first.slurm[0], "4711");
        assert_string_equal(first.slurm[1], "");
        assert_string_equal(first.slurm[2], "3");
        assert_int_equal(first.threads, 7);
    }
    pp_provenance_release(&first);
    return status;
}

static pp_status open_own(const char *path, pp_checkpoint **checkpoint)
{
    pp_checkpoint_kind kind = kind_of(key, RECORD);
    return open_as(path, &kind, false, checkpoint);
}

/// Read to the end; every record must be the one that was written. @return how many there are
static size_t read_all(pp_checkpoint *checkpoint)
{
    unsigned char expected[RECORD];
    size_t n = 0;
    for (const unsigned char *record; (record = pp_checkpoint_read(checkpoint)); n++) {
        fill(expected, n);
        assert_memory_equal(record, expected, RECORD);
    }
    assert_int_equal(pp_checkpoint_records(checkpoint), n);
    return n;
}

static void test_checkpoint_what_is_appended_is_read_back(void **state)
{
    (void)state;
    const char *path = temp_path("whole");
    size_t size;
    pp_checkpoint *checkpoint;
    free(sample(path, &size));
    for (size_t n = RECORDS; n < RECORDS + 3; n++) {
        assert_int_equal(open_own(path, &checkpoint), PP_OK);
        assert_int_equal(read_all(checkpoint), n);
        append(checkpoint, n, n + 1);
        pp_checkpoint_close(checkpoint);
    }
    assert_int_equal(open_own(path, &checkpoint), PP_OK);
    pp_checkpoint_remove(checkpoint);
    assert_false(exists(path));
    assert_int_equal(open_own(path, &checkpoint), PP_OK);
    assert_null(checkpoint);
    pp_checkpoint_close(NULL);
    pp_checkpoint_remove(NULL);
}

static void test_checkpoint_cut_anywhere_has_what_was_whole_and_goes_on(void **state)
{
    (void)state;
    const char *path = temp_path("cut");
    size_t size, again;
    unsigned char *bytes = sample(path, &size);
    size_t head = size - RECORDS * (size_t)FRAME;
    for (size_t n = 0; n < size; n++) {
        pp_checkpoint *checkpoint;
        temp_write(path, bytes, n);
        assert_int_equal(open_own(path, &checkpoint), PP_OK);
        if (n < head) {
            assert_null(checkpoint);
            assert_false(exists(path));
            continue;
        }
        assert_non_null(checkpoint);
        size_t whole = read_all(checkpoint);
        assert_int_equal(whole, (n - head) / FRAME);
        append(checkpoint, whole, RECORDS);
        unsigned char *now = temp_read(path, &again);
        assert_int_equal(again, size);
        assert_memory_equal(now, bytes, size);
        free(now);
        pp_checkpoint_remove(checkpoint);
    }
    free(bytes);
}

static void test_checkpoint_damaged_anywhere_has_what_came_before(void **state)
{
    (void)state;
    static const unsigned char flips[] = {0x01, 0x80, 0xff};
    const char *path = temp_path("damaged");
    size_t size;
    unsigned char *bytes = sample(path, &size);
    size_t head = size - RECORDS * (size_t)FRAME;
    for (size_t n = 0; n < sizeof flips * size; n++) {
        size_t at = n / sizeof flips;
        pp_checkpoint *checkpoint;
        bytes[at] ^= flips[n % sizeof flips];
        temp_write(path, bytes, size);
        bytes[at] ^= flips[n % sizeof flips];
        pp_status status = open_own(path, &checkpoint);
        if (at < 8) { // the magic
            assert_int_equal(status, PP_EIO);
            assert_true(exists(path));
        } else if (at < 12) { // the version
            assert_int_equal(status, PP_EFORMAT);
            assert_true(exists(path));
        } else if (at < head) {
            assert_int_equal(status, PP_OK);
            assert_null(checkpoint);
        } else {
            assert_int_equal(read_all(checkpoint), (at - head) / FRAME);
            pp_checkpoint_remove(checkpoint);
        }
    }
    free(bytes);
}

/// Records are whole and yet not the next ones.
static void test_checkpoint_with_records_out_of_place_ends_there(void **state)
{
    (void)state;
    const char *path = temp_path("shuffled");
    size_t size;
    pp_checkpoint *checkpoint;
    unsigned char *bytes = sample(path, &size), swapped[FRAME];
    unsigned char *first = bytes + size - RECORDS * (size_t)FRAME;
    memcpy(swapped, first + 2 * FRAME, FRAME);
    memcpy(first + 2 * FRAME, first + 3 * FRAME, FRAME);
    memcpy(first + 3 * FRAME, swapped, FRAME);
    temp_write(path, bytes, size);
    assert_int_equal(open_own(path, &checkpoint), PP_OK);
    assert_int_equal(read_all(checkpoint), 2);
    pp_checkpoint_remove(checkpoint);
    free(bytes);
}

static void test_checkpoint_of_another_kind_is_refused_or_replaced(void **state)
{
    (void)state;
    const char *path = temp_path("foreign");
    const pp_checkpoint_kind kinds[] = {kind_of(other_key, RECORD), kind_of(key, RECORD + 8)};
    for (size_t i = 0; i < 2; i++) {
        size_t size, again;
        pp_checkpoint *checkpoint;
        unsigned char *bytes = sample(path, &size);
        assert_int_equal(open_as(path, &kinds[i], false, &checkpoint), PP_EFORMAT);
        assert_null(checkpoint);
        assert_non_null(strstr(error.message, "foreign' is of another scenario or build"));
        unsigned char *now = temp_read(path, &again);
        assert_int_equal(again, size);
        assert_memory_equal(now, bytes, size);
        assert_int_equal(open_as(path, &kinds[i], true, &checkpoint), PP_OK);
        assert_null(checkpoint);
        assert_false(exists(path));
        free(bytes);
        free(now);
    }
}

/// A history as long as it claims would not fit, however well the head is checksummed.
static void test_checkpoint_claiming_impossible_sizes_is_no_checkpoint(void **state)
{
    (void)state;
    static const uint64_t claims[] = {1000,       16 << 20,       (16 << 20) + 1,
                                      UINT32_MAX, UINT64_MAX - 7, UINT64_MAX};
    const char *path = temp_path("claims");
    size_t size;
    unsigned char *bytes = sample(path, &size);
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        pp_checkpoint *checkpoint;
        memcpy(bytes + HISTORY_BYTES_AT, &claims[i], 8);
        uint64_t checksum = pp_checksum("", 0, pp_checksum(bytes, HEAD, 0));
        memcpy(bytes + HEAD, &checksum, 8);
        temp_write(path, bytes, size);
        assert_int_equal(open_own(path, &checkpoint), PP_OK);
        assert_null(checkpoint);
        assert_false(exists(path));
    }
    free(bytes);
}

static void test_checkpoint_what_is_none_is_left_alone(void **state)
{
    (void)state;
    const char *path = temp_path("mine"), *target = temp_path("target");
    const pp_checkpoint_kind kind = kind_of(key, RECORD);
    const pp_provenance first = {.history = (char[]){"x"}};
    pp_checkpoint *checkpoint;
    size_t n;
    temp_write(path, "my notes", 8);
    assert_int_equal(open_as(path, &kind, true, &checkpoint), PP_EIO);
    assert_non_null(strstr(error.message, "no checkpoint of a run"));
    unsigned char *bytes = temp_read(path, &n);
    assert_memory_equal(bytes, "my notes", 8);
    free(bytes);
    error = (pp_error){0};
    assert_int_equal(pp_checkpoint_create(path, &kind, &first, &checkpoint, &error), PP_EIO);
    assert_null(checkpoint);
    remove(path);

    free(sample(target, &n));
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(open_as(path, &kind, true, &checkpoint), PP_EIO);
    assert_true(exists(path));
    remove(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(open_as(path, &kind, true, &checkpoint), PP_EIO);
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(open_as(path, &kind, true, &checkpoint), PP_EIO);
    assert_non_null(strstr(error.message, "no regular file"));
    assert_true(exists(path));
    remove(path);
}

/// What a power cut can leave.
static void test_checkpoint_of_zeros_is_none(void **state)
{
    (void)state;
    static const unsigned char zeros[2000];
    const char *path = temp_path("zeros");
    for (size_t n = 0; n <= sizeof zeros; n += 400) {
        pp_checkpoint *checkpoint;
        temp_write(path, zeros, n);
        assert_int_equal(open_own(path, &checkpoint), PP_OK);
        assert_null(checkpoint);
        assert_false(exists(path));
    }
}

static void test_checkpoint_without_memory_says_so(void **state)
{
    (void)state;
    const char *path = temp_path("memory");
    const pp_checkpoint_kind kind = kind_of(key, SIZE_MAX / 4);
    const pp_provenance first = {.history = (char[]){"x"}};
    pp_checkpoint *checkpoint;
    error = (pp_error){0};
    assert_int_equal(pp_checkpoint_create(path, &kind, &first, &checkpoint, &error), PP_ENOMEM);
    assert_null(checkpoint);
    assert_false(exists(path));
}

// --- results files made in several goes ----------------------------------------------------------

/// A results file, and what belongs to it.
typedef struct names {
    char path[512], partial[528], kept[528], whole[512];
} names;

static names named(const char *name)
{
    names n;
    snprintf(n.path, sizeof n.path, "%s/%s.h5", temp_directory, name);
    snprintf(n.partial, sizeof n.partial, "%s.partial", n.path);
    snprintf(n.kept, sizeof n.kept, "%s.checkpoint", n.path);
    snprintf(n.whole, sizeof n.whole, "%s/%s.whole.h5", temp_directory, name);
    return n;
}

static bool in_child;

/// A child that failed would go on with the other tests.
static void must(bool holds)
{
    if (in_child && !holds)
        _exit(1);
    if (!holds)
        fail_msg("%s", error.message);
}

static pp_results *resume(const char *path, const pp_results_layout *layout, double hold)
{
    const pp_results_checkpoint checkpoint = {.key = key, .hold_seconds = hold};
    pp_results *results;
    error = (pp_error){0};
    must(pp_results_resume(path, false, layout, &checkpoint, &results, &error) == PP_OK);
    return results;
}

/// Append trials until n are in.
static void append_to(pp_results *results, const pp_results_layout *layout, int64_t n)
{
    pp_record *record;
    must(pp_record_create(layout, &record, &error) == PP_OK);
    for (int64_t t = pp_results_appended(results); t < n; t++) {
        fixture_fill(record, layout, layout->first_trial + t);
        must(pp_results_append(results, record, &error) == PP_OK);
    }
    pp_record_destroy(record);
}

static void commit(pp_results *results)
{
    must(pp_results_commit(results, &error) == PP_OK);
}

static void assert_same_file(const char *path, const char *other)
{
    size_t n, m;
    unsigned char *a = temp_read(path, &n), *b = temp_read(other, &m);
    assert_int_equal(n, m);
    assert_true(memcmp(a, b, n) == 0);
    free(a);
    free(b);
}

static const double never = 1e9;

static void write_whole(const names *n, const pp_results_layout *layout)
{
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    must(fixture_write(n->whole, false, layout, &error) == PP_OK);
}

/// In parts, with everything else of the run different the second time.
static void test_results_resumed_equal_uninterrupted_ones_byte_for_byte(void **state)
{
    (void)state;
    const names n = named("parts");
    pp_results_layout layout = fixture_layout(7, 3, 5), later = layout;
    later.command_line = "pursuit run --threads 64";
    later.threads = 64;
    write_whole(&n, &layout);
    for (int64_t done = 1; done <= 7; done++) {
        setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
        pp_results *results = resume(n.path, &layout, done % 2 ? 0 : never);
        assert_int_equal(pp_results_appended(results), 0);
        append_to(results, &layout, done);
        pp_results_suspend(results);
        assert_false(exists(n.path) || exists(n.partial));
        assert_true(exists(n.kept));
        setenv("SOURCE_DATE_EPOCH", "1800000000", 1);
        for (int64_t more = done; more < 7; more += 2) {
            results = resume(n.path, &later, never);
            assert_int_equal(pp_results_appended(results), more);
            append_to(results, &later, more + 2 < 7 ? more + 2 : 7);
            pp_results_suspend(results);
        }
        commit(resume(n.path, &later, never));
        assert_false(exists(n.kept));
        assert_same_file(n.path, n.whole);
        remove(n.path);
    }
    unsetenv("SOURCE_DATE_EPOCH");
}

/// Run something in a child that dies of it without any farewell.
static void crash(void (*body)(const names *, const pp_results_layout *), const names *n,
                  const pp_results_layout *layout)
{
    int how;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        in_child = true;
        body(n, layout);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(WTERMSIG(how), SIGKILL);
}

static void four_trials(const names *n, const pp_results_layout *layout)
{
    append_to(resume(n->path, layout, 0), layout, 4);
}

static void test_results_killed_keep_what_was_appended(void **state)
{
    (void)state;
    const names n = named("killed");
    const pp_results_layout layout = fixture_layout(6, 0, 5);
    write_whole(&n, &layout);
    crash(four_trials, &n, &layout);
    assert_true(exists(n.partial) && !exists(n.path));
    pp_results *results = resume(n.path, &layout, 0);
    assert_int_equal(pp_results_appended(results), 4);
    append_to(results, &layout, 6);
    commit(results);
    assert_same_file(n.path, n.whole);
    unsetenv("SOURCE_DATE_EPOCH");
}

enum { LARGE_TRIALS = 21, LARGE_ROWS = 20000, LARGE_BUFFERED = 16 };

static void until_the_buffer_is_full(const names *n, const pp_results_layout *layout)
{
    pp_results *results = resume(n->path, layout, never);
    append_to(results, layout, LARGE_BUFFERED - 1);
    must(!exists(n->kept));
    append_to(results, layout, LARGE_BUFFERED);
    must(exists(n->kept));
    append_to(results, layout, LARGE_BUFFERED + 2);
}

static void test_results_are_kept_before_the_buffer_is_emptied(void **state)
{
    (void)state;
    const names n = named("large");
    const pp_results_layout layout = fixture_layout(LARGE_TRIALS, 0, LARGE_ROWS);
    write_whole(&n, &layout);
    crash(until_the_buffer_is_full, &n, &layout);
    pp_results *results = resume(n.path, &layout, never);
    assert_int_equal(pp_results_appended(results), LARGE_BUFFERED + 2);
    append_to(results, &layout, LARGE_TRIALS);
    commit(results);
    assert_same_file(n.path, n.whole);
    unsetenv("SOURCE_DATE_EPOCH");
}

static void test_results_soon_over_keep_nothing(void **state)
{
    (void)state;
    const names n = named("short"), none = named("none");
    const pp_results_layout layout = fixture_layout(5, 0, 5);
    pp_results *results = resume(n.path, &layout, never);
    append_to(results, &layout, 5);
    assert_false(exists(n.kept));
    commit(results);
    assert_true(exists(n.path) && !exists(n.kept));
    pp_results_suspend(resume(none.path, &layout, 0)); // before any trial
    assert_false(exists(none.kept));
    results = resume(none.path, &layout, 0);
    append_to(results, &layout, 2);
    assert_true(exists(none.kept));
    pp_results_abandon(results);
    assert_false(exists(none.kept) || exists(none.partial));
    pp_results_suspend(NULL);
}

static void test_results_that_cannot_be_committed_are_kept(void **state)
{
    (void)state;
    const names n = named("rival");
    const pp_results_layout layout = fixture_layout(3, 0, 5);
    write_whole(&n, &layout);
    pp_results *results = resume(n.path, &layout, 0);
    append_to(results, &layout, 3);
    temp_write(n.path, "rival", 5);
    assert_int_equal(pp_results_commit(results, &error), PP_EEXIST);
    assert_true(exists(n.kept));
    remove(n.path);
    commit(resume(n.path, &layout, 0));
    assert_same_file(n.path, n.whole);
    assert_false(exists(n.kept));
    unsetenv("SOURCE_DATE_EPOCH");
}

/// One trial makes no checkpoint, however long it takes; one that was over soon is run again.
static void test_results_never_kept_before_are_kept_if_they_cannot_be_committed(void **state)
{
    (void)state;
    for (int soon = 0; soon < 2; soon++) {
        const names n = named(soon ? "rival-of-soon" : "rival-of-one");
        const pp_results_layout layout = fixture_layout(1, 0, 5);
        write_whole(&n, &layout);
        pp_results *results = resume(n.path, &layout, soon ? never : 0);
        append_to(results, &layout, 1);
        assert_false(exists(n.kept));
        temp_write(n.path, "rival", 5);
        assert_int_equal(pp_results_commit(results, &error), PP_EEXIST);
        assert_int_equal(exists(n.kept), !soon);
        remove(n.path);
        results = resume(n.path, &layout, never);
        assert_int_equal(pp_results_appended(results), !soon);
        append_to(results, &layout, 1);
        commit(results);
        assert_same_file(n.path, n.whole);
        assert_false(exists(n.kept));
        unsetenv("SOURCE_DATE_EPOCH");
    }
}

/// The file fits and what is kept does not: it is the file that counts.
static void test_results_without_room_to_keep_trials_are_written_all_the_same(void **state)
{
    (void)state;
    const names n = named("full");
    const pp_results_layout layout = fixture_layout(24, 0, 400);
    struct rlimit limit, old;
    struct stat about;
    write_whole(&n, &layout);
    assert_int_equal(stat(n.whole, &about), 0);
    rlim_t records = 24 * pp_record_bytes(&layout), size = (rlim_t)about.st_size;
    assert_true(records > 2 * size);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    limit.rlim_cur = (records + size) / 2;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    pp_results *results = resume(n.path, &layout, 0);
    append_to(results, &layout, 2);
    assert_true(exists(n.kept));
    append_to(results, &layout, 24);
    assert_false(exists(n.kept));
    pp_status status = pp_results_commit(results, &error);
    setrlimit(RLIMIT_FSIZE, &old);
    must(status == PP_OK);
    assert_same_file(n.path, n.whole);
    unsetenv("SOURCE_DATE_EPOCH");
}

static void test_results_with_a_key_that_is_none_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {NULL, "", "abc"};
    const names n = named("no-key");
    const pp_results_layout layout = fixture_layout(3, 0, 0);
    for (size_t i = 0; i < 3; i++) {
        pp_results *results;
        const pp_results_checkpoint checkpoint = {.key = keys[i]};
        assert_int_equal(pp_results_resume(n.path, false, &layout, &checkpoint, &results, NULL),
                         PP_EINVAL);
        assert_null(results);
        assert_false(exists(n.partial));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoint_what_is_appended_is_read_back),
        cmocka_unit_test(test_checkpoint_cut_anywhere_has_what_was_whole_and_goes_on),
        cmocka_unit_test(test_checkpoint_damaged_anywhere_has_what_came_before),
        cmocka_unit_test(test_checkpoint_with_records_out_of_place_ends_there),
        cmocka_unit_test(test_checkpoint_of_another_kind_is_refused_or_replaced),
        cmocka_unit_test(test_checkpoint_claiming_impossible_sizes_is_no_checkpoint),
        cmocka_unit_test(test_checkpoint_what_is_none_is_left_alone),
        cmocka_unit_test(test_checkpoint_of_zeros_is_none),
        cmocka_unit_test(test_checkpoint_without_memory_says_so),
        cmocka_unit_test(test_results_resumed_equal_uninterrupted_ones_byte_for_byte),
        cmocka_unit_test(test_results_killed_keep_what_was_appended),
        cmocka_unit_test(test_results_are_kept_before_the_buffer_is_emptied),
        cmocka_unit_test(test_results_soon_over_keep_nothing),
        cmocka_unit_test(test_results_that_cannot_be_committed_are_kept),
        cmocka_unit_test(test_results_never_kept_before_are_kept_if_they_cannot_be_committed),
        cmocka_unit_test(test_results_without_room_to_keep_trials_are_written_all_the_same),
        cmocka_unit_test(test_results_with_a_key_that_is_none_are_refused),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
