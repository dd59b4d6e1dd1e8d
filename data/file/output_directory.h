/// @file
/// @internal
/// A directory of files that appears under its name whole or not at all: written as PATH.partial,
/// then renamed. It replaces only a directory of its own kind, and no file is ever removed that has
/// not one of the names of that kind. At most one live writer per PATH, told by a lock.
#ifndef PURSUIT_DATA_FILE_OUTPUT_DIRECTORY_H
#define PURSUIT_DATA_FILE_OUTPUT_DIRECTORY_H

#include <stdbool.h>
#include <stdio.h>

#include "market/base/error.h"

/// What such directories hold. One is known by its first file, which starts with `marker`.
typedef struct pp_directory_kind {
    const char *what;         ///< "export"
    const char *const *names; ///< of all files that one may hold; NULL-terminated
    const char *marker;
} pp_directory_kind;

typedef struct pp_output_directory {
    const pp_directory_kind *kind;
    char *path, *partial;
    bool force;
    int fd; ///< of the partial directory, which it locks
} pp_output_directory;

/// Create PATH.partial, empty and locked; what a dead writer left there is removed.
/// @param force an existing PATH may be replaced at commit if it is empty or of this kind and holds
/// nothing else; it is not touched before
/// @return PP_OK; PP_EEXIST (PATH exists, or another writer is at work); PP_EIO; PP_EINVAL;
/// PP_ENOMEM. Needs neither commit nor abandon unless PP_OK.
pp_status pp_output_directory_open(const char *path, bool force, const pp_directory_kind *kind,
                                   pp_output_directory *directory, pp_error *error);

/// A new file in it, of one of the kind's names.
pp_status pp_output_directory_file(const pp_output_directory *directory, const char *name,
                                   FILE **file, pp_error *error);
/// Close it once it is on the disk.
/// @param cause errno of a write that failed before, or 0
/// @return PP_OK, or PP_EIO if anything of it could not be written
pp_status pp_output_directory_close(const pp_output_directory *directory, const char *name,
                                    FILE *file, int cause, pp_error *error);

/// Everything is written: rename. On failure what was written is removed.
/// @return PP_OK; PP_EEXIST (PATH has appeared meanwhile); PP_EIO
pp_status pp_output_directory_commit(pp_output_directory *directory, pp_error *error);

/// Remove what was written. errno stays.
void pp_output_directory_abandon(pp_output_directory *directory);

#endif
