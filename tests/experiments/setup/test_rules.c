// Rules of a scenario, all found at once: those of keys, of keys together, of agents, of the
// population.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
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
        pp_scenario_load_checked(path, NULL, 0, pp_experiment_rules, NULL, &scenario, problems);
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

/// A default in the place of what was refused or mistyped is held against nothing; what is not in
/// doubt is held whatever else is wrong, also in the same section and the same firm.
static void test_rules_are_held_where_their_own_keys_are_sound(void **state)
{
    (void)state;
    static char no_such_agent[512];
    static const problem_case cases[] = {
        {"market: {roundz: 3, observe: own_rank}\n"
         "firms:\n"
         "  - agent: {kind: oracle, sees: rivals}\n"
         "  - agent: {kind: nul}\n"
         "    portfolio: {categories: [{name: a, target: 1, target_multiple: 2, where: [{feature: "
         "age, level: x}, {feature: aeg, level: x}]}]}\n"
         "    count: 2\n",
         {"s.yaml:1:10: market: unknown key 'roundz' (did you mean 'rounds'?)",
          "s.yaml:3:33: firms[0].agent: sees: rivals requires market.observe: all", no_such_agent,
          "s.yaml:5:68: firms[1].portfolio.categories[0]: give 'target' or 'target_multiple', not "
          "both",
          "s.yaml:5:89: firms[1].portfolio: feature 'age' is numeric: give lower and upper, not a "
          "level",
          ("s.yaml:5:115: firms[1].portfolio: there is no feature 'aeg' (there are: car_value, "
           "claims, years_driving, age, married, has_children, occupation, location)")}},
        {"market: {obsreve: own_rank}\nfirms: [{agent: {kind: oracle, sees: rivals}}]\n",
         {"s.yaml:1:10: market: unknown key 'obsreve' (did you mean 'observe'?)"}},
        {"market: 3\nfirms: [{agent: {kind: bellman, value: table}, portfolio: random}]\n",
         {"s.yaml:1:9: market: expected a map, not '3'"}},
        {"pricing: {bid_max: x, first_min: 3}\nfirms: [{agent: {kind: klq, cap_min: 9}, "
         "portfolio: random}]\n",
         {"s.yaml:1:20: pricing.bid_max: expected a number, not 'x'",
          "s.yaml:1:34: pricing: first_min 3 is above first_max 1.2"}},
    };
    int n = snprintf(no_such_agent, sizeof no_such_agent,
                     "s.yaml:4:19: firms[1].agent.kind: expected an agent (");
    for (size_t a = 0; pp_agent_classes[a]; a++)
        n += snprintf(no_such_agent + n, sizeof no_such_agent - (size_t)n, "%s%s", a ? ", " : "",
                      pp_agent_classes[a]->name);
    snprintf(no_such_agent + n, sizeof no_such_agent - (size_t)n,
             "), not 'nul' (did you mean 'null'?)");
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        pp_problems problems;
        assert_int_equal(check("s.yaml", cases[i].text, &problems), PP_ESCENARIO);
        assert_problems(&problems, cases[i].expected, cases[i].text);
        pp_problems_destroy(&problems);
    }
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

static void expect_of_a_program(pp_scenario *s, const char *message)
{
    pp_experiment *experiment;
    pp_error error = {0};
    assert_int_equal(pp_experiment_create(s, &experiment, &error), PP_ESCENARIO);
    assert_int_equal(error.status, PP_ESCENARIO);
    if (strncmp(error.message, message, strlen(message)) != 0)
        fail_msg("'%s' does not begin with '%s'", error.message, message);
    assert_null(experiment);
}

