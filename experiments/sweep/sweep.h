/// @file
/// @internal
/// The runs of a sweep, one after the other, into its directory. What is there already is left as
/// it is, so that the same call goes on where another stopped; any number of processes may be at
/// one directory, because each run is claimed by the lock of the file it is written to.
#ifndef PURSUIT_EXPERIMENTS_SWEEP_SWEEP_H
#define PURSUIT_EXPERIMENTS_SWEEP_SWEEP_H

#include "experiments/engine/run.h"
#include "experiments/sweep/plan/plan.h"
#include "market/base/stop.h"

/// Make a run's experiment out of that of the run before.
/// @param scenario, experiment of the run before, or NULL; replaced. The caller's to destroy, the
/// experiment first, whatever is returned
/// @return as pp_sweep_plan_scenario and pp_experiment_follow
pp_status pp_sweep_follow(const pp_sweep_plan *plan, size_t run, pp_scenario **scenario,
                          pp_experiment **experiment, pp_error *error);

/// What to do with runs that have been tried before.
typedef enum pp_sweep_rerun {
    PP_RERUN_NONE,   ///< pending and partial runs only
    PP_RERUN_FAILED, ///< failed ones too
    PP_RERUN_ALL,    ///< all; a file is replaced when its successor is whole
} pp_sweep_rerun;

/// Every step-th run from `next` on, up to `end`: the share of a task of an array.
typedef struct pp_sweep_share {
    size_t next, step, end;
} pp_sweep_share;

/// The share of task `task` of `n_tasks`, both counted from 1: together they have every run once.
pp_sweep_share pp_sweep_share_of(size_t task, size_t n_tasks, size_t n_runs);
size_t pp_sweep_share_runs(const pp_sweep_share *share);

struct pp_sweep_counts;

typedef struct pp_sweep_options {
    const char *directory; ///< that pp_sweep_directory_join has made ready
    int threads;           ///< of each run; 0: OpenMP's default
    const char *command_line, *program;
    pp_sweep_rerun rerun;
    bool fail_fast;                  ///< stop at the first run that fails, or has failed
    const pp_stop_flag *stop, *drop; ///< as of pp_run_options

    /// The number of the next run this process is to see to; false if there is none left. A number
    /// may come up in any order, in this process or another, but once.
    bool (*next)(void *queue, size_t *run);
    void *queue;
    size_t expected; ///< how many numbers that will be; 0 if it is not known

    /// As of pp_run_options, of the run in hand. May be NULL.
    void (*progress)(void *context, int64_t trials_done, int64_t trials);
    /// A run has been seen to. May be NULL.
    void (*done)(void *context, const struct pp_sweep_counts *counts);
    /// A run has failed, or (`before`) its last attempt had and none is made. May be NULL.
    void (*failed)(void *context, const char *id, const pp_error *failure, bool before);
    void *context;
} pp_sweep_options;

typedef struct pp_sweep_counts {
    size_t complete; ///< all, whoever ran them
    size_t fresh;    ///< of these, run by this call
    size_t failed;
    size_t held;             ///< left to other processes that were at them
    pp_status first_failure; ///< PP_OK if none failed
} pp_sweep_counts;

/// Run what is to be run. A run that fails is recorded and does not stop the rest, unless
/// options->fail_fast; what fails for the directory's sake does.
/// @param counts of the runs seen to, also on failure
/// @return PP_OK, also if runs failed; PP_EINTERRUPTED; PP_EIO: the directory cannot be read or
/// written, or what runs are made of has changed; PP_EEXIST: a file that is not the sweep's is in
/// the way; PP_ENOMEM
pp_status pp_sweep_run(const pp_sweep_plan *plan, const pp_sweep_options *options,
                       pp_sweep_counts *counts, pp_error *error);

#endif
