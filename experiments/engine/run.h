/// @file
/// Running a scenario: trials in parallel, results streamed to a file in the order of trials.
#ifndef PURSUIT_EXPERIMENTS_ENGINE_RUN_H
#define PURSUIT_EXPERIMENTS_ENGINE_RUN_H

#include "experiments/setup/experiment.h"
#include "market/base/stop.h"

/// Resident bytes of a run with that many threads (at least 1), for --dry-run: an estimate, good to
/// a factor of two. NaN if out of memory.
PP_API double pp_experiment_memory(const pp_experiment *experiment, int threads);

/// How many of so many threads (at least 1) a run has work for.
PP_API int pp_experiment_threads(const pp_experiment *experiment, int threads);

/// Finished trials can be kept in OUTPUT.checkpoint, so that an interrupted run goes on from there.
typedef enum pp_keeping {
    PP_KEEP_NONE,   ///< and none that were kept are used
    PP_KEEP_TRIALS, ///< those of another scenario or build are an error
    PP_KEEP_ANEW,   ///< those of another scenario or build are removed
} pp_keeping;

typedef struct pp_run_options {
    const char *output;         ///< results file
    bool force;                 ///< replace an existing one
    bool results_only;          ///< but nothing that is no HDF5 file: PP_EEXIST
    pp_keeping keep;            ///< what becomes of finished trials
    int threads;                ///< 0: OpenMP's default. A trial each; what is left over
                                ///< shares the work inside the trials
    bool unsynced;              ///< with `keep`: the file of a run of less than a second does
                                ///< not wait for the disk; a power cut may damage it
    const char *command_line;   ///< the command line, for the file
    const char *program;        ///< program, version and commit, for the file
    pp_results_template **kept; ///< as of pp_results_layout: many small runs of one shape are
                                ///< written faster with it; may be NULL
    const pp_stop_flag *stop;   ///< becomes nonzero to end the run once the trials in hand
                                ///< are finished; may be NULL
    const pp_stop_flag *drop;   ///< becomes nonzero to end it at once; may be NULL
    void (*resumed)(void *context, int64_t trials_done,
                    int64_t trials); ///< some trials were kept; called once, first; may be NULL
    void (*progress)(void *context, int64_t trials_done,
                     int64_t trials); ///< called by one thread at a time
    void *context;
} pp_run_options;

/// Run every trial and write the results file; it appears whole or not at all. For many small runs
/// see `unsynced`, `kept` and pp_experiment_follow.
///
/// With `keep`, and if the run has lasted a second or more, the finished trials of one that is
/// interrupted, killed or cannot write stay on disk; the next run of the same scenario by the same
/// build to the same file does the others, and the file is the same as if there had been one run
/// only, byte for byte. So `command_line`, `threads` and all else that tells of the run are of the
/// first start.
/// @return PP_OK; PP_EINVAL (the output is the scenario, the book or a plugin of the run, or an
/// agent refused its task); PP_EEXIST; PP_EIO; PP_EFORMAT (a checkpoint of another scenario or
/// build, with PP_KEEP_TRIALS); PP_ENUMERIC (names the trial); PP_ENOMEM; PP_EINTERRUPTED
PP_API pp_status pp_experiment_run(const pp_experiment *experiment, const pp_run_options *options,
                                   pp_error *error);

/// From a scenario file to a results file in one call: every trial, on all threads, replacing
/// `output`. For what pp_run_options has, use pp_scenario_load, pp_experiment_create and
/// pp_experiment_run.
/// @return as those; the first of several problems of the scenario is in `error`
PP_API pp_status pp_run_file(const char *scenario, const char *output, pp_error *error);

/// Run one trial into a record made for pp_experiment_layout, on the calling thread. For tests.
PP_API pp_status pp_experiment_trial(const pp_experiment *experiment, int64_t trial,
                                     pp_record *record, pp_error *error);

#endif
