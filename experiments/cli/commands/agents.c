// pursuit agents: the agents and their parameters.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/plugin/plugin.h"
#include "experiments/cli/common/cli.h"
#include "experiments/cli/print/params.h"
#include "experiments/scenario/keys.h"
#include "market/base/json.h"
#include "market/base/nearest.h"
#include "market/base/path.h"

#define COST_OF_A_SALE                                                                             \
    "Whatever the agent, a firm plans on the profit in its books, its own estimate taken for the " \
    "cost of a sale, unless it has `cost: given_sale` or a `correction`."

static void print_parameter(const pp_param *row)
{
    char values[PP_WORDS_MAX], standard[PP_WORDS_MAX], unit[PP_WORDS_MAX];
    pp_param_values_text(row, values);
    pp_param_default_text(row, standard);
    pp_param_unit_text(row, unit);
    printf("  %-24s %s%s (%s)\n", row->name, standard, unit, values);
    char doc[2 * PP_WORDS_MAX];
    snprintf(doc, sizeof doc, "%s [%s]", row->doc, row->citation);
    pp_cli_print_filled(stdout, doc, 27, 96);
}

static void print_agent(const pp_agent_class *agent)
{
    printf("%s%s\n", agent->name, agent->needs_portfolio ? " (needs a portfolio)" : "");
    pp_cli_print_filled(stdout, agent->doc, 2, 96);
    for (size_t i = 0; agent->params && i < agent->params->n_rows; i++)
        print_parameter(&agent->params->rows[i]);
    putchar('\n');
}

static void put_parameter(pp_json *json, const pp_param *row)
{
    static const char *const types[] = {"integer", "real", "boolean", "choice", "text", "reals"};
    pp_json_open(json, NULL, '{');
    pp_json_string(json, "name", row->name);
    pp_json_string(json, "type", types[row->type]);
    pp_param_put_default(json, row);
    if (row->min != 0 || row->max != 0) { // both 0 mean unbounded
        pp_json_number(json, "min", row->min);
        pp_json_boolean(json, "min_excluded", row->flags & PP_OPEN_MIN);
        pp_json_number(json, "max", row->max);
        pp_json_boolean(json, "max_excluded", row->flags & PP_OPEN_MAX);
    }
    if (row->names) {
        pp_json_open(json, "choices", '[');
        for (size_t i = 0; row->names[i]; i++)
            pp_json_string(json, NULL, row->names[i]);
        pp_json_close(json, ']');
    }
    pp_json_string(json, "unit", row->unit);
    pp_json_string(json, "doc", row->doc);
    pp_json_string(json, "source", row->citation);
    pp_json_close(json, '}');
}

static void put_agent(pp_json *json, const pp_agent_class *agent)
{
    pp_json_open(json, NULL, '{');
    pp_json_string(json, "name", agent->name);
    pp_json_string(json, "doc", agent->doc);
    pp_json_boolean(json, "needs_portfolio", agent->needs_portfolio);
    pp_json_open(json, "parameters", '[');
    for (size_t i = 0; agent->params && i < agent->params->n_rows; i++)
        put_parameter(json, &agent->params->rows[i]);
    pp_json_close(json, ']');
    pp_json_close(json, '}');
}

/// @param agents NULL-terminated
static pp_status print_agents(const pp_agent_class *const *agents, bool as_json)
{
    pp_json json = {0};
    for (size_t i = 0; agents[i] && !as_json; i++)
        print_agent(agents[i]);
    if (!as_json) {
        pp_cli_print_filled(stdout, COST_OF_A_SALE, 0, 96);
        return PP_OK;
    }
    pp_json_open(&json, NULL, '[');
    for (size_t i = 0; agents[i]; i++)
        put_agent(&json, agents[i]);
    pp_json_close(&json, ']');
    return pp_cli_print_owned(pp_buffer_take(&json.out));
}

static int unknown_agent(const pp_command *command, const char *name)
{
    pp_nearest nearest;
    char suggestion[PP_SUGGESTION_MAX];
    pp_nearest_start(&nearest, name);
    for (size_t i = 0; pp_agent_classes[i]; i++)
        pp_nearest_offer(&nearest, pp_agent_classes[i]->name);
    pp_nearest_text(&nearest, suggestion, sizeof suggestion);
    pp_cli_message(command, "no agent '%s'%s", name, suggestion);
    return PP_EXIT_USAGE;
}

/// Names of agents have neither a slash nor a dot.
static bool is_plugin(const char *operand)
{
    return strpbrk(operand, "/.");
}

static int print_plugin(const pp_command *command, const char *path, bool json)
{
    pp_text whole;
    pp_error error = {0};
    pp_plugin *plugin = NULL;
    pp_status status = PP_OK;
    if ((size_t)snprintf(whole.text, sizeof whole.text, "%s", path) >= sizeof whole.text)
        status = pp_error_set(&error, PP_EINVAL, "the path is too long");
    if (status == PP_OK)
        status = pp_path_absolute("", &whole, &error);
    if (status == PP_OK)
        status = pp_plugin_open(whole.text, &plugin, &error);
    if (status == PP_OK)
        status = pp_plugin_load(plugin, &error);
    if (status == PP_OK)
        status = print_agents((const pp_agent_class *const[]){plugin->agent, NULL}, json);
    pp_plugins_destroy(plugin);
    return status == PP_OK ? PP_EXIT_OK : pp_cli_fail(command, status, &error);
}

static int run(const pp_command *command, int argc, char **argv)
{
    bool json = false;
    int id = pp_cli_parse(command, argc, argv, NULL, &json);
    if (id != PP_CLI_END)
        return pp_cli_stop(id);
    const char *name = optind < argc ? argv[optind] : NULL;
    if (name && is_plugin(name))
        return print_plugin(command, name, json);
    const pp_agent_class *only = name ? pp_agent_find(name) : NULL;
    if (name && !only)
        return unknown_agent(command, name);
    pp_status status =
        print_agents(only ? (const pp_agent_class *const[]){only, NULL} : pp_agent_classes, json);
    return status == PP_OK ? PP_EXIT_OK : pp_cli_no_memory(command);
}

static const pp_cli_option options[] = {
    {PP_OPT_JSON, "json", NULL, "the same as JSON"},
};

static const pp_cli_example examples[] = {
    {"pursuit agents", "every agent and its parameters"},
    {"pursuit agents baseline", "one of them"},
    {"pursuit agents ./my_agent.so", "the agent of a plugin"},
};

const pp_command pp_command_agents = {
    .name = "agents",
    .synopsis = "[NAME | PLUGIN.so] [--json]",
    .doc = "list agents and their parameters",
    .details =
        "Lists the agents that a firm can have, each with its parameters: default, range, "
        "what it does, and where the default comes from. A name with a slash or a dot in it is "
        "a plugin, a shared object that holds an agent, which is loaded and "
        "checked. " COST_OF_A_SALE,
    PP_CLI_EXAMPLES(examples),
    PP_CLI_OPTIONS(options),
    .max_operands = 1,
    .run = run,
};
