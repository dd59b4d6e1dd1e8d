/// @file
/// experiments/sweep/plan/plan.h: everything that can be wrong with a plan, and with its runs.
#include "tests/support/sweep_fixture.h"

static void expect(pp_status expected, const problem_case *c, const char *const *sets,
                   size_t n_sets)
{
    pp_sweep_plan *plan;
    pp_problems problems;
    write_text("plan.yaml", c->text);
    pp_status status = pp_sweep_plan_load("plan.yaml", sets, n_sets, &plan, &problems);
    assert_problems(&problems, c->expected, c->text);
    assert_int_equal(status, expected);
    assert_null(plan);
    pp_problems_destroy(&problems);
}

#define GRID(text)  PLAN "designs: {grid: {" text "}}\n"
#define LATIN(text) PLAN "designs: {latin_hypercube: {runs: 4, over: {" text "}}}\n"

static const problem_case wrong_plans[] = {
    {"", {"plan.yaml:1:1: nothing in it"}},
    {"[1]\n", {"plan.yaml:1:1: expected a map, not a list"}},
    {"a: {b\n",
     {"plan.yaml:2:1: malformed YAML: did not find expected ',' or '}', while parsing a flow "
      "mapping"}},
    {"name: x\n", {"plan.yaml:1:1: 'scenario' is missing", "plan.yaml:1:1: 'designs' is missing"}},
    {PLAN "desings: {grid: {seed: [1]}}\n",
     {"plan.yaml:2:1: unknown key 'desings' (did you mean 'designs'?)"}},
    {"scenario: ''\ndesigns: {grid: {seed: [1]}}\n",
     {"plan.yaml:1:11: scenario: must not be empty"}},
    {PLAN "designs:\n", {"plan.yaml:2:9: designs: expected a list of designs, not nothing"}},
    {PLAN "designs: []\n",
     {"plan.yaml:2:10: designs: expected a list of designs, not an empty one"}},
    {PLAN "designs: grid\n", {"plan.yaml:2:10: designs: expected a list of designs, not 'grid'"}},
    {PLAN "designs: [grid]\n", {"plan.yaml:2:11: designs: expected a map of keys, not 'grid'"}},
    {PLAN "designs: [{}]\n", {"plan.yaml:2:11: designs: nothing in it: give at least one key"}},
    {PLAN "designs: {gird: {seed: [1]}}\n",
     {"plan.yaml:2:11: designs: unknown key 'gird' (did you mean 'grid'?)"}},
    {PLAN "designs: {grid: {seed: [1]}, grid: {trials: [1]}}\n",
     {"plan.yaml:2:30: duplicate key 'grid', first given in line 2"}},
    {PLAN "set: [trials]\ndesigns: {grid: {seed: [1]}}\n",
     {"plan.yaml:2:6: set: expected a map of keys, not a list"}},
    {PLAN "set: {a..b: 1, 'firms[0]': 2, firms.9.agent: 3}\ndesigns: {grid: {seed: [1]}}\n",
     {"plan.yaml:2:7: a..b: an empty key in the path",
      "plan.yaml:2:16: firms[0]: write firms.0, not firms[0]",
      "plan.yaml:2:31: firms.9.agent: index 9 is out of range: 'firms' has 2 entries"}},
    {PLAN "set: {trials: 4, firms.0.agent.temperature: 3}\n"
          "designs: {grid: {trials: [1, 2], firms.0.agent: [klq]}}\n",
     {"plan.yaml:2:7: trials: 'trials' is swept: it cannot be set for every run",
      "plan.yaml:2:18: firms.0.agent.temperature: within 'firms.0.agent', which is swept and would "
      "replace it"}},
    {GRID(""), {"plan.yaml:2:17: grid: nothing in it: give at least one key"}},
    {GRID("seed: []"), {"plan.yaml:2:24: seed: an empty list: give at least one value"}},
    {GRID("seed: 3"),
     {"plan.yaml:2:24: seed: expected a list of values or a range {from, to, steps}, not '3'"}},
    {GRID("firms.0.agent: {kind: klq}"),
     {"plan.yaml:2:33: firms.0.agent: expected a list of values or a range {from, to, steps}, not "
      "a "
      "map"}},
    {GRID("a..b: [1]"), {"plan.yaml:2:18: a..b: an empty key in the path"}},
    {GRID("firms.00.name: [a]"), {"plan.yaml:2:18: firms.00.name: an index with leading zeros"}},
    {GRID("seed: {from: 1, to: 9}"), {"plan.yaml:2:24: seed: 'steps' is missing"}},
    {GRID("seed: {from: 1, steps: 2, too: 2}"),
     {"plan.yaml:2:44: seed: unknown key 'too' (did you mean 'to'?)"}},
    {GRID("seed: {from: 1, to: 9, steps: 0}"),
     {"plan.yaml:2:48: seed.steps: 0 is out of range ([1, 1000000])"}},
    {GRID("seed: {from: 1, to: 9, steps: 1}"),
     {"plan.yaml:2:24: seed: 1 step cannot take both 'from' and 'to'"}},
    {GRID("seed: {from: 1, to: 1, steps: 3}"),
     {"plan.yaml:2:24: seed: too many steps: some values would be the same"}},
    {GRID("seed: {from: .nan, to: .inf, steps: 3}"),
     {"plan.yaml:2:31: seed.from: expected a number, not '.nan'",
      "plan.yaml:2:41: seed.to: expected a number, not '.inf'"}},
    {GRID("seed: {from: 0, to: -1, steps: 2, scale: log}"),
     {"plan.yaml:2:31: seed: scale: log needs 'from' above 0",
      "plan.yaml:2:38: seed: scale: log needs 'to' above 0"}},
    {GRID("seed: {from: 1, to: 2, steps: 2, scale: logarithm}"),
     {"plan.yaml:2:58: seed.scale: expected one of linear, log, not 'logarithm'"}},
    {GRID("seed: {from: 1, to: 1001, steps: 1001}, trials: {from: 1, to: 1000, "
          "steps: 1000}"),
     {"plan.yaml:2:10: designs: more than 1000000 runs"}},
    {PLAN
     "designs:\n"
     "  - grid: {seed: {from: 1, to: 600, steps: 600}, trials: {from: 1, to: 1000, steps: 1000}}\n"
     "  - grid: {seed: {from: 1, to: 600, steps: 600}, trials: {from: 1, to: 1000, steps: 1000}}\n",
     {"plan.yaml:3:3: designs: 1200000 runs; at most 1000000 are taken"}},
    {PLAN "designs: {zip: {seed: [1, 2], trials: [1, 2, 3]}}\n",
     {"plan.yaml:2:39: trials: 3 values; the keys of a zip before it have 2"}},
    {PLAN "designs: {zip: [seed]}\n", {"plan.yaml:2:16: zip: expected a map of keys, not a list"}},
    {PLAN "designs: {list: {seed: 1}}\n",
     {"plan.yaml:2:17: list: expected a list of maps, one for each run, not a map"}},
    {PLAN "designs: {list: []}\n",
     {"plan.yaml:2:17: list: expected a list of maps, one for each run, not an empty one"}},
    {PLAN "designs:\n  list:\n    - {seed: 1, trials: 2}\n    - {seed: 1, trails: 2}\n    - 3\n",
     {"plan.yaml:5:7: list: 'trials' is missing: all items set the same keys",
      "plan.yaml:5:17: list: the first item does not set 'trails': all items set the same keys",
      "plan.yaml:6:7: list: expected a map of keys, not '3'"}},
    {PLAN "designs:\n  grid: {seed: [1]}\n  zip: {seed: [2], trials: [3]}\n",
     {"plan.yaml:4:9: seed: in another part of this design too, in line 3"}},
    {PLAN "designs: {latin_hypercube: {over: {seed: {from: 1, to: 2}}, seed: -1}}\n",
     {"plan.yaml:2:28: latin_hypercube: 'runs' is missing",
      "plan.yaml:2:67: latin_hypercube.seed: -1 is out of range ([0, 9007199254740992])"}},
    {PLAN "designs: {latin_hypercube: {runs: 0, skip: 1}}\n",
     {"plan.yaml:2:28: latin_hypercube: 'over' is missing",
      "plan.yaml:2:35: latin_hypercube.runs: 0 is out of range ([1, 1000000])",
      "plan.yaml:2:38: latin_hypercube: unknown key 'skip'"}},
    {PLAN "designs: {latin_hypercube: 3}\n",
     {"plan.yaml:2:28: latin_hypercube: expected a map, not '3'"}},
    {LATIN(""), {"plan.yaml:2:44: latin_hypercube.over: expected ranges by key, not an empty map"}},
    {LATIN("seed: [1, 2]"),
     {"plan.yaml:2:51: latin_hypercube.over.seed: expected a map, not a list"}},
    {LATIN("seed: {from: 2, to: 2}"),
     {"plan.yaml:2:65: latin_hypercube.over.seed: 'to' must be above 'from'"}},
    {LATIN("seed: {from: 1, to: 2, steps: 3}"),
     {"plan.yaml:2:68: latin_hypercube.over.seed: unknown key 'steps'"}},
    {PLAN "designs: {sobol: {runs: 1000001, over: {seed: {from: 1, to: 2}}}}\n",
     {"plan.yaml:2:25: sobol.runs: 1000001 is out of range ([1, 1000000])"}},
};

