/// @file
/// @internal
/// Dimensions of a run in a file: those of a results file, and of many of them merged.
#ifndef PURSUIT_DATA_RESULTS_DIMENSIONS_H
#define PURSUIT_DATA_RESULTS_DIMENSIONS_H

#include "data/hdf5/netcdf.h"
#include "data/results/results.h"

/// Dimensions that are being defined, and what stands on them.
typedef struct pp_dimensions {
    hid_t groups[PP_GROUP_COUNT]; ///< the root's is the file, borrowed; H5I_INVALID_HID: not there
    hid_t scales[PP_DIM_COUNT];
    pp_scales attached;
} pp_dimensions;

/// Their lengths and coordinates. Those of /quotes are not among them.
typedef struct pp_dimensions_about {
    uint64_t length[PP_DIM_COUNT];
    const int64_t *trials;        ///< [trial] their numbers; NULL: 0, 1, ... of each run
    const char *const *firms;     ///< [firm] their names; NULL: 0, 1, ... of each run
    const int8_t *phases;         ///< [epoch]; NULL: there is no such variable
    const pp_results_band *bands; ///< [band]; NULL: they are not described
    const char *view_names;       ///< of those
    bool learning;                ///< there is a group /learning
} pp_dimensions_about;

/// None so far.
void pp_dimensions_start(pp_dimensions *dimensions, hid_t file);
/// Define and write all of them.
pp_status pp_dimensions_define(pp_dimensions *dimensions, const pp_dimensions_about *about,
                               pp_error *error);

/// A variable with `n` other scales in front of its own; chunks are left to the caller.
pp_netcdf_variable pp_dimensions_variable(pp_dimensions *dimensions, const pp_variable *variable,
                                          size_t n, const hid_t *front);

/// Write what stands on them, unless `status` is a failure; close them.
/// @return status, or the failure of writing
pp_status pp_dimensions_finish(pp_dimensions *dimensions, pp_status status, pp_error *error);

#endif
