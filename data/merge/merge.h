/// @file
/// @internal
/// Many results files as one: every variable of a results file with the dimensions of the sweep in
/// front, in one netCDF-4 file. Its runs, where they stand and what was swept are given as plain
/// lists; nothing here knows a scenario's keys.
///
/// Dimensions of a run's own are as long as the longest run's. What a run has not is missing: NaN,
/// netCDF's default fill value for integers, or empty text.
#ifndef PURSUIT_DATA_MERGE_MERGE_H
#define PURSUIT_DATA_MERGE_MERGE_H

#include "data/results/read.h"
#include "market/base/stop.h"

enum { PP_MERGE_VERSION = 1 };

/// What has become of a run: the values of the variable `run_status`.
typedef enum pp_merge_state {
    PP_MERGE_COMPLETE,
    PP_MERGE_FAILED,
    PP_MERGE_PARTIAL, ///< begun
    PP_MERGE_PENDING, ///< not begun
    PP_MERGE_STATES
} pp_merge_state;

/// Values along a dimension of the sweep, or one for each run.
typedef struct pp_merge_coordinate {
    const char *name, *long_name;
    const char *parameter; ///< full key of what was swept; NULL if nothing was
    pp_value_type type;    ///< PP_F64, PP_I64 or PP_STRING
    bool missing;          ///< not every run sets it
    size_t n;              ///< of a dimension: at least 1. Of values for each run: ignored
    const void *values;    ///< [n] double, int64_t or char *, none NULL. What a run does not set is
                           ///< NaN, pp_merge_no_integer or ""
} pp_merge_coordinate;

/// In place of a whole number that there is not.
extern const int64_t pp_merge_no_integer;

typedef struct pp_merge_run {
    const char *id;
    pp_merge_state state;
    const char *path; ///< results file of a complete run
} pp_merge_run;

typedef struct pp_merge_sweep {
    size_t n_runs;                         ///< at least 1
    const pp_merge_run *runs;              ///< row-major in the dimensions
    size_t n_dimensions;                   ///< at least 1; the product of their lengths is n_runs
    const pp_merge_coordinate *dimensions; ///< `run`, or an axis of the grid each
    size_t n_parameters;
    const pp_merge_coordinate *parameters; ///< one value for each run
    const char *title, *command_line, *program;
    /// Is this the scenario of that run? The error needs no file name. NULL: not asked
    pp_status (*check)(const void *context, size_t run, const char *scenario, pp_error *error);
    const void *context;
} pp_merge_sweep;

typedef struct pp_merge_options {
    bool force;               ///< replace a file
    uint64_t buffer;          ///< bytes of numbers in memory at once; 0: 32 MB
    const pp_stop_flag *stop; ///< becomes nonzero to interrupt; may be NULL
} pp_merge_options;

enum { PP_MERGE_ID_MAX = 32 };

typedef struct pp_merge_report {
    size_t runs[PP_MERGE_STATES];
    size_t sources; ///< of complete runs: how many differ from the first in program or version
    size_t rounds;  ///< runs with recorded rounds, which are left out
    size_t cut;     ///< runs whose files are cut short, which count as partial
    char first_cut[PP_MERGE_ID_MAX]; ///< id of the first of them
} pp_merge_report;

/// Most dimensions that a sweep can have.
size_t pp_merge_dimensions_max(void);

/// Write a merged file, whole or not at all. Memory grows with the number of runs by some hundred
/// bytes each, not with what they hold.
/// @param report filled if PP_OK
/// @return PP_OK; PP_EEXIST; PP_EIO; PP_EFORMAT naming the run's file that is damaged; PP_EINVAL
/// (too many dimensions); PP_ENOMEM; PP_EINTERRUPTED (nothing is left behind)
pp_status pp_merge_write(const char *path, const pp_merge_sweep *sweep,
                         const pp_merge_options *options, pp_merge_report *report, pp_error *error);

#endif
