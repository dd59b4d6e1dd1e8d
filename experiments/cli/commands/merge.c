// The command `merge`.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/cli/common/cli.h"
#include "experiments/sweep/merge.h"

typedef struct arguments {
    const char *directory, *output;
    bool force;
} arguments;

/// What one should know of the file.
static void say_remarks(const pp_command *command, const pp_merge_report *report)
{
    static const char *const states[] = {[PP_MERGE_COMPLETE] = "complete",
                                         [PP_MERGE_FAILED] = "failed",
                                         [PP_MERGE_PARTIAL] = "begun",
                                         [PP_MERGE_PENDING] = "not begun"};
    size_t n = 0;
    for (size_t state = 0; state < PP_MERGE_STATES; state++)
        n += report->runs[state];
    for (size_t state = PP_MERGE_FAILED; state < PP_MERGE_STATES; state++)
        if (report->runs[state] > 0)
            pp_cli_message(command, "%zu of %zu runs %s %s: missing values in the file",
                           report->runs[state], n, report->runs[state] == 1 ? "is" : "are",
                           states[state]);
    if (report->cut == 1)
        pp_cli_message(command,
                       "warning: the file of run %s is cut short; 'pursuit sweep' runs it again",
                       report->first_cut);
    else if (report->cut > 1)
        pp_cli_message(command,
                       "warning: the files of %zu runs are cut short, that of run %s first; "
                       "'pursuit sweep' runs them again",
                       report->cut, report->first_cut);
    if (report->sources > 0)
        pp_cli_message(command,
                       "warning: %zu %s made with another program than the first (see run_source)",
                       report->sources, report->sources == 1 ? "run was" : "runs were");
    if (report->rounds > 0)
        pp_cli_message(command,
                       "recorded rounds of %zu runs are left out; they are in the runs' "
                       "own files",
                       report->rounds);
}

static int fail(const pp_command *command, const arguments *a, pp_status status,
                const pp_error *error)
{
    if (status == PP_EINTERRUPTED) {
        pp_cli_message(command, "interrupted; nothing was written");
        return PP_EXIT_INTERRUPTED;
    }
    if (status == PP_EEXIST && !a->force && pp_cli_is_file(a->output)) {
        pp_cli_message(command, "%s (--force replaces it)", error->message);
        return PP_EXIT_IO;
    }
    return pp_cli_fail(command, status, error);
}

static int merge(const pp_command *command, const arguments *a, const char *history)
{
    const pp_merge_options options = {.force = a->force, .stop = &pp_cli_stopped};
    pp_merge_report report;
    pp_error error = {0};
    pp_cli_catch_signals(NULL);
    pp_status status = pp_sweep_merge(a->directory, a->output, &options, history, pp_cli_version(),
                                      &report, &error);
    if (status != PP_OK)
        return fail(command, a, status, &error);
    say_remarks(command, &report);
    return PP_EXIT_OK;
}

static int run(const pp_command *command, int argc, char **argv)
{
    arguments a = {0};
    pp_cli_parser parser;
    bool removed = false;
    int id;
    char *history = pp_cli_command_line(argc, argv); // before getopt_long reorders it
    if (!history)
        return pp_cli_no_memory(command);
    pp_cli_parser_init(&parser, command, argc, argv);
    while ((id = pp_cli_next(&parser)) >= 0) {
        if (id == 'o') {
            if (!pp_cli_take_output(command, &a.output)) {
                id = PP_CLI_ERROR;
                break;
            }
        } else if (id == PP_OPT_VIRTUAL)
            removed = true;
        else if (id == PP_OPT_FORCE)
            a.force = true;
    }
    int code;
    a.directory = argv[optind];
    if (id != PP_CLI_END) {
        code = pp_cli_stop(id);
    } else if (!a.output) {
        pp_cli_message(command, "say where the file goes: -o FILE.h5");
        code = pp_cli_usage(command);
    } else if (removed) {
        pp_cli_message(command,
                       "--virtual was removed: merging copies, so that the file stands alone");
        code = pp_cli_usage(command);
    } else {
        code = merge(command, &a, history);
    }
    free(history);
    return code;
}

static const pp_cli_option options[] = {
    {'o', "output", "FILE", "file to write"},
    {PP_OPT_COPY, "copy", NULL, "copy everything: the default, and the only way"},
    {PP_OPT_VIRTUAL, "virtual", NULL, "removed in favour of --copy"},
    {PP_OPT_FORCE, "force", NULL, "replace an existing file"},
};

static const pp_cli_example examples[] = {
    {"pursuit merge out -o sweep.h5", "all runs of a sweep in one file"},
};

const pp_command pp_command_merge = {
    .name = "merge",
    .synopsis = "DIR -o FILE.h5 [--force]",
    .doc = "put the results of a sweep into one file",
    .details =
        "Every variable of a results file gets a dimension run in front or, if the sweep is one "
        "full grid, a dimension for each swept key, with its values. Dimensions are as long as "
        "the longest run's. Runs that are not complete, and what shorter runs do not have, are "
        "missing values; run_status says what has become of each run.\n\n"
        "The file stands alone: everything but recorded rounds (/quotes) is copied. A damaged file "
        "of "
        "a run is an error. The file appears whole or not at all. SIGINT, SIGTERM, SIGHUP and "
        "SIGXCPU stop the merge with exit "
        "code 75 and leave nothing.",
    PP_CLI_EXAMPLES(examples),
    PP_CLI_OPTIONS(options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
