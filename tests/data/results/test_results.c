#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>
#include <sys/stat.h>

#include "data/results/read.h"
#include "tests/support/results_fixture.h"
#include "tests/support/temp_directory.h"

static pp_error error;

static void must(pp_status status)
{
    if (status != PP_OK)
        fail_msg("%s: %s", pp_status_text(status), error.message);
}

static bool exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

static void write_fixture(const char *path, const pp_results_layout *layout)
{
    error = (pp_error){0};
    must(fixture_write(path, false, layout, &error));
}

static void check_variable(pp_results_file *file, const pp_results_layout *layout, size_t id)
{
    size_t n, per_trial = fixture_count(layout, id);
    double *values;
    must(pp_results_read(file, (pp_variable_id)id, &values, &n, &error));
    assert_int_equal(n, (size_t)layout->n_trials * per_trial);
    for (size_t i = 0; i < n; i++) {
        int64_t trial = layout->first_trial + (int64_t)(i / per_trial);
        double expected = fixture_value(trial, id, i % per_trial);
        if (!(values[i] == expected || (isnan(values[i]) && isnan(expected))))
            fail_msg("%s[%zu] is %g, not %g", pp_variables[id].name, i, values[i], expected);
    }
    free(values);
}

static void check_descriptions(pp_results_file *file, const pp_results_layout *layout)
{
    size_t per_trial = fixture_count(layout, PP_VAR_category_description);
    size_t n = (size_t)layout->n_trials * per_trial;
    char *text, expected[128];
    for (size_t i = 0; i < n; i += 1 + n / 97) {
        must(pp_results_description(file, i, &text, &error));
        fixture_text(layout->first_trial + (int64_t)(i / per_trial), i % per_trial, expected,
                     sizeof expected);
        assert_string_equal(text, expected);
        free(text);
    }
    assert_int_equal(pp_results_description(file, n, &text, NULL), PP_EINVAL);
    assert_null(text);
}

static void check_file(const char *path, const pp_results_layout *layout)
{
    pp_results_file *file;
    int64_t *trials;
    int8_t *phases;
    must(pp_results_open(path, &file, &error));
    assert_int_equal(pp_results_length(file, PP_DIM_TRIAL), layout->n_trials);
    assert_int_equal(pp_results_length(file, PP_DIM_EPOCH), 14);
    assert_int_equal(pp_results_length(file, PP_DIM_FIRM), 6);
    assert_int_equal(pp_results_length(file, PP_DIM_CATEGORY), 5);
    assert_int_equal(pp_results_length(file, PP_DIM_RANK), 6);
    assert_int_equal(pp_results_length(file, PP_DIM_UPDATE), layout->n_updates);
    assert_int_equal(pp_results_length(file, PP_DIM_NONE), 0);
    for (size_t id = 0; id < PP_VAR_COUNT; id++)
        if (pp_variables[id].type != PP_STRING && fixture_count(layout, id) > 0)
            check_variable(file, layout, id);
    for (size_t id = 0; id < PP_VAR_COUNT; id++)
        assert_int_equal(pp_results_has(file, (pp_variable_id)id), fixture_count(layout, id) > 0);
    check_descriptions(file, layout);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(pp_results_firm(file, i), fixture_firms[i]);
    assert_null(pp_results_firm(file, 6));
    must(pp_results_trials(file, &trials, &error));
    for (int64_t i = 0; i < layout->n_trials; i++)
        assert_int_equal(trials[i], layout->first_trial + i);
    must(pp_results_phases(file, &phases, &error));
    for (int i = 0; i < 14; i++)
        assert_int_equal(phases[i], i >= 6);
    free(trials);
    free(phases);
    pp_results_close(file);
}

static void test_results_every_variable_survives_the_round_trip(void **state)
{
    (void)state;
    pp_results_layout layout = fixture_layout(3, 7, 4);
    const char *path = temp_path("round.h5");
    write_fixture(path, &layout);
    check_file(path, &layout);
    assert_false(exists(temp_path("round.h5.partial")));
    // For tests/python/open_results.py.
    const char *keep = getenv("PP_KEEP");
    if (keep)
        must(fixture_write(keep, true, &layout, &error));
}

static bool has_object(const char *path, const char *name)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    htri_t has = H5Lexists(file, name, H5P_DEFAULT);
    H5Fclose(file);
    return has > 0;
}

static void test_results_learning_is_there_as_far_as_there_is_any(void **state)
{
    (void)state;
    pp_results_layout layout = fixture_layout(2, 0, 3);
    double *values;
    size_t n;
    layout.n_updates = 0;
    write_fixture(temp_path("epochs.h5"), &layout);
    check_file(temp_path("epochs.h5"), &layout);
    assert_true(has_object(temp_path("epochs.h5"), "learning"));
    layout.learning = false;
    write_fixture(temp_path("without.h5"), &layout);
    check_file(temp_path("without.h5"), &layout);
    assert_false(has_object(temp_path("without.h5"), "learning"));
    pp_results_file *file;
    must(pp_results_open(temp_path("without.h5"), &file, &error));
    assert_int_equal(pp_results_read(file, PP_VAR_learning_value, &values, &n, &error), PP_EFORMAT);
    assert_null(values);
    assert_non_null(strstr(error.message, "there is no 'learning/value'"));
    assert_false(pp_results_has(file, PP_VAR_COUNT));
    assert_false(pp_results_has(NULL, PP_VAR_reward));
    pp_results_close(file);
}

