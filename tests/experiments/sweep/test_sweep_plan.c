/// @file
/// experiments/sweep/plan/plan.h: the runs that come of a plan and the values they have.
#include "experiments/sweep/directory/names.h"
#include "market/base/text.h"
#include "tests/support/sweep_fixture.h"

#include <gsl/gsl_qrng.h>
#include <math.h>

/// Values of every run, one line by a run; parameters that a run does not set are "-".
static void assert_runs(const pp_sweep_plan *plan, const char *const *lines)
{
    size_t n = 0;
    for (; lines[n]; n++) {
        char line[512] = "";
        if (n >= pp_sweep_plan_runs(plan))
            fail_msg("%zu runs; there is no '%s'", n, lines[n]);
        for (size_t p = 0; p < pp_sweep_plan_parameters(plan); p++) {
            const char *value = pp_sweep_plan_value(plan, n, p);
            size_t used = strlen(line);
            snprintf(line + used, sizeof line - used, "%s%s", p ? " | " : "", value ? value : "-");
        }
        assert_string_equal(line, lines[n]);
    }
    assert_int_equal(pp_sweep_plan_runs(plan), n);
}

static void expect_runs(const char *text, const char *const *lines)
{
    pp_sweep_plan *plan = load_plan(text);
    assert_runs(plan, lines);
    pp_sweep_plan_destroy(plan);
}

static void assert_short_name(const pp_sweep_plan *plan, size_t parameter, const char *expected)
{
    char *name = pp_sweep_short_name(plan, parameter);
    assert_string_equal(name, expected);
    free(name);
}

static void test_grid_has_every_combination_last_key_fastest(void **state)
{
    (void)state;
    pp_sweep_plan *plan = load_plan("name: heat\n" PLAN "designs:\n"
                                    "  grid:\n"
                                    "    firms.0.agent.temperature: [10, 2.50, 1e2]\n"
                                    "    seed: {from: 3, to: 1, steps: 3}\n");
    size_t n_axes = 9;
    assert_runs(plan, (const char *[]){"10 | 3", "10 | 2", "10 | 1", "2.5 | 3", "2.5 | 2",
                                       "2.5 | 1", "100 | 3", "100 | 2", "100 | 1", NULL});
    assert_string_equal(pp_sweep_plan_name(plan), "heat");
    assert_int_equal(pp_sweep_plan_parameters(plan), 2);
    assert_string_equal(pp_sweep_plan_key(plan, 0), "firms.0.agent.temperature");
    assert_short_name(plan, 0, "temperature");
    assert_int_equal(pp_sweep_plan_type(plan, 0), PP_SWEEP_REAL);
    assert_short_name(plan, 1, "seed");
    assert_int_equal(pp_sweep_plan_type(plan, 1), PP_SWEEP_INTEGER);
    assert_true(pp_sweep_plan_grid(plan, &n_axes));
    assert_int_equal(n_axes, 2);
    assert_int_equal(pp_sweep_plan_axis_length(plan, 0), 3);
    assert_int_equal(pp_sweep_plan_axis_length(plan, 1), 3);
    assert_string_equal(pp_sweep_plan_axis_value(plan, 0, 1), "2.5");
    assert_string_equal(pp_sweep_plan_axis_value(plan, 1, 0), "3");
    pp_sweep_plan_destroy(plan);
}

static void test_plan_keeps_its_text(void **state)
{
    (void)state;
    static const char text[] = PLAN "designs: {grid: {seed: [1]}} # as it was written\n";
    size_t length;
    pp_sweep_plan *plan = load_plan(text);
    const char *kept = pp_sweep_plan_text(plan, &length);
    assert_int_equal(length, strlen(text));
    assert_string_equal(kept, text);
    assert_string_equal(pp_sweep_plan_name(plan), "");
    pp_sweep_plan_destroy(plan);
    pp_sweep_plan_destroy(NULL);
}

static void test_range_in_logarithm_gives_decades(void **state)
{
    (void)state;
    expect_runs(PLAN "designs: {grid: {firms.0.agent.temperature: {from: 0.01, to: 100, steps: 5, "
                     "scale: log}}}\n",
                (const char *[]){"0.01", "0.1", "1", "10", "100", NULL});
}

static void test_zip_takes_values_together(void **state)
{
    (void)state;
    expect_runs(PLAN "designs: {zip: {seed: [1, 2, 3], trials: {from: 10, to: 30, steps: 3}}}\n",
                (const char *[]){"1 | 10", "2 | 20", "3 | 30", NULL});
}

