// A plan: loading it, and the scenario of each of its runs.
#include "experiments/sweep/plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/scenario/parts.h"
#include "experiments/sweep/plan/parts.h"
#include "market/base/param_rows.h"
#include "market/base/path.h"

const char *const pp_sweep_type_names[] = {
    [PP_SWEEP_REAL] = "real", [PP_SWEEP_INTEGER] = "integer", [PP_SWEEP_TEXT] = "text"};

typedef struct plan_keys {
    pp_text name, scenario;
} plan_keys;

#define CONFIG plan_keys
static const pp_param plan_rows[] = {
    {ROW(TEXT, name), .default_text = "", .unit = "", .doc = "what the sweep is called",
     .citation = DESIGN},
    {ROW(TEXT, scenario), .flags = PP_REQUIRED, .unit = "",
     .doc = "base scenario, relative to the plan", .citation = DESIGN},
};
static const pp_param_table plan_table = {"plan", "", plan_rows, PP_COUNT(plan_rows),
                                          sizeof(CONFIG)};
#undef CONFIG

static void destroy_part(pp_sweep_part *part)
{
    for (size_t i = 0; i < part->n_rows * part->n_columns; i++)
        free(part->values[i].text);
    free(part->values);
    free(part->columns);
}

static void destroy_elements(pp_sweep_plan *plan)
{
    for (size_t i = 0; i < plan->n_elements; i++) {
        for (size_t j = 0; j < plan->elements[i].n_parts; j++)
            destroy_part(&plan->elements[i].parts[j]);
        free(plan->elements[i].parts);
        free(plan->elements[i].edits);
    }
    free(plan->elements);
}

void pp_sweep_plan_destroy(pp_sweep_plan *plan)
{
    if (!plan)
        return;
    destroy_elements(plan);
    for (size_t i = 0; i < plan->n_parameters; i++)
        free(plan->parameters[i].key);
    for (size_t i = 0; i < plan->n_sets; i++)
        free(plan->sets[i]);
    free(plan->sets);
    free(plan->parameters);
    free(plan->runs);
    pp_node_destroy(plan->tree);
    pp_node_destroy(plan->base);
    free(plan->path);
    free(plan->text);
    free(plan->scenario_path);
    free(plan);
}

static pp_sweep_plan *create(const char *path, const char *const *sets, size_t n_sets)
{
    pp_sweep_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->path = strdup(path);
    plan->sets = calloc(n_sets + 1, sizeof *plan->sets);
    bool ok = plan->path && plan->sets;
    for (size_t i = 0; i < n_sets && ok; i++) {
        plan->sets[i] = strdup(sets[i]);
        ok = plan->sets[i];
        plan->n_sets += ok;
    }
    if (ok)
        return plan;
    pp_sweep_plan_destroy(plan);
    return NULL;
}

/// The base scenario's path: relative to the plan's folder.
static char *join(const char *plan, const char *scenario)
{
    char *folder = pp_path_folder(plan), *path = NULL;
    if (folder && scenario[0] == '/')
        path = strdup(scenario);
    else if (folder && (path = malloc(strlen(folder) + strlen(scenario) + 1)))
        strcat(strcpy(path, folder), scenario);
    free(folder);
    return path;
}

static pp_status load_base(pp_sweep_plan *plan, const char *scenario, pp_report *report)
{
    plan->scenario_path = join(plan->path, scenario);
    if (!plan->scenario_path)
        return PP_ENOMEM;
    const pp_node *named = pp_node_get(plan->tree, "scenario");
    if (named && access(plan->scenario_path, R_OK) != 0) {
        pp_report_add(report, named->mark, "scenario", "'%s' cannot be read: %s",
                      plan->scenario_path, strerror(errno));
        return PP_EIO;
    }
    report->path = plan->scenario_path;
    pp_status status = pp_tree_load(plan->scenario_path, 0, report, &plan->base, NULL, NULL);
    if (!plan->base || pp_scenario_is_map(report, plan->base))
        return status;
    pp_node_destroy(plan->base);
    plan->base = NULL;
    return PP_ESCENARIO;
}

/// A text's values are what is written, digits too.
static bool finish_values(pp_sweep_plan *plan, pp_sweep_part *part)
{
    for (size_t i = 0; i < part->n_rows * part->n_columns; i++) {
        pp_sweep_value *value = &part->values[i];
        size_t parameter = part->columns[i % part->n_columns].parameter;
        if (!value->node || value->node->kind != PP_NODE_SCALAR ||
            plan->parameters[parameter].type != PP_SWEEP_TEXT)
            continue;
        char *text = pp_sweep_text(value->node, false);
        if (!text)
            return false;
        free(value->text);
        value->text = text;
    }
    return true;
}

