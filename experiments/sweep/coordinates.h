/// @file
/// @internal
/// What was swept as the coordinates of a merged file.
#ifndef PURSUIT_EXPERIMENTS_SWEEP_COORDINATES_H
#define PURSUIT_EXPERIMENTS_SWEEP_COORDINATES_H

#include "data/merge/merge.h"
#include "experiments/sweep/directory/manifest.h"

/// The axes of the grid; or the dimension `run`, and along it a parameter for each that is swept.
typedef struct pp_sweep_coordinates {
    size_t n_dimensions, n_parameters;
    pp_merge_coordinate *dimensions, *parameters;
} pp_sweep_coordinates;

/// @param manifest borrowed until the release
/// @return PP_OK or PP_ENOMEM; nothing to release unless PP_OK
pp_status pp_sweep_coordinates_make(const pp_sweep_manifest *manifest,
                                    pp_sweep_coordinates *coordinates, pp_error *error);
void pp_sweep_coordinates_release(pp_sweep_coordinates *coordinates); ///< safe on a zeroed one

#endif
