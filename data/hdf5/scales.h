/// @file
/// Dimension scales of a file that is being written: what H5DSattach_scale would leave behind,
/// written once.
///
/// H5DS keeps two attributes: DIMENSION_LIST of a dataset refers to the scale of each axis, and
/// REFERENCE_LIST of a scale to every axis it stands on. H5DSattach_scale reads, deletes and writes
/// both anew at every call. With it, creating the file of a run of one trial took 30 million
/// instructions instead of 13 million. Here a dataset's
/// list is written when it is attached, and those of the scales at the end
/// (tests/data/hdf5/test_scales.c holds them to what H5DS writes and reads). The format is part of
/// HDF5's "Dimension Scale Specification and Design Notes".
#ifndef PURSUIT_DATA_HDF5_SCALES_H
#define PURSUIT_DATA_HDF5_SCALES_H

#include <hdf5.h>

#include "market/base/error.h"

typedef struct pp_scale pp_scale;

/// Zero-initialise; one per file. Datasets are borrowed and must stay open until the lists are
/// written.
typedef struct pp_scales {
    size_t n;
    pp_scale *scale; ///< [n]
} pp_scales;

/// Length of a dimension scale.
/// @return PP_OK; PP_EINVAL if the dataset is no scale, or not of one axis; PP_ENOMEM
pp_status pp_scales_length(pp_scales *scales, hid_t scale, hsize_t *length, pp_error *error);

/// Let scales stand on a dataset's axes, one each. Not to be mixed with H5DSattach_scale in a file.
/// @param axes [rank] scales, each as long as its axis
/// @return PP_OK; PP_EINVAL; PP_EIO; PP_ENOMEM
pp_status pp_scales_attach(pp_scales *scales, hid_t dataset, int rank, const hid_t *axes,
                           pp_error *error);

/// Tell every scale what it stands on; nothing can be attached after it.
pp_status pp_scales_write(const pp_scales *scales, pp_error *error);

void pp_scales_release(pp_scales *scales); ///< safe on a zeroed one

#endif
