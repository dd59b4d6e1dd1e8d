// pursuit summary: the table an actuary reads first.
#include "experiments/cli/commands/figures.h"
#include "experiments/cli/common/cli.h"

static int summarise(const pp_command *command, const char *path, bool json)
{
    pp_error error = {0};
    pp_results_file *file = NULL;
    pp_figures figures = {0};
    pp_status status = pp_results_open(path, &file, &error);
    if (status == PP_OK)
        status = pp_figures_read(file, &figures, &error);
    if (status == PP_OK && json)
        status = pp_figures_json(&figures, file, path);
    else if (status == PP_OK)
        status = pp_figures_print(&figures, file, path);
    pp_figures_destroy(&figures);
    pp_results_close(file);
    return status == PP_OK ? PP_EXIT_OK : pp_cli_fail(command, status, &error);
}

static int run(const pp_command *command, int argc, char **argv)
{
    bool json = false;
    int id = pp_cli_parse(command, argc, argv, NULL, &json);
    return id == PP_CLI_END ? summarise(command, argv[optind], json) : pp_cli_stop(id);
}

static const pp_cli_option options[] = {
    {PP_OPT_JSON, "json", NULL, "the same figures as JSON, unrounded"},
};

static const pp_cli_example examples[] = {
    {"pursuit summary run.h5", "what each firm earned, and how"},
    {"pursuit summary run.h5 --json > summary.json", "the same for a program"},
};

const pp_command pp_command_summary = {
    .name = "summary",
    .synopsis = "FILE.h5 [--json]",
    .doc = "show the table an actuary reads first",
    .details =
        "Shows, for each firm over the test epochs, the reward with a 95% interval over trials "
        "by Student's t, booked and true profit and the winner's curse between them, the portfolio "
        "loss, how it traded, and how burn-in compares; where the first firm with a portfolio, and "
        "all "
        "firms, sold more cheaply than they thought: by rank of the price, by price over the mean "
        "of "
        "the rivals', and by expected conversion. Then how far quotes were from an agent's "
        "reference policy, where it has one, and each firm's portfolio against its target. Ratios "
        "are sums over sums.",
    PP_CLI_EXAMPLES(examples),
    PP_CLI_OPTIONS(options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