static void test_results_more_trials_than_a_buffer_survive_the_round_trip(void **state)
{
    (void)state;
    pp_results_layout layout = fixture_layout(1500, 1000, 0);
    assert_true(pp_record_bytes(&layout) * 1500 > 32u << 20);
    write_fixture(temp_path("many.h5"), &layout);
    check_file(temp_path("many.h5"), &layout);
}

static void check_text(pp_results_file *file, const char *name, const char *expected)
{
    char *text;
    must(pp_results_text(file, name, &text, &error));
    assert_string_equal(text, expected);
    free(text);
}

static void test_results_texts_and_seed_survive_the_round_trip(void **state)
{
    (void)state;
    pp_results_layout layout = fixture_layout(1, 0, 0);
    pp_results_file *file;
    uint64_t seed;
    char *text, *scenario = calloc(1, 200001);
    assert_non_null(scenario);
    memset(scenario, '#', 200000); // larger than an HDF5 attribute may be
    layout.scenario = scenario;
    layout.command_line = "pursuit run caf\xE9.yaml"; // a file name need not be UTF-8
    layout.title = "";
    setenv("SLURM_JOB_ID", "4711", 1);
    unsetenv("SLURM_ARRAY_TASK_ID");
    write_fixture(temp_path("texts.h5"), &layout);
    unsetenv("SLURM_JOB_ID");
    must(pp_results_open(temp_path("texts.h5"), &file, &error));
    check_text(file, "history", "pursuit run caf?.yaml");
    check_text(file, "title", ""); // a blank in the file
    check_text(file, "source", layout.program);
    check_text(file, "rng", "Philox4x32-10");
    check_text(file, "status", "complete");
    check_text(file, "slurm_job_id", "4711");
    check_text(file, "scenario", scenario);
    assert_int_equal(pp_results_text(file, "slurm_array_task_id", &text, NULL), PP_EFORMAT);
    assert_int_equal(pp_results_text(file, "seed", &text, NULL), PP_EFORMAT);
    must(pp_results_seed(file, &seed, &error));
    assert_true(seed == 9007199254740992u);
    pp_results_close(file);
    free(scenario);
}

/// Column of quotes as doubles.
static void read_quotes(const char *path, const char *name, double *values)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    assert_true(dataset >= 0);
    assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Fclose(file);
}

static void test_results_quotes_land_at_their_trial(void **state)
{
    (void)state;
    // More rows a trial than a chunk holds, and a number of them that no chunk divides.
    enum { TRIALS = 3, ROWS = 33331 };
    pp_results_layout layout = fixture_layout(TRIALS, 5, ROWS);
    const char *path = temp_path("quotes.h5");
    double *values = malloc(TRIALS * ROWS * 6 * sizeof *values);
    write_fixture(path, &layout);
    check_file(path, &layout);
    read_quotes(path, "quotes/trial", values);
    for (size_t i = 0; i < TRIALS * ROWS; i++)
        assert_true(values[i] == (double)(5 + i / ROWS));
    read_quotes(path, "quotes/choice", values);
    for (size_t i = 0; i < TRIALS * ROWS; i++)
        assert_true(values[i] == (double)(i % ROWS % 7));
    read_quotes(path, "quotes/estimate", values);
    for (size_t i = 0; i < TRIALS * ROWS * 6; i++)
        assert_true(values[i] == (double)(5 + i / (ROWS * 6)) + 0.001 * (double)(i % (ROWS * 6)));
    free(values);
}

static void test_results_same_records_give_the_same_bytes(void **state)
{
    (void)state;
    pp_results_layout layout = fixture_layout(5, 0, 3);
    size_t n[2];
    unsigned char *bytes[2];
    for (int i = 0; i < 2; i++) {
        const char *path = temp_path(i ? "same-b.h5" : "same-a.h5");
        write_fixture(path, &layout);
        bytes[i] = temp_read(path, &n[i]);
    }
    assert_int_equal(n[0], n[1]);
    size_t differing = 0;
    for (size_t i = 0; i < n[0]; i++)
        differing += bytes[0][i] != bytes[1][i];
    // The time of creation and the checksum over it, at most: no other time stamps.
    assert_in_range(differing, 0, 64);
    free(bytes[0]);
    free(bytes[1]);
}

