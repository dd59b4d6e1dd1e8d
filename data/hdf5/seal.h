/// @file
/// A checksum over a whole file, XXH3, in 16 bytes behind what HDF5 knows of it (which HDF5 and
/// netCDF allow and ignore, and drop when they change the file). HDF5's own checksums leave out the
/// heap of strings and the index of chunks, and it may crash when those are damaged.
#ifndef PURSUIT_DATA_HDF5_SEAL_H
#define PURSUIT_DATA_HDF5_SEAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "market/base/error.h"

enum { PP_SEAL = 16 }; ///< bytes of a seal

/// The seal of a finished file of n bytes, which is to stand behind them.
void pp_seal_make(const void *bytes, size_t n, unsigned char seal[PP_SEAL]);
/// Append the seal to a finished file.
/// @return PP_OK; PP_EIO; PP_ENOMEM
pp_status pp_seal_write(int fd, pp_error *error);

/// @return PP_OK if the seal holds or there is none; PP_EFORMAT if the bytes are not those sealed;
/// PP_EIO; PP_ENOMEM
pp_status pp_seal_check(int fd, pp_error *error);

enum { PP_SIGNATURE = 8 }; ///< bytes by which an HDF5 file is known

/// How many of those bytes a file starts with: less than all if it ends among them, 0 if it starts
/// otherwise or is empty; negative with errno if it cannot be read.
ssize_t pp_seal_signature(int fd);

/// Is this the start of an HDF5 file, of which the end or a part of the seal is missing? A file
/// with a seal is not, whatever it says of its length.
bool pp_seal_truncated(int fd);

/// Does a seal stand at the end? Whether it holds is another question.
bool pp_seal_present(int fd);

#endif
