#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "data/results/layout.h"
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

static void test_results_layout_record_accessors_check_id_and_type(void **state)
{
    (void)state;
    pp_results_layout layout = fixture_layout(1, 0, 2);
    pp_record *record;
    must(pp_record_create(&layout, &record, &error));
    assert_non_null(pp_record_f64(record, PP_VAR_reward));
    assert_null(pp_record_i64(record, PP_VAR_reward));
    assert_null(pp_record_f64(record, PP_VAR_quote_count));
    assert_null(pp_record_i32(record, PP_VAR_quote_count));
    assert_null(pp_record_f64(record, PP_VAR_COUNT));
    assert_non_null(pp_record_quotes_i32(record, 0));
    assert_null(pp_record_quotes_f64(record, 0));
    assert_null(pp_record_quotes_f64(record, FIXTURE_COLUMNS));
    assert_true(isnan(pp_record_f64(record, PP_VAR_reward)[0]));
    assert_int_equal(pp_record_i64(record, PP_VAR_quote_count)[0], 0);
    pp_record_f64(record, PP_VAR_reward)[14 * 6 - 1] = 1;
    pp_record_clear(record);
    assert_true(isnan(pp_record_f64(record, PP_VAR_reward)[14 * 6 - 1]));
    pp_record_set_string(record, PP_VAR_reward, 0, "not a string variable");
    pp_record_set_string(record, PP_VAR_category_description, 30, "no such element");
    pp_record_destroy(record);
    pp_record_destroy(NULL);
}

static void test_results_layout_impossible_layouts_are_refused(void **state)
{
    (void)state;
    enum { BAD = 19 };
    pp_quote_column columns[2] = {fixture_columns[0], fixture_columns[0]};
    pp_quote_column named_quote = fixture_columns[0], slash = fixture_columns[0],
                    text = fixture_columns[0];
    strcpy(named_quote.name, "quote");
    strcpy(slash.name, "a/b");
    text.type = PP_STRING;
    const pp_results_layout good = fixture_layout(1, 0, 1);
    pp_results_layout bad[BAD];
    for (size_t i = 0; i < BAD; i++)
        bad[i] = good;
    bad[0].n_trials = 0;
    bad[1].first_trial = -1;
    bad[2].first_trial = INT64_MAX;
    bad[3].n_burn_in = bad[3].n_test = 0;
    bad[4].n_burn_in = INT64_MAX;
    bad[5].n_firms = 0;
    bad[6].n_categories = 0;
    bad[7].n_categories = INT64_MAX / 2;
    bad[8].firm_labels = (const char *const[]){"a", "b", NULL, "d", "e", "f"};
    bad[9].title = NULL;
    bad[10].n_quote_rows = -1;
    bad[11].quote_columns = columns, bad[11].n_quote_columns = 2;
    bad[12].quote_columns = &named_quote, bad[12].n_quote_columns = 1;
    bad[13].quote_columns = &slash, bad[13].n_quote_columns = 1;
    bad[14].quote_columns = &text, bad[14].n_quote_columns = 1;
    bad[15].n_quote_rows = INT64_MAX / 2;
    bad[16].n_updates = -1;
    bad[17].n_updates = INT64_MAX / 2;
    bad[18].learning = false;
    for (size_t i = 0; i < BAD; i++) {
        pp_results *results;
        pp_record *record;
        error = (pp_error){0};
        assert_int_equal(pp_results_create(temp_path("bad.h5"), false, &bad[i], &results, &error),
                         PP_EINVAL);
        assert_null(results);
        assert_true(error.message[0]);
        assert_int_equal(pp_record_create(&bad[i], &record, NULL), PP_EINVAL);
        assert_int_equal(pp_record_bytes(&bad[i]), 0);
        assert_true(pp_results_bytes(&bad[i]) == 0);
    }
    assert_false(exists(temp_path("bad.h5.partial")));
    pp_results *results;
    assert_int_equal(pp_results_create("", false, &good, &results, NULL), PP_EINVAL);
    assert_int_equal(pp_results_create("x", false, NULL, &results, NULL), PP_EINVAL);
    assert_int_equal(pp_results_create("x", false, &good, NULL, NULL), PP_EINVAL);
    assert_int_equal(pp_results_commit(NULL, NULL), PP_EINVAL);
    assert_int_equal(pp_results_append(NULL, NULL, NULL), PP_EINVAL);
    pp_results_abandon(NULL);
}

static void test_results_layout_estimates_include_learning(void **state)
{
    (void)state;
    // 6 firms, 24 trials: four series of 1,000 updates, and 14 epochs of reference_kl.
    const double series = 4 * 6 * 1000 * sizeof(double), epochs = 14 * 6 * sizeof(double);
    pp_results_layout without = fixture_layout(24, 0, 0), with = without;
    without.learning = false;
    without.n_updates = 0;
    with.n_updates = 0;
    size_t record = pp_record_bytes(&without);
    assert_int_equal(pp_record_bytes(&with) - record, (size_t)epochs);
    assert_true(pp_results_bytes(&with) - pp_results_bytes(&without) >= 24 * epochs);
    with.n_updates = 1000;
    assert_int_equal(pp_record_bytes(&with) - record, (size_t)(epochs + series));
    assert_true(pp_results_bytes(&with) - pp_results_bytes(&without) >= 24 * (epochs + series));
}

/// Chunks are of at least one step and at most all of them, and no larger than a mebibyte or two,
/// however many dimensions have one step only.
static void test_results_layout_chunks_of_any_shape(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {1, 2, 9, 100, 5000};
    enum { RANK = 5, N = sizeof lengths / sizeof *lengths, SHAPES = N * N * N * N * N };
    for (int shape = 0; shape < SHAPES; shape++) {
        uint64_t dims[RANK], chunk[RANK], bytes = 8;
        for (int d = 0, left = shape; d < RANK; d++, left /= N)
            dims[d] = lengths[left % N];
        pp_layout_chunk(RANK, dims, 8, 1, chunk);
        for (int d = 0; d < RANK; d++) {
            assert_true(chunk[d] >= 1 && chunk[d] <= dims[d]);
            bytes *= chunk[d];
        }
        assert_true(bytes <= 2 << 20);
    }
}

static void test_results_layout_bytes_bound_the_file(void **state)
{
    (void)state;
    const int64_t trials[] = {1, 5, 24, 100};
    for (size_t i = 0; i < 4; i++) {
        pp_results_layout layout = fixture_layout(trials[i], 0, 100);
        struct stat about;
        error = (pp_error){0};
        must(fixture_write(temp_path("bound.h5"), true, &layout, &error));
        assert_int_equal(stat(temp_path("bound.h5"), &about), 0);
        assert_true((double)about.st_size < pp_results_bytes(&layout));
        assert_true(pp_results_bytes(&layout) < 20.0 * (double)about.st_size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_layout_record_accessors_check_id_and_type),
        cmocka_unit_test(test_results_layout_impossible_layouts_are_refused),
        cmocka_unit_test(test_results_layout_estimates_include_learning),
        cmocka_unit_test(test_results_layout_chunks_of_any_shape),
        cmocka_unit_test(test_results_layout_bytes_bound_the_file),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
