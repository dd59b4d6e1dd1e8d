// pursuit version, and the text by which files name the program.
#include "experiments/cli/common/cli.h"
#include "pursuit_version.h"

const char *pp_cli_version(void)
{
    return "pursuit " PURSUIT_VERSION " (" PURSUIT_COMMIT ")";
}

static int run(const pp_command *command, int argc, char **argv)
{
    int id = pp_cli_parse(command, argc, argv, NULL, NULL);
    if (id != PP_CLI_END)
        return pp_cli_stop(id);
    puts(pp_cli_version());
    return PP_EXIT_OK;
}

static const pp_cli_example examples[] = {
    {"pursuit version", "version and commit; the same as pursuit --version"},
};

const pp_command pp_command_version = {
    .name = "version",
    .synopsis = "",
    .doc = "print the version and the commit",
    .details = "Prints the version, and in brackets the commit that the program was built from.",
    PP_CLI_EXAMPLES(examples),
    .run = run,
};
