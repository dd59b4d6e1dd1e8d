/// @file
/// Where HDF5 writes: a file descriptor that the caller owns, behind an HDF5 file driver whose
/// writes never fail from HDF5's point of view.
///
/// HDF5 cannot close a file whose last writes fail: the file stays open inside the library, which
/// tries again when the process exits and then crashes or reports errors nobody can handle. So the
/// first failure is remembered here, everything written after it goes to memory only (where HDF5
/// can still read it back), the file closes normally, and the caller asks `error` before believing
/// in it.
#ifndef PURSUIT_DATA_HDF5_SINK_H
#define PURSUIT_DATA_HDF5_SINK_H

#include <hdf5.h>

typedef struct pp_sink_block pp_sink_block;

/// Zero-initialise, then set fd. Must outlive the HDF5 file.
typedef struct pp_sink {
    int fd;
    int error;    ///< errno of the first failure; 0: none so far
    hid_t driver; ///< registered while positive: HDF5 looks at the driver after the file's last use
                  ///< of it
    pp_sink_block *lost, *last_lost; ///< what could not be written, oldest first
} pp_sink;

/// A file access property list that sends a file to the sink; the name given to H5Fcreate is then
/// only a label. Close it with H5Pclose.
/// @return the list, or a negative value as HDF5 does
hid_t pp_sink_access(pp_sink *sink);

/// Free what the sink holds (not its descriptor); the HDF5 file must be closed.
void pp_sink_release(pp_sink *sink);

#endif
