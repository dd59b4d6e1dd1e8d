/// @file
/// @internal
/// A file in netCDF-4's profile that is being written: PATH.partial behind a sink, which appears
/// under PATH closed, sealed and whole, or not at all. Callers have silenced HDF5's error printing.
#ifndef PURSUIT_DATA_HDF5_CONTAINER_H
#define PURSUIT_DATA_HDF5_CONTAINER_H

#include <hdf5.h>

#include "data/file/output.h"
#include "data/hdf5/sink.h"

typedef struct pp_container {
    pp_output output;
    pp_sink *sink; ///< apart, because it must outlive a file that HDF5 cannot close
    hid_t file;
} pp_container;

/// Before all else; then the caller opens `output`.
void pp_container_init(pp_container *container);
/// Create the HDF5 file.
/// @param most_chunks that any of its variables has, at least 1; UINT64_MAX if that is unknown
pp_status pp_container_create(pp_container *container, uint64_t most_chunks, pp_error *error);
/// All is in: write the final attribute, close the HDF5 file and seal it. `output` is then ready
/// for its commit.
pp_status pp_container_finish(pp_container *container, pp_error *error);

/// PP_EIO if a write has failed, of which HDF5 knows nothing.
pp_status pp_container_written(const pp_container *container);
/// One sentence with the file's name. The system's reason for a failed write comes before what HDF5
/// made of it.
pp_status pp_container_fail(const pp_container *container, pp_status status, const pp_error *cause,
                            pp_error *error);

/// Close what is open; remove the partial file unless `output` was committed.
void pp_container_release(pp_container *container);

#endif
