// pursuit init: a starter scenario.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "experiments/cli/common/cli.h"
#include "experiments/scenario/starter.h"

static int cannot_write(const pp_command *command, const char *path, int cause)
{
    if (cause == EEXIST)
        pp_cli_message(command, "%s: already exists (--force replaces it)", path);
    else
        pp_cli_message(command, "%s: cannot be written: %s", path, strerror(cause));
    return PP_EXIT_IO;
}

/// @param force else an existing file is an error, and stays
static int write_starter(const pp_command *command, const char *path, bool force)
{
    errno = 0;
    FILE *out = fopen(path, force ? "w" : "wx");
    if (!out)
        return cannot_write(command, path, errno);
    bool failed = fputs(pp_scenario_starter(), out) == EOF;
    int cause = errno;
    if (fclose(out) != 0 && !failed) {
        failed = true;
        cause = errno;
    }
    if (!failed)
        return PP_EXIT_OK;
    if (!force) // then the file is ours; with --force it may be a device
        unlink(path);
    return cannot_write(command, path, cause);
}

static int run(const pp_command *command, int argc, char **argv)
{
    bool force = false;
    int id = pp_cli_parse(command, argc, argv, NULL, &force);
    if (id != PP_CLI_END)
        return pp_cli_stop(id);
    if (optind < argc)
        return write_starter(command, argv[optind], force);
    fputs(pp_scenario_starter(), stdout);
    return PP_EXIT_OK;
}

static const pp_cli_option options[] = {
    {PP_OPT_FORCE, "force", NULL, "replace an existing file"},
};

static const pp_cli_example examples[] = {
    {"pursuit init scenario.yaml", "a commented scenario to start from"},
    {"pursuit init | less", "only look at it"},
};

const pp_command pp_command_init = {
    .name = "init",
    .synopsis = "[FILE.yaml] [--force]",
    .doc = "write a starter scenario",
    .details = "Writes a commented scenario that runs as it is, to a file or to standard output.",
    PP_CLI_EXAMPLES(examples),
    PP_CLI_OPTIONS(options),
    .max_operands = 1,
    .run = run,
};
