/// @file
/// A plan made for a test's own setup and model of sales.
#ifndef PURSUIT_TESTS_SUPPORT_PLAN_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_PLAN_FIXTURE_H

#include "tests/support/tiny_market.h"

#include "agents/planning/pursuer.h"

/// A plan of a setup by a model that is the pipeline's.
typedef struct planned {
    pp_gain gain;
    pp_planner *planner;
} planned;

enum { RESOLVE, LINEAR, NETWORK, TABLE };

static const pp_value_config defaults = {
    .method = TABLE, .layers = 2, .width = 32, .passes = 6, .learning_rate = 1e-3};

static inline planned *plan(const pp_agent_setup *setup, const pp_sale_model *model,
                            const pp_policy_config *policy, int value, size_t points)
{
    planned *p = zeroed(sizeof *p);
    pp_value_config config = defaults;
    pp_error error = {0};
    config.method = value;
    assert_int_equal(
        pp_gain_create(setup, model, policy, points, pp_planner_reach(setup), &p->gain, NULL),
        PP_OK);
    if (pp_planner_create(&config, setup, &p->gain, &p->planner, &error) != PP_OK)
        fail_msg("%s", error.message);
    return p;
}

static inline void planned_destroy(planned *p)
{
    pp_planner_destroy(p->planner);
    pp_gain_release(&p->gain);
    free(p);
}

#endif
