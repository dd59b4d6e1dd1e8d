// The command `sweep`: its options, and which of its parts does the work.
#include "experiments/cli/commands/sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool set_rerun(const pp_command *command, pp_sweep_arguments *a)
{
    if (strcmp(optarg, "failed") == 0)
        a->rerun = PP_RERUN_FAILED;
    else if (strcmp(optarg, "all") == 0)
        a->rerun = PP_RERUN_ALL;
    else {
        pp_cli_message(command, "--rerun: '%s' is neither 'failed' nor 'all'", optarg);
        pp_cli_usage(command);
        return false;
    }
    return true;
}

/// @return false after saying what is wrong
static bool take_option(const pp_command *command, int id, pp_sweep_arguments *a)
{
    switch (id) {
    case PP_OPT_DIR:
        a->directory = optarg;
        return true;
    case PP_OPT_TASK:
        return pp_sweep_task(command, optarg, &a->task, &a->n_tasks);
    case PP_OPT_KEEP_GOING:
        a->keep_going = true;
        return true;
    case PP_OPT_FAIL_FAST:
        return a->fail_fast = true;
    case PP_OPT_RERUN:
        return set_rerun(command, a);
    case PP_OPT_DRY_RUN:
        return a->dry_run = true;
    case PP_OPT_SLURM:
        return a->slurm = true;
    case PP_OPT_JSON:
        return a->json = true;
    case PP_OPT_QUIET:
        return a->quiet = true;
    case PP_OPT_THREADS:
        return pp_cli_integer(command, "--threads", optarg, 1, PP_CLI_THREADS_MAX, &a->threads);
    default:
        return pp_cli_sets_option(&a->sets, id) == 1;
    }
}

static int misused(const pp_command *command, const char *message)
{
    pp_cli_message(command, "%s", message);
    pp_cli_usage(command);
    return PP_CLI_ERROR;
}

/// Options that do not go together.
static int check(const pp_command *command, const pp_sweep_arguments *a)
{
    if (a->json)
        return misused(command, "--json is for 'pursuit sweep status'");
    if (a->keep_going && a->fail_fast)
        return misused(command, "either --keep-going or --fail-fast");
    if (a->dry_run && a->slurm)
        return misused(command, "either --dry-run or --slurm");
    if (a->slurm && a->n_tasks)
        return misused(command, "--slurm shares the runs out by itself: leave --task out");
    if (!a->directory && !a->dry_run)
        return misused(command, "say where the runs go: --dir DIR");
    return PP_CLI_END;
}

/// @return PP_CLI_END, or what pp_cli_stop makes an exit code of
static int parse(const pp_command *command, int argc, char **argv, pp_sweep_arguments *a)
{
    pp_cli_parser parser;
    int id;
    pp_cli_parser_init(&parser, command, argc, argv);
    while ((id = pp_cli_next(&parser)) >= 0)
        if (!take_option(command, id, a))
            return PP_CLI_ERROR;
    if (id != PP_CLI_END)
        return id;
    a->plan = argv[optind];
    if (argc - optind == 1)
        return check(command, a);
    pp_cli_message(command, "unexpected operand '%s'", argv[optind + 1]);
    pp_cli_usage(command);
    return PP_CLI_ERROR;
}

static int print_about(const pp_command *command, const pp_sweep_arguments *a)
{
    pp_sweep_plan *plan = NULL;
    int code = pp_sweep_load(command, a, &plan);
    if (code == PP_EXIT_OK)
        code = a->dry_run ? pp_sweep_dry_run(command, plan, a) : pp_sweep_slurm(command, plan, a);
    pp_sweep_plan_destroy(plan);
    return code;
}

static int run_plan(const pp_command *command, pp_sweep_arguments *a, const char *history)
{
    bool own_task = a->n_tasks > 0;
    if (a->dry_run || a->slurm)
        return print_about(command, a);
    if (!own_task && !pp_sweep_task_of_slurm(command, &a->task, &a->n_tasks))
        return PP_EXIT_USAGE;
    pp_cli_catch_signals(PP_CLI_FINISHING);
    return pp_sweep_work(command, a, own_task, history);
}

static int run_status(const pp_command *command, int argc, char **argv)
{
    pp_cli_parser parser;
    bool json = false;
    int id;
    pp_cli_parser_init(&parser, command, argc, argv);
    while ((id = pp_cli_next(&parser)) >= 0) {
        if (id != PP_OPT_JSON)
            return pp_cli_stop(misused(command, "'pursuit sweep status' has no option but --json"));
        json = true;
    }
    if (id != PP_CLI_END)
        return pp_cli_stop(id);
    if (argc - optind != 2)
        return pp_cli_stop(misused(command, "say which directory: pursuit sweep status DIR"));
    return pp_sweep_status(command, argv[optind + 1], json);
}

