// The command `help`.
#include "experiments/cli/common/cli.h"

static int run(const pp_command *command, const pp_command *const *all, int argc, char **argv)
{
    int id = pp_cli_parse(command, argc, argv, NULL, NULL);
    if (id != PP_CLI_END)
        return pp_cli_stop(id);
    if (optind == argc) {
        pp_cli_print_overview(all, stdout);
        return PP_EXIT_OK;
    }
    const pp_command *topic = pp_command_find(all, argv[optind]);
    if (topic) {
        pp_cli_print_help(topic, stdout);
        return PP_EXIT_OK;
    }
    char suggestion[PP_SUGGESTION_MAX];
    pp_command_suggest(all, argv[optind], suggestion, sizeof suggestion);
    pp_cli_message(command, "no command '%s'%s", argv[optind], suggestion);
    return pp_cli_usage(NULL);
}

static const pp_cli_example examples[] = {
    {"pursuit help", "what there is"},
    {"pursuit help run", "what one command does"},
};

const pp_command pp_command_help = {
    .name = "help",
    .synopsis = "[COMMAND]",
    .doc = "show what a command does",
    .details = "Shows the commands, or one command's examples, usage and options.",
    PP_CLI_EXAMPLES(examples),
    .max_operands = 1,
    .run_with = run,
};
