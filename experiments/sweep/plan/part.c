// A part of a design: room for its columns and rows, and the keys that its columns set.
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/bind.h"
#include "experiments/scenario/set.h"
#include "experiments/sweep/plan/parts.h"
#include "market/base/array.h"

const char *const pp_sweep_kinds[] = {"grid", "list", "zip", "latin_hypercube", "sobol", NULL};

/// The number of the parameter of that key, which is added if it is new.
static bool parameter_of(pp_sweep_plan *plan, const pp_entry *key, pp_report *report,
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
    void *grown = pp_array_grow(plan->parameters, plan->n_parameters, &plan->parameter_capacity,
                                sizeof *plan->parameters);
    char *copy = strdup(key->key);
    if (grown)
        plan->parameters = grown;
    if (grown && copy) {
        plan->parameters[plan->n_parameters++] = (pp_plan_parameter){.key = copy};
        return true;
    }
    free(copy);
    report->out_of_memory = true;
    return false;
}

bool pp_sweep_columns(pp_sweep_part *part, size_t n, pp_report *report)
{
    part->columns = calloc(n, sizeof *part->columns);
    part->n_columns = part->columns ? n : 0;
    report->out_of_memory |= !part->columns;
    return part->columns;
}

bool pp_sweep_rows(pp_sweep_plan *plan, pp_sweep_part *part, size_t n, pp_mark mark,
                   pp_report *report)
{
    if (n > (PP_SWEEP_VALUES_MAX - plan->n_values) / part->n_columns) {
        pp_report_add(report, mark, pp_sweep_kinds[part->kind],
                      "more than %d values in all designs", PP_SWEEP_VALUES_MAX);
        return false;
    }
    part->values = calloc(n * part->n_columns, sizeof *part->values);
    part->n_rows = part->values ? n : 0;
    plan->n_values += part->n_rows * part->n_columns;
    report->out_of_memory |= !part->values;
    return part->values;
}

/// firms.00 would be another name of firms.0.
static bool has_leading_zero(const char *key)
{
    for (const char *at = key; at; at = strchr(at, '.')) {
        at += *at == '.';
        if (at[0] == '0' && at[1] >= '0' && at[1] <= '9')
            return true;
    }
    return false;
}

bool pp_sweep_enter(pp_sweep_plan *plan, pp_sweep_column *column, const pp_entry *key,
                    pp_report *report)
{
    char clipped[PP_CLIP_MAX];
    pp_clip(key->key, clipped);
    column->key_mark = column->mark = key->key_mark;
    if (!pp_set_check_path(report, key->key_mark, clipped, key->key, strlen(key->key)))
        return false;
    if (has_leading_zero(key->key)) {
        pp_report_add(report, key->key_mark, clipped, "an index with leading zeros");
        return false;
    }
    return parameter_of(plan, key, report, &column->parameter);
}