static void test_wrong_plan_names_every_problem(void **state)
{
    (void)state;
    for (size_t i = 0; i < PP_COUNT(wrong_plans); i++)
        expect(PP_ESCENARIO, &wrong_plans[i], NULL, 0);
}

static const problem_case wrong_runs[] = {
    // Of two seeds and two temperatures one temperature is wrong.
    {GRID("firms.0.agent.temperature: [-1, 1], seed: [1, 2]"),
     {"plan.yaml:2:46: firms[0].agent.temperature: -1 is out of range ([0, 1000000000000]); in 2 "
      "runs, the first with firms.0.agent.temperature = -1, seed = 1"}},
    {GRID("firms.0.agent.temperature: [a], seed: [1, 2]"),
     {"plan.yaml:2:46: firms[0].agent.temperature: expected a number, not 'a'"}},
    {GRID("firms.0.agent.temprature: [1, 2]"),
     {"plan.yaml:2:18: firms[0].agent: unknown key 'temprature' (did you mean 'temperature'?)"}},
    {GRID("firms.7.agent: [klq, null]"),
     {"plan.yaml:2:18: firms.7.agent: index 7 is out of range: 'firms' has 2 entries"}},
    {GRID("seed.x: [1]"), {"plan.yaml:2:18: seed.x: 'seed' has no keys of its own"}},
    {GRID("seed: {from: 1, to: 4, steps: 3}"),
     {"plan.yaml:2:24: seed: expected a whole number, not '2.5'; in the run with seed = 2.5"}},
    // A range that is not written in whole numbers is not made one of them.
    {PLAN "designs: {sobol: {runs: 1, over: {market.rounds: {from: 10, to: 20.5}}}}\n",
     {"plan.yaml:2:50: market.rounds: expected a whole number, not '15.25'"}},
    // Found where the scenario says it, made by a value of the plan.
    {GRID("firms.1.count: [3, 12]"),
     {"plan.yaml:2:37: base.yaml:4:3: choice: 13 firms need success_rate below 1/13; it is 0.1; in "
      "the run "
      "with "
      "firms.1.count = 12"}},
    {PLAN "set: {firms.0.agnt: klq}\ndesigns: {grid: {seed: [1, 2, 3]}}\n",
     {"plan.yaml:2:7: firms[0]: unknown key 'agnt' (did you mean 'agent'?)"}},
};

