/// @file
/// experiments/sweep/plan/plan.h: what runs are known by, and the scenarios they are.
#include "tests/support/sweep_fixture.h"

#include <sys/stat.h>

/// The only run of a plan, or its first.
static void id_of(const char *text, char id[PP_SWEEP_ID])
{
    pp_sweep_plan *plan = load_plan(text);
    memcpy(id, pp_sweep_plan_id(plan, 0), PP_SWEEP_ID);
    pp_sweep_plan_destroy(plan);
}

static void test_id_is_the_checksum_of_the_resolved_scenario(void **state)
{
    (void)state;
    pp_sweep_plan *plan = load_plan(PLAN "designs: {grid: {seed: [1, 2], trials: [3, 4]}}\n");
    char sha256[PP_SHA256_TEXT], ids[256] = "";
    for (size_t run = 0; run < 4; run++) {
        pp_scenario *scenario = scenario_of(plan, run);
        char *yaml = pp_scenario_yaml(scenario);
        assert_int_equal(scenario->run.seed, 1 + run / 2);
        assert_int_equal(scenario->run.trials, 3 + run % 2);
        pp_sha256(yaml, strlen(yaml), sha256);
        assert_int_equal(strlen(pp_sweep_plan_id(plan, run)), 16);
        assert_memory_equal(pp_sweep_plan_id(plan, run), sha256, 16);
        strcat(strcat(ids, pp_sweep_plan_id(plan, run)), "\n");
        free(yaml);
        pp_scenario_destroy(scenario);
    }
    pp_sha256(ids, strlen(ids), sha256);
    assert_string_equal(pp_sweep_plan_sha256(plan), sha256);
    pp_sweep_plan_destroy(plan);
}

/// However a plan says the same, it is the same run.
static void test_id_does_not_depend_on_how_values_came_about(void **state)
{
    (void)state;
    static const char *const same[] = {
        PLAN "designs: {grid: {seed: [5], trials: [6]}}\n",
        PLAN "designs: {grid: {trials: [6], seed: [5.0]}}\n",
        PLAN "designs: {zip: {trials: [6], seed: [5]}}\n",
        PLAN "name: another\nset: {seed: 5}\ndesigns: {list: [{trials: 6}]}\n",
        PLAN "set: {trials: 6}\ndesigns: {grid: {seed: [5], choice.success_rate: [0.1]}}\n",
        "scenario: six.yaml\ndesigns: {grid: {seed: [5]}}\n",
    };
    char first[PP_SWEEP_ID], id[PP_SWEEP_ID];
    write_text("six.yaml", "# The same.\nfirms:\n"
                           "  - agent: {kind: klq}\n    portfolio: random\n"
                           "  - {count: 5, agent: null}\ntrials: 6\n");
    id_of(same[0], first);
    for (size_t i = 1; i < PP_COUNT(same); i++) {
        id_of(same[i], id);
        assert_string_equal(id, first);
    }
}

