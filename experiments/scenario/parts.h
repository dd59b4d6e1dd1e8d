/// @file
/// The parts a scenario is read in; internal to experiments/.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_PARTS_H
#define PURSUIT_EXPERIMENTS_SCENARIO_PARTS_H

#include "experiments/scenario/bind.h"
#include "experiments/scenario/keys.h"

/// The tree of a scenario and the --set that it was edited with.
struct pp_scenario_origin {
    pp_node *root;
    char **sets; ///< [n_sets]
    size_t n_sets;
};

/// Copy a text into a name of PP_NAME_MAX bytes.
/// @return false if it was too long or held a control character, which is reported at the mark
bool pp_name_copy(pp_report *report, pp_mark mark, const char *where, const char *text,
                  char name[PP_NAME_MAX]);

/// Make a path that was read from `map` absolute, so that the resolved scenario means the same
/// wherever it is kept. An empty one is left alone.
/// @param folder the scenario file's folder with its final '/', or ""
/// @return false after reporting that it cannot be done
bool pp_resolve_file(pp_report *report, const char *where, const pp_node *map, const char *key,
                     const char *folder, pp_text *path);

/// Read `population:` into the scenario.
/// @param folder the scenario file's folder with its final '/', or ""
void pp_read_population(pp_report *report, const pp_node *node, const char *folder,
                        pp_scenario *scenario);

/// Read a firm's `portfolio:` (NULL: none) into portfolio, n_categories and categories of `firm`.
void pp_read_portfolio(pp_report *report, const char *where, const pp_node *node,
                       pp_firm_config *firm);

/// Read a firm's `agent:` into agent, plugin and agent_params of `firm`. A plugin belongs to the
/// scenario.
void pp_read_agent(pp_report *report, const char *where, const pp_node *node, const char *folder,
                   pp_scenario *scenario, pp_firm_config *firm);

/// Read `firms:` into the scenario, counts expanded and names made unique.
void pp_read_firms(pp_report *report, pp_mark root, const pp_node *node, const char *folder,
                   pp_scenario *scenario);

/// Free what a firm owns.
void pp_firm_release(pp_firm_config *firm);

/// Mark of the first of those keys (NULL-terminated) that `map` has, else `otherwise`.
pp_mark pp_mark_of(const pp_node *map, const char *const *keys, pp_mark otherwise);

/// Is the root of a scenario's tree a map? It is reported if not.
bool pp_scenario_is_map(pp_report *report, const pp_node *root);

/// What a tree says, read and checked; the report's path is the scenario's.
/// @param root  a map
/// @param rules, context see pp_scenario_load_checked
/// @return a scenario, to be used only if nothing was reported; NULL if memory ran out
pp_scenario *pp_scenario_bind(pp_report *report, const pp_node *root, pp_scenario_rules rules,
                              void *context);

/// Read a scenario from memory; see pp_scenario_load.
pp_status pp_scenario_read(const char *path, const char *text, size_t length,
                           const char *const *sets, size_t n_sets, pp_scenario **scenario,
                           pp_problems *problems);

#endif
