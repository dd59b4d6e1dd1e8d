// Runs of a plan: each one's scenario resolved, checked, and known by its id.
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/parts.h"
#include "experiments/scenario/set.h"
#include "experiments/setup/experiment.h"
#include "experiments/sweep/plan/parts.h"
#include "market/base/array.h"

typedef struct resolver {
    pp_sweep_plan *plan;
    pp_report *report; ///< of the plan
    int *types;        ///< [n_parameters] pp_param_type of the run's values; -1: not known
    uint32_t *table;   ///< [table_size] open addressing: run's number and 1, or 0
    size_t table_size; ///< a power of 2
    pp_sweep_problems problems;
    pp_sweep_books books;
    pp_rules_memory memory;
    pp_mark book_mark; ///< where the run's book is named, if it has one
    pp_status unread;  ///< of files that runs read
    bool wrong;        ///< something else is
} resolver;

/// Before a sample's values are made, an end of its range stands for them.
static pp_node *make_node(const pp_sweep_column *column, const pp_sweep_value *value)
{
    const pp_node *node = value->node ? value->node : value->text ? NULL : column->from;
    return node ? pp_node_copy(node) : pp_node_scalar(column->mark, value->text);
}

pp_node *pp_sweep_tree(const pp_sweep_plan *plan, size_t element, size_t index, pp_report *report)
{
    const pp_sweep_element *of = &plan->elements[element];
    pp_node *root = pp_node_copy(plan->base);
    bool ok = root;
    for (size_t i = 0; i < of->n_edits && ok; i++) {
        const pp_sweep_column *column = &of->parts[of->edits[i].part].columns[of->edits[i].column];
        pp_node *value = make_node(column, pp_sweep_value_at(of, index, of->edits[i]));
        ok = value;
        if (!ok)
            break;
        value->parameter = column->parameter + 1;
        pp_set_value(root, plan->parameters[column->parameter].key, column->key_mark, value,
                     report);
    }
    if (ok && !report->out_of_memory)
        return root;
    report->out_of_memory = true;
    pp_node_destroy(root);
    return NULL;
}

/// A run's scenario, its types told. What is wrong is in `found`.
/// @param rules may be NULL
static pp_scenario *bind_run(resolver *r, size_t element, size_t index, pp_scenario_rules rules,
                             pp_report *found)
{
    for (size_t i = 0; i < r->plan->n_parameters; i++)
        r->types[i] = -1;
    *found = (pp_report){.path = r->plan->scenario_path,
                         .plan = r->plan->path,
                         .sets = (const char *const *)r->plan->sets,
                         .types = r->types};
    pp_node *root = pp_sweep_tree(r->plan, element, index, found);
    pp_scenario *scenario = root ? pp_scenario_bind(found, root, rules, &r->memory) : NULL;
    const pp_node *book = pp_node_get(pp_node_get(root, "population"), "file");
    r->book_mark = book ? book->mark : (pp_mark){0};
    pp_node_destroy(root);
    r->report->out_of_memory |= found->out_of_memory;
    return scenario;
}

/// Which of a sample's ranges are of whole numbers depends on their parameters.
static void fill_samples(resolver *r, size_t element)
{
    pp_sweep_element *of = &r->plan->elements[element];
    bool typed = false;
    for (size_t i = 0; i < of->n_parts; i++) {
        pp_sweep_part *part = &of->parts[i];
        if (part->kind != PP_SWEEP_LATIN && part->kind != PP_SWEEP_SOBOL)
            continue;
        if (!typed) {
            pp_report ignored;
            pp_scenario_destroy(bind_run(r, element, 0, NULL, &ignored));
            pp_report_clear(&ignored);
            typed = true;
        }
        for (size_t j = 0; j < part->n_columns; j++) {
            pp_sweep_column *column = &part->columns[j];
            column->range.whole =
                column->written_whole && r->types[column->parameter] == PP_PARAM_INTEGER;
        }
        if (!pp_sweep_fill_sample(part, r->report)) {
            of->n_runs = 0;
            return;
        }
    }
}

static pp_sweep_type type_of(int type, const pp_sweep_value *value)
{
    double number;
    bool named = type == PP_PARAM_BOOLEAN || type == PP_PARAM_ENUM || type == PP_PARAM_TEXT;
    if (named || (value->node && !pp_node_number(value->node, &number)))
        return PP_SWEEP_TEXT;
    bool whole =
        type == PP_PARAM_INTEGER && value->text[strspn(value->text, "-0123456789")] == '\0';
    return whole ? PP_SWEEP_INTEGER : PP_SWEEP_REAL;
}