static void test_results_many_flag_meanings_are_all_kept(void **state)
{
    (void)state;
    enum { FLAGS = 1001 }; // as many firms as there may be, and walking away
    char *meanings = malloc(FLAGS * 8), *at = meanings;
    for (int i = 0; i < FLAGS; i++)
        at += sprintf(at, "%sf%d", i ? " " : "", i);
    pp_quote_column column = fixture_columns[5];
    column.flag_meanings = meanings;
    pp_results_layout layout = fixture_layout(1, 0, 2);
    layout.quote_columns = &column;
    layout.n_quote_columns = 1;
    pp_results *results;
    pp_record *record;
    must(pp_record_create(&layout, &record, &error));
    must(pp_results_create(temp_path("flags.h5"), false, &layout, &results, &error));
    must(pp_results_append(results, record, &error));
    must(pp_results_commit(results, &error));
    hid_t file = H5Fopen(temp_path("flags.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t attribute =
        H5Aopen_by_name(file, "quotes/choice", "flag_values", H5P_DEFAULT, H5P_DEFAULT);
    int32_t values[FLAGS];
    hid_t space = H5Aget_space(attribute);
    assert_int_equal(H5Sget_simple_extent_npoints(space), FLAGS);
    assert_true(H5Aread(attribute, H5T_NATIVE_INT32, values) >= 0);
    assert_int_equal(values[FLAGS - 1], FLAGS - 1);
    H5Sclose(space);
    H5Aclose(attribute);
    H5Fclose(file);
    column.flag_meanings = "  ";
    assert_int_equal(pp_results_create(temp_path("flags-b.h5"), false, &layout, &results, &error),
                     PP_EINVAL);
    pp_record_destroy(record);
    free(meanings);
}

static void test_results_long_string_is_cut_at_a_character(void **state)
{
    (void)state;
    pp_results_layout layout = fixture_layout(1, 0, 0);
    pp_record *record;
    pp_results *results;
    pp_results_file *file;
    char text[400], *read;
    memset(text, 'x', sizeof text);
    memcpy(text + 251, "\xC3\xA9", 2); // bytes 251 and 252: only one fits beside the dots
    text[300] = '\0';
    must(pp_record_create(&layout, &record, &error));
    pp_record_set_string(record, PP_VAR_category_description, 2, text);
    pp_record_set_string(record, PP_VAR_category_description, 3, text + 45);
    must(pp_results_create(temp_path("cut.h5"), false, &layout, &results, &error));
    must(pp_results_append(results, record, &error));
    must(pp_results_commit(results, &error));
    must(pp_results_open(temp_path("cut.h5"), &file, &error));
    must(pp_results_description(file, 2, &read, &error));
    assert_int_equal(strlen(read), 254);
    assert_memory_equal(read, text, 251);
    assert_string_equal(read + 251, "...");
    free(read);
    must(pp_results_description(file, 3, &read, &error));
    assert_string_equal(read, text + 45); // 255 bytes: all of it
    free(read);
    pp_results_close(file);
    pp_record_destroy(record);
}

static void test_results_wrong_records_are_refused(void **state)
{
    (void)state;
    pp_results_layout layout = fixture_layout(2, 0, 0), other = fixture_layout(2, 0, 0);
    other.n_updates = 3;
    pp_results *results;
    pp_record *record, *stranger;
    error = (pp_error){0};
    must(pp_record_create(&layout, &record, &error));
    must(pp_record_create(&other, &stranger, &error));
    must(pp_results_create(temp_path("wrong.h5"), false, &layout, &results, &error));
    assert_int_equal(pp_results_append(results, stranger, NULL), PP_EINVAL);
    must(pp_results_append(results, record, &error));
    must(pp_results_append(results, record, &error));
    assert_int_equal(pp_results_append(results, record, NULL), PP_EINVAL);
    must(pp_results_commit(results, &error));
    pp_record_destroy(record);
    pp_record_destroy(stranger);
}

static void test_results_missing_trials_fail_the_commit(void **state)
{
    (void)state;
    pp_results_layout layout = fixture_layout(2, 0, 0);
    pp_results *results;
    pp_record *record;
    error = (pp_error){0};
    must(pp_record_create(&layout, &record, &error));
    must(pp_results_create(temp_path("short.h5"), false, &layout, &results, &error));
    must(pp_results_append(results, record, &error));
    assert_int_equal(pp_results_commit(results, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "1 of 2 trials"));
    assert_false(exists(temp_path("short.h5")));
    assert_false(exists(temp_path("short.h5.partial")));
    pp_record_destroy(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_every_variable_survives_the_round_trip),
        cmocka_unit_test(test_results_learning_is_there_as_far_as_there_is_any),
        cmocka_unit_test(test_results_more_trials_than_a_buffer_survive_the_round_trip),
        cmocka_unit_test(test_results_texts_and_seed_survive_the_round_trip),
        cmocka_unit_test(test_results_quotes_land_at_their_trial),
        cmocka_unit_test(test_results_same_records_give_the_same_bytes),
        cmocka_unit_test(test_results_many_flag_meanings_are_all_kept),
        cmocka_unit_test(test_results_long_string_is_cut_at_a_character),
        cmocka_unit_test(test_results_wrong_records_are_refused),
        cmocka_unit_test(test_results_missing_trials_fail_the_commit),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