/// Rules that reading a file used to hold alone.
static void test_rules_of_features_categories_and_names_hold_without_a_file(void **state)
{
    (void)state;
    pp_scenario s;
    pp_category_config categories[] = {{.name = "a",
                                        .n_bounds = 1,
                                        .target = 5,
                                        .target_multiple = NAN,
                                        .bounds = {{.feature = "age", .lower = 3, .upper = 2}}},
                                       {.name = "a", .target = 5, .target_multiple = NAN}};
    pp_firm_config firms[] = {{.name = "one",
                               .agent = pp_agent_find("null"),
                               .portfolio = PP_PORTFOLIO_NAMED,
                               .n_categories = 2,
                               .categories = categories},
                              {.name = "one", .agent = pp_agent_find("null")}};
    pp_scenario_defaults(&s);
    s.n_firms = 2;
    s.firms = firms;
    s.population = PP_POPULATION_BOOK;
    s.book_source.n_features = PP_MAX_FEATURES + 1;
    expect_of_a_program(&s, "population.features: 257 features; from 1 to 256 are taken");
    s.book_source.n_features = 2;
    strcpy(s.book_source.features[0].name, "a");
    strcpy(s.book_source.features[1].name, "a");
    expect_of_a_program(&s, "population.features[1]: feature 'a' is given twice");
    s.population = PP_POPULATION_PUBLISHED;
    expect_of_a_program(&s, "firms[1]: another firm is called 'one' too");
    strcpy(firms[1].name, "two");
    expect_of_a_program(&s, "firms[0].portfolio.categories[0].where[0]: 'lower' is above 'upper'");
    categories[0].bounds[0].upper = 3;
    expect_of_a_program(&s, "firms[0].portfolio.categories[1]: another category is called 'a' too");
    strcpy(categories[1].name, "b");
    categories[1].target_multiple = 2;
    expect_of_a_program(
        &s, "firms[0].portfolio.categories[1]: give 'target' or 'target_multiple', not both");
}

/// Ranges that reading a file holds, of fields that a program fills itself.
static void test_rules_of_ranges_hold_without_a_file(void **state)
{
    (void)state;
    pp_scenario s;
    pp_category_config category = {.name = "a", .target = -5, .target_multiple = NAN};
    pp_firm_config firm = {.agent = pp_agent_find("null"), .n_categories = 1};
    firm.categories = &category;
    pp_scenario_defaults(&s);
    s.n_firms = 1;
    s.firms = &firm;
    expect_of_a_program(&s, "firms[0].name: a firm needs a name");
    strcpy(firm.name, "one");
    firm.portfolio = (pp_portfolio_kind)3;
    expect_of_a_program(&s, "firms[0].portfolio: 3 is unknown");
    firm.portfolio = PP_PORTFOLIO_NAMED;
    expect_of_a_program(&s, "firms[0].portfolio.categories[0]: target: -5 is out of range");
    category.target = 5;
    category.n_bounds = 1;
    category.bounds[0] = (pp_bound_config){.feature = "age", .lower = NAN, .upper = 3};
    expect_of_a_program(&s, "firms[0].portfolio.categories[0].where[0]: a limit is not a number");
    category.bounds[0].lower = 2;
    category.name[0] = 0;
    expect_of_a_program(&s, "firms[0].portfolio.categories[0]: a category needs a name");
    strcpy(category.name, "a");
    firm.explore = 5;
    expect_of_a_program(&s, "firms[0].explore: 5 is unknown");
    firm.explore = PP_EXPLORE_BURN_IN;
    s.run.first_trial = INT64_MAX;
    expect_of_a_program(&s, "run.first_trial: 9.223372036854776e+18 is out of range");
    s.run.first_trial = 0;
    s.published.driving_age = 50;
    expect_of_a_program(&s, "population.driving_age: 50 must be above the greatest age, 99");
    s.population = PP_POPULATION_BOOK;
    s.book.price_sensitivity = -1;
    expect_of_a_program(&s, "population: price_sensitivity: -1 is out of range");
    s.book.price_sensitivity = 1;
    s.book_source.n_features = 1;
    strcpy(s.book_source.features[0].name, "a");
    s.book_source.features[0].kind = (pp_feature_kind)99;
    expect_of_a_program(
        &s, "population.features[0]: a column of kind 99; it is numeric or categorical");
}

/// Parameters of the population that contradict each other, with line and key.
static void test_rules_of_the_population_are_found_by_check(void **state)
{
    (void)state;
    static const char text[] = "population: {driving_age: 50}\nfirms: [{agent: null}]\n";
    static const char *const expected[EXPECTED_MAX] = {
        "s.yaml:1:27: population.driving_age: 50 must be above the greatest age, 99"};
    pp_problems problems;
    assert_int_equal(check("s.yaml", text, &problems), PP_ESCENARIO);
    assert_problems(&problems, expected, text);
    pp_problems_destroy(&problems);
}