static void test_list_spells_runs_out(void **state)
{
    (void)state;
    expect_runs(
        PLAN "designs:\n"
             "  - list:\n"
             "      - {firms.0.agent: baseline, seed: 4}\n"
             "      - seed: 5\n"
             "        firms.0.agent: {kind: klq, temperature: 2.50, act: 'mode'}\n",
        (const char *[]){"baseline | 4", "{kind: klq, temperature: 2.5, act: \"mode\"} | 5", NULL});
}

static void test_parts_of_an_element_are_crossed(void **state)
{
    (void)state;
    expect_runs(PLAN "designs:\n"
                     "  - zip: {seed: [1, 2], trials: [3, 4]}\n"
                     "    grid: {market.rounds: [100, 200]}\n",
                (const char *[]){"1 | 3 | 100", "1 | 3 | 200", "2 | 4 | 100", "2 | 4 | 200", NULL});
}

static void test_elements_are_joined_and_runs_count_once(void **state)
{
    (void)state;
    expect_runs(PLAN "designs:\n"
                     "  - grid: {seed: [1, 2, 2, 2.0]}\n"
                     "  - list: [{trials: 3}, {trials: 2}]\n" // 2 trials: seed 1 is the default
                     "  - grid: {seed: [2, 5], trials: [2]}\n",
                (const char *[]){"1 | -", "2 | -", "- | 3", "5 | 2", NULL});
}

/// Plans that are, and are not, one full grid.
static void test_grid_is_told_from_what_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *designs;
        size_t n_axes; ///< 0: no grid
    } cases[] = {
        {"designs: [{grid: {seed: [1]}}]\n", 1},
        {"designs: {list: [{seed: 1}, {seed: 2}], grid: {trials: [3, 4]}, zip: {market.rounds: "
         "[50, "
         "60]}}\n",
         3},
        {"designs: {zip: {seed: [1, 2], trials: [3, 4]}}\n", 0},
        {"designs: {list: [{seed: 1, trials: 2}]}\n", 0},
        {"designs: [{grid: {seed: [1]}}, {grid: {seed: [2]}}]\n", 0},
        {"designs: {grid: {seed: [1, 2, 1]}}\n", 0},
        {"designs: {grid: {trials: [3]}, latin_hypercube: {runs: 2, over: {seed: {from: 1, to: "
         "9}}}}\n",
         0},
        {"designs: {sobol: {runs: 2, over: {seed: {from: 1, to: 9}}}}\n", 0},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        char text[512];
        size_t n_axes;
        snprintf(text, sizeof text, PLAN "%s", cases[i].designs);
        pp_sweep_plan *plan = load_plan(text);
        assert_int_equal(pp_sweep_plan_grid(plan, NULL), cases[i].n_axes > 0);
        pp_sweep_plan_grid(plan, &n_axes);
        assert_int_equal(n_axes, cases[i].n_axes);
        pp_sweep_plan_destroy(plan);
    }
}

static void test_latin_hypercube_fills_every_slice(void **state)
{
    (void)state;
    enum { N = 20 };
    pp_sweep_plan *plan = load_plan(PLAN "designs: {latin_hypercube: {runs: 20, seed: 3, over: {\n"
                                         "  choice.success_rate: {from: 0.05, to: 0.15},\n"
                                         "  market.rounds: {from: 101, to: 120},\n"
                                         "  pricing.bid_max: {from: 2, to: 3}}}}\n");
    int slices[N] = {0}, rounds[N] = {0};
    assert_int_equal(pp_sweep_plan_runs(plan), N);
    for (size_t run = 0; run < N; run++) {
        const char *whole = pp_sweep_plan_value(plan, run, 1);
        double rate = pp_parse_real(pp_sweep_plan_value(plan, run, 0), NULL);
        assert_int_equal(whole[strspn(whole, "0123456789")], '\0');
        slices[(size_t)((rate - 0.05) / 0.1 * N)]++;
        rounds[strtol(whole, NULL, 10) - 101]++;
    }
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(slices[i], 1);
        assert_int_equal(rounds[i], 1); // as many numbers as slices
    }
    assert_int_equal(pp_sweep_plan_type(plan, 0), PP_SWEEP_REAL);
    assert_int_equal(pp_sweep_plan_type(plan, 1), PP_SWEEP_INTEGER);
    // Written in whole numbers, but no parameter of whole numbers.
    assert_int_equal(pp_sweep_plan_type(plan, 2), PP_SWEEP_REAL);
    assert_non_null(strchr(pp_sweep_plan_value(plan, 0, 2), '.'));
    pp_sweep_plan_destroy(plan);
}

