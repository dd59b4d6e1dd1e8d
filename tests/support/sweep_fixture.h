/// @file
/// Plans of sweeps for tests: written into a folder of their own, which is the current one.
#ifndef PURSUIT_TESTS_SUPPORT_SWEEP_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_SWEEP_FIXTURE_H

#include "tests/support/problems.h"
#include "tests/support/temp_directory.h"

#include "experiments/sweep/plan/plan.h"

/// Six firms, the first of them with a temperature.
#define BASE                                                                                       \
    "seed: 1\n"                                                                                    \
    "trials: 2\n"                                                                                  \
    "firms:\n"                                                                                     \
    "  - {agent: klq, portfolio: random}\n"                                                        \
    "  - {agent: null, count: 5}\n"

#define PLAN "scenario: base.yaml\n"

static inline void write_text(const char *path, const char *text)
{
    temp_write(path, text, strlen(text));
}

/// Group setup: the base scenario, and the folder made the current one.
static inline int sweep_setup(void **state)
{
    if (temp_directory_make(state) != 0 || chdir(temp_directory) != 0)
        return -1;
    write_text("base.yaml", BASE);
    return 0;
}

static inline pp_sweep_plan *load_with(const char *text, const char *const *sets, size_t n_sets)
{
    pp_sweep_plan *plan;
    pp_problems problems;
    write_text("plan.yaml", text);
    pp_status status = pp_sweep_plan_load("plan.yaml", sets, n_sets, &plan, &problems);
    assert_problems(&problems, (const char *[]){NULL}, text);
    assert_int_equal(status, PP_OK);
    assert_non_null(plan);
    pp_problems_destroy(&problems);
    return plan;
}

static inline pp_sweep_plan *load_plan(const char *text)
{
    return load_with(text, NULL, 0);
}

/// The scenario of a run.
static inline pp_scenario *scenario_of(const pp_sweep_plan *plan, size_t run)
{
    pp_scenario *scenario;
    pp_error error = {0};
    pp_status status = pp_sweep_plan_scenario(plan, run, &scenario, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, PP_OK);
    return scenario;
}

#endif
