/// @file
/// Merging results files: every number against the fixture's own rule, and what is left when it
/// fails.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <hdf5.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "data/merge.h"
#include "data/merge_block.h"
#include "data/netcdf.h"
#include "tests/results_fixture.h"
#include "tests/temp_directory.h"

enum { RUNS = 6, TEXT = 1024 };

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

static pp_error error;
static pp_merge_report report;

/// A sweep of fixture runs.
typedef struct sweep {
    char ids[RUNS][32], paths[RUNS][TEXT], links[RUNS][TEXT];
    pp_results_layout layouts[RUNS];
    pp_merge_run runs[RUNS];
    int64_t numbers[RUNS];
    double reals[RUNS];
    const char *texts[RUNS];
    pp_merge_coordinate dimensions[2], parameters[2];
    pp_merge_sweep sweep;
} sweep;

static void no_faults(void)
{
    memset(&fault, 0, sizeof fault);
    error = (pp_error){0};
}

/// Write the file of run i.
static void write_run(sweep *s, size_t i)
{
    pp_error cause = {0};
    if (fixture_write(s->paths[i], true, &s->layouts[i], &cause) != PP_OK)
        fail_msg("%s", cause.message);
}

/// A sweep of n runs along `run`, all of one shape, none written.
static void make(sweep *s, size_t n)
{
    static const double reals[RUNS] = {0.5, 1e-300, -7, 3, NAN, 1.0 / 3};
    static const char *const texts[RUNS] = {"klq", "null", "", "naïve", "{kind: klq}", "b"};
    no_faults();
    *s = (sweep){0};
    for (size_t i = 0; i < n; i++) {
        snprintf(s->ids[i], sizeof s->ids[i], "%016zx", i);
        snprintf(s->paths[i], TEXT, "%s/%s.h5", temp_directory, s->ids[i]);
        snprintf(s->links[i], TEXT, "%s.h5", s->ids[i]);
        s->layouts[i] = fixture_layout(3, 0, 0);
        s->layouts[i].seed = i;
        s->runs[i] = (pp_merge_run){s->ids[i], PP_MERGE_COMPLETE, s->paths[i], s->links[i]};
        s->numbers[i] = (int64_t)i;
        s->reals[i] = reals[i];
        s->texts[i] = texts[i];
    }
    s->dimensions[0] = (pp_merge_coordinate){
        .name = "run", .long_name = "number", .type = PP_I64, .n = n, .values = s->numbers};
    s->parameters[0] = (pp_merge_coordinate){.name = "temperature",
                                             .long_name = "a.temperature",
                                             .parameter = "a.temperature",
                                             .type = PP_F64,
                                             .missing = true,
                                             .values = s->reals};
    s->parameters[1] = (pp_merge_coordinate){.name = "agent",
                                             .long_name = "a.agent",
                                             .parameter = "a.agent",
                                             .type = PP_STRING,
                                             .values = s->texts};
    s->sweep = (pp_merge_sweep){.n_runs = n,
                                .runs = s->runs,
                                .n_dimensions = 1,
                                .dimensions = s->dimensions,
                                .n_parameters = 2,
                                .parameters = s->parameters,
                                .title = "a sweep",
                                .history = "pursuit merge",
                                .source = "pursuit 0.1.0 (test)"};
}

static void write_runs(sweep *s)
{
    for (size_t i = 0; i < s->sweep.n_runs; i++)
        if (s->runs[i].state == PP_MERGE_COMPLETE)
            write_run(s, i);
}

static const char *target(void)
{
    static char path[TEXT];
    snprintf(path, sizeof path, "%s/merged.h5", temp_directory);
    return path;
}

static bool exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

static void merges(const sweep *s, pp_merge_options options)
{
    error = (pp_error){0};
    options.force = true;
    if (pp_merge_write(target(), &s->sweep, &options, &report, &error) != PP_OK)
        fail_msg("%s", error.message);
    assert_false(exists(temp_path("merged.h5.partial")));
}

/// Neither the file nor what it is made of is there afterwards.
static void refuses(const sweep *s, pp_merge_options options, pp_status expected,
                    const char *message)
{
    error = (pp_error){0};
    unlink(target());
    pp_status status = pp_merge_write(target(), &s->sweep, &options, &report, &error);
    if (status != expected || !strstr(error.message, message))
        fail_msg("%s: '%s' instead of %s: '%s'", pp_status_text(status), error.message,
                 pp_status_text(expected), message);
    assert_false(exists(target()));
    assert_false(exists(temp_path("merged.h5.partial")));
}

