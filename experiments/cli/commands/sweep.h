/// @file
/// @internal
/// The parts of `pursuit sweep`.
#ifndef PURSUIT_EXPERIMENTS_CLI_COMMANDS_SWEEP_H
#define PURSUIT_EXPERIMENTS_CLI_COMMANDS_SWEEP_H

#include "experiments/cli/common/cli.h"
#include "experiments/sweep/sweep.h"

typedef struct pp_sweep_arguments {
    const char *plan, *directory; ///< as given
    pp_cli_sets sets;
    int64_t threads;       ///< 0: not given
    int64_t task, n_tasks; ///< from 1; 0 of 0: not given
    pp_sweep_rerun rerun;
    bool keep_going, fail_fast, dry_run, slurm, json, quiet;
} pp_sweep_arguments;

/// What a plan would take, from a sample of its runs.
typedef struct pp_sweep_estimate {
    size_t n_sampled;
    double memory; ///< bytes, of the run that needs most
    double files;  ///< bytes, of all runs, before compression
} pp_sweep_estimate;
pp_status pp_sweep_estimate_plan(const pp_sweep_plan *plan, int threads,
                                 pp_sweep_estimate *estimate, pp_error *error);

// Each returns an exit code.
/// Load the plan; on failure every problem is printed.
int pp_sweep_load(const pp_command *command, const pp_sweep_arguments *a, pp_sweep_plan **plan);
/// Do its runs, together with other ranks if there are any. @param own_task this process was given
/// its own task, and is alone
int pp_sweep_work(const pp_command *command, const pp_sweep_arguments *a, bool own_task,
                  const char *history);
int pp_sweep_dry_run(const pp_command *command, const pp_sweep_plan *plan,
                     const pp_sweep_arguments *a);
int pp_sweep_slurm(const pp_command *command, const pp_sweep_plan *plan,
                   const pp_sweep_arguments *a);
int pp_sweep_status(const pp_command *command, const char *directory, bool json);

/// "i/N". @return false after saying what is wrong
bool pp_sweep_task(const pp_command *command, const char *text, int64_t *task, int64_t *n_tasks);
/// The task of the Slurm array that this process is in, if it is in one and no task was given.
/// @return false after saying what is wrong
bool pp_sweep_task_of_slurm(const pp_command *command, int64_t *task, int64_t *n_tasks);

#endif