static bool hash_ids(pp_sweep_plan *plan)
{
    char *ids = malloc(plan->n_runs * PP_SWEEP_ID);
    if (!ids)
        return false;
    for (size_t i = 0; i < plan->n_runs; i++) {
        memcpy(ids + i * PP_SWEEP_ID, plan->runs[i].id, PP_SWEEP_ID - 1);
        ids[(i + 1) * PP_SWEEP_ID - 1] = '\n';
    }
    pp_sha256(ids, plan->n_runs * PP_SWEEP_ID, plan->sha256);
    free(ids);
    return true;
}

static bool finish(pp_sweep_plan *plan)
{
    for (size_t i = 0; i < plan->n_elements; i++)
        for (size_t j = 0; j < plan->elements[i].n_parts; j++)
            if (!finish_values(plan, &plan->elements[i].parts[j]))
                return false;
    return hash_ids(plan);
}

static pp_status read_plan(pp_sweep_plan *plan, pp_report *report)
{
    static const char *const others[] = {"set", "designs", NULL};
    plan_keys keys;
    const pp_node *root = plan->tree, *set = pp_node_get(root, "set");
    pp_status status = PP_OK, files = PP_OK;
    bool ok = pp_bind(report, "", root->mark, root, &plan_table, others, &keys);
    if (root->kind != PP_NODE_MAP)
        return PP_ESCENARIO;
    plan->name = keys.name;
    if (ok || keys.scenario.text[0])
        status = load_base(plan, keys.scenario.text, report);
    if (plan->base)
        pp_sweep_apply_fixed(plan, set, report);
    // Edits that came to nothing would make every run look wrong.
    bool sound = plan->base && pp_report_count(report) == 0;
    pp_sweep_read_designs(plan, root->mark, pp_node_get(root, "designs"), report);
    pp_sweep_check_fixed(plan, set, report);
    if (sound && !report->out_of_memory)
        pp_sweep_resolve(plan, report, &files);
    if (status == PP_OK && files == PP_OK && pp_report_count(report) == 0 &&
        !report->out_of_memory && !finish(plan))
        return PP_ENOMEM;
    return status == PP_OK ? files : status;
}

pp_status pp_sweep_plan_load(const char *path, const char *const *sets, size_t n_sets,
                             pp_sweep_plan **plan, pp_problems *problems)
{
    *plan = NULL;
    *problems = (pp_problems){0};
    pp_sweep_plan *made = create(path, sets, n_sets);
    if (!made)
        return PP_ENOMEM;
    pp_report report = {.path = path, .plan = path, .sets = (const char *const *)made->sets};
    pp_status status =
        pp_tree_load(path, PP_MARK_PLAN, &report, &made->tree, &made->text, &made->length);
    if (made->tree)
        status = read_plan(made, &report);
    if (status == PP_OK && pp_report_count(&report))
        status = PP_ESCENARIO;
    if (report.out_of_memory)
        status = PP_ENOMEM;
    pp_report_finish(&report, problems);
    if (status == PP_OK && report.out_of_memory)
        status = PP_ENOMEM;
    if (status == PP_OK)
        *plan = made;
    else
        pp_sweep_plan_destroy(made);
    return status;
}

/// Is it still what it was when the plan was read? What reads no file is: the plan is in memory.
static pp_status check_id(const pp_scenario *scenario, const char *wanted, pp_error *error)
{
    char id[PP_SWEEP_ID];
    if (scenario->population != PP_POPULATION_BOOK && !scenario->plugins)
        return PP_OK;
    pp_status status = pp_sweep_identify(scenario, NULL, id, error);
    if (status == PP_OK && strcmp(id, wanted) != 0)
        status = pp_error_set(error, PP_EIO,
                              "run %s is no longer what it was when the plan was read: a file that "
                              "it reads has changed",
                              wanted);
    return status;
}

pp_status pp_sweep_plan_scenario(const pp_sweep_plan *plan, size_t run, pp_scenario **scenario,
                                 pp_error *error)
{
    const pp_plan_run *wanted = &plan->runs[run];
    pp_report report = {
        .path = plan->scenario_path, .plan = plan->path, .sets = (const char *const *)plan->sets};
    *scenario = NULL;
    pp_node *root = pp_sweep_tree(plan, wanted->element, wanted->index, &report);
    pp_scenario *made = root ? pp_scenario_bind(&report, root, NULL, NULL) : NULL;
    pp_node_destroy(root);
    pp_status status = PP_OK;
    if (!made || report.out_of_memory) {
        status = pp_error_set(error, PP_ENOMEM, "no memory for a run's scenario");
    } else if (report.n) {
        pp_mark mark;
        status = pp_error_set(error, PP_EIO, "%s", pp_report_text(&report, 0, &mark));
    } else {
        status = check_id(made, wanted->id, error);
    }
    pp_report_clear(&report);
    if (status == PP_OK)
        *scenario = made;
    else
        pp_scenario_destroy(made);
    return status;
}
