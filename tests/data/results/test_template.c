// Small files out of templates: the same bytes whether a template was kept or not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "data/results/read.h"
#include "tests/support/temp_directory.h"
#include "tests/support/template_fixture.h"

static void check_same_bytes(const char *a, const char *b)
{
    size_t n, m;
    unsigned char *one = temp_read(a, &n), *other = temp_read(b, &m);
    assert_int_equal(n, m);
    assert_memory_equal(one, other, n);
    free(one);
    free(other);
}

static void check_text(pp_results_file *file, const char *name, const char *expected)
{
    char *text;
    must(pp_results_text(file, name, &text, &error));
    assert_string_equal(text, expected);
    free(text);
}

/// What the library's own reader finds.
static void check_contents(const char *path, const pp_results_layout *layout)
{
    pp_results_file *file;
    uint64_t seed;
    int64_t *trials;
    must(pp_results_open(path, &file, &error));
    must(pp_results_seed(file, &seed, &error));
    assert_true(seed == layout->seed);
    check_text(file, "title", layout->title);
    check_text(file, "scenario", layout->scenario[0] ? layout->scenario : " ");
    for (size_t i = 0; i < (size_t)layout->n_firms; i++)
        assert_string_equal(pp_results_firm(file, i), layout->firm_labels[i]);
    must(pp_results_trials(file, &trials, &error));
    assert_int_equal(trials[0], layout->first_trial);
    free(trials);
    for (size_t id = 0; id < PP_VAR_COUNT; id++) {
        double *values;
        size_t n;
        if (pp_variables[id].type == PP_STRING || fixture_count(layout, id) == 0)
            continue;
        must(pp_results_read(file, (pp_variable_id)id, &values, &n, &error));
        assert_int_equal(n, fixture_count(layout, id) * (size_t)layout->n_trials);
        for (size_t i = 0; i < fixture_count(layout, id); i++) {
            double expected = fixture_value(layout->first_trial, id, i);
            assert_true(values[i] == expected || (isnan(values[i]) && isnan(expected)));
        }
        free(values);
    }
    pp_results_close(file);
}

/// Write a file with what is kept of the one before, and once more with nothing.
static void check_either_way(pp_results_layout layout, pp_results_template **kept)
{
    const char *with = temp_path("kept.h5"), *without = temp_path("alone.h5");
    layout.kept = kept;
    write_file(with, &layout);
    layout.kept = NULL;
    write_file(without, &layout);
    check_same_bytes(with, without);
    check_contents(with, &layout);
}

static pp_results_layout small_layout(void)
{
    return fixture_layout(1, 7, 0);
}

static void test_template_kept_or_not_gives_the_same_bytes(void **state)
{
    (void)state;
    static const char *const labels[] = {"A firm of another name", "b", "c", "d", "e", "f"};
    pp_results_template *kept = NULL;
    pp_results_layout layout = small_layout();
    check_either_way(layout, &kept);
    const pp_results_template *first = kept;
    assert_non_null(first);
    assert_true(is_contiguous(temp_path("kept.h5")));
    char *scenario = calloc(1, 100001);
    assert_non_null(scenario);
    for (size_t length = 0; length <= 100000; length = 3 * length + 1) {
        memset(scenario, '#', length);
        layout.scenario = scenario;
        layout.seed = length * UINT64_C(0x123456789abcdef);
        layout.first_trial = (int64_t)length % 1000;
        layout.threads = (int)length;
        check_either_way(layout, &kept);
        assert_ptr_equal(kept, first);
    }
    layout.firm_labels = labels;
    layout.title = "";
    layout.command_line = "pursuit run caf\xE9.yaml"; // a file name need not be UTF-8
    layout.program = layout.rng = "another";
    setenv("SOURCE_DATE_EPOCH", "1234567890", 1);
    check_either_way(layout, &kept);
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    assert_ptr_equal(kept, first);
    free(scenario);
    pp_results_template_destroy(kept);
}

