// What is wrong with runs, each problem told once: a mistake in a plan is in thousands of its runs.
#include <stdlib.h>
#include <string.h>

#include "experiments/sweep/plan/parts.h"
#include "market/base/array.h"
#include "market/base/buffer.h"

enum {
    PER_PLACE = 3, ///< problems told of one place; values of a range make each its own text
    VALUES_MAX = 8 ///< of a run, in a message
};

struct pp_sweep_problem {
    pp_mark mark;
    char *text;            ///< with its place
    size_t element, index; ///< the first run that has it
    size_t n;              ///< runs that have it
    size_t others;         ///< more problems of the place, which are not told
};

static bool is_same_place(pp_mark a, pp_mark b)
{
    return a.set == b.set && a.line == b.line && a.column == b.column;
}

static bool take(pp_sweep_problems *problems, size_t element, size_t index, pp_mark mark,
                 const char *text)
{
    struct pp_sweep_problem *last = NULL;
    size_t n_here = 0;
    for (size_t i = 0; i < problems->n; i++) {
        struct pp_sweep_problem *item = &problems->items[i];
        if (!is_same_place(item->mark, mark))
            continue;
        if (strcmp(item->text, text) == 0) {
            item->n++;
            return true;
        }
        last = item;
        n_here++;
    }
    if (n_here >= PER_PLACE || (last && problems->n >= PP_REPORT_MAX)) {
        last->others++;
        return true;
    }
    if (problems->n >= PP_REPORT_MAX)
        return true;
    void *grown =
        pp_array_grow(problems->items, problems->n, &problems->capacity, sizeof *problems->items);
    if (!grown)
        return false;
    problems->items = grown;
    char *copy = strdup(text);
    if (!copy)
        return false;
    problems->items[problems->n++] = (struct pp_sweep_problem){mark, copy, element, index, 1, 0};
    return true;
}

bool pp_sweep_problems_take(pp_sweep_problems *problems, size_t element, size_t index,
                            pp_report *found)
{
    bool ok = !found->out_of_memory;
    pp_report_sort(found);
    for (size_t i = 0; i < found->n && ok; i++) {
        pp_mark mark;
        const char *text = pp_report_text(found, i, &mark);
        ok = take(problems, element, index, mark, text);
    }
    pp_report_clear(found);
    return ok;
}

/// "firms.0.agent = klq, seed = 1"
static void write_values(const pp_sweep_plan *plan, const struct pp_sweep_problem *problem,
                         pp_buffer *out)
{
    const pp_sweep_element *element = &plan->elements[problem->element];
    size_t n = 0;
    for (size_t i = 0; i < element->n_parts; i++)
        for (size_t j = 0; j < element->parts[i].n_columns; j++, n++) {
            const pp_sweep_value *value = pp_sweep_value_at(
                element, problem->index, (pp_plan_place){(uint32_t)i, (uint32_t)j});
            char key[PP_CLIP_MAX], text[PP_CLIP_MAX];
            if (n == VALUES_MAX)
                pp_buffer_add(out, ", ...");
            if (n >= VALUES_MAX)
                continue;
            pp_clip(plan->parameters[element->parts[i].columns[j].parameter].key, key);
            pp_buffer_add(out, "%s%s = %s", n ? ", " : "", key, pp_clip(value->text, text));
        }
}

static pp_mark mark_of_values(const pp_sweep_plan *plan, const struct pp_sweep_problem *problem)
{
    const pp_sweep_element *element = &plan->elements[problem->element];
    const pp_sweep_value *value = pp_sweep_value_at(element, problem->index, (pp_plan_place){0, 0});
    return value->node ? value->node->mark : element->parts[0].columns[0].mark;
}

static void tell(const pp_sweep_plan *plan, const pp_sweep_problems *problems,
                 const struct pp_sweep_problem *problem, pp_report *report)
{
    pp_buffer out = {0};
    bool every = problem->n == problems->n_runs;
    bool placed = problem->mark.set == PP_MARK_PLAN || every;
    pp_mark mark = placed ? problem->mark : mark_of_values(plan, problem);
    if (!placed)
        pp_buffer_add(&out, "%s:%d:%d: ", plan->path, mark.line, mark.column);
    pp_buffer_add(&out, "%s", problem->text);
    if (!every && problem->n > 1)
        pp_buffer_add(&out, "; in %zu runs, the first with ", problem->n);
    else if (!every)
        pp_buffer_add(&out, "; in the run with ");
    if (!every)
        write_values(plan, problem, &out);
    if (problem->others)
        pp_buffer_add(&out, "; and in %zu more runs the like of it", problem->others);
    char *text = pp_buffer_take(&out);
    if (text)
        pp_report_add_text(report, mark, text);
    report->out_of_memory |= !text;
    free(text);
}

void pp_sweep_problems_tell(const pp_sweep_plan *plan, pp_sweep_problems *problems,
                            pp_report *report)
{
    for (size_t i = 0; i < problems->n; i++) {
        tell(plan, problems, &problems->items[i], report);
        free(problems->items[i].text);
    }
    free(problems->items);
    *problems = (pp_sweep_problems){0};
}
