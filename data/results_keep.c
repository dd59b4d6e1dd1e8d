// When finished trials go to the checkpoint and when they come back.
#include <stdlib.h>
#include <string.h>

#include "data/clock.h"
#include "data/output_steps.h"
#include "data/results_writer.h"

/// Copy a trial out of the buffer.
static void get_buffered(const pp_results *results, size_t trial, unsigned char *data)
{
    memset(data, 0, results->slabs.bytes);
    for (size_t i = 0; i < results->slabs.n; i++) {
        const pp_slab *slab = &results->slabs.slab[i];
        size_t bytes = slab->count * pp_value_size(slab->type);
        memcpy(data + slab->offset,
               results->buffer + slab->offset * results->capacity + bytes * trial, bytes);
    }
}

void pp_keep_none(pp_results *results)
{
    pp_checkpoint_remove(results->checkpoint);
    results->checkpoint = NULL;
    free(results->checkpoint_path);
    results->checkpoint_path = NULL;
}

/// Make the checkpoint, of all trials so far. If that fails, better none than not all; what they
/// took is free again.
static void start_keeping(pp_results *results)
{
    unsigned char *data = malloc(results->slabs.bytes);
    bool kept =
        data && pp_checkpoint_create(results->checkpoint_path, &results->kind, &results->started,
                                     &results->checkpoint, NULL) == PP_OK;
    for (size_t i = 0; i < results->buffered && kept; i++) {
        get_buffered(results, i, data);
        kept = pp_checkpoint_append(results->checkpoint, data);
    }
    free(data);
    if (!kept)
        pp_keep_none(results);
}

void pp_keep_trial(pp_results *results, const unsigned char *data)
{
    bool last = pp_results_appended(results) + 1 == results->layout.n_trials;
    // Before the buffer is emptied for the first time.
    bool full = results->buffered + 1 == results->capacity;
    if (!results->checkpoint_path)
        return;
    if (!results->checkpoint && !last && (full || pp_clock_seconds() >= results->hold_until))
        start_keeping(results);
    if (results->checkpoint && !pp_checkpoint_append(results->checkpoint, data))
        pp_keep_none(results);
}

/// Texts of a file are not trusted to end.
static void end_texts(const pp_slabs *slabs, unsigned char *data)
{
    for (size_t i = 0; i < slabs->n; i++)
        for (size_t j = 0; slabs->slab[i].type == PP_STRING && j < slabs->slab[i].count; j++)
            data[slabs->slab[i].offset + (j + 1) * PP_RECORD_TEXT - 1] = 0;
}

pp_status pp_keep_replay(pp_results *results, pp_error *error)
{
    pp_status status = PP_OK;
    while (status == PP_OK && pp_results_appended(results) < results->layout.n_trials) {
        unsigned char *data = pp_checkpoint_read(results->checkpoint);
        if (!data)
            break;
        end_texts(&results->slabs, data);
        status = pp_results_buffer(results, data, error);
    }
    return status;
}

pp_status pp_keep_open(pp_results *results, const pp_results_checkpoint *checkpoint,
                       pp_error *error)
{
    const char *key = checkpoint->key;
    if (!key || strlen(key) != PP_SHA256_TEXT - 1)
        return pp_error_set(error, PP_EINVAL, "the key of a checkpoint has %d digits",
                            PP_SHA256_TEXT - 1);
    memcpy(results->kind.key, key, PP_SHA256_TEXT);
    results->kind.record_bytes = results->slabs.bytes;
    results->hold_until = pp_clock_seconds() + checkpoint->hold_seconds;
    results->checkpoint_path = pp_output_suffixed(results->output.path, ".checkpoint");
    if (!results->checkpoint_path)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    return pp_checkpoint_open(results->checkpoint_path, &results->kind, checkpoint->replace,
                              &results->started, &results->checkpoint, error);
}

void pp_keep_all(pp_results *results)
{
    if (results->checkpoint_path && !results->checkpoint && results->buffered > 0)
        start_keeping(results);
    if (results->checkpoint && pp_checkpoint_records(results->checkpoint) == 0)
        pp_keep_none(results);
}
