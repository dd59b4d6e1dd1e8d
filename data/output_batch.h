/// @file
/// Files that are put under their names together, waiting for the disk once: a disk takes as long
/// to keep one small file as to keep many. Each is whole and on the disk before it has its name,
/// as if it had been alone; it only has it a little later.
///
/// Threads: a batch belongs to one thread at a time; it starts threads of its own.
#ifndef PURSUIT_DATA_OUTPUT_BATCH_H
#define PURSUIT_DATA_OUTPUT_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "market/base/error.h"

typedef struct pp_output_batch pp_output_batch;
struct pp_output;

enum { PP_BATCH_MOST = 64 };

/// @param most files that may wait, 1 to PP_BATCH_MOST; each holds an open descriptor and its lock
PP_API pp_status pp_output_batch_create(size_t most, pp_output_batch **batch, pp_error *error);
/// Files that still wait are given up and removed. NULL-safe.
PP_API void pp_output_batch_destroy(pp_output_batch *batch);

/// Files that wait.
PP_API size_t pp_output_batch_waiting(const pp_output_batch *batch);
PP_API bool pp_output_batch_is_full(const pp_output_batch *batch);

/// What has become of a file. @param path as it was given
/// @param status PP_OK: it is there; else as of a commit by itself: nothing has changed
typedef void (*pp_output_told)(void *context, const char *path, pp_status status,
                               const pp_error *error);

/// Put all that wait under their names; then none waits.
/// @param told called once for each, in the order in which they came; may be NULL
/// @return PP_OK, or the first failure
PP_API pp_status pp_output_batch_commit(pp_output_batch *batch, pp_output_told told, void *context,
                                        pp_error *error);

/// @internal
/// Take over an output to which everything is written. The batch must not be full.
void pp_output_batch_add(pp_output_batch *batch, struct pp_output *output);

#endif