static void test_latin_hypercube_depends_on_its_seed_alone(void **state)
{
    (void)state;
    static const char format[] = PLAN "designs: {latin_hypercube: {runs: 10%s, over: "
                                      "{choice.success_rate: {from: 0.05, to: 0.15}}}}\n";
    char text[512], again[PP_SHA256_TEXT];
    snprintf(text, sizeof text, format, "");
    pp_sweep_plan *plan = load_plan(text);
    memcpy(again, pp_sweep_plan_sha256(plan), sizeof again);
    pp_sweep_plan_destroy(plan);
    snprintf(text, sizeof text, format, ", seed: 1");
    plan = load_plan(text);
    assert_string_equal(pp_sweep_plan_sha256(plan), again);
    pp_sweep_plan_destroy(plan);
    snprintf(text, sizeof text, format, ", seed: 2");
    plan = load_plan(text);
    assert_string_not_equal(pp_sweep_plan_sha256(plan), again);
    pp_sweep_plan_destroy(plan);
}

static void test_sobol_takes_gsls_points(void **state)
{
    (void)state;
    pp_sweep_plan *plan = load_plan(PLAN "designs: {sobol: {runs: 5, skip: 2, over: {\n"
                                         "  choice.success_rate: {from: 0, to: 0.16},\n"
                                         "  firms.0.agent.temperature: {from: 1, to: 100, "
                                         "scale: log}}}}\n");
    gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, 2);
    double point[2];
    assert_int_equal(pp_sweep_plan_runs(plan), 5);
    for (size_t i = 0; i < 7; i++) {
        gsl_qrng_get(sequence, point);
        if (i < 2)
            continue;
        double rate = pp_parse_real(pp_sweep_plan_value(plan, i - 2, 0), NULL);
        double temperature = pp_parse_real(pp_sweep_plan_value(plan, i - 2, 1), NULL);
        assert_true(fabs(rate - 0.16 * point[0]) < 1e-15);
        assert_true(fabs(log(temperature) - log(100) * point[1]) < 1e-12);
    }
    gsl_qrng_free(sequence);
    pp_sweep_plan_destroy(plan);
}

/// An agent's kind that is swept too does not hide that its parameter is a whole number.
static void test_sample_knows_whole_numbers_of_a_swept_agent(void **state)
{
    (void)state;
    pp_sweep_plan *plan =
        load_plan(PLAN "designs:\n"
                       "  sobol: {runs: 4, over: {firms.0.agent.candidates: {from: "
                       "11, to: 18}}}\n"
                       "  grid: {firms.0.agent: [klq]}\n");
    assert_runs(plan, (const char *[]){"15 | klq", "17 | klq", "13 | klq", "14 | klq", NULL});
    assert_int_equal(pp_sweep_plan_type(plan, 0), PP_SWEEP_INTEGER);
    pp_sweep_plan_destroy(plan);
}

static void test_types_follow_parameters_and_values(void **state)
{
    (void)state;
    pp_sweep_plan *plan =
        load_plan(PLAN "designs:\n"
                       "  - list:\n"
                       "      - {title: 1e3, trials: 2.0, firms.0.agent: {kind: klq}, "
                       "firms.0.portfolio: random, pricing.exploration_factors: [0.90, 1.1], "
                       "firms.1.name: 'it''s, well', choice.loyalty_rate: 0.05}\n"
                       "      - {title: 10, trials: 1e1, firms.0.agent: baseline, "
                       "firms.0.portfolio: random, pricing.exploration_factors: [], "
                       "firms.1.name: x, choice.loyalty_rate: 1}\n");
    assert_runs(plan,
                (const char *[]){"1e3 | 2 | {kind: klq} | random | [0.9, 1.1] | it's, well | 0.05",
                                 "10 | 10 | baseline | random | [] | x | 1", NULL});
    static const pp_sweep_type types[] = {PP_SWEEP_TEXT, PP_SWEEP_INTEGER, PP_SWEEP_TEXT,
                                          PP_SWEEP_TEXT, PP_SWEEP_TEXT,    PP_SWEEP_TEXT,
                                          PP_SWEEP_REAL};
    // A results file has a variable `portfolio`, and an index is no start of a name.
    static const char *const names[] = {
        "title", "trials",      "agent", "firms.0.portfolio", "exploration_factors",
        "name",  "loyalty_rate"};
    for (size_t i = 0; i < PP_COUNT(types); i++) {
        assert_int_equal(pp_sweep_plan_type(plan, i), types[i]);
        assert_short_name(plan, i, names[i]);
    }
    pp_sweep_plan_destroy(plan);
}

static void test_short_names_are_unique(void **state)
{
    (void)state;
    pp_sweep_plan *plan =
        load_plan(PLAN "designs:\n"
                       "  - list: [{firms.0.agent: klq, firms.1.agent: null, "
                       "portfolio: {random_categories: 4}}]\n"
                       "  - grid: {firms.0.agent.value: [linear], portfolio.loss_scale: "
                       "[1, 2]}\n");
    static const char *const names[] = {"firms.0.agent", "firms.1.agent", "portfolio_parameter",
                                        "agent.value", "loss_scale"};
    for (size_t i = 0; i < PP_COUNT(names); i++)
        assert_short_name(plan, i, names[i]);
    pp_sweep_plan_destroy(plan);
}

