/// @slow
/// @file
/// experiments/sweep/plan/plan.h: ten thousand runs, and what each of them costs.
#include "tests/support/sweep_fixture.h"

#include <malloc.h>

enum { RUNS = 10000 };

static int compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/// Under a sanitizer, which has an allocator of its own, this is 0.
static size_t bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void test_ten_thousand_runs_are_all_different_and_small(void **state)
{
    (void)state;
    const char *ids[RUNS];
    size_t before = bytes_in_use();
    pp_sweep_plan *plan =
        load_plan(PLAN "designs:\n"
                       "  - grid: {firms.0.agent.temperature: {from: 0.1, to: 10, "
                       "steps: 100}, seed: {from: 1, to: 90, steps: 90}}\n"
                       "  - sobol: {runs: 1000, over: {choice.success_rate: {from: "
                       "0.05, to: 0.151}}}\n");
    assert_int_equal(pp_sweep_plan_runs(plan), RUNS);
    // Ids and where the values stand, and the values themselves where they are a run's own.
    assert_true(bytes_in_use() < before + RUNS * 100);
    for (size_t i = 0; i < RUNS; i++)
        ids[i] = pp_sweep_plan_id(plan, i);
    qsort(ids, RUNS, sizeof *ids, compare);
    for (size_t i = 1; i < RUNS; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
    assert_string_equal(pp_sweep_plan_value(plan, 90 * 99 + 89, 0), "10");
    assert_string_equal(pp_sweep_plan_value(plan, 90 * 99 + 89, 1), "90");
    assert_null(pp_sweep_plan_value(plan, RUNS - 1, 1));
    pp_sweep_plan_destroy(plan);
}

static void test_one_mistake_in_ten_thousand_runs_is_told_once(void **state)
{
    (void)state;
    pp_sweep_plan *plan;
    pp_problems problems;
    write_text("plan.yaml",
               PLAN "designs: {grid: {firms.0.agent.temperature: [1, -1], seed: {from: 1, "
                    "to: 5000, steps: 5000}}}\n");
    assert_int_equal(pp_sweep_plan_load("plan.yaml", NULL, 0, &plan, &problems), PP_ESCENARIO);
    assert_problems(
        &problems,
        (const char *[]){"plan.yaml:2:49: firms[0].agent.temperature: -1 is out of range "
                         "([0, 1000000000000]); in 5000 runs, the first with "
                         "firms.0.agent.temperature = -1, seed = 1",
                         NULL},
        "one mistake");
    pp_problems_destroy(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ten_thousand_runs_are_all_different_and_small),
        cmocka_unit_test(test_one_mistake_in_ten_thousand_runs_is_told_once),
    };
    return cmocka_run_group_tests(tests, sweep_setup, temp_directory_remove);
}