static void test_rules_a_mistake_hides_no_neighbour(void **state)
{
    (void)state;
    static const char text[] =
        "pricing: {bid_mxx: 2, bid_min: 1.5, bid_max: 1.2}\n"
        "firms:\n"
        "  - name: a\n"
        "    agent: {kind: klq, tempreture: 1, cap_min: 3, cap_max: 2}\n"
        "    portfolio:\n"
        "      categories:\n"
        "        - {name: x, target: -1, where: [{feature: age, lower: 5, upper: 3}]}\n"
        "        - {name: x, targt: 3, where: [{feature: agx, upper: abc}]}\n"
        "        - {nam: y, where: [{feature: age}, {featur: age, lower: 1}]}\n"
        "  - {name: a-2, agent: null, explore: 7}\n"
        "  - {name: a, agent: null, count: 12}\n";
    static const char *const expected[EXPECTED_MAX] = {
        "s.yaml:1:11: pricing: unknown key 'bid_mxx' (did you mean 'bid_max'?)",
        "s.yaml:1:32: pricing: bid_min 1.5 is above bid_max 1.2",
        "s.yaml:3:3: choice: 14 firms need success_rate below 1/14; it is 0.1",
        "s.yaml:4:24: firms[0].agent: unknown key 'tempreture' (did you mean 'temperature'?)",
        "s.yaml:4:48: firms[0].agent: cap_min: 3 is above cap_max, 2",
        ("s.yaml:7:29: firms[0].portfolio.categories[0].target: -1 is out of range "
         "([0, 1000000000000])"),
        "s.yaml:7:63: firms[0].portfolio.categories[0].where[0]: 'lower' is above 'upper'",
        "s.yaml:8:18: firms[0].portfolio.categories[1]: another category is called 'x' too",
        ("s.yaml:8:21: firms[0].portfolio.categories[1]: unknown key 'targt' (did you mean "
         "'target'?)"),
        ("s.yaml:8:49: firms[0].portfolio: there is no feature 'agx' (there are: car_value, "
         "claims, years_driving, age, married, has_children, occupation, location)"),
        ("s.yaml:8:61: firms[0].portfolio.categories[1].where[0].upper: expected a number, not "
         "'abc'"),
        "s.yaml:9:12: firms[0].portfolio.categories[2]: unknown key 'nam' (did you mean 'name'?)",
        ("s.yaml:9:28: firms[0].portfolio.categories[2].where[0]: give 'lower', 'upper' or "
         "'level'"),
        ("s.yaml:9:45: firms[0].portfolio.categories[2].where[1]: unknown key 'featur' (did you "
         "mean 'feature'?)"),
        "s.yaml:10:39: firms[1].explore: expected one of burn_in, always, not '7'",
        "s.yaml:11:5: firms[2]: another firm is called 'a-2' too"};
    pp_problems problems;
    assert_int_equal(check("s.yaml", text, &problems), PP_ESCENARIO);
    assert_problems(&problems, expected, text);
    pp_problems_destroy(&problems);
}

