// A scenario from its file: tree, --set, structs, rules.
#include "experiments/scenario/scenario.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/plugin/plugin.h"
#include "experiments/scenario/check.h"
#include "experiments/scenario/parts.h"
#include "experiments/scenario/set.h"
#include "market/base/path.h"

static void destroy_origin(pp_scenario_origin *origin)
{
    if (!origin)
        return;
    for (size_t i = 0; i < origin->n_sets; i++)
        free(origin->sets[i]);
    free(origin->sets);
    pp_node_destroy(origin->root);
    free(origin);
}

void pp_scenario_destroy(pp_scenario *scenario)
{
    if (!scenario)
        return;
    for (size_t i = 0; i < scenario->n_firms; i++)
        pp_firm_release(&scenario->firms[i]);
    free(scenario->firms);
    pp_plugins_destroy(scenario->plugins); // after the firms, whose classes are in them
    destroy_origin(scenario->origin);
    free(scenario);
}

static void read_root(pp_report *report, const pp_node *root, const char *path,
                      pp_scenario *scenario)
{
    // Top-level keys that are no pp_run_table row.
    const char *others[16] = {"population", "firms"};
    size_t n = 2;
    for (size_t i = 0; i < pp_n_sections && n + 1 < PP_COUNT(others); i++)
        others[n++] = pp_sections[i].key;
    char *folder = pp_path_folder(path);
    if (!folder) {
        report->out_of_memory = true;
        return;
    }
    pp_bind(report, "", root->mark, root, &pp_run_table, others, &scenario->run);
    pp_read_population(report, pp_node_get(root, "population"), folder, scenario);
    for (size_t i = 0; i < pp_n_sections; i++) {
        const pp_section *section = &pp_sections[i];
        const pp_node *map = pp_node_get(root, section->key);
        pp_bind(report, section->key, map ? map->mark : root->mark, map, section->table, NULL,
                (char *)scenario + section->offset);
    }
    if (isnan(scenario->inflation.initial_rate))
        scenario->inflation.initial_rate = scenario->inflation.mean_rate;
    pp_read_firms(report, root->mark, pp_node_get(root, "firms"), folder, scenario);
    free(folder);
}

bool pp_scenario_is_map(pp_report *report, const pp_node *root)
{
    char found[PP_CLIP_MAX + 16];
    if (root->kind == PP_NODE_MAP)
        return true;
    pp_report_add(report, root->mark, "", "expected a map of keys, not %s",
                  pp_node_text(root, found));
    return false;
}

pp_scenario *pp_scenario_bind(pp_report *report, const pp_node *root, pp_scenario_rules rules,
                              void *context)
{
    pp_scenario *scenario = calloc(1, sizeof *scenario);
    if (!scenario) {
        report->out_of_memory = true;
        return NULL;
    }
    snprintf(scenario->path, sizeof scenario->path, "%s", report->path);
    read_root(report, root, report->path, scenario);
    pp_check check = {.scenario = scenario, .root = root, .report = report};
    if (!report->out_of_memory)
        pp_scenario_check(&check);
    if (!report->out_of_memory && rules)
        rules(&check, context);
    return scenario;
}

/// Keep the tree, to find lines in later. @param root taken over
static bool keep_origin(pp_scenario *scenario, pp_node *root, const char *const *sets, size_t n)
{
    pp_scenario_origin *origin = calloc(1, sizeof *origin);
    if (!origin) {
        pp_node_destroy(root);
        return false;
    }
    scenario->origin = origin;
    origin->root = root;
    origin->sets = calloc(n + 1, sizeof *origin->sets);
    bool enough = origin->sets;
    for (; enough && origin->n_sets < n; origin->n_sets++)
        enough = (origin->sets[origin->n_sets] = strdup(sets[origin->n_sets])) != NULL;
    return enough;
}

/// The scenario of a tree, edited. @param root taken over; may be NULL
static pp_status finish(pp_report *report, pp_node *root, size_t n_sets, pp_scenario_rules rules,
                        void *context, pp_scenario **result, pp_problems *problems)
{
    pp_scenario *scenario = NULL;
    if (root && pp_scenario_is_map(report, root)) {
        for (size_t i = 1; i <= n_sets; i++)
            pp_set_apply(root, i, report);
        scenario = pp_scenario_bind(report, root, rules, context);
    }
    bool wrong = pp_report_count(report) > 0;
    pp_status status = pp_report_status(report);
    if (scenario && !wrong)
        report->out_of_memory |= !keep_origin(scenario, root, report->sets, n_sets);
    else
        pp_node_destroy(root);
    pp_report_finish(report, problems);
    if (report->out_of_memory || wrong) {
        pp_scenario_destroy(scenario);
        return report->out_of_memory ? PP_ENOMEM : status;
    }
    *result = scenario;
    return PP_OK;
}

pp_status pp_scenario_read(const char *path, const char *text, size_t length,
                           const char *const *sets, size_t n_sets, pp_scenario **scenario,
                           pp_problems *problems)
{
    pp_report report = {.path = path, .sets = sets};
    *scenario = NULL;
    pp_node *root = pp_tree_parse(text, length, 0, &report);
    return finish(&report, root, n_sets, NULL, NULL, scenario, problems);
}

pp_status pp_scenario_load_checked(const char *path, const char *const *sets, size_t n_sets,
                                   pp_scenario_rules rules, void *context, pp_scenario **scenario,
                                   pp_problems *problems)
{
    pp_report report = {.path = path, .sets = sets};
    pp_node *root = NULL;
    *scenario = NULL;
    pp_status status = pp_tree_load(path, 0, &report, &root, NULL, NULL);
    pp_status finished = finish(&report, root, n_sets, rules, context, scenario, problems);
    return status == PP_OK ? finished : status;
}

pp_status pp_scenario_load(const char *path, const char *const *sets, size_t n_sets,
                           pp_scenario **scenario, pp_problems *problems)
{
    return pp_scenario_load_checked(path, sets, n_sets, NULL, NULL, scenario, problems);
}
