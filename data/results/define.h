/// @file
/// The contents of a results file, before any trial: attributes, dimensions, variables.
#ifndef PURSUIT_DATA_RESULTS_DEFINE_H
#define PURSUIT_DATA_RESULTS_DEFINE_H

#include <hdf5.h>
#include <stdbool.h>

#include "data/results/layout.h"
#include "data/results/provenance.h"

/// 1: of 0.1, money of sales and books in the money of the day; 2: all money at base prices.
enum { PP_SCHEMA_VERSION = 2 };

/// Define everything in an empty file.
/// @param started stands for the layout's history and threads
/// @param bare     for a template: texts of attributes refer to nothing, and every dataset is
///                 contiguous and has its place in the file
/// @param datasets [PP_VAR_COUNT + columns of quotes] opened datasets, closed with the file;
/// H5I_INVALID_HID for a variable that the layout is without
pp_status pp_results_define(hid_t file, const pp_results_layout *layout,
                            const pp_provenance *started, bool bare, hid_t *datasets,
                            pp_error *error);

#endif
