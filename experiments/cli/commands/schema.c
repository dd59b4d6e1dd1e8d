// pursuit schema: the JSON Schema of scenarios.
#include <stdlib.h>

#include "experiments/cli/common/cli.h"
#include "experiments/scenario/schema.h"

static int run(const pp_command *command, int argc, char **argv)
{
    int id = pp_cli_parse(command, argc, argv, NULL, NULL);
    if (id != PP_CLI_END)
        return pp_cli_stop(id);
    char *schema = pp_scenario_json_schema();
    return pp_cli_print_owned(schema) == PP_OK ? PP_EXIT_OK : pp_cli_no_memory(command);
}

static const pp_cli_example examples[] = {
    {"pursuit schema > pursuit.schema.json", "for an editor that completes and checks YAML"},
};

const pp_command pp_command_schema = {
    .name = "schema",
    .synopsis = "",
    .doc = "print the JSON Schema of a scenario",
    .details = "Prints the JSON Schema (draft 2020-12) of a scenario file.",
    PP_CLI_EXAMPLES(examples),
    .run = run,
};