static void join_type(pp_plan_parameter *parameter, pp_sweep_type type)
{
    if (!parameter->typed || type == PP_SWEEP_TEXT)
        parameter->type = type;
    else if (parameter->type != type && parameter->type != PP_SWEEP_TEXT)
        parameter->type = PP_SWEEP_REAL;
    parameter->typed = true;
}

static void join_types(resolver *r, size_t element, size_t index)
{
    const pp_sweep_element *of = &r->plan->elements[element];
    for (size_t i = 0; i < of->n_edits; i++) {
        pp_plan_place place = of->edits[i];
        size_t parameter = of->parts[place.part].columns[place.column].parameter;
        join_type(&r->plan->parameters[parameter],
                  type_of(r->types[parameter], pp_sweep_value_at(of, index, place)));
    }
}

/// The id's place in the table: of the run that has it, or empty.
static uint32_t *find(resolver *r, const char *id)
{
    char half[9];
    memcpy(half, id, 8);
    half[8] = '\0';
    size_t at = strtoul(half, NULL, 16) & (r->table_size - 1);
    while (r->table[at] && strcmp(r->plan->runs[r->table[at] - 1].id, id) != 0)
        at = (at + 1) & (r->table_size - 1);
    return &r->table[at];
}

static bool add_run(resolver *r, size_t element, size_t index, const char *id)
{
    pp_sweep_plan *plan = r->plan;
    uint32_t *place = find(r, id);
    if (*place)
        return true;
    void *runs = pp_array_grow(plan->runs, plan->n_runs, &plan->run_capacity, sizeof *plan->runs);
    if (!runs)
        return false;
    plan->runs = runs;
    pp_plan_run *run = &plan->runs[plan->n_runs++];
    run->element = (uint32_t)element;
    run->index = (uint32_t)index;
    memcpy(run->id, id, PP_SWEEP_ID);
    *place = (uint32_t)plan->n_runs;
    return true;
}

static void identify_run(resolver *r, size_t element, size_t index, const pp_scenario *scenario,
                         pp_report *found)
{
    char id[PP_SWEEP_ID];
    pp_error error = {0};
    pp_status status = pp_sweep_identify(scenario, &r->books, id, &error);
    if (status == PP_OK && !add_run(r, element, index, id))
        status = PP_ENOMEM;
    r->report->out_of_memory |= status == PP_ENOMEM;
    if (status == PP_OK || status == PP_ENOMEM)
        return;
    pp_report_add(found, r->book_mark, "population.file", "%s", error.message);
    found->unread++;
    found->unread_status = status;
}

static void resolve_run(resolver *r, size_t element, size_t index)
{
    pp_report found;
    pp_scenario *scenario = bind_run(r, element, index, pp_experiment_rules, &found);
    if (scenario && pp_report_count(&found) == 0) {
        join_types(r, element, index);
        identify_run(r, element, index, scenario, &found);
    }
    pp_scenario_destroy(scenario);
    if (found.unread)
        r->unread = found.unread_status;
    r->wrong |= pp_report_status(&found) == PP_ESCENARIO;
    r->problems.n_runs++;
    if (!pp_sweep_problems_take(&r->problems, element, index, &found))
        r->report->out_of_memory = true;
}

static bool prepare(resolver *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->plan->n_elements; i++)
        n += r->plan->elements[i].n_runs;
    r->table_size = 64;
    while (r->table_size < 2 * n)
        r->table_size *= 2;
    r->table = calloc(r->table_size, sizeof *r->table);
    r->types = calloc(r->plan->n_parameters + 1, sizeof *r->types);
    return r->table && r->types;
}

void pp_sweep_resolve(pp_sweep_plan *plan, pp_report *report, pp_status *status)
{
    resolver r = {.plan = plan, .report = report, .memory = {.outline = true}};

    if (!prepare(&r))
        report->out_of_memory = true;
    for (size_t i = 0; i < plan->n_elements && !report->out_of_memory; i++) {
        if (plan->elements[i].n_runs)
            fill_samples(&r, i);
        for (size_t j = 0; j < plan->elements[i].n_runs && !report->out_of_memory; j++)
            resolve_run(&r, i, j);
    }
    *status = r.wrong || pp_report_count(report) > 0 ? PP_OK : r.unread;
    pp_sweep_problems_tell(plan, &r.problems, report);
    pp_sweep_books_destroy(&r.books);
    pp_rules_memory_release(&r.memory);
    free(r.table);
    free(r.types);
}
