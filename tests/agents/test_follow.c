/// @slow
// An experiment that takes over from another one simulates what it would have by itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/results/record.h"
#include "experiments/engine/run.h"
#include "tests/support/temp_directory.h"

enum { EDITS = 4 };

/// The edits that make each scenario out of the one below; NULL-terminated.
static const char *const cases[][EDITS] = {
    {NULL},
    {"seed=2", NULL},
    {"market.estimate_variance=0.01", NULL},
    {"choice.success_rate=0.06", "choice.walk_away_base=2", NULL},
    {"population.car_shape=1.5", NULL},
    {"population={kind: book, file: BOOK, pure_premium: premium, features: [age]}", NULL},
    {"population={kind: book, file: BOOK, pure_premium: premium, features: [age]}", "seed=2", NULL},
    {"population={kind: book, file: BOOK, pure_premium: premium, features: [age, power]}", NULL},
    {"population={kind: book, file: BOOK, pure_premium: premium, features: [{name: age, kind: "
     "categorical}]}",
     NULL},
    {"population={kind: book, file: BOOK, pure_premium: premium, walk_away_multiple: 1.2, "
     "features: [age]}",
     NULL},
};

static const char scenario[] = "trials: 1\n"
                               "market: {rounds: 40, burn_in_epochs: 2, test_epochs: 1}\n"
                               "firms: [{agent: baseline, portfolio: random}, {agent: null, count: "
                               "2}]\n";

static pp_scenario *load(const char *const *edits)
{
    char text[EDITS][512];
    const char *sets[EDITS];
    pp_scenario *loaded;
    pp_problems problems = {0};
    size_t n = 0;
    for (; edits[n]; n++) {
        const char *book = strstr(edits[n], "BOOK");
        snprintf(text[n], sizeof text[n], "%.*s%s%s",
                 book ? (int)(book - edits[n]) : (int)strlen(edits[n]), edits[n],
                 book ? temp_path("book.csv") : "", book ? book + 4 : "");
        sets[n] = text[n];
    }
    if (pp_scenario_load(temp_path("scenario.yaml"), sets, n, &loaded, &problems) != PP_OK)
        fail_msg("%s", problems.n ? problems.text[0] : "not loaded");
    pp_problems_destroy(&problems);
    return loaded;
}

static pp_record *simulate(const pp_experiment *experiment)
{
    pp_results_layout layout = pp_experiment_layout(experiment);
    layout.command_line = layout.program = layout.scenario = "";
    pp_record *record;
    pp_error error = {0};
    assert_int_equal(pp_record_create(&layout, &record, &error), PP_OK);
    if (pp_experiment_trial(experiment, 0, record, &error) != PP_OK)
        fail_msg("%s", error.message);
    return record;
}

static void check_follows(const char *const *before, const char *const *after)
{
    pp_scenario *first = load(before), *second = load(after);
    pp_experiment *experiment, *alone;
    pp_error error = {0};
    assert_int_equal(pp_experiment_create(first, &experiment, &error), PP_OK);
    pp_record_destroy(simulate(experiment));
    assert_int_equal(pp_experiment_follow(experiment, second, &experiment, &error), PP_OK);
    pp_scenario_destroy(first);
    assert_int_equal(pp_experiment_create(second, &alone, &error), PP_OK);
    pp_record *a = simulate(experiment), *b = simulate(alone);
    size_t bytes = pp_record_slabs(a)->bytes;
    assert_int_equal(bytes, pp_record_slabs(b)->bytes);
    assert_memory_equal(pp_record_data(a), pp_record_data(b), bytes);
    pp_record_destroy(a);
    pp_record_destroy(b);
    pp_experiment_destroy(experiment);
    pp_experiment_destroy(alone);
    pp_scenario_destroy(second);
}

/// Of its like, and of its neighbours, from either side.
static void test_follow_after_another_simulates_the_same(void **state)
{
    (void)state;
    enum { N = PP_COUNT(cases) };
    for (size_t i = 0; i < N; i++) {
        check_follows(cases[i], cases[i]);
        check_follows(cases[i], cases[(i + 1) % N]);
        check_follows(cases[(i + 1) % N], cases[i]);
    }
}

static void test_follow_after_nothing_is_creation(void **state)
{
    (void)state;
    pp_scenario *only = load(cases[0]);
    pp_experiment *experiment;
    assert_int_equal(pp_experiment_follow(NULL, only, &experiment, NULL), PP_OK);
    pp_record_destroy(simulate(experiment));
    pp_experiment_destroy(experiment);
    pp_scenario_destroy(only);
}

static void test_follow_of_an_invalid_scenario_destroys_the_previous_one(void **state)
{
    (void)state;
    pp_scenario *only = load(cases[0]), *wrong = load(cases[0]);
    pp_experiment *experiment;
    pp_error error = {0};
    wrong->market.estimate_variance = -1;
    assert_int_equal(pp_experiment_create(only, &experiment, &error), PP_OK);
    assert_int_equal(pp_experiment_follow(experiment, wrong, &experiment, &error), PP_ESCENARIO);
    assert_null(experiment);
    assert_non_null(strstr(error.message, "estimate_variance"));
    pp_scenario_destroy(only);
    pp_scenario_destroy(wrong);
}

static int make_files(void **state)
{
    char book[4096] = "premium,age,power\n";
    if (temp_directory_make(state) != 0)
        return -1;
    for (int i = 0; i < 60; i++)
        snprintf(book + strlen(book), sizeof book - strlen(book), "%d,%d,%d\n", 200 + 7 * i,
                 20 + i % 5, 50 + i % 7);
    temp_write(temp_path("book.csv"), book, strlen(book));
    temp_write(temp_path("scenario.yaml"), scenario, strlen(scenario));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_follow_after_another_simulates_the_same),
        cmocka_unit_test(test_follow_after_nothing_is_creation),
        cmocka_unit_test(test_follow_of_an_invalid_scenario_destroys_the_previous_one),
    };
    return cmocka_run_group_tests(tests, make_files, temp_directory_remove);
}
