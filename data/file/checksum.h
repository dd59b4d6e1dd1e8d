/// @file
/// @internal
/// XXH3, a quick checksum of 64 bits that finds what a fault or a cut has done to a file. It is no
/// defence against somebody who means to deceive.
#ifndef PURSUIT_DATA_FILE_CHECKSUM_H
#define PURSUIT_DATA_FILE_CHECKSUM_H

#include <stdint.h>
#include <sys/types.h>

#include "market/base/error.h"

/// Of n bytes.
/// @param seed 0, or another checksum for both to be one
uint64_t pp_checksum(const void *bytes, size_t n, uint64_t seed);

/// Takes n more bytes of a file. @param context of the caller's
typedef void (*pp_checksum_take)(void *context, const unsigned char *bytes, size_t n);
/// Hand the first `size` bytes of a file over, in blocks of which all but the last are a multiple
/// of 8 bytes.
/// @return PP_OK; PP_EIO with the system's reason; PP_ENOMEM
pp_status pp_checksum_read(int fd, off_t size, pp_checksum_take take, void *context,
                           pp_error *error);

/// Of the first `size` bytes of a file. @return as pp_checksum_read
pp_status pp_checksum_file(int fd, off_t size, uint64_t *checksum, pp_error *error);

#endif
