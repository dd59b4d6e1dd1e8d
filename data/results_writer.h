/// @file
/// @internal
/// A results file that is being written, from inside.
#ifndef PURSUIT_DATA_RESULTS_WRITER_H
#define PURSUIT_DATA_RESULTS_WRITER_H

#include <hdf5.h>

#include "data/checkpoint.h"
#include "data/layout.h"
#include "data/output.h"
#include "data/provenance.h"
#include "data/sink.h"

struct pp_results {
    pp_results_layout layout;
    pp_provenance started;
    pp_output output;
    pp_sink *sink; ///< apart, because it must outlive a file that HDF5 cannot close
    hid_t file;
    pp_slabs slabs;
    hid_t *datasets; ///< [slabs.n]

    unsigned char *buffer; ///< slab after slab, each with room for `capacity` trials
    const char **texts;    ///< pointers for one variable of strings
    size_t capacity, buffered;
    int64_t written; ///< trials in the file
    bool failed;

    pp_checkpoint_kind kind;
    char *checkpoint_path;     ///< NULL if no trials are kept
    pp_checkpoint *checkpoint; ///< NULL until one is needed: until then all trials are in `buffer`
    double hold_until;         ///< seconds of the monotonic clock
};

/// Add a trial to the buffer, and write the buffer when it is full. HDF5 is silenced.
/// @param data [slabs.bytes]
pp_status pp_results_buffer(pp_results *results, const unsigned char *data, pp_error *error);

// results_keep.c

/// Whose trials are in the checkpoint, if there is one? Fills in `started` then. The partial file
/// is open and locked.
pp_status pp_keep_open(pp_results *results, const pp_results_checkpoint *checkpoint,
                       pp_error *error);
/// Append the trials of an earlier start. HDF5 is silenced.
pp_status pp_keep_replay(pp_results *results, pp_error *error);
/// A trial is about to be buffered: keep it, if it is time.
void pp_keep_trial(pp_results *results, const unsigned char *data);
/// All trials that are in are to stay, if there are any.
void pp_keep_all(pp_results *results);
/// From now on no trials are kept, and those that were are no more.
void pp_keep_none(pp_results *results);

#endif