static void test_wrong_run_is_told_once_where_the_plan_makes_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < PP_COUNT(wrong_runs); i++)
        expect(PP_ESCENARIO, &wrong_runs[i], NULL, 0);
}

/// Values of a range make every message another; three of a place are enough.
static void test_wrong_range_is_told_three_times(void **state)
{
    (void)state;
    pp_sweep_plan *plan;
    pp_problems problems;
    write_text("plan.yaml",
               PLAN "designs: {latin_hypercube: {runs: 500, over: {choice.success_rate: "
                    "{from: 2, to: 3}}}}\n");
    assert_int_equal(pp_sweep_plan_load("plan.yaml", NULL, 0, &plan, &problems), PP_ESCENARIO);
    assert_null(plan);
    assert_int_equal(problems.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_equal(strstr(problems.text[i], "plan.yaml:2:68: choice.success_rate: 2."),
                         problems.text[i]);
        assert_non_null(strstr(problems.text[i], "; in the run with choice.success_rate = 2."));
    }
    assert_non_null(strstr(problems.text[2], "; and in 497 more runs the like of it"));
    pp_problems_destroy(&problems);
}

static void test_wrong_edit_of_the_command_line_is_its_own(void **state)
{
    (void)state;
    static const char *const sets[] = {"trials", "seed=x", "market.rounds=3", "title=a"};
    static const problem_case swept = {
        GRID("trials: [1], seed: [1, 2], market: [{rounds: 3}]"),
        {"--set seed=x: 'seed' is swept: it cannot be set for every run",
         "--set market.rounds=3: within 'market', which is swept and would replace it"}};
    static const problem_case syntax = {GRID("seed: [1]"), {"--set trials: write KEY.PATH=VALUE"}};
    static const problem_case value = {GRID("trials: [1, 2]"),
                                       {"--set seed=x: seed: expected a whole number, not 'x'"}};
    expect(PP_ESCENARIO, &swept, sets + 1, 3);
    expect(PP_ESCENARIO, &syntax, sets, 1);
    expect(PP_ESCENARIO, &value, sets + 1, 1);
}

