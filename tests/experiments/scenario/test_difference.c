/// Which changes of a scenario make it another problem.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/difference.h"
#include "experiments/scenario/parts.h"

static const char base_text[] = "title: One\n"
                                "market: {rounds: 60}\n"
                                "firms:\n"
                                "  - agent: baseline\n"
                                "    portfolio: random\n"
                                "  - {agent: null, count: 2}\n"
                                "  - agent: baseline\n"
                                "    portfolio: {categories: [{name: young, target: 5, where: "
                                "[{feature: age, upper: 29}]}]}\n";

/// The scenario resolved after one --set, or none; malloc'd.
static char *resolved(const char *set)
{
    pp_scenario *scenario = NULL;
    pp_problems problems = {0};
    pp_status status = pp_scenario_read("s.yaml", base_text, strlen(base_text), &set, set != NULL,
                                        &scenario, &problems);
    if (status != PP_OK)
        fail_msg("%s: %s", set ? set : "", problems.n ? problems.text[0] : "no problem named");
    char *text = pp_scenario_yaml(scenario);
    assert_non_null(text);
    pp_problems_destroy(&problems);
    pp_scenario_destroy(scenario);
    return text;
}

static bool differs(const char *set, pp_scenario_difference *difference)
{
    char *base = resolved(NULL), *other = resolved(set);
    bool found = pp_scenario_difference_find(base, other, difference);
    free(base);
    free(other);
    return found;
}

static void test_difference_of_what_may_differ_is_none(void **state)
{
    (void)state;
    static const char *const sets[] = {
        NULL,
        "title=Two",
        "trials=3",
        "first_trial=100",
        "results.quotes_every=7",
        "firms.0.agent=null",
        "firms.0.agent.b=0.05",
        "firms.2.agent=null",
        "firms.0.name=ours",
        "firms.1.explore=always",
    };
    for (size_t i = 0; i < PP_COUNT(sets); i++) {
        pp_scenario_difference difference;
        if (differs(sets[i], &difference))
            fail_msg("%s: '%s' and '%s'", sets[i], difference.base, difference.other);
        assert_string_equal(difference.base, "");
        assert_string_equal(difference.other, "");
    }
}

static void test_difference_of_problems_is_the_first_line(void **state)
{
    (void)state;
    static const struct {
        const char *set, *base, *other;
    } cases[] = {
        {"seed=2", "seed: 1", "seed: 2"},
        {"market.rounds=90", "market.rounds: 60", "market.rounds: 90"},
        {"population.claim_frequency=0.3",
         "population.claim_frequency: ", "population.claim_frequency: 0.3"},
        {"pricing.conversion=mlp", "pricing.conversion: \"logistic\"",
         "pricing.conversion: \"mlp\""},
        {"firms.1.limits.step=5", "firms[1].limits.step: null", "firms[1].limits.step: 5"},
        {"firms.1.portfolio=random", "firms[1].portfolio: none", "firms[1].portfolio: random"},
        {"firms.2.portfolio.categories.0.target=6", "firms[3].portfolio.categories[0].target: 5",
         "firms[3].portfolio.categories[0].target: 6"},
        {"firms.2.portfolio.categories.0.name=old",
         "firms[3].portfolio.categories[0].name: \"young\"",
         "firms[3].portfolio.categories[0].name: \"old\""},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        pp_scenario_difference difference;
        if (!differs(cases[i].set, &difference))
            fail_msg("%s: no difference", cases[i].set);
        if (strncmp(difference.base, cases[i].base, strlen(cases[i].base)) != 0 ||
            strcmp(difference.other, cases[i].other) != 0)
            fail_msg("%s: '%s' and '%s'", cases[i].set, difference.base, difference.other);
    }
}

static void test_difference_where_one_text_ends_is_empty(void **state)
{
    (void)state;
    pp_scenario_difference difference;
    assert_true(pp_scenario_difference_find("a: 1\nb: 2\n", "a: 1", &difference));
    assert_string_equal(difference.base, "b: 2");
    assert_string_equal(difference.other, "");
    assert_true(pp_scenario_difference_find("{}", "firms: 2\n", &difference));
    assert_string_equal(difference.base, "");
    assert_string_equal(difference.other, "firms: 2");
    assert_false(pp_scenario_difference_find("", "", &difference));
    assert_false(pp_scenario_difference_find("a: 1\n", "a: 1", &difference));
}

static void test_difference_key_in_another_section_counts(void **state)
{
    (void)state;
    pp_scenario_difference difference;
    assert_true(
        pp_scenario_difference_find("market:\n  file: 1\n", "market:\n  file: 2\n", &difference));
    assert_string_equal(difference.other, "market.file: 2");
    assert_false(pp_scenario_difference_find("population:\n  file: 1\n", "population:\n  file: 2\n",
                                             &difference));
    assert_true(pp_scenario_difference_find("x:\n  trials: 1\n", "x:\n  trials: 2\n", &difference));
}

/// Files of version 0.1 know no limits.
static void test_difference_of_no_limits_and_none_spelt_out_is_none(void **state)
{
    (void)state;
    static const char old[] = "firms:\n- name: a\n";
    pp_scenario_difference difference;
    assert_false(pp_scenario_difference_find(
        old, "firms:\n- name: a\n  limits: {step: null, min_premium: null}\n", &difference));
    assert_true(pp_scenario_difference_find(
        old, "firms:\n- name: a\n  limits: {step: 5, min_premium: null}\n", &difference));
    assert_string_equal(difference.other, "firms[0].limits: a map of 2");
}

static void test_difference_in_a_long_line_is_cut(void **state)
{
    (void)state;
    char base[2000], other[2000];
    memset(base, 'x', sizeof base);
    memset(other, 'x', sizeof other);
    base[sizeof base - 1] = other[sizeof other - 1] = '\0';
    other[sizeof other - 2] = 'y';
    pp_scenario_difference difference;
    assert_true(pp_scenario_difference_find(base, other, &difference));
    assert_int_equal(strlen(difference.base), PP_DIFFERENCE_MAX - 1);
    assert_string_equal(difference.other + PP_DIFFERENCE_MAX - 5, "x...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_difference_of_what_may_differ_is_none),
        cmocka_unit_test(test_difference_of_problems_is_the_first_line),
        cmocka_unit_test(test_difference_where_one_text_ends_is_empty),
        cmocka_unit_test(test_difference_key_in_another_section_counts),
        cmocka_unit_test(test_difference_in_a_long_line_is_cut),
        cmocka_unit_test(test_difference_of_no_limits_and_none_spelt_out_is_none),
    };
    return cmocka_run_group_tests_name("difference", tests, NULL, NULL);
}
