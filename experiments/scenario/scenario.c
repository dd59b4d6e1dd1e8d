#include "experiments/scenario/scenario.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/path.h"
#include "agents/plugin/plugin.h"
#include "experiments/scenario/parts.h"
#include "experiments/scenario/set.h"

void pp_scenario_destroy(pp_scenario *scenario)
{
    if (!scenario)
        return;
    for (size_t i = 0; i < scenario->n_firms; i++)
        pp_firm_release(&scenario->firms[i]);
    free(scenario->firms);
    pp_plugins_destroy(scenario->plugins); // after the firms, whose classes are in them
    free(scenario);
}

static void check_order(pp_report *report, const pp_node *map, const char *low_key, double low,
                        const char *high_key, double high)
{
    const char *const keys[] = {low_key, high_key, NULL};
    if (low > high)
        pp_report_add(report, pp_mark_of(map, keys, (pp_mark){0}), "pricing",
                      "%s %.15g is above %s %.15g", low_key, low, high_key, high);
}

static void check_pricing(pp_report *report, const pp_node *map, const pp_pricing_config *pricing)
{
    static const char *const keys[] = {"exploration_rate", "exploration_factors", NULL};
    const double slack = 1e-12; // 0.1 taken ten times is 1
    double chance = pricing->exploration_rate * (double)pricing->exploration_factors.n;
    check_order(report, map, "bid_min", pricing->bid_min, "bid_max", pricing->bid_max);
    check_order(report, map, "first_min", pricing->first_min, "first_max", pricing->first_max);
    if (chance > 1 + slack)
        pp_report_add(report, pp_mark_of(map, keys, (pp_mark){0}), "pricing",
                      "exploration_rate %.15g for each of %zu exploration_factors is more than 1 "
                      "in all",
                      pricing->exploration_rate, pricing->exploration_factors.n);
}

/// The reference price is ln(1/s - N)/beta below a loaded premium: it needs N below 1/s.
static void check_success_rate(pp_report *report, const pp_node *root, const pp_scenario *scenario)
{
    static const char *const rate_key[] = {"success_rate", NULL}, *const firms_key[] = {"firms",
                                                                                        NULL};
    double n = (double)scenario->n_firms;
    if (n < 1 / scenario->choice.success_rate)
        return;
    pp_mark firms = pp_mark_of(root, firms_key, (pp_mark){0});
    pp_report_add(report, pp_mark_of(pp_node_get(root, "choice"), rate_key, firms), "choice",
                  "%zu firm%s success_rate below 1/%zu", scenario->n_firms,
                  scenario->n_firms == 1 ? " needs" : "s need", scenario->n_firms);
}

static bool read_section(pp_report *report, const pp_node *root, const pp_section *section,
                         pp_scenario *scenario)
{
    const pp_node *map = pp_node_get(root, section->key);
    return pp_bind(report, section->key, map ? map->mark : root->mark, map, section->table, NULL,
                   (char *)scenario + section->offset);
}

pp_agent_outline pp_outline_of(const pp_scenario *scenario)
{
    return (pp_agent_outline){.rounds = scenario->market.rounds,
                              .bid_min = scenario->pricing.bid_min,
                              .bid_max = scenario->pricing.bid_max};
}

static void read_sections(pp_report *report, const pp_node *root, const char *folder,
                          pp_scenario *scenario)
{
    bool choice_read = false;
    pp_agent_outline outline = {.bid_min = NAN, .bid_max = NAN};
    size_t before = pp_report_count(report);
    for (size_t i = 0; i < pp_n_sections; i++) {
        const pp_section *section = &pp_sections[i];
        bool ok = read_section(report, root, section, scenario);
        if (section->table == &pp_choice_table)
            choice_read = ok;
        // A field that was refused holds its default: to hold that against others would mislead.
        if (ok && section->table == &pp_pricing_table)
            check_pricing(report, pp_node_get(root, section->key), &scenario->pricing);
    }
    if (isnan(scenario->inflation.initial_rate))
        scenario->inflation.initial_rate = scenario->inflation.mean_rate;
    if (pp_report_count(report) == before)
        outline = pp_outline_of(scenario);
    before = pp_report_count(report);
    pp_read_firms(report, root->mark, pp_node_get(root, "firms"), folder, &outline, scenario);
    if (choice_read && pp_report_count(report) == before)
        check_success_rate(report, root, scenario);
}

/// What is typed on the command line is relative to where it is typed; what a sweep's plan says, to
/// the plan.
static pp_status make_absolute(const pp_report *report, pp_mark mark, const char *folder,
                               pp_text *path, pp_error *error)
{
    if (mark.set != PP_MARK_PLAN)
        return pp_path_absolute(mark.set ? "" : folder, path, error);
    char *plan = pp_path_folder(report->plan);
    if (!plan)
        return pp_error_set(error, PP_ENOMEM, "no memory for a path");
    pp_status status = pp_path_absolute(plan, path, error);
    free(plan);
    return status;
}

bool pp_resolve_file(pp_report *report, const char *where, const pp_node *map, const char *key,
                     const char *folder, pp_text *path)
{
    char at[PP_WHERE_MAX];
    pp_error error = {0};
    const pp_node *node = pp_node_get(map, key);
    if (!node || !path->text[0])
        return true;
    pp_status status = make_absolute(report, node->mark, folder, path, &error);
    if (status == PP_OK)
        return true;
    report->out_of_memory |= status == PP_ENOMEM;
    pp_report_add(report, node->mark, pp_where_key(where, key, at), "%s", error.message);
    return false;
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
    read_sections(report, root, folder, scenario);
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

pp_scenario *pp_scenario_bind(pp_report *report, const pp_node *root)
{
    pp_scenario *scenario = calloc(1, sizeof *scenario);
    if (!scenario) {
        report->out_of_memory = true;
        return NULL;
    }
    snprintf(scenario->path, sizeof scenario->path, "%s", report->path);
    read_root(report, root, report->path, scenario);
    return scenario;
}

/// The scenario of a tree, edited.
static pp_scenario *read_scenario(pp_report *report, pp_node *root, size_t n_sets)
{
    if (!pp_scenario_is_map(report, root))
        return NULL;
    for (size_t i = 1; i <= n_sets; i++)
        pp_set_apply(root, i, report);
    return pp_scenario_bind(report, root);
}

static pp_status finish(pp_report *report, pp_scenario *scenario, pp_scenario **result,
                        pp_problems *problems)
{
    bool wrong = pp_report_count(report) > 0;
    bool out_of_memory = report->out_of_memory;
    pp_report_finish(report, problems);
    if (out_of_memory || report->out_of_memory || wrong) {
        pp_scenario_destroy(scenario);
        return out_of_memory || report->out_of_memory ? PP_ENOMEM : PP_ESCENARIO;
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
    pp_scenario *made = root ? read_scenario(&report, root, n_sets) : NULL;
    pp_node_destroy(root);
    return finish(&report, made, scenario, problems);
}

pp_status pp_scenario_load(const char *path, const char *const *sets, size_t n_sets,
                           pp_scenario **scenario, pp_problems *problems)
{
    pp_report report = {.path = path, .sets = sets};
    pp_node *root = NULL;
    *scenario = NULL;
    pp_status status = pp_tree_load(path, 0, &report, &root, NULL, NULL);
    pp_scenario *made = root ? read_scenario(&report, root, n_sets) : NULL;
    pp_node_destroy(root);
    pp_status finished = finish(&report, made, scenario, problems);
    return status == PP_OK ? finished : status;
}
