// Looking at a plan that has been read.
#include <assert.h>

#include "experiments/sweep/plan/parts.h"

const char *pp_sweep_plan_name(const pp_sweep_plan *plan)
{
    return plan->name.text;
}

const char *pp_sweep_plan_text(const pp_sweep_plan *plan, size_t *length)
{
    *length = plan->length;
    return plan->text;
}

const char *pp_sweep_plan_sha256(const pp_sweep_plan *plan)
{
    return plan->sha256;
}

size_t pp_sweep_plan_runs(const pp_sweep_plan *plan)
{
    return plan->n_runs;
}

size_t pp_sweep_plan_parameters(const pp_sweep_plan *plan)
{
    return plan->n_parameters;
}

const char *pp_sweep_plan_key(const pp_sweep_plan *plan, size_t parameter)
{
    assert(parameter < plan->n_parameters);
    return plan->parameters[parameter].key;
}

pp_sweep_type pp_sweep_plan_type(const pp_sweep_plan *plan, size_t parameter)
{
    assert(parameter < plan->n_parameters);
    return plan->parameters[parameter].type;
}

const pp_sweep_value *pp_sweep_value_at(const pp_sweep_element *element, size_t index,
                                        pp_plan_place place)
{
    size_t below = 1;
    for (size_t i = element->n_parts - 1; i > place.part; i--)
        below *= element->parts[i].n_rows;
    const pp_sweep_part *part = &element->parts[place.part];
    return &part->values[index / below % part->n_rows * part->n_columns + place.column];
}

const char *pp_sweep_plan_value(const pp_sweep_plan *plan, size_t run, size_t parameter)
{
    assert(run < plan->n_runs);
    const pp_plan_run *of = &plan->runs[run];
    const pp_sweep_element *element = &plan->elements[of->element];
    for (size_t i = 0; i < element->n_edits; i++) {
        pp_plan_place place = element->edits[i];
        if (element->parts[place.part].columns[place.column].parameter == parameter)
            return pp_sweep_value_at(element, of->index, place)->text;
    }
    return NULL;
}

static bool is_grid(const pp_sweep_plan *plan)
{
    const pp_sweep_element *element = plan->elements;
    if (plan->n_elements != 1 || plan->n_runs != element->n_runs)
        return false;
    for (size_t i = 0; i < element->n_parts; i++) {
        const pp_sweep_part *part = &element->parts[i];
        if (part->n_columns != 1 || part->kind == PP_SWEEP_LATIN || part->kind == PP_SWEEP_SOBOL)
            return false;
    }
    return true;
}

// Parts are read in order, so that part, axis and parameter have the same number.
bool pp_sweep_plan_grid(const pp_sweep_plan *plan, size_t *n_axes)
{
    bool grid = is_grid(plan);
    if (n_axes)
        *n_axes = grid ? plan->n_parameters : 0;
    return grid;
}

size_t pp_sweep_plan_axis_length(const pp_sweep_plan *plan, size_t axis)
{
    assert(axis < plan->elements->n_parts);
    return plan->elements->parts[axis].n_rows;
}

const char *pp_sweep_plan_axis_value(const pp_sweep_plan *plan, size_t axis, size_t i)
{
    assert(i < pp_sweep_plan_axis_length(plan, axis));
    return plan->elements->parts[axis].values[i].text;
}

const char *pp_sweep_plan_id(const pp_sweep_plan *plan, size_t run)
{
    assert(run < plan->n_runs);
    return plan->runs[run].id;
}
