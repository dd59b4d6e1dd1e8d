/// @file
/// @internal
/// Which file a piece of memory is of.
#ifndef PURSUIT_AGENTS_PLUGIN_MAPPED_FILE_H
#define PURSUIT_AGENTS_PLUGIN_MAPPED_FILE_H

#include <stdbool.h>

/// Is what is mapped at an address certainly of another file than the open one? False if that
/// cannot be told, as where /proc is not mounted.
/// @param fd a file of a byte or more
bool pp_mapped_elsewhere(const void *address, int fd);

#endif