static int64_t length_of(const pp_results_layout *layout, pp_dim dim)
{
    const int64_t lengths[PP_DIM_COUNT] = {
        [PP_DIM_TRIAL] = layout->n_trials, [PP_DIM_EPOCH] = layout->n_burn_in + layout->n_test,
        [PP_DIM_FIRM] = layout->n_firms,   [PP_DIM_CATEGORY] = layout->n_categories,
        [PP_DIM_RANK] = layout->n_firms,   [PP_DIM_UPDATE] = layout->n_updates,
    };
    return lengths[dim];
}

/// What a run has at a place of its own, or what stands for nothing there.
static double expected(const sweep *s, size_t run, size_t id, size_t rank, const hsize_t *at)
{
    const pp_results_layout *layout = &s->layouts[run];
    const pp_variable *variable = &pp_variables[id];
    bool inside = s->runs[run].state == PP_MERGE_COMPLETE &&
                  (variable->group == PP_GROUP_ROOT || layout->learning);
    size_t index = 0;
    for (size_t d = 0; d < rank; d++) {
        int64_t length = length_of(layout, variable->dims[d]);
        inside &= (int64_t)at[d] < length;
        index = d > 0 ? index * (size_t)length + (size_t)at[d] : 0;
    }
    if (inside)
        return fixture_value(layout->first_trial + (int64_t)at[0], id, index);
    if (variable->type == PP_F64)
        return NAN;
    return variable->type == PP_I64 ? -9223372036854775806.0 : -2147483647.0;
}

static void check_variable(const sweep *s, hid_t file, size_t id)
{
    const pp_variable *variable = &pp_variables[id];
    hsize_t lengths[PP_NETCDF_RANK], at[PP_NETCDF_RANK] = {0};
    char path[128];
    snprintf(path, sizeof path, "%s%s", variable->group == PP_GROUP_LEARNING ? "learning/" : "",
             variable->name);
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    if (dataset < 0)
        fail_msg("there is no '%s'", path);
    hid_t space = H5Dget_space(dataset);
    size_t rank = (size_t)H5Sget_simple_extent_dims(space, lengths, NULL);
    size_t n = (size_t)H5Sget_simple_extent_npoints(space), own = n / s->sweep.n_runs;
    double *values = malloc(n * sizeof *values);
    assert_non_null(values);
    assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    for (size_t i = 0; i < n; i++) {
        const size_t front = s->sweep.n_dimensions;
        double wanted = expected(s, i / own, id, rank - front, at + front);
        if (memcmp(&values[i], &wanted, sizeof wanted) != 0 && !(isnan(wanted) && isnan(values[i])))
            fail_msg("%s: element %zu of run %zu is %g, not %g", path, i % own, i / own, values[i],
                     wanted);
        for (size_t d = rank; d-- > 0 && ++at[d] == lengths[d];)
            at[d] = 0;
    }
    free(values);
    H5Sclose(space);
    H5Dclose(dataset);
}

static void read_texts(hid_t file, const char *name, size_t n, char **texts)
{
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), type = pp_netcdf_string_type();
    assert_true(dataset >= 0);
    hid_t space = H5Dget_space(dataset);
    assert_int_equal(H5Sget_simple_extent_npoints(space), n);
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(dataset);
}

static void check_descriptions(const sweep *s, hid_t file, const int64_t *longest)
{
    const size_t trials = (size_t)longest[0], firms = (size_t)longest[1],
                 categories = (size_t)longest[2];
    size_t n = s->sweep.n_runs * trials * firms * categories;
    char **texts = calloc(n, sizeof *texts);
    assert_non_null(texts);
    read_texts(file, "category_description", n, texts);
    for (size_t i = 0; i < n; i++) {
        const pp_results_layout *layout = &s->layouts[i / (trials * firms * categories)];
        size_t category = i % categories, firm = i / categories % firms,
               trial = i / categories / firms % trials;
        char wanted[128] = "";
        if (s->runs[i / (trials * firms * categories)].state == PP_MERGE_COMPLETE &&
            (int64_t)trial < layout->n_trials && (int64_t)firm < layout->n_firms &&
            (int64_t)category < layout->n_categories)
            fixture_text(layout->first_trial + (int64_t)trial,
                         firm * (size_t)layout->n_categories + category, wanted, sizeof wanted);
        assert_string_equal(texts[i] ? texts[i] : "", wanted);
        H5free_memory(texts[i]);
    }
    free(texts);
}

