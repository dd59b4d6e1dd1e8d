/// @file
/// @internal
/// Opening, and all of so many bytes at a place in a file, whatever the system makes of them at
/// once.
#ifndef PURSUIT_DATA_FILE_TRANSFER_H
#define PURSUIT_DATA_FILE_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/// Open to read. A FIFO that nobody writes to ends at once; fopen would wait, signals or not.
/// @return NULL with errno
FILE *pp_open_to_read(const char *path);

/// @return false with errno, EIO if the file ends before
bool pp_read_exactly(int fd, off_t offset, size_t n, void *bytes);
/// @return false with errno
bool pp_write_exactly(int fd, off_t offset, size_t n, const void *bytes);

#endif