static void test_shorter_key_is_applied_first(void **state)
{
    (void)state;
    pp_sweep_plan *plan =
        load_plan(PLAN "set: {firms.0.agent.temperature: 7, firms.0.agent: {kind: klq, spread: "
                       "0.25}}\n"
                       "designs: {grid: {firms.1.agent.temperature: [3], firms.1.agent: [klq], "
                       "firms.1.portfolio: [random]}}\n");
    pp_scenario *scenario = scenario_of(plan, 0);
    char *yaml = pp_scenario_yaml(scenario);
    assert_string_equal(scenario->firms[1].agent->name, "klq");
    assert_non_null(strstr(yaml, "temperature: 7\n"));
    assert_non_null(strstr(yaml, "spread: 0.25\n"));
    assert_non_null(strstr(yaml, "temperature: 3\n"));
    free(yaml);
    pp_scenario_destroy(scenario);
    pp_sweep_plan_destroy(plan);
}

static void test_command_line_wins_over_set(void **state)
{
    (void)state;
    static const char *const sets[] = {"trials=5", "firms.0.agent=baseline"};
    pp_sweep_plan *plan = load_with(PLAN "set: {trials: 4, market.rounds: 70, "
                                         "firms.0.agent.temperature: 3}\n"
                                         "designs: {grid: {seed: [8]}}\n",
                                    sets, PP_COUNT(sets));
    pp_scenario *scenario = scenario_of(plan, 0);
    assert_int_equal(scenario->run.trials, 5);
    assert_int_equal(scenario->market.rounds, 70);
    assert_int_equal(scenario->run.seed, 8);
    assert_string_equal(scenario->firms[0].agent->name, "baseline");
    pp_scenario_destroy(scenario);
    pp_sweep_plan_destroy(plan);
}

/// A run that only its values make possible is none the worse for its base.
static void test_values_may_mend_the_base_scenario(void **state)
{
    (void)state;
    write_text("broken.yaml", "firms: [{agent: klk, portfolio: random}, {agent: null}]\n");
    expect_runs("scenario: broken.yaml\ndesigns: {grid: {firms.0.agent: [klq, baseline]}}\n",
                (const char *[]){"klq", "baseline", NULL});
}

/// The plan that is shipped.
static void test_example_is_a_grid_of_twenty_runs(void **state)
{
    (void)state;
    pp_sweep_plan *plan;
    pp_problems problems;
    pp_status status =
        pp_sweep_plan_load(PP_SOURCE_DIR "/scenarios/sweep.yaml", NULL, 0, &plan, &problems);
    assert_problems(&problems, (const char *[]){NULL}, "scenarios/sweep.yaml");
    assert_int_equal(status, PP_OK);
    assert_int_equal(pp_sweep_plan_runs(plan), 20);
    assert_true(pp_sweep_plan_grid(plan, NULL));
    assert_string_equal(pp_sweep_plan_axis_value(plan, 0, 1), "0.1");
    pp_problems_destroy(&problems);
    pp_sweep_plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid_has_every_combination_last_key_fastest),
        cmocka_unit_test(test_plan_keeps_its_text),
        cmocka_unit_test(test_range_in_logarithm_gives_decades),
        cmocka_unit_test(test_zip_takes_values_together),
        cmocka_unit_test(test_list_spells_runs_out),
        cmocka_unit_test(test_parts_of_an_element_are_crossed),
        cmocka_unit_test(test_elements_are_joined_and_runs_count_once),
        cmocka_unit_test(test_grid_is_told_from_what_is_none),
        cmocka_unit_test(test_latin_hypercube_fills_every_slice),
        cmocka_unit_test(test_latin_hypercube_depends_on_its_seed_alone),
        cmocka_unit_test(test_sobol_takes_gsls_points),
        cmocka_unit_test(test_sample_knows_whole_numbers_of_a_swept_agent),
        cmocka_unit_test(test_types_follow_parameters_and_values),
        cmocka_unit_test(test_short_names_are_unique),
        cmocka_unit_test(test_shorter_key_is_applied_first),
        cmocka_unit_test(test_command_line_wins_over_set),
        cmocka_unit_test(test_values_may_mend_the_base_scenario),
        cmocka_unit_test(test_example_is_a_grid_of_twenty_runs),
    };
    return cmocka_run_group_tests(tests, sweep_setup, temp_directory_remove);
}