/// Layouts that differ in one thing each, in turns with one that never changes.
static void test_template_of_another_shape_is_not_used(void **state)
{
    (void)state;
    pp_results_layout layouts[9];
    pp_quote_column columns[FIXTURE_COLUMNS];
    pp_results_template *kept = NULL;
    memcpy(columns, fixture_columns, sizeof columns);
    columns[FIXTURE_COLUMNS - 1].flag_meanings = "other words of another length";
    for (size_t i = 0; i < 9; i++)
        layouts[i] = small_layout();
    layouts[0].n_burn_in = 5;
    layouts[1].n_test = 3;
    layouts[2].n_firms = 3;
    layouts[3].n_categories = 4;
    layouts[4].n_updates = 2;
    layouts[5].n_updates = 0;
    layouts[6].learning = false;
    layouts[6].n_updates = 0;
    layouts[7].n_quote_rows = 3;
    layouts[8].n_quote_rows = 3;
    layouts[8].quote_columns = columns;
    for (size_t i = 0; i < 9; i++) {
        check_either_way(layouts[i], &kept);
        check_either_way(layouts[i > 0 ? i - 1 : 0], &kept);
        check_either_way(small_layout(), &kept);
    }
    setenv("SLURM_JOB_ID", "4711", 1);
    check_either_way(small_layout(), &kept);
    setenv("SLURM_JOB_ID", "12345678", 1);
    check_either_way(small_layout(), &kept);
    unsetenv("SLURM_JOB_ID");
    check_either_way(small_layout(), &kept);
    pp_results_template_destroy(kept);
}

static void test_template_of_several_trials_gives_the_same_bytes(void **state)
{
    (void)state;
    pp_results_template *kept = NULL;
    pp_results_layout layout = fixture_layout(4, 3, 5);
    layout.n_burn_in = 1;
    layout.n_test = 1;
    check_either_way(layout, &kept);
    assert_true(is_contiguous(temp_path("kept.h5")));
    layout.first_trial = 11;
    check_either_way(layout, &kept);
    pp_results_template_destroy(kept);
}

/// A file that is not small is HDF5's own, and what is kept is left alone.
static void test_template_is_not_for_large_files(void **state)
{
    (void)state;
    pp_results_template *kept = NULL;
    check_either_way(small_layout(), &kept);
    const pp_results_template *first = kept;
    check_either_way(fixture_layout(9, 0, 0), &kept);
    assert_false(is_contiguous(temp_path("kept.h5")));
    assert_ptr_equal(kept, first);
    check_either_way(small_layout(), &kept);
    assert_ptr_equal(kept, first);
    pp_results_template_destroy(kept);
}

static void append(pp_results *results, const pp_results_layout *layout)
{
    pp_record *record;
    must(pp_record_create(layout, &record, &error));
    fixture_fill(record, layout, layout->first_trial);
    must(pp_results_append(results, record, &error));
    pp_record_destroy(record);
}

/// Two writers at work at once, and one that gives up, share what is kept.
static void test_template_serves_one_writer_at_a_time(void **state)
{
    (void)state;
    pp_results_template *kept = NULL;
    pp_results_layout layout = small_layout(), other = small_layout();
    layout.kept = other.kept = &kept;
    other.n_firms = 2;
    pp_results *a, *b, *c;
    for (int i = 0; i < 2; i++) {
        must(pp_results_create(temp_path("a.h5"), true, &layout, &a, &error));
        must(pp_results_create(temp_path("b.h5"), true, &layout, &b, &error));
        must(pp_results_create(temp_path("c.h5"), true, &other, &c, &error));
        append(b, &layout);
        append(a, &layout);
        pp_results_abandon(c);
        must(pp_results_commit(b, &error));
        must(pp_results_commit(a, &error));
        check_same_bytes(temp_path("a.h5"), temp_path("b.h5"));
        check_either_way(layout, &kept);
    }
    pp_results_template_destroy(kept);
    pp_results_template_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_template_kept_or_not_gives_the_same_bytes),
        cmocka_unit_test(test_template_of_another_shape_is_not_used),
        cmocka_unit_test(test_template_of_several_trials_gives_the_same_bytes),
        cmocka_unit_test(test_template_is_not_for_large_files),
        cmocka_unit_test(test_template_serves_one_writer_at_a_time),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
