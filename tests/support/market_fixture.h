/// @file
/// A scenario made in memory, for tests of the trial engine.
#ifndef PURSUIT_TESTS_SUPPORT_MARKET_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_MARKET_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/engine/run.h"
#include "experiments/engine/workspace.h"

typedef struct market_fixture {
    pp_scenario scenario;
    void *params;
    pp_experiment *experiment;
    pp_results_layout layout;
} market_fixture;

/// Published defaults: firm 0 with an agent of a kind and a random portfolio, the others `null`
/// without one.
static inline void fixture_defaults(market_fixture *m, size_t n_firms, const char *kind)
{
    pp_scenario *s = &m->scenario;
    memset(m, 0, sizeof *m);
    pp_scenario_defaults(s);
    snprintf(s->run.title.text, PP_TEXT_MAX, "test");
    s->n_firms = n_firms;
    s->firms = calloc(n_firms, sizeof *s->firms);
    assert_non_null(s->firms);
    for (size_t i = 0; i < n_firms; i++) {
        snprintf(s->firms[i].name, PP_NAME_MAX, "firm-%zu", i);
        s->firms[i].agent = pp_agent_find(i ? "null" : kind);
        assert_non_null(s->firms[i].agent);
    }
    s->firms[0].portfolio = PP_PORTFOLIO_RANDOM;
    m->params = calloc(1, s->firms[0].agent->params->size + 1);
    assert_non_null(m->params);
    pp_param_defaults(s->firms[0].agent->params, m->params);
    s->firms[0].agent_params = m->params;
}

static inline void fixture_start(market_fixture *m)
{
    pp_error error = {0};
    if (pp_experiment_create(&m->scenario, &m->experiment, &error) != PP_OK)
        fail_msg("%s", error.message);
    m->layout = pp_experiment_layout(m->experiment);
    m->layout.command_line = m->layout.program = m->layout.scenario = "test";
}

static inline pp_record *fixture_record(const market_fixture *m)
{
    pp_record *record;
    pp_error error = {0};
    if (pp_record_create(&m->layout, &record, &error) != PP_OK)
        fail_msg("%s", error.message);
    return record;
}

static inline void fixture_trial(const market_fixture *m, int64_t trial, pp_record *record)
{
    pp_error error = {0};
    if (pp_experiment_trial(m->experiment, trial, record, &error) != PP_OK)
        fail_msg("%s", error.message);
}

static inline void fixture_finish(market_fixture *m)
{
    pp_experiment_destroy(m->experiment);
    free(m->scenario.firms);
    free(m->params);
}

/// Column of /quotes by name.
static inline size_t fixture_column(const market_fixture *m, const char *name)
{
    for (size_t i = 0; i < m->layout.n_quote_columns; i++)
        if (strcmp(m->layout.quote_columns[i].name, name) == 0)
            return i;
    fail_msg("no column %s", name);
    return 0;
}

static inline const double *fixture_f64(const market_fixture *m, pp_record *record,
                                        const char *name)
{
    return pp_record_quotes_f64(record, fixture_column(m, name));
}

static inline const int32_t *fixture_i32(const market_fixture *m, pp_record *record,
                                         const char *name)
{
    return pp_record_quotes_i32(record, fixture_column(m, name));
}

/// For agents made up by a test: parameters, and a `train`, of one that has nothing to learn.
static const pp_param_table no_parameters = {.name = "none"};

static inline pp_status learn_nothing(void *state, const void *params, const pp_agent_setup *setup,
                                      pp_error *error)
{
    (void)state, (void)params, (void)setup, (void)error;
    return PP_OK;
}

#endif