static void test_scenario_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    static const problem_case missing = {"scenario: no.yaml\ndesigns: {grid: {seed: []}}\n",
                                         {"plan.yaml:1:11: scenario: 'no.yaml' cannot be read: No "
                                          "such file or directory",
                                          "plan.yaml:2:24: seed: an empty list: give at least one "
                                          "value"}};
    static const problem_case malformed = {
        "scenario: bad.yaml\ndesigns: {grid: {seed: [1]}}\n",
        {"bad.yaml:1:5: malformed YAML: mapping values are not allowed in this context"}};
    static const problem_case list = {"scenario: list.yaml\ndesigns: {grid: {seed: [1]}}\n",
                                      {"list.yaml:1:1: expected a map of keys, not a list"}};
    write_text("bad.yaml", "a: b: c\n");
    write_text("list.yaml", "[1]\n");
    expect(PP_EIO, &missing, NULL, 0);
    expect(PP_ESCENARIO, &malformed, NULL, 0);
    expect(PP_ESCENARIO, &list, NULL, 0);
}

static void test_plan_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    pp_sweep_plan *plan;
    pp_problems problems;
    assert_int_equal(pp_sweep_plan_load("none.yaml", NULL, 0, &plan, &problems), PP_EIO);
    assert_problems(&problems,
                    (const char *[]){"none.yaml: cannot be read: No such file or directory", NULL},
                    "none.yaml");
    assert_null(plan);
    pp_problems_destroy(&problems);
}

static void test_book_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    char text[1200], expected[2][2400];
    write_text("book.yaml",
               BASE "population: {kind: book, file: no.csv, pure_premium: p, features: "
                    "[a]}\n");
    snprintf(text, sizeof text,
             "scenario: book.yaml\ndesigns: {grid: {population.file: [no.csv, "
             "'%s']}}\n",
             temp_directory);
    snprintf(expected[0], sizeof *expected,
             "plan.yaml:2:36: population.file: cannot open '%s/no.csv': No such file or directory; "
             "in the run with population.file = no.csv",
             temp_directory);
    snprintf(expected[1], sizeof *expected,
             "plan.yaml:2:44: population.file: '%s' is no regular file; in the run with "
             "population.file = %s",
             temp_directory, temp_directory);
    const problem_case c = {text, {expected[0], expected[1]}};
    expect(PP_EIO, &c, NULL, 0);
}

static void test_rules_of_the_population_hold_for_each_run(void **state)
{
    (void)state;
    FILE *book = fopen(temp_path("two.csv"), "w");
    assert_non_null(book);
    fputs("p,age,fuel\n100,30,petrol\n200,40,diesel\n", book);
    fclose(book);
    write_text("two.yaml", "population: {kind: book, file: two.csv, pure_premium: p, features: "
                           "[age, {name: fuel, kind: categorical}]}\n"
                           "firms:\n"
                           "  - {agent: null, portfolio: {categories: [{name: x, where: "
                           "[{feature: fuel, level: petrol}]}]}}\n");
    static const problem_case level = {
        "scenario: two.yaml\n"
        "designs: {grid: {seed: [1, 2], firms.0.portfolio.categories.0.where.0.level: [petrol, "
        "desel]}}\n",
        {"plan.yaml:2:87: firms[0].portfolio: feature 'fuel' has no level 'desel' (it has: diesel, "
         "petrol); in 2 runs, the first with seed = 1, "
         "firms.0.portfolio.categories.0.where.0.level = desel"}};
    expect(PP_ESCENARIO, &level, NULL, 0);
}

static void test_too_many_keys_are_refused(void **state)
{
    (void)state;
    enum { N = 41 };
    char text[4096] = PLAN "designs: {sobol: {runs: 1, over: {";
    for (int i = 0; i < N; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%sa.b%d: {from: 0, to: 1}", i ? ", " : "", i);
    }
    strcat(text, "}}}\n");
    const problem_case c = {
        text, {"plan.yaml:2:34: sobol.over: 41 keys; Sobol's sequence has at most 40"}};
    expect(PP_ESCENARIO, &c, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_plan_names_every_problem),
        cmocka_unit_test(test_wrong_run_is_told_once_where_the_plan_makes_it),
        cmocka_unit_test(test_wrong_range_is_told_three_times),
        cmocka_unit_test(test_wrong_edit_of_the_command_line_is_its_own),
        cmocka_unit_test(test_scenario_that_cannot_be_read_is_named),
        cmocka_unit_test(test_plan_that_cannot_be_read_is_named),
        cmocka_unit_test(test_book_that_cannot_be_read_is_named),
        cmocka_unit_test(test_rules_of_the_population_hold_for_each_run),
        cmocka_unit_test(test_too_many_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, sweep_setup, temp_directory_remove);
}
