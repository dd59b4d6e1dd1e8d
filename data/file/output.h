/// @file
/// A file that appears under its name whole or not at all: written as PATH.partial, then renamed.
/// At most one live writer per PATH, told by a lock on the partial file; a stale one is replaced.
#ifndef PURSUIT_DATA_FILE_OUTPUT_H
#define PURSUIT_DATA_FILE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "market/base/error.h"

typedef struct pp_output {
    char *path, *partial;
    bool force;
    bool unsynced; ///< set after the open: the commit does not wait for the disk
    int fd;        ///< of the partial file, open for reading and writing
} pp_output;

/// Create PATH.partial, empty and locked.
/// @param force an existing PATH may be replaced at commit; it is not touched before
/// @return PP_OK; PP_EEXIST (PATH exists, or another writer is at work); PP_EIO; PP_ENOMEM. The
/// output needs neither commit nor abandon unless PP_OK.
pp_status pp_output_open(const char *path, bool force, pp_output *output, pp_error *error);

/// Are both names those of one file that exists?
bool pp_output_same_file(const char *path, const char *other);

/// Everything is written: fsync, rename, fsync the directory, close. An unsynced output is renamed
/// only: after a power cut its file may be cut short, empty or full of zeros. On failure the
/// partial file is removed and nothing appears under PATH.
/// @return PP_OK; PP_EEXIST (a file has appeared under PATH meanwhile; it is left alone); PP_EIO
pp_status pp_output_commit(pp_output *output, pp_error *error);

/// Close and remove the partial file.
void pp_output_abandon(pp_output *output);

/// All of that at once: a file of these bytes.
/// @return as pp_output_open and pp_output_commit
pp_status pp_output_write(const char *path, bool force, const void *bytes, size_t n,
                          pp_error *error);

/// Who, if anybody, is writing a file.
typedef enum pp_writer {
    PP_WRITER_NONE,    ///< there is no PATH.partial
    PP_WRITER_DEAD,    ///< it was left behind
    PP_WRITER_LIVE,    ///< its writer holds it
    PP_WRITER_UNKNOWN, ///< there is one, and the file system has no locks to tell
} pp_writer;

/// Look, without changing anything. The lock is tried, and so held for a moment: a writer that
/// starts just then tries again.
/// @return PP_OK; PP_EIO; PP_ENOMEM
pp_status pp_output_writer(const char *path, pp_writer *writer, pp_error *error);

#endif
