/// @file
/// Sweeps of fixture runs, merged, and every number of the merged file against the fixture's own
/// rule.
#ifndef PURSUIT_TESTS_SUPPORT_MERGE_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_MERGE_FIXTURE_H

#include <hdf5.h>
#include <sys/stat.h>

#include "data/hdf5/netcdf.h"
#include "data/merge/merge.h"
#include "tests/support/results_fixture.h"
#include "tests/support/temp_directory.h"

enum { RUNS = 6, TEXT = 1024 };

static pp_error error;
static pp_merge_report report;

/// A sweep of fixture runs.
typedef struct sweep {
    char ids[RUNS][32], paths[RUNS][TEXT];
    pp_results_layout layouts[RUNS];
    pp_merge_run runs[RUNS];
    int64_t numbers[RUNS];
    double reals[RUNS];
    const char *texts[RUNS];
    pp_merge_coordinate dimensions[2], parameters[2];
    pp_merge_sweep sweep;
} sweep;

/// Write the file of run i.
static inline void write_run(sweep *s, size_t i)
{
    pp_error cause = {0};
    if (fixture_write(s->paths[i], true, &s->layouts[i], &cause) != PP_OK)
        fail_msg("%s", cause.message);
}

/// A sweep of n runs along `run`, all of one shape, none written.
static inline void make(sweep *s, size_t n)
{
    static const double reals[RUNS] = {0.5, 1e-300, -7, 3, NAN, 1.0 / 3};
    static const char *const texts[RUNS] = {"klq", "null", "", "naïve", "{kind: klq}", "b"};
    error = (pp_error){0};
    *s = (sweep){0};
    for (size_t i = 0; i < n; i++) {
        snprintf(s->ids[i], sizeof s->ids[i], "%016zx", i);
        snprintf(s->paths[i], TEXT, "%s/%s.h5", temp_directory, s->ids[i]);
        s->layouts[i] = fixture_layout(3, 0, 0);
        s->layouts[i].seed = i;
        s->runs[i] = (pp_merge_run){s->ids[i], PP_MERGE_COMPLETE, s->paths[i]};
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
                                .command_line = "pursuit merge",
                                .program = "pursuit 0.1.0 (test)"};
}

static inline void write_runs(sweep *s)
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

static inline bool exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

static inline void merges(const sweep *s, pp_merge_options options)
{
    error = (pp_error){0};
    options.force = true;
    if (pp_merge_write(target(), &s->sweep, &options, &report, &error) != PP_OK)
        fail_msg("%s", error.message);
    assert_false(exists(temp_path("merged.h5.partial")));
}

/// Neither the file nor what it is made of is there afterwards.
static inline void refuses(const sweep *s, pp_merge_options options, pp_status expected,
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

static inline int64_t length_of(const pp_results_layout *layout, pp_dim dim)
{
    const int64_t lengths[PP_DIM_COUNT] = {
        [PP_DIM_TRIAL] = layout->n_trials, [PP_DIM_EPOCH] = layout->n_burn_in + layout->n_test,
        [PP_DIM_FIRM] = layout->n_firms,   [PP_DIM_CATEGORY] = layout->n_categories,
        [PP_DIM_RANK] = layout->n_firms,   [PP_DIM_UPDATE] = layout->n_updates,
        [PP_DIM_BAND] = layout->n_bands,
    };
    return lengths[dim];
}

/// What a run has at a place of its own, or what stands for nothing there.
static inline double expected(const sweep *s, size_t run, size_t id, size_t rank, const hsize_t *at)
{
    const pp_results_layout *layout = &s->layouts[run];
    const pp_variable *variable = &pp_variables[id];
    bool inside = s->runs[run].state == PP_MERGE_COMPLETE &&
                  (variable->economics ? layout->economics
                                       : variable->group == PP_GROUP_ROOT || layout->learning);
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

static inline void check_variable(const sweep *s, hid_t file, size_t id)
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

static inline void read_texts(hid_t file, const char *name, size_t n, char **texts)
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

static inline void check_descriptions(const sweep *s, hid_t file, const int64_t *longest)
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
static inline void check_file(const sweep *s, int64_t trials, int64_t firms, int64_t categories)
{
    hid_t file = H5Fopen(target(), H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    for (size_t id = 0; id < PP_VAR_COUNT; id++)
        if (pp_variables[id].type != PP_STRING)
            check_variable(s, file, id);
    check_descriptions(s, file, (const int64_t[]){trials, firms, categories});
    H5Fclose(file);
}

/// Runs that differ in every dimension, some of them missing.
static inline void make_mixed(sweep *s)
{
    make(s, RUNS);
    s->layouts[1].n_trials = 5;
    s->layouts[1].program = "pursuit 0.2.0 (other)";
    s->layouts[2].n_test = 1;
    s->layouts[2].n_firms = 2;
    s->layouts[3].n_categories = 7;
    s->layouts[3].n_updates = 0;
    s->layouts[3].n_quote_rows = 2;
    s->runs[4].state = PP_MERGE_FAILED;
    s->layouts[4].economics = false;
    s->layouts[5].learning = false;
    s->layouts[5].n_updates = 0;
    write_runs(s);
}

#endif
