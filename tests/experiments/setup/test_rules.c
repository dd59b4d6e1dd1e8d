// Rules of a scenario, all found at once: those of keys, of keys together, of agents, of the
// population.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "experiments/setup/experiment.h"
#include "tests/support/problems.h"
#include "tests/support/temp_directory.h"

/// The problems of a text under a name in the temporary directory, without that directory.
static pp_status check(const char *name, const char *text, pp_problems *problems)
{
    pp_scenario *scenario;
    char path[512];
    snprintf(path, sizeof path, "%s", temp_path(name));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    pp_status status =
        pp_scenario_load_checked(path, NULL, 0, pp_experiment_rules, &scenario, problems);
    size_t folder = strlen(path) - strlen(name);
    for (size_t i = 0; i < problems->n; i++)
        memmove(problems->text[i], problems->text[i] + folder,
                strlen(problems->text[i] + folder) + 1);
    pp_scenario_destroy(scenario);
    return status;
}

static void test_rules_five_kinds_of_mistake_are_five_problems(void **state)
{
    (void)state;
    static const char text[] =
        "sede: 4\n"
        "market: {rounds: 0}\n"
        "pricing: {bid_min: 3, bid_max: 2}\n"
        "firms:\n"
        "  - agent: {kind: klq, cap_min: 1.5, cap_max: 1.2}\n"
        "    portfolio: random\n"
        "  - agent: null\n"
        "    portfolio: {categories: [{name: young, where: [{feature: aeg, upper: 29}]}]}\n"
        "    count: 2\n";
    static const char *const expected[EXPECTED_MAX] = {
        "s.yaml:1:1: unknown key 'sede' (did you mean 'seed'?)",
        "s.yaml:2:18: market.rounds: 0 is out of range ([1, 1000000000])",
        "s.yaml:3:20: pricing: bid_min 3 is above bid_max 2",
        "s.yaml:5:33: firms[0].agent: cap_min: 1.5 is above cap_max, 1.2",
        ("s.yaml:8:62: firms[1].portfolio: there is no feature 'aeg' (there are: car_value, "
         "claims, years_driving, age, married, has_children, occupation, location)")};
    pp_problems problems;
    assert_int_equal(check("s.yaml", text, &problems), PP_ESCENARIO);
    assert_problems(&problems, expected, text);
    pp_problems_destroy(&problems);
}

static void test_rules_oracle_that_does_not_observe_enough_is_found_before_the_run(void **state)
{
    (void)state;
    static const char text[] = "market: {observe: own_rank}\n"
                               "firms: [{agent: {kind: oracle, sees: rivals}}, {agent: null}]\n";
    static const char *const expected[EXPECTED_MAX] = {
        "s.yaml:2:38: firms[0].agent: sees: rivals requires market.observe: all"};
    pp_problems problems;
    assert_int_equal(check("s.yaml", text, &problems), PP_ESCENARIO);
    assert_problems(&problems, expected, text);
    pp_problems_destroy(&problems);
}

static void test_rules_features_that_share_a_column_of_quotes_are_found(void **state)
{
    (void)state;
    static const char text[] = "results: {quotes_every: 10}\n"
                               "population:\n"
                               "  kind: book\n"
                               "  file: book.csv\n"
                               "  pure_premium: premium\n"
                               "  features: [round, round_feature]\n"
                               "firms: [{agent: null, count: 2}]\n";
    static const char *const expected[EXPECTED_MAX] = {
        "s.yaml:6:21: population.features: 'round' and 'round_feature' would both be column "
        "'round_feature' of /quotes"};
    pp_problems problems;
    FILE *book = fopen(temp_path("book.csv"), "w");
    assert_non_null(book);
    fputs("round,round_feature,premium\n1,2,300\n2,3,400\n", book);
    fclose(book);
    assert_int_equal(check("s.yaml", text, &problems), PP_ESCENARIO);
    assert_problems(&problems, expected, text);
    pp_problems_destroy(&problems);
    // Without a record of quotes there is no such column.
    assert_int_equal(check("s.yaml", strchr(text, '\n') + 1, &problems), PP_OK);
    pp_problems_destroy(&problems);
}

/// What a program gets wrong is reported by key path, in the same words, with one status.
static void test_rules_of_a_scenario_without_a_file_name_the_key(void **state)
{
    (void)state;
    pp_scenario s;
    pp_firm_config firm = {.name = "only", .agent = pp_agent_find("null")};
    pp_experiment *experiment;
    pp_error error = {0};
    pp_scenario_defaults(&s);
    s.n_firms = 1;
    s.firms = &firm;
    s.pricing.bid_min = 3;
    assert_int_equal(pp_experiment_create(&s, &experiment, &error), PP_ESCENARIO);
    assert_int_equal(error.status, PP_ESCENARIO);
    assert_string_equal(error.message, "pricing: bid_min 3 is above bid_max 2");
    assert_null(experiment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_five_kinds_of_mistake_are_five_problems),
        cmocka_unit_test(test_rules_oracle_that_does_not_observe_enough_is_found_before_the_run),
        cmocka_unit_test(test_rules_features_that_share_a_column_of_quotes_are_found),
        cmocka_unit_test(test_rules_of_a_scenario_without_a_file_name_the_key),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
