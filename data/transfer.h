/// @file
/// @internal
/// All of so many bytes at a place in a file, whatever the system makes of them at once.
#ifndef PURSUIT_DATA_TRANSFER_H
#define PURSUIT_DATA_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/// @return false with errno, EIO if the file ends before
bool pp_read_exactly(int fd, off_t offset, size_t n, void *bytes);
/// @return false with errno
bool pp_write_exactly(int fd, off_t offset, size_t n, const void *bytes);

#endif
