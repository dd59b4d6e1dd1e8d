/// @file
/// Agents with other parameters than the defaults, by name.
#ifndef PURSUIT_TESTS_SUPPORT_AGENT_PARAMS_H
#define PURSUIT_TESTS_SUPPORT_AGENT_PARAMS_H

#include "tests/support/agent_fixture.h"

typedef struct param_value {
    const char *name;
    double number;
    const char *choice; ///< of a CHOICE; the number then does not count
} param_value;

static inline void param_set(const pp_param_table *table, void *params, const param_value *value)
{
    const pp_param *row = pp_param_find(table, value->name);
    assert_non_null(row);
    char *at = (char *)params + row->offset;
    int choice = 0;
    switch (row->type) {
    case PP_PARAM_INTEGER:
        *(int64_t *)(void *)at = (int64_t)value->number;
        break;
    case PP_PARAM_REAL:
        *(double *)(void *)at = value->number;
        break;
    case PP_PARAM_ENUM:
        while (row->names[choice] && strcmp(row->names[choice], value->choice) != 0)
            choice++;
        assert_non_null(row->names[choice]);
        *(int *)(void *)at = choice;
        break;
    default:
        fail_msg("%s is of another kind", value->name);
    }
}

static inline void params_set(const pp_param_table *table, void *params, const param_value *values,
                              size_t n)
{
    for (size_t i = 0; i < n; i++)
        param_set(table, params, &values[i]);
}

/// An agent at work, with its default parameters but for n of them.
static inline agent agent_with(const char *name, const pp_agent_setup *situation,
                               const param_value *values, size_t n)
{
    const pp_agent_class *class = pp_agent_find(name);
    assert_non_null(class);
    agent a = {class, zeroed(class->state_size), zeroed(class->params->size)};
    pp_error error = {0};
    pp_param_defaults(class->params, a.params);
    params_set(class->params, a.params, values, n);
    if (class->train(a.state, a.params, situation, &error) != PP_OK)
        fail_msg("%s: %s", name, error.message);
    return a;
}

#endif
