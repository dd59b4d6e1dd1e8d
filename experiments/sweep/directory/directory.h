/// @file
/// @internal
/// The directory of a sweep, which any number of processes share:
///
///     manifest.jsonl            what the runs are; see manifest.h
///     plan.yaml                 the plan as it was read, for people
///     runs/ID.h5                a whole results file
///     runs/ID.h5.partial        one being written, locked by its writer
///     runs/ID.h5.checkpoint     finished trials of a run that was interrupted
///     runs/ID.failed            why the last attempt at a run failed; gone once it is complete
///
/// Nothing here is remembered between calls: what counts is what stands in the directory.
#ifndef PURSUIT_EXPERIMENTS_SWEEP_DIRECTORY_DIRECTORY_H
#define PURSUIT_EXPERIMENTS_SWEEP_DIRECTORY_DIRECTORY_H

#include "experiments/sweep/plan/plan.h"
#include "market/base/stop.h"

typedef enum pp_run_state {
    PP_RUN_COMPLETE, ///< there is a whole file
    PP_RUN_FAILED,   ///< there is none, and the last attempt failed
    PP_RUN_PARTIAL,  ///< begun: a checkpoint, what a dead writer left, or a damaged file
    PP_RUN_RUNNING,  ///< a live process is at it
    PP_RUN_PENDING,
    PP_RUN_STATES
} pp_run_state;

/// Make the directory of a plan's sweep, or join it. Of several that start at once one writes the
/// manifest, the others wait for it.
/// @param source program, version and commit
/// @param stop   becomes nonzero to give up waiting; may be NULL
/// @return PP_OK; PP_EEXIST if it is the directory of another plan, or of no sweep and not empty;
/// PP_EIO; PP_EFORMAT (its manifest); PP_EINTERRUPTED; PP_ENOMEM
pp_status pp_sweep_directory_join(const char *directory, const pp_sweep_plan *plan,
                                  const char *source, const pp_stop_flag *stop, pp_error *error);

/// "DIR/runs/ID" and a suffix; malloc'd, NULL if out of memory.
char *pp_sweep_directory_path(const char *directory, const char *id, const char *suffix);

/// The state of every run. Files are looked at, not read: damage within one goes unseen.
/// @param ids    [n]
/// @param states [n]
/// @return PP_OK; PP_EIO; PP_ENOMEM
pp_status pp_sweep_directory_states(const char *directory, char (*ids)[PP_SWEEP_ID], size_t n,
                                    pp_run_state *states, pp_error *error);

/// Record why a run failed.
pp_status pp_sweep_failure_write(const char *directory, const char *id, const pp_error *failure,
                                 pp_error *error);
/// @param found   whether there is such a record; one that cannot be understood is one
/// @param failure its status and message
/// @return PP_OK; PP_EIO; PP_ENOMEM
pp_status pp_sweep_failure_read(const char *directory, const char *id, bool *found,
                                pp_error *failure, pp_error *error);
/// The run is complete. @return PP_OK, also if there was none; PP_EIO; PP_ENOMEM
pp_status pp_sweep_failure_remove(const char *directory, const char *id, pp_error *error);

#endif
