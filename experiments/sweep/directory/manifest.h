/// @file
/// @internal
/// The manifest of a sweep, DIR/manifest.jsonl: what its runs are, for all who come after the plan.
/// JSON, one object per line: the sweep first, then its runs in order. Written once and whole, and
/// never changed.
///
///     {"pursuit_sweep": 1, "name": "temperature", "plan_sha256": "...", "source": "pursuit ...",
///      "n_runs": 15, "parameters": [{"key": "firms.0.agent.temperature", "name": "temperature",
///      "type": "real"}, ...], "grid": [{"key": "...", "values": [10, 25, 100]}, ...]}
///     {"run": 0, "id": "0123456789abcdef", "values": {"firms.0.agent.temperature": 10, "seed": 1}}
///
/// "grid" is null unless the runs are one full grid.
#ifndef PURSUIT_EXPERIMENTS_SWEEP_DIRECTORY_MANIFEST_H
#define PURSUIT_EXPERIMENTS_SWEEP_DIRECTORY_MANIFEST_H

#include "experiments/sweep/plan/plan.h"

enum { PP_SWEEP_MANIFEST_VERSION = 1 };

#define PP_SWEEP_MANIFEST "manifest.jsonl"

typedef struct pp_sweep_parameter {
    char *key, *name;
    pp_sweep_type type;
} pp_sweep_parameter;

/// An axis of a full grid; axis a is parameter a.
typedef struct pp_sweep_axis {
    size_t n_values; ///< at least 1
    char **values;   ///< as pp_sweep_manifest.values
} pp_sweep_axis;

typedef struct pp_sweep_manifest {
    char *name;   ///< "" if the plan has none
    char *source; ///< program that wrote it
    char plan_sha256[PP_SHA256_TEXT];
    size_t n_parameters; ///< at least 1
    pp_sweep_parameter *parameters;
    size_t n_axes;       ///< 0: the runs are no full grid; else n_parameters
    pp_sweep_axis *axes; ///< the product of their lengths is n_runs; the last one is fastest
    size_t n_runs;       ///< at least 1
    char (*ids)[PP_SWEEP_ID];
    char **values; ///< [n_runs][n_parameters] NULL if the run does not set it. Of a real or integer
                   ///< parameter: a finite number that pp_parse_real reads to its end, or a whole
                   ///< one that strtoll does
} pp_sweep_manifest;

/// Write DIR/manifest.jsonl, which must not exist.
/// @param source program, version and commit
/// @return PP_OK; PP_EEXIST if it has appeared or is being written; PP_EIO; PP_ENOMEM
pp_status pp_sweep_manifest_write(const char *directory, const pp_sweep_plan *plan,
                                  const char *source, pp_error *error);

/// Read DIR/manifest.jsonl, ours or a hostile one: all that is promised above is checked.
/// @param manifest whole, or zeroed on failure; the caller's to release
/// @return PP_OK; PP_EIO if it cannot be opened or read; PP_EFORMAT naming file and line; PP_ENOMEM
pp_status pp_sweep_manifest_read(const char *directory, pp_sweep_manifest *manifest,
                                 pp_error *error);
/// Its first line alone: n_runs is what it says, ids and values are NULL.
pp_status pp_sweep_manifest_read_header(const char *directory, pp_sweep_manifest *manifest,
                                        pp_error *error);
void pp_sweep_manifest_release(pp_sweep_manifest *manifest); ///< safe on a zeroed one

#endif
