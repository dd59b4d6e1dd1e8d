// pursuit run: simulate a scenario.
#include "experiments/engine/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/common/cli.h"
#include "experiments/cli/print/progress.h"
#include "experiments/cli/print/table.h"

typedef struct arguments {
    const char *scenario, *output;
    pp_cli_sets sets;
    int64_t threads;
    bool force, dry_run, quiet;
} arguments;

/// @return PP_CLI_END, or what pp_cli_stop makes an exit code of
static int parse(const pp_command *command, int argc, char **argv, arguments *a)
{
    pp_cli_parser parser;
    int id;
    pp_cli_parser_init(&parser, command, argc, argv);
    while ((id = pp_cli_next(&parser)) >= 0) {
        if (id == 'o') {
            if (!pp_cli_take_output(command, &a->output))
                return PP_CLI_ERROR;
        } else if (id == PP_OPT_FORCE)
            a->force = true;
        else if (id == PP_OPT_DRY_RUN)
            a->dry_run = true;
        else if (id == PP_OPT_QUIET)
            a->quiet = true;
        else if (id == PP_OPT_THREADS) {
            if (!pp_cli_integer(command, "--threads", optarg, 1, PP_CLI_THREADS_MAX, &a->threads))
                return PP_CLI_ERROR;
        } else if (pp_cli_sets_option(&a->sets, id) != 1)
            return PP_CLI_ERROR;
    }
    if (id != PP_CLI_END)
        return id;
    a->scenario = argv[optind];
    if (!a->output && !a->dry_run) {
        pp_cli_message(command, "say where the results go: -o FILE.h5");
        pp_cli_usage(command);
        return PP_CLI_ERROR;
    }
    return PP_CLI_END;
}

/// The resolved scenario to stdout; what it would take to stderr, as comments in case both go to a
/// file.
static int dry_run(const pp_command *command, const pp_scenario *scenario,
                   const pp_experiment *experiment, const arguments *a, const char *history)
{
    char *yaml = pp_scenario_yaml(scenario);
    if (!yaml)
        return pp_cli_no_memory(command);
    fputs(yaml, stdout);
    fflush(stdout);
    int threads = a->threads ? (int)a->threads : pp_cli_default_threads();
    pp_results_layout layout = pp_experiment_layout(experiment);
    layout.command_line = history;
    layout.program = pp_cli_version();
    layout.scenario = yaml;
    layout.threads = threads;
    int used = pp_experiment_threads(experiment, threads);
    char remark[64];
    snprintf(remark, sizeof remark, " with %d thread%s", used, used == 1 ? "" : "s");
    fprintf(stderr, "# %" PRId64 " trials of %" PRId64 " epochs, %" PRId64 " firms\n",
            layout.n_trials, layout.n_burn_in + layout.n_test, layout.n_firms);
    pp_cli_print_bytes(stderr, "# ", "memory", pp_experiment_memory(experiment, threads), remark);
    pp_cli_print_bytes(stderr, "# ", "results file", pp_results_bytes(&layout),
                       " at most, before compression");
    free(yaml);
    return PP_EXIT_OK;
}

static void say_interrupted(const pp_command *command, const arguments *a,
                            const pp_progress *progress, int64_t trials)
{
    if (pp_results_has_checkpoint(a->output))
        pp_cli_message(command,
                       "interrupted after %" PRId64 " of %" PRId64
                       " trials; the same command goes on from there (%s.checkpoint)",
                       progress->done, trials, a->output);
    else
        pp_cli_message(command,
                       "interrupted after %" PRId64 " of %" PRId64
                       " trials; nothing was written, and the same command starts again",
                       progress->done, trials);
}

static int say_failed(const pp_command *command, const arguments *a, pp_status status,
                      const pp_error *error)
{
    // Another run may be writing instead; --force is no help against that.
    if (status == PP_EEXIST && !a->force && pp_cli_is_file(a->output)) {
        pp_cli_message(command, "%s (--force replaces it)", error->message);
        return PP_EXIT_IO;
    }
    if (status == PP_EFORMAT && !a->force && !error->of_trial) {
        pp_cli_message(command, "%s; --force starts anew", error->message);
        return PP_EXIT_IO;
    }
    int code = pp_cli_fail(command, status, error);
    if ((status == PP_EIO || status == PP_ENOMEM) && pp_results_has_checkpoint(a->output))
        pp_cli_message(command, "finished trials are kept in %s.checkpoint", a->output);
    return code;
}

