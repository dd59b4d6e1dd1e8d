/// @file
/// @internal
/// Finished trials of a run that may be interrupted: NAME.h5.checkpoint beside NAME.h5. A head says
/// whose trials they are and how the run was first started; then records follow in the order of
/// trials, each with its number and a checksum. It belongs to whoever holds the lock of
/// NAME.h5.partial, and needs none of its own. Nothing in a file is trusted: it is used up to the
/// first record that is cut, damaged or not the next one.
#ifndef PURSUIT_DATA_RESULTS_CHECKPOINT_H
#define PURSUIT_DATA_RESULTS_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "data/file/sha256.h"
#include "data/results/provenance.h"
#include "market/base/error.h"

typedef struct pp_checkpoint pp_checkpoint;

/// What two checkpoints must have in common for one to go on from the other.
typedef struct pp_checkpoint_kind {
    char key[PP_SHA256_TEXT]; ///< hexadecimal digits, of all that the records depend on
    size_t record_bytes;      ///< more than 0
} pp_checkpoint_kind;

/// Is there a file of that name which keeps finished trials?
bool pp_checkpoint_exists(const char *path);

/// Open what an earlier start has left, for reading and then for appending.
/// @param path         of the checkpoint itself
/// @param replace      remove one of another kind, as if there were none
/// @param first        filled in if there is a checkpoint; the caller's to release
/// @param checkpoint   NULL if there is none, or only the beginnings of one
/// @return PP_OK; PP_EFORMAT (of another kind, and not `replace`); PP_EIO (cannot be read, or in
/// the way and no checkpoint: such a file is left alone); PP_ENOMEM
pp_status pp_checkpoint_open(const char *path, const pp_checkpoint_kind *kind, bool replace,
                             pp_provenance *first, pp_checkpoint **checkpoint, pp_error *error);

/// The next record, [record_bytes], the caller's until the next call. NULL after the last whole
/// one: what follows is cut off, and records can be appended.
unsigned char *pp_checkpoint_read(pp_checkpoint *checkpoint);

/// Create an empty one; nothing may be there.
/// @return PP_OK; PP_EIO; PP_ENOMEM
pp_status pp_checkpoint_create(const char *path, const pp_checkpoint_kind *kind,
                               const pp_provenance *first, pp_checkpoint **checkpoint,
                               pp_error *error);

/// Append a record in one write; now and then, see that all of them have reached the disk.
/// @return false if it cannot be written (errno)
bool pp_checkpoint_append(pp_checkpoint *checkpoint, const unsigned char *record);

/// Records in it: read or appended.
size_t pp_checkpoint_records(const pp_checkpoint *checkpoint);

/// Close it so that it outlives a power cut. NULL-safe.
void pp_checkpoint_close(pp_checkpoint *checkpoint);
/// Close and remove it. NULL-safe.
void pp_checkpoint_remove(pp_checkpoint *checkpoint);

#endif