/// Every value of the merged file.
static void check_file(const sweep *s, int64_t trials, int64_t firms, int64_t categories)
{
    hid_t file = H5Fopen(target(), H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    for (size_t id = 0; id < PP_VAR_COUNT; id++)
        if (pp_variables[id].type != PP_STRING)
            check_variable(s, file, id);
    check_descriptions(s, file, (const int64_t[]){trials, firms, categories});
    H5Fclose(file);
}

static void test_merge_blocks_are_consecutive_and_nested(void **state)
{
    (void)state;
    const uint64_t dims[] = {5, 1, 7, 3};
    uint64_t block[4], outer[4], start[4], count[4];
    assert_int_equal(pp_merge_block(4, dims, 0, block), 1);
    assert_int_equal(pp_merge_block(4, dims, 1000, block), 105);
    assert_int_equal(pp_merge_block(4, dims, 14, block), 12); // 4 of 7, times 3
    assert_memory_equal(block, ((uint64_t[]){1, 1, 4, 3}), sizeof block);
    assert_int_equal(pp_merge_block_at(4, dims, block, 33, start, count), 9); // at the edge
    assert_memory_equal(start, ((uint64_t[]){1, 0, 4, 0}), sizeof start);
    assert_memory_equal(count, ((uint64_t[]){1, 1, 3, 3}), sizeof count);
    for (uint64_t fit = 1; fit < 120; fit++) {
        uint64_t places = 0, n;
        pp_merge_block(4, dims, fit, outer);
        for (uint64_t smaller = 1; smaller <= fit; smaller++) {
            assert_true(pp_merge_block(4, dims, smaller, block) <= smaller);
            for (size_t d = 0; d < 4; d++)
                assert_true(outer[d] == dims[d] || outer[d] % block[d] == 0);
        }
        for (uint64_t first = 0; first < 105; first += n, places += n)
            n = pp_merge_block_at(4, dims, outer, first, start, count);
        assert_int_equal(places, 105);
    }
}

static void test_merge_runs_of_one_shape_are_as_written(void **state)
{
    (void)state;
    sweep s;
    make(&s, RUNS);
    write_runs(&s);
    for (int links = 0; links < 2; links++) {
        merges(&s, (pp_merge_options){.links = links});
        check_file(&s, 3, 6, 5);
        assert_int_equal(report.runs[PP_MERGE_COMPLETE], RUNS);
        assert_int_equal(report.sources, 0);
        assert_int_equal(report.rounds, 0);
    }
}

/// Runs that differ in every dimension, some of them missing.
static void make_mixed(sweep *s)
{
    make(s, RUNS);
    s->layouts[1].n_trials = 5;
    s->layouts[1].source = "pursuit 0.2.0 (other)";
    s->layouts[2].n_test = 1;
    s->layouts[2].n_firms = 2;
    s->layouts[3].n_categories = 7;
    s->layouts[3].n_updates = 0;
    s->layouts[3].n_quote_rows = 2;
    s->runs[4].state = PP_MERGE_FAILED;
    s->layouts[5].learning = false;
    s->layouts[5].n_updates = 0;
    write_runs(s);
}

static void test_merge_shorter_and_missing_runs_are_filled(void **state)
{
    (void)state;
    sweep s;
    // Whole runs in memory; one; some trials of a variable; fewer bytes than a trial has.
    const uint64_t buffers[] = {0, 100000, 60000, 9000, 1};
    make_mixed(&s);
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        for (int links = 0; links < 2; links++) {
            merges(&s, (pp_merge_options){.links = links, .buffer = buffers[i]});
            check_file(&s, 5, 6, 7);
        }
    assert_int_equal(report.runs[PP_MERGE_COMPLETE], 5);
    assert_int_equal(report.runs[PP_MERGE_FAILED], 1);
    assert_int_equal(report.sources, 1);
    assert_int_equal(report.rounds, 1);
}

static void test_merge_grid_has_a_dimension_for_each_axis(void **state)
{
    (void)state;
    sweep s;
    make_mixed(&s);
    s.dimensions[0] = s.parameters[0];
    s.dimensions[0].n = 2;
    s.dimensions[1] = s.parameters[1];
    s.dimensions[1].n = 3;
    s.sweep.n_dimensions = 2;
    s.sweep.n_parameters = 0;
    for (uint64_t buffer = 0; buffer < 3; buffer++)
        for (int links = 0; links < 2; links++) {
            merges(&s, (pp_merge_options){.links = links, .buffer = buffer * 100000});
            check_file(&s, 5, 6, 7);
        }
}

static void test_merge_coordinates_that_differ_are_kept_by_run(void **state)
{
    (void)state;
    static const char *const others[] = {"klq", "null-1", "b-3"};
    sweep s;
    char *names[18] = {0};
    int64_t trials[9];
    int8_t phases[3 * 14];
    make(&s, 3);
    s.layouts[1].first_trial = 7;
    s.layouts[1].n_firms = 3;
    s.layouts[1].firm_labels = others;
    s.layouts[2].n_burn_in = 2;
    s.layouts[2].n_test = 3;
    write_runs(&s);
    merges(&s, (pp_merge_options){0});
    check_file(&s, 3, 6, 5);
    hid_t file = H5Fopen(target(), H5F_ACC_RDONLY, H5P_DEFAULT);
    read_texts(file, "firm_name", 18, names);
    for (size_t i = 0; i < 18; i++) {
        const char *wanted = i / 6 != 1 ? fixture_firms[i % 6] : i % 6 < 3 ? others[i % 6] : "";
        assert_string_equal(names[i] ? names[i] : "", wanted);
        H5free_memory(names[i]);
    }
    hid_t numbers = H5Dopen2(file, "trial_number", H5P_DEFAULT);
    hid_t phase = H5Dopen2(file, "phase", H5P_DEFAULT);
    assert_true(H5Dread(numbers, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, trials) >= 0);
    assert_true(H5Dread(phase, H5T_NATIVE_INT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, phases) >= 0);
    for (int64_t i = 0; i < 9; i++)
        assert_int_equal(trials[i], i % 3 + (i / 3 == 1 ? 7 : 0));
    for (int i = 0; i < 3 * 14; i++) {
        int burn_in = i / 14 == 2 ? 2 : 6, epochs = i / 14 == 2 ? 5 : 14, epoch = i % 14;
        assert_int_equal(phases[i], epoch >= epochs ? -127 : epoch >= burn_in);
    }
    H5Dclose(phase);
    H5Dclose(numbers);
    H5Fclose(file);
}

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
    temp_write(s.paths[1], "Dear diary", 10);
    refuses(&s, (pp_merge_options){.links = true}, PP_EFORMAT, "not an HDF5 file");
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

static void test_merge_run_of_another_shape_is_refused(void **state)
{
    (void)state;
    static const struct {
        void (*change)(hid_t file);
        const char *message;
    } cases[] = {{drop_reward, "there is no 'reward'"},
                 {swap_variables, "'reward' has the wrong shape"},
                 {link_out, "there is no 'reward'"}};
    sweep s;
    make(&s, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int links = 0; links < 2; links++) {
            write_runs(&s);
            damage(s.paths[1], cases[i].change);
            refuses(&s, (pp_merge_options){.links = links}, PP_EFORMAT, cases[i].message);
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

static void test_merge_links_to_too_many_runs_are_refused(void **state)
{
    (void)state;
    static pp_merge_run runs[PP_MERGE_LINKS_MAX + 1];
    static int64_t numbers[PP_MERGE_LINKS_MAX + 1];
    sweep s;
    make(&s, 1);
    write_runs(&s);
    for (size_t i = 0; i <= PP_MERGE_LINKS_MAX; i++)
        runs[i] = s.runs[0];
    s.sweep.runs = runs;
    s.sweep.n_runs = s.dimensions[0].n = PP_MERGE_LINKS_MAX + 1;
    s.dimensions[0].values = numbers;
    s.sweep.n_parameters = 0;
    refuses(&s, (pp_merge_options){.links = true}, PP_EINVAL, "501 runs are complete");
    runs[7].state = PP_MERGE_FAILED;
    merges(&s, (pp_merge_options){.links = true});
}

static void test_merge_stop_leaves_nothing(void **state)
{
    (void)state;
    sweep s;
    volatile sig_atomic_t stop = 1;
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
    no_faults();
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
        cmocka_unit_test(test_merge_blocks_are_consecutive_and_nested),
        cmocka_unit_test(test_merge_runs_of_one_shape_are_as_written),
        cmocka_unit_test(test_merge_shorter_and_missing_runs_are_filled),
        cmocka_unit_test(test_merge_grid_has_a_dimension_for_each_axis),
        cmocka_unit_test(test_merge_coordinates_that_differ_are_kept_by_run),
        cmocka_unit_test(test_merge_run_that_is_cut_short_is_partial),
        cmocka_unit_test(test_merge_damaged_run_is_named),
        cmocka_unit_test(test_merge_run_of_another_shape_is_refused),
        cmocka_unit_test(test_merge_scenario_of_another_run_is_refused),
        cmocka_unit_test(test_merge_run_that_changes_meanwhile_is_refused),
        cmocka_unit_test(test_merge_existing_files_are_kept),
        cmocka_unit_test(test_merge_impossible_sweeps_are_refused),
        cmocka_unit_test(test_merge_links_to_too_many_runs_are_refused),
        cmocka_unit_test(test_merge_stop_leaves_nothing),
        cmocka_unit_test(test_merge_failing_writes_leave_nothing),
        cmocka_unit_test(test_merge_failing_allocations_leave_nothing),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
