/// @slow
// Experiments made one after the other: what one takes over from the last changes no result.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data/results/record.h"
#include "tests/support/market_fixture.h"
#include "tests/support/temp_directory.h"

typedef void (*change)(pp_scenario *s);

static void nothing(pp_scenario *s)
{
    (void)s;
}

static void change_seed(pp_scenario *s)
{
    s->run.seed = 77;
}

static void change_choice(pp_scenario *s)
{
    s->choice.walk_away_slope *= 0.5;
}

static void change_variance(pp_scenario *s)
{
    s->market.estimate_variance *= 2;
}

static void change_population(pp_scenario *s)
{
    s->published.car_scale *= 2;
}

static void change_locations(pp_scenario *s)
{
    s->published.locations = 3;
}

static void use_book(pp_scenario *s)
{
    const char *path = temp_path("book.csv"), text[] = "age,premium\n20,600\n30,400\n50,300\n";
    temp_write(path, text, sizeof text - 1);
    s->population = PP_POPULATION_BOOK;
    snprintf(s->book_source.file.text, PP_TEXT_MAX, "%s", path);
    snprintf(s->book_source.pure_premium.text, PP_TEXT_MAX, "premium");
    s->book_source.n_features = 1;
    snprintf(s->book_source.features[0].name, PP_NAME_MAX, "age");
    s->portfolio.random_categories = 1;
}

/// What is taken over from an experiment of the fixture's defaults.
static const struct {
    const char *name;
    change change;
    bool gamma, population;
} changes[] = {{"nothing", nothing, true, true},
               {"the seed", change_seed, true, true},
               {"the choice", change_choice, true, true},
               {"the variance", change_variance, false, true},
               {"the population", change_population, true, false},
               {"the locations", change_locations, true, false},
               {"a book", use_book, true, false}};

/// The scenario alone, tiny, changed.
static void scenario_of(market_fixture *m, change how)
{
    fixture_defaults(m, 3, "baseline");
    m->scenario.market.rounds = 60;
    m->scenario.market.burn_in_epochs = m->scenario.market.test_epochs = 1;
    m->scenario.inflation.index_volatility = 0.1;
    how(&m->scenario);
}

static void follow(market_fixture *m, market_fixture *previous)
{
    pp_error error = {0};
    pp_experiment *last = previous->experiment;
    previous->experiment = NULL;
    if (pp_experiment_follow(last, &m->scenario, &m->experiment, &error) != PP_OK)
        fail_msg("%s", error.message);
    m->layout = pp_experiment_layout(m->experiment);
    m->layout.command_line = m->layout.program = m->layout.scenario = "test";
}

static pp_record *trial_of(const market_fixture *m)
{
    pp_record *record = fixture_record(m);
    fixture_trial(m, 0, record);
    return record;
}

static bool same_records(const pp_record *a, const pp_record *b)
{
    size_t n = pp_record_slabs(a)->bytes;
    return n == pp_record_slabs(b)->bytes && memcmp(pp_record_data(a), pp_record_data(b), n) == 0;
}

/// Alone, and after a first experiment whose scenario is gone when the trial is run.
static void check_change(size_t c, change first_is)
{
    market_fixture alone, first, after;
    scenario_of(&alone, changes[c].change);
    scenario_of(&after, changes[c].change);
    fixture_start(&alone);
    scenario_of(&first, first_is);
    fixture_start(&first);
    const void *gamma = first.experiment->gamma, *population = first.experiment->population;
    follow(&after, &first);
    if (first_is == nothing) { // one that was freed may be where another is made
        bool same_gamma = after.experiment->gamma == gamma;
        bool same_population = after.experiment->population == population;
        if ((changes[c].gamma && !same_gamma) || (changes[c].population && !same_population))
            fail_msg("with %s changed, laws are %staken over, the population %s", changes[c].name,
                     same_gamma ? "" : "not ", same_population ? "too" : "not");
    }
    fixture_finish(&first);
    pp_record *expected = trial_of(&alone), *found = trial_of(&after);
    if (!same_records(expected, found))
        fail_msg("with %s changed, results depend on the experiment before", changes[c].name);
    pp_record_destroy(expected);
    pp_record_destroy(found);
    fixture_finish(&alone);
    fixture_finish(&after);
}

static void test_follow_any_experiment_gives_the_same_results(void **state)
{
    (void)state;
    for (size_t c = 0; c < PP_COUNT(changes); c++)
        check_change(c, nothing);
    for (size_t c = 0; c < PP_COUNT(changes); c++)
        check_change(c, use_book);
}

/// So that the test above could fail: each change alone changes a trial.
static void test_follow_changes_of_the_scenario_change_results(void **state)
{
    (void)state;
    for (size_t c = 1; c < PP_COUNT(changes); c++) {
        market_fixture plain, changed;
        scenario_of(&plain, nothing);
        scenario_of(&changed, changes[c].change);
        fixture_start(&plain);
        pp_record *was = trial_of(&plain);
        follow(&changed, &plain);
        pp_record *is = trial_of(&changed);
        if (same_records(was, is))
            fail_msg("with %s changed, results are the same", changes[c].name);
        pp_record_destroy(was);
        pp_record_destroy(is);
        fixture_finish(&plain);
        fixture_finish(&changed);
    }
}

static void test_follow_impossible_scenario_is_refused(void **state)
{
    (void)state;
    market_fixture first, second;
    pp_error error = {0};
    scenario_of(&first, nothing);
    fixture_start(&first);
    scenario_of(&second, change_population);
    second.scenario.published.driving_age = 90; // below the greatest age
    assert_int_equal(
        pp_experiment_follow(first.experiment, &second.scenario, &second.experiment, &error),
        PP_ESCENARIO);
    assert_null(second.experiment);
    first.experiment = NULL;
    fixture_finish(&first);
    // With nothing to follow it is the first of all.
    second.scenario.published.driving_age = 100;
    error = (pp_error){0};
    assert_int_equal(pp_experiment_follow(NULL, &second.scenario, &second.experiment, &error),
                     PP_OK);
    fixture_finish(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_follow_any_experiment_gives_the_same_results),
        cmocka_unit_test(test_follow_changes_of_the_scenario_change_results),
        cmocka_unit_test(test_follow_impossible_scenario_is_refused),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}