static void test_id_changes_with_every_resolved_value(void **state)
{
    (void)state;
    static const char *const edits[] = {"seed: [1]",
                                        "seed: [2]",
                                        "trials: [3]",
                                        "title: [a]",
                                        "first_trial: [1]",
                                        "market.rounds: [999]",
                                        "inflation.mean_rate: [0.01]",
                                        "choice.success_rate: [0.11]",
                                        "pricing.bid_max: [2.5]",
                                        "portfolio.loss_scale: [1]",
                                        "results.quotes_every: [1]",
                                        "population.locations: [3]",
                                        "firms.0.agent.temperature: [1]",
                                        "firms.0.name: [x]",
                                        "firms.0.agent: [baseline]",
                                        "firms.1.count: [4]",
                                        "firms.1.explore: [always]",
                                        "firms.1.portfolio: [random]"};
    char ids[PP_COUNT(edits)][PP_SWEEP_ID], text[256];
    for (size_t i = 0; i < PP_COUNT(edits); i++) {
        snprintf(text, sizeof text, PLAN "designs: {grid: {%s}}\n", edits[i]);
        id_of(text, ids[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

#define BOOK "population: {kind: book, file: book.csv, pure_premium: p, features: [a]}\n"

static void test_id_of_a_book_changes_with_its_bytes(void **state)
{
    (void)state;
    static const char text[] = "scenario: book.yaml\ndesigns: {grid: {seed: [1, 2]}}\n";
    char id[PP_SWEEP_ID], sha256[PP_SHA256_TEXT], book[PP_SHA256_TEXT];
    pp_error error = {0};
    pp_scenario *scenario;
    write_text("book.yaml", BASE BOOK);
    write_text("book.csv", "p,a\n1,2\n");
    pp_sweep_plan *plan = load_plan(text);
    memcpy(id, pp_sweep_plan_id(plan, 0), sizeof id);
    scenario = scenario_of(plan, 0);
    char *yaml = pp_scenario_yaml(scenario);
    size_t n = strlen(yaml);
    char *both = malloc(n + PP_SHA256_TEXT);
    pp_sha256("p,a\n1,2\n", 8, book);
    snprintf(both, n + PP_SHA256_TEXT, "%s%s", yaml, book);
    pp_sha256(both, strlen(both), sha256);
    assert_memory_equal(id, sha256, 16);
    free(both);
    free(yaml);
    pp_scenario_destroy(scenario);
    write_text("book.csv", "p,a\n1,3\n");
    assert_int_equal(pp_sweep_plan_scenario(plan, 1, &scenario, &error), PP_EIO);
    assert_null(scenario);
    assert_non_null(strstr(error.message, "a file that it reads has changed"));
    pp_sweep_plan_destroy(plan);
    plan = load_plan(text);
    assert_string_not_equal(pp_sweep_plan_id(plan, 0), id);
    pp_sweep_plan_destroy(plan);
}

/// What a plan names is beside the plan, what the scenario names beside the scenario.
static void test_paths_are_relative_to_what_names_them(void **state)
{
    (void)state;
    static const char text[] = "scenario: ../book.yaml\n"
                               "designs: [{grid: {seed: [1]}}, {grid: {population.file: "
                               "[book.csv]}}]\n";
    static const char *const books[] = {"folder/../book.csv", "folder/book.csv"};
    char path[1100];
    pp_sweep_plan *plan;
    pp_problems problems;
    assert_int_equal(mkdir("folder", 0777), 0);
    write_text("book.yaml", BASE BOOK);
    write_text("book.csv", "p,a\n1,2\n");
    write_text("folder/plan.yaml", text);
    write_text("folder/book.csv", "p,a\n1,2\n");
    pp_status status = pp_sweep_plan_load("folder/plan.yaml", NULL, 0, &plan, &problems);
    assert_problems(&problems, (const char *[]){NULL}, text);
    assert_int_equal(status, PP_OK);
    for (size_t run = 0; run < 2; run++) {
        pp_scenario *scenario = scenario_of(plan, run);
        snprintf(path, sizeof path, "%s/%s", temp_directory, books[run]);
        assert_string_equal(scenario->book_source.file.text, path);
        pp_scenario_destroy(scenario);
    }
    pp_problems_destroy(&problems);
    pp_sweep_plan_destroy(plan);
    assert_int_equal(remove("folder/plan.yaml") | remove("folder/book.csv") | rmdir("folder"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_id_is_the_checksum_of_the_resolved_scenario),
        cmocka_unit_test(test_id_does_not_depend_on_how_values_came_about),
        cmocka_unit_test(test_id_changes_with_every_resolved_value),
        cmocka_unit_test(test_id_of_a_book_changes_with_its_bytes),
        cmocka_unit_test(test_paths_are_relative_to_what_names_them),
    };
    return cmocka_run_group_tests(tests, sweep_setup, temp_directory_remove);
}