/// What the first firm corrects by with these --set, or the status.
static int correction_with(const char *firm, const char *first, const char *second)
{
    pp_scenario *scenario;
    pp_problems problems;
    char path[512];
    const char *const sets[] = {first, second};
    snprintf(path, sizeof path, "%s", temp_path("cost.yaml"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "firms:\n  - {agent: null, %s}\n  - {agent: null}\n", firm);
    fclose(file);
    size_t n = (first != NULL) + (second != NULL);
    pp_status status =
        pp_scenario_load_checked(path, sets, n, pp_experiment_rules, NULL, &scenario, &problems);
    int kind = status == PP_OK ? scenario->firms[0].correction.kind : -(int)status;
    pp_scenario_destroy(scenario);
    pp_problems_destroy(&problems);
    return kind;
}

static void test_rules_of_cost_and_correction_the_later_counts(void **state)
{
    (void)state;
    static const char tilt[] = "correction: {kind: tilt, variance: 0.01}";
    assert_int_equal(correction_with("name: a", NULL, NULL), PP_CORRECTION_NONE);
    assert_int_equal(correction_with("cost: given_sale", NULL, NULL), PP_CORRECTION_TILT);
    assert_int_equal(correction_with(tilt, NULL, NULL), PP_CORRECTION_TILT);
    assert_int_equal(correction_with("cost: booked, correction: {kind: tilt}", NULL, NULL),
                     -(int)PP_ESCENARIO);
    assert_int_equal(correction_with(tilt, "firms.0.cost=booked", NULL), PP_CORRECTION_NONE);
    assert_int_equal(correction_with(tilt, "firms.0.correction.kind=none", NULL),
                     PP_CORRECTION_NONE);
    assert_int_equal(correction_with(tilt, "firms.0.correction.kind=offers", NULL),
                     PP_CORRECTION_OFFERS);
    assert_int_equal(correction_with("cost: given_sale", "firms.0.correction.kind=none", NULL),
                     PP_CORRECTION_NONE);
    assert_int_equal(correction_with("cost: given_sale", "firms.0.correction.kind=load",
                                     "firms.0.correction.load=0.02"),
                     PP_CORRECTION_LOAD);
    assert_int_equal(
        correction_with("cost: booked, correction: {kind: none}", "firms.0.cost=given_sale", NULL),
        PP_CORRECTION_TILT);
    assert_int_equal(correction_with("correction: {kind: load}", NULL, NULL), -(int)PP_ESCENARIO);
    assert_int_equal(correction_with("cost: given_sale", "market.cost_from=burn_in", NULL),
                     -(int)PP_ESCENARIO);
    assert_int_equal(correction_with("cost: given_sale", "market.observe=own_rank", NULL),
                     -(int)PP_ESCENARIO);
}

static void test_rules_what_an_alias_repeats_is_one_mistake(void **state)
{
    (void)state;
    static const char text[] = "firms:\n"
                               "  - &f {name: a, agent: null, explore: 7}\n"
                               "  - *f\n";
    static const char *const expected[EXPECTED_MAX] = {
        "s.yaml:2:40: firms[0].explore: expected one of burn_in, always, not '7'"};
    pp_problems problems;
    assert_int_equal(check("s.yaml", text, &problems), PP_ESCENARIO);
    assert_problems(&problems, expected, text);
    pp_problems_destroy(&problems);
}

/// Each column that is wrong is named where the scenario names it.
static void test_rules_of_a_book_name_file_line_and_key(void **state)
{
    (void)state;
    static const char text[] =
        "population: {kind: book, file: b.csv, pure_premium: pp, features: [age, {name: fuel, "
        "kind: categorical}, nix]}\n"
        "firms: [{agent: null}]\n";
    char age[512], fuel[512], nix[512];
    FILE *book = fopen(temp_path("b.csv"), "w");
    assert_non_null(book);
    fprintf(book, "pp,age,fuel\n100,30,petrol\n200,abc,%0130d\n", 1);
    fclose(book);
    snprintf(age, sizeof age,
             "s.yaml:1:68: population.features[0]: %s/b.csv:3: column 'age': 'abc' is not a number",
             temp_directory);
    snprintf(fuel, sizeof fuel,
             "s.yaml:1:73: population.features[1]: %s/b.csv:3: column 'fuel': the level "
             "'%040d...' is longer than 90 bytes",
             temp_directory, 0);
    snprintf(nix, sizeof nix,
             "s.yaml:1:106: population.features[2]: %s/b.csv: no column 'nix'; there are: pp, age, "
             "fuel",
             temp_directory);
    const char *const expected[EXPECTED_MAX] = {age, fuel, nix};
    pp_problems problems;
    assert_int_equal(check("s.yaml", text, &problems), PP_EFORMAT);
    assert_problems(&problems, expected, text);
    pp_problems_destroy(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_a_mistake_hides_no_neighbour),
        cmocka_unit_test(test_rules_of_cost_and_correction_the_later_counts),
        cmocka_unit_test(test_rules_what_an_alias_repeats_is_one_mistake),
        cmocka_unit_test(test_rules_of_a_book_name_file_line_and_key),
        cmocka_unit_test(test_rules_five_kinds_of_mistake_are_five_problems),
        cmocka_unit_test(test_rules_oracle_that_does_not_observe_enough_is_found_before_the_run),
        cmocka_unit_test(test_rules_features_that_share_a_column_of_quotes_are_found),
        cmocka_unit_test(test_rules_of_a_scenario_without_a_file_name_the_key),
        cmocka_unit_test(test_rules_are_held_where_their_own_keys_are_sound),
        cmocka_unit_test(test_rules_of_features_categories_and_names_hold_without_a_file),
        cmocka_unit_test(test_rules_of_ranges_hold_without_a_file),
        cmocka_unit_test(test_rules_of_the_population_are_found_by_check),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
