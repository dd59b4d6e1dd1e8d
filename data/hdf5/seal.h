/// @file
/// A checksum over a whole file, in 16 bytes behind what HDF5 knows of it (which HDF5 and netCDF
/// allow and ignore, and drop when they change the file). HDF5's own checksums leave out the heap
/// of strings and the index of chunks, and it may crash when those are damaged.
#ifndef PURSUIT_DATA_HDF5_SEAL_H
#define PURSUIT_DATA_HDF5_SEAL_H

#include <stdbool.h>

#include "market/base/error.h"

/// Append the seal to a finished file.
/// @return PP_OK or PP_EIO
pp_status pp_seal_write(int fd, pp_error *error);

/// @return PP_OK if the seal holds or there is none; PP_EFORMAT if the bytes are not those sealed;
/// PP_EIO
pp_status pp_seal_check(int fd, pp_error *error);

/// Is this the start of an HDF5 file, of which the end or a part of the seal is missing? A file
/// with a seal is not, whatever it says of its length.
bool pp_seal_truncated(int fd);

/// Does a seal stand at the end? Whether it holds is another question.
bool pp_seal_present(int fd);

#endif
