// A firm's `agent:`, which is built in or comes from a plugin.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/plugin/plugin.h"
#include "experiments/scenario/parts.h"
#include "market/base/nearest.h"

static void unknown_agent(pp_report *report, const pp_node *node, const char *where)
{
    char known[512] = "", hint[128], text[PP_CLIP_MAX + 16];
    pp_nearest nearest;
    pp_nearest_start(&nearest, node->text);
    size_t n = 0;
    for (size_t i = 0; pp_agent_classes[i]; i++) {
        pp_nearest_offer(&nearest, pp_agent_classes[i]->name);
        if (n < sizeof known)
            n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "",
                                  pp_agent_classes[i]->name);
    }
    pp_nearest_text(&nearest, hint, sizeof hint);
    pp_report_add(report, node->mark, where, "expected an agent (%s), not %s%s", known,
                  pp_node_text(node, text), hint);
}

static const pp_agent_class *read_agent_name(pp_report *report, const pp_node *node,
                                             const char *where)
{
    char text[PP_CLIP_MAX + 16];
    if (node->kind != PP_NODE_SCALAR) {
        pp_report_add(report, node->mark, where, "expected an agent's name, not %s",
                      pp_node_text(node, text));
        return NULL;
    }
    const pp_agent_class *agent = pp_agent_find(node->text);
    if (!agent)
        unknown_agent(report, node, where);
    return agent;
}

static bool make_params(pp_report *report, pp_firm_config *firm)
{
    size_t size = firm->agent->params->size;
    firm->agent_params = size ? malloc(size) : NULL;
    if (size && !firm->agent_params)
        report->out_of_memory = true;
    return !size || firm->agent_params;
}

/// A name, or a map of a `kind` and its parameters. `null` is a name here: a firm without any
/// ambition has that agent.
static void read_built_in(pp_report *report, const char *where, const pp_node *node,
                          pp_firm_config *firm)
{
    static const char *const others[] = {"kind", NULL};
    char at[PP_WHERE_MAX];
    bool map = node->kind == PP_NODE_MAP;
    firm->agent =
        map ? read_agent_name(report, pp_node_get(node, "kind"), pp_where_key(where, "kind", at))
            : read_agent_name(report, node, where);
    if (firm->agent && make_params(report, firm))
        pp_bind(report, where, node->mark, map ? node : NULL, firm->agent->params, others,
                firm->agent_params);
}

static pp_plugin *find_plugin(const pp_scenario *scenario, const char *path)
{
    pp_plugin *plugin = scenario->plugins;
    while (plugin && strcmp(plugin->path, path) != 0)
        plugin = plugin->next;
    return plugin;
}

/// Is the file still the one that the scenario speaks of? Asked before anything in it is run.
static bool check_hash(pp_report *report, const char *where, const pp_node *map,
                       const pp_plugin_keys *keys, const pp_plugin *plugin)
{
    char at[PP_WHERE_MAX], clipped[PP_CLIP_MAX];
    const char *given = keys->plugin_sha256.text;
    if (!given[0] || strcmp(given, plugin->sha256) == 0)
        return true;
    pp_report_add(report, pp_node_get(map, "plugin_sha256")->mark,
                  pp_where_key(where, "plugin_sha256", at),
                  "the plugin has changed: '%s' now has the checksum %s",
                  pp_clip(plugin->path, clipped), plugin->sha256);
    return false;
}

/// The plugin of that file, loaded by the first firm that has it.
static const pp_plugin *get_plugin(pp_report *report, const char *where, const pp_node *map,
                                   const pp_plugin_keys *keys, pp_scenario *scenario)
{
    char at[PP_WHERE_MAX];
    pp_error error = {0};
    pp_plugin *found = find_plugin(scenario, keys->plugin.text), *made = NULL;
    pp_status status = found ? PP_OK : pp_plugin_open(keys->plugin.text, &made, &error);
    if (status == PP_OK && !check_hash(report, where, map, keys, found ? found : made)) {
        pp_plugins_destroy(made);
        return NULL;
    }
    if (status == PP_OK && made)
        status = pp_plugin_load(made, &error);
    if (status != PP_OK) {
        pp_plugins_destroy(made);
        report->out_of_memory |= status == PP_ENOMEM;
        pp_report_add(report, pp_node_get(map, "plugin")->mark, pp_where_key(where, "plugin", at),
                      "%s", error.message);
        return NULL;
    }
    if (made) {
        made->next = scenario->plugins;
        scenario->plugins = made;
    }
    return made ? made : found;
}

static void read_plugin(pp_report *report, const char *where, const pp_node *map,
                        const char *folder, pp_scenario *scenario, pp_firm_config *firm)
{
    pp_plugin_keys keys;
    if (!pp_bind_rows(report, where, map->mark, map, &pp_plugin_table, &keys) ||
        !pp_resolve_file(report, where, map, "plugin", folder, &keys.plugin))
        return;
    firm->plugin = get_plugin(report, where, map, &keys, scenario);
    if (!firm->plugin)
        return;
    firm->agent = firm->plugin->agent;
    const pp_param_table *const tables[] = {&pp_plugin_table, firm->agent->params, NULL};
    pp_bind_keys(report, where, map, tables, NULL);
    if (make_params(report, firm))
        pp_bind_rows(report, where, map->mark, map, firm->agent->params, firm->agent_params);
}

void pp_read_agent(pp_report *report, const char *where, const pp_node *node, const char *folder,
                   pp_scenario *scenario, pp_firm_config *firm)
{
    const pp_node *kind = pp_node_get(node, "kind"), *plugin = pp_node_get(node, "plugin");
    if (kind && plugin)
        pp_report_add(report, plugin->mark, where, "give 'kind' or 'plugin', not both");
    else if (node->kind == PP_NODE_MAP && !kind && !plugin)
        pp_report_add(report, node->mark, where, "'kind' or 'plugin' is missing");
    else if (plugin)
        read_plugin(report, where, node, folder, scenario, firm);
    else
        read_built_in(report, where, node, firm);
}
