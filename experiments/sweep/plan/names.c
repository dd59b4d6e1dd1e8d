// The swept parameters of a plan: their keys and the short names they have in merged files.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "data/results/results.h"
#include "experiments/sweep/plan/parts.h"
#include "market/base/buffer.h"

/// Dimensions and coordinates of results files, and what a merged file has beside them.
static const char *const reserved[] = {"trial",    "epoch",  "firm",   "category",
                                       "rank",     "update", "quote",  "phase",
                                       "scenario", "run",    "run_id", "run_status"};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < PP_COUNT(reserved); i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    for (size_t i = 0; i < PP_VAR_COUNT; i++)
        if (strcmp(pp_variables[i].name, name) == 0)
            return true;
    return false;
}

static bool ends_in(const char *key, const char *ending)
{
    size_t n = strlen(key), m = strlen(ending);
    return n >= m && strcmp(key + n - m, ending) == 0 && (n == m || key[n - m - 1] == '.');
}

static bool is_free(const pp_sweep_plan *plan, size_t parameter, const char *name)
{
    if (isdigit((unsigned char)name[0]) || is_reserved(name))
        return false;
    for (size_t i = 0; i < plan->n_parameters; i++)
        if (i != parameter && ends_in(plan->parameters[i].key, name))
            return false;
    return true;
}

static char *short_name(const pp_sweep_plan *plan, size_t parameter)
{
    const char *key = plan->parameters[parameter].key;
    pp_buffer name = {0};
    for (const char *at = key + strlen(key); at > key; at--)
        if (at[-1] == '.' && is_free(plan, parameter, at))
            return strdup(at);
    pp_buffer_add(&name, "%s%s", key, is_free(plan, parameter, key) ? "" : "_parameter");
    return pp_buffer_take(&name);
}

bool pp_sweep_name(pp_sweep_plan *plan)
{
    for (size_t i = 0; i < plan->n_parameters; i++)
        if (!(plan->parameters[i].short_name = short_name(plan, i)))
            return false;
    return true;
}

static bool add_parameter(pp_sweep_plan *plan, const char *key)
{
    if (plan->n_parameters == plan->parameter_capacity) {
        size_t capacity = plan->parameter_capacity ? 2 * plan->parameter_capacity : 8;
        pp_plan_parameter *parameters =
            realloc(plan->parameters, capacity * sizeof *plan->parameters);
        if (!parameters)
            return false;
        plan->parameters = parameters;
        plan->parameter_capacity = capacity;
    }
    char *copy = strdup(key);
    if (copy)
        plan->parameters[plan->n_parameters++] = (pp_plan_parameter){.key = copy};
    return copy;
}

bool pp_sweep_parameter_of(pp_sweep_plan *plan, const pp_entry *key, pp_report *report,
                           size_t *parameter)
{
    for (size_t i = 0; i < plan->n_parameters; i++)
        if (strcmp(plan->parameters[i].key, key->key) == 0) {
            *parameter = i;
            return true;
        }
    if (plan->n_parameters == PP_SWEEP_PARAMETERS_MAX) {
        pp_report_add(report, key->key_mark, "", "more than %d keys are swept",
                      PP_SWEEP_PARAMETERS_MAX);
        return false;
    }
    *parameter = plan->n_parameters;
    if (add_parameter(plan, key->key))
        return true;
    report->out_of_memory = true;
    return false;
}
