/// @file
/// @internal
/// What outputs that appear whole or not at all have in common, be they files or directories.
#ifndef PURSUIT_DATA_FILE_OUTPUT_STEPS_H
#define PURSUIT_DATA_FILE_OUTPUT_STEPS_H

#include <stdbool.h>

#include "market/base/error.h"

typedef enum pp_lock {
    PP_LOCK_TAKEN, ///< or there are none, and locking is switched off
    PP_LOCK_HELD,  ///< by another writer
    PP_LOCK_NONE,  ///< the file system has no locks; errno says why
} pp_lock;

/// PP_EIO, "cannot ACTION 'PATH': " and errno's text.
pp_status pp_output_failed(pp_error *error, const char *action, const char *path);

/// Is the name still that of the open file, and not of one that somebody else has put there?
bool pp_output_names(const char *path, int fd);

/// Lock without waiting; closing the descriptor unlocks. Where there are no locks,
/// HDF5_USE_FILE_LOCKING=FALSE, HDF5's own switch, makes it a success: it is the user's word that
/// nobody else writes there. Where there are, it changes nothing, because clusters set it for all.
pp_lock pp_output_lock(int fd);

/// Lock what a writer left behind.
/// @param writer what it would be, were it alive: "run"
/// @return PP_OK; PP_EEXIST if the writer is alive, or if there are no locks to tell
pp_status pp_output_claim(int fd, const char *path, const char *writer, pp_error *error);

/// Both texts in one; malloc'd, NULL if out of memory.
char *pp_output_suffixed(const char *path, const char *suffix);

/// Make a rename in the folder of `path` durable. Best effort: what was renamed is whole either
/// way, and some file systems cannot sync a folder.
void pp_output_sync_folder(const char *path);

#endif