static int run(const pp_command *command, int argc, char **argv)
{
    pp_sweep_arguments a = {0};
    if (argc > 1 && strcmp(argv[1], "status") == 0)
        return run_status(command, argc, argv);
    char *history = pp_cli_command_line(argc, argv); // before getopt_long reorders it
    int code, parsed = parse(command, argc, argv, &a);
    if (parsed != PP_CLI_END)
        code = pp_cli_stop(parsed);
    else if (!history)
        code = pp_cli_no_memory(command);
    else
        code = run_plan(command, &a, history);
    pp_cli_sets_destroy(&a.sets);
    free(history);
    return code;
}

static const pp_cli_option options[] = {
    {PP_OPT_DIR, "dir", "DIR", "directory of the sweep, made if need be"},
    {PP_OPT_SET, "set", "KEY=VALUE", "change one key of every run; may be repeated"},
    {PP_OPT_TASK, "task", "I/N", "only the I-th of N shares of the runs"},
    {PP_OPT_THREADS, "threads", "N", "threads of a run; results do not depend on it"},
    {PP_OPT_KEEP_GOING, "keep-going", NULL, "go on after a run that fails (the default)"},
    {PP_OPT_FAIL_FAST, "fail-fast", NULL, "stop at the first run that fails"},
    {PP_OPT_RERUN, "rerun", "WHICH", "also run those that failed, or all: failed | all"},
    {PP_OPT_DRY_RUN, "dry-run", NULL, "only say what the runs are and what they would take"},
    {PP_OPT_SLURM, "slurm", NULL, "only print a script for sbatch, of an array of tasks"},
    {PP_OPT_JSON, "json", NULL, "status as JSON"},
    {PP_OPT_QUIET, "quiet", NULL, "no progress"},
};

static const pp_cli_example examples[] = {
    {"pursuit sweep plan.yaml --dry-run", "how many runs, and what they would take"},
    {"pursuit sweep plan.yaml --dir out", "run them, or go on where it stopped"},
    {"pursuit sweep status out", "how far it is, and what failed"},
    {"pursuit sweep plan.yaml --dir out --rerun failed", "try failed runs again"},
    {"pursuit sweep plan.yaml --dir out --slurm >sweep.sh", "a script for sbatch"},
    {"mpirun -n 16 pursuit sweep plan.yaml --dir out", "share them among ranks"},
};

const pp_command pp_command_sweep = {
    .name = "sweep",
    .synopsis = "PLAN.yaml --dir DIR [OPTION]... | status DIR [--json]",
    .doc = "run a scenario over a grid or design of its parameters",
    .details =
        "Runs every run of a plan, each to a results file DIR/runs/ID.h5. The id is made from the "
        "resolved scenario, so the same run has the same name. Every scenario is checked before "
        "anything is written.\n\n"
        "The same command goes on where it stopped: runs with a whole file are left as they are, "
        "runs that failed are told of and tried again with --rerun failed. With --rerun all every "
        "run is run anew, and its file replaced once the new one is whole. A directory of another "
        "plan is refused.\n\n"
        "Several processes may work on one directory: a run is claimed by the lock of the file "
        "that is being written, and others leave it alone. --task I/N shares the runs out "
        "beforehand: run number R, from 0, is task R mod N + 1's. In a Slurm array the task is "
        "known: (SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN)/SLURM_ARRAY_TASK_STEP + 1 of "
        "SLURM_ARRAY_TASK_COUNT.\n\n"
        "Started by mpirun or srun --mpi=pmix, if it was built with MPI, its ranks share the runs: "
        "whoever is free gets the next one. Each has --threads threads, or its share of the "
        "processors.\n\n"
        "A run that fails is recorded in DIR/runs/ID.failed and the others go on; the exit code "
        "is then that of the first failure. What goes wrong with the directory, such as a full "
        "disk, stops the sweep with exit code 3. Signals end it with exit code 75, as they do a "
        "run, and the run in hand goes on from its finished trials the next time; 75 is also the "
        "exit code if runs are left to other processes.\n\n"
        "pursuit sweep status tells how many runs are complete, failed, partial, running and "
        "pending, and why runs failed.",
    PP_CLI_EXAMPLES(examples),
    PP_CLI_OPTIONS(options),
    .min_operands = 1,
    .max_operands = 2,
    .run = run,
};
