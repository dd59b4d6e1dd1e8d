/// @slow
/// @file
/// Merging results files: every number is where it belongs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/merge/block.h"
#include "tests/support/merge_fixture.h"

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
    merges(&s, (pp_merge_options){0});
    check_file(&s, 3, 6, 5);
    assert_int_equal(report.runs[PP_MERGE_COMPLETE], RUNS);
    assert_int_equal(report.sources, 0);
    assert_int_equal(report.rounds, 0);
}

static void test_merge_shorter_and_missing_runs_are_filled(void **state)
{
    (void)state;
    sweep s;
    // All runs in memory; two; one; some trials of a variable; fewer bytes than a trial has.
    const uint64_t buffers[] = {0, 400000, 200000, 60000, 9000, 1};
    make_mixed(&s);
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        merges(&s, (pp_merge_options){.buffer = buffers[i]});
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
    for (uint64_t buffer = 0; buffer < 3; buffer++) {
        merges(&s, (pp_merge_options){.buffer = buffer * 200000});
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge_blocks_are_consecutive_and_nested),
        cmocka_unit_test(test_merge_runs_of_one_shape_are_as_written),
        cmocka_unit_test(test_merge_shorter_and_missing_runs_are_filled),
        cmocka_unit_test(test_merge_grid_has_a_dimension_for_each_axis),
        cmocka_unit_test(test_merge_coordinates_that_differ_are_kept_by_run),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