static int simulate(const pp_command *command, const pp_scenario *scenario,
                    const pp_experiment *experiment, const arguments *a, const char *history)
{
    pp_progress progress;
    pp_error error = {0};
    pp_run_options options = {.output = a->output,
                              .force = a->force,
                              .results_only = true,
                              .keep = a->force ? PP_KEEP_ANEW : PP_KEEP_TRIALS,
                              .threads = (int)a->threads,
                              .command_line = history,
                              .program = pp_cli_version(),
                              .stop = &pp_cli_stopped,
                              .drop = &pp_cli_dropped,
                              .resumed = pp_progress_resume,
                              .progress = pp_progress_report,
                              .context = &progress};
    pp_progress_start(&progress, a->quiet);
    pp_status status = pp_experiment_run(experiment, &options, &error);
    pp_progress_finish(&progress);
    if (status == PP_EINTERRUPTED) {
        say_interrupted(command, a, &progress, scenario->run.trials);
        return PP_EXIT_INTERRUPTED;
    }
    return status == PP_OK ? PP_EXIT_OK : say_failed(command, a, status, &error);
}

static int run(const pp_command *command, int argc, char **argv)
{
    arguments a = {0};
    char *history = pp_cli_command_line(argc, argv); // before getopt_long reorders it
    pp_scenario *scenario = NULL;
    pp_experiment *experiment = NULL;
    int code = PP_EXIT_OK, parsed = parse(command, argc, argv, &a);
    if (parsed != PP_CLI_END) {
        code = pp_cli_stop(parsed);
    } else if (!history) {
        code = pp_cli_no_memory(command);
    } else {
        pp_cli_catch_signals(PP_CLI_FINISHING);
        code = pp_cli_load(command, a.scenario, &a.sets, &scenario, &experiment);
        if (code == PP_EXIT_OK && a.dry_run)
            code = dry_run(command, scenario, experiment, &a, history);
        else if (code == PP_EXIT_OK)
            code = simulate(command, scenario, experiment, &a, history);
    }
    pp_experiment_destroy(experiment);
    pp_scenario_destroy(scenario);
    pp_cli_sets_destroy(&a.sets);
    free(history);
    return code;
}

static const pp_cli_option options[] = {
    {'o', "output", "FILE", "results file to write (HDF5, netCDF-4)"},
    {PP_OPT_SET, "set", "KEY=VALUE", "change one key of the scenario; may be repeated"},
    {PP_OPT_SEED, "seed", "N", "short for --set seed=N"},
    {PP_OPT_TRIALS, "trials", "N", "short for --set trials=N"},
    {PP_OPT_FIRST_TRIAL, "first-trial", "N", "short for --set first_trial=N"},
    {PP_OPT_THREADS, "threads", "N", "threads; results do not depend on it"},
    {PP_OPT_FORCE, "force", NULL,
     "replace an existing results file; discard a checkpoint that does not fit"},
    {PP_OPT_DRY_RUN, "dry-run", NULL, "print the resolved scenario and what it would take"},
    {PP_OPT_QUIET, "quiet", NULL, "no progress"},
};

static const pp_cli_example examples[] = {
    {"pursuit run scenario.yaml -o run.h5", "simulate a scenario"},
    {"pursuit run scenario.yaml -o null.h5 --set firms.0.agent=null", "with another agent"},
    {"pursuit run scenario.yaml -o b.h5 --first-trial 24 --trials 24", "the next 24 trials"},
    {"pursuit run scenario.yaml --dry-run", "every parameter, and what the run would take"},
};

const pp_command pp_command_run = {
    .name = "run",
    .synopsis = "SCENARIO.yaml -o FILE.h5 [OPTION]...",
    .doc = "simulate a scenario and write its results",
    .details =
        "Simulates every trial of a scenario and writes one results file, which appears whole "
        "or not at all and is never overwritten without --force.\n\n"
        "What counts is the default, then the scenario file, then --set and its short forms in "
        "the order given. A key's path is written with dots, an element of a list by its number "
        "from 0: --set firms.0.agent.b=0.05. Setting firms.0.agent to another agent's "
        "name, or its plugin to a file, drops the old one's parameters.\n\n"
        "Each thread takes a trial. Where there are more threads than trials, they share the work "
        "inside a trial, a block of customers each, as far as its epochs have blocks. What "
        "depends on the portfolio held goes round by round on one thread.\n\n"
        "A run that has lasted a second keeps its finished trials in FILE.h5.checkpoint until the "
        "results file is whole. If it is interrupted or killed, the same command goes on from "
        "there, with any number of threads, and the results file is the same as if it had not "
        "been. A checkpoint of another scenario or build is an error; with --force it is "
        "discarded, while one that fits is used even so. Remove the file to start anew.\n\n"
        "SIGINT, SIGTERM, SIGHUP, SIGXCPU and SIGUSR1 end the run with exit code 75 after the "
        "trials in hand, and leave a checkpoint but no results file. A second signal drops those "
        "trials, as do 20 seconds, unless the signal was SIGUSR1.",
    PP_CLI_EXAMPLES(examples),
    PP_CLI_OPTIONS(options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
