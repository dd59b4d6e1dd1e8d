#include "data/results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/define.h"
#include "data/hdf5_error.h"
#include "data/netcdf.h"
#include "data/record.h"
#include "data/results_writer.h"
#include "data/seal.h"

/// Close the HDF5 file. False if HDF5 cannot: then the sink is left to it, detached from the
/// descriptor, because HDF5 will try again when the process exits.
static bool close_file(pp_results *results)
{
    bool closed = results->file < 0 || H5Fclose(results->file) >= 0;
    results->file = H5I_INVALID_HID;
    if (!closed && results->sink) {
        results->sink->fd = -1;
        results->sink->error = EIO;
        results->sink = NULL;
    }
    return closed;
}

static void release(pp_results *results)
{
    close_file(results);
    if (results->sink)
        pp_sink_release(results->sink);
    free(results->sink);
    pp_checkpoint_close(results->checkpoint); // while the lock is held
    pp_output_abandon(&results->output);      // does nothing after a commit
    pp_provenance_release(&results->started);
    free(results->checkpoint_path);
    pp_slabs_destroy(&results->slabs);
    free(results->datasets);
    free(results->buffer);
    free(results->texts);
    free(results);
}

/// Wrap a cause into one sentence with the file's name. What the system said of a failed write
/// comes before what HDF5 made of it.
static pp_status fail(pp_results *results, pp_status status, const pp_error *cause, pp_error *error)
{
    results->failed = true;
    if (results->sink && results->sink->error)
        return pp_error_set(error, PP_EIO, "cannot write '%s': %s", results->output.partial,
                            strerror(results->sink->error));
    return pp_error_set(error, status, "cannot write '%s': %s", results->output.partial,
                        cause->message[0] ? cause->message : pp_status_text(status));
}

static pp_status create_file(pp_results *results, pp_error *error)
{
    results->sink = calloc(1, sizeof *results->sink);
    if (!results->sink)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    results->sink->fd = results->output.fd;
    hid_t access = pp_sink_access(results->sink);
    if (access < 0)
        return pp_hdf5_fail(error, PP_EIO, "opening", results->output.partial);
    pp_status status =
        pp_netcdf_create_chunked(results->output.partial, access,
                                 pp_layout_most_chunks(&results->layout), &results->file, error);
    H5Pclose(access);
    if (status == PP_OK)
        status = pp_results_define(results->file, &results->layout, &results->started,
                                   results->datasets, error);
    if (status == PP_OK && results->sink && results->sink->error)
        status = PP_EIO;
    return status;
}

static size_t longest_text_slab(const pp_slabs *slabs)
{
    size_t longest = 1;
    for (size_t i = 0; i < slabs->n; i++)
        if (slabs->slab[i].type == PP_STRING && slabs->slab[i].count > longest)
            longest = slabs->slab[i].count;
    return longest;
}

/// Everything that needs memory, before there is a file.
static pp_status allocate(pp_results *results, pp_error *error)
{
    pp_status status = pp_slabs_create(&results->layout, &results->slabs, error);
    if (status != PP_OK)
        return status;
    results->capacity = pp_layout_buffered(&results->layout, &results->slabs);
    results->datasets = malloc(results->slabs.n * sizeof *results->datasets);
    results->buffer = malloc(results->capacity * results->slabs.bytes);
    results->texts =
        malloc(results->capacity * longest_text_slab(&results->slabs) * sizeof *results->texts);
    if (!results->datasets || !results->buffer || !results->texts)
        return pp_error_set(error, PP_ENOMEM, "no memory to buffer results, %zu bytes",
                            results->capacity * results->slabs.bytes);
    return PP_OK;
}

/// One slab of every buffered trial.
static pp_status write_slab(pp_results *results, size_t i, pp_error *error)
{
    const pp_slab *slab = &results->slabs.slab[i];
    if (slab->count == 0)
        return PP_OK; // not in this file
    const unsigned char *values = results->buffer + slab->offset * results->capacity;
    bool is_column = i >= PP_VAR_COUNT;
    uint64_t rows = is_column ? (uint64_t)results->layout.n_quote_rows : 1;
    if (slab->type == PP_STRING) {
        size_t n = slab->count * results->buffered;
        for (size_t j = 0; j < n; j++)
            results->texts[j] = (const char *)values + j * PP_RECORD_TEXT;
        values = (const unsigned char *)results->texts;
    }
    return pp_netcdf_write(results->datasets[i], slab->type, (uint64_t)results->written * rows,
                           results->buffered * rows, values, error);
}

int64_t pp_results_appended(const pp_results *results)
{
    return results ? results->written + (int64_t)results->buffered : 0;
}

static pp_status flush(pp_results *results, pp_error *error)
{
    pp_error cause = {0};
    pp_status status = PP_OK;
    for (size_t i = 0; i < results->slabs.n && status == PP_OK; i++) {
        status = write_slab(results, i, &cause);
        if (results->sink->error)
            status = PP_EIO;
    }
    if (status != PP_OK)
        return fail(results, status, &cause, error);
    results->written += (int64_t)results->buffered;
    results->buffered = 0;
    return PP_OK;
}

/// Was the record made for a layout of the same shape?
static bool same_shape(const pp_slabs *a, const pp_slabs *b)
{
    if (a->n != b->n || a->bytes != b->bytes)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->slab[i].type != b->slab[i].type || a->slab[i].count != b->slab[i].count)
            return false;
    return true;
}

pp_status pp_results_buffer(pp_results *results, const unsigned char *data, pp_error *error)
{
    for (size_t i = 0; i < results->slabs.n; i++) {
        const pp_slab *slab = &results->slabs.slab[i];
        // Trials follow one another without the padding that ends a slab.
        size_t bytes = slab->count * pp_value_size(slab->type);
        memcpy(results->buffer + slab->offset * results->capacity + bytes * results->buffered,
               data + slab->offset, bytes);
    }
    return ++results->buffered < results->capacity ? PP_OK : flush(results, error);
}

pp_status pp_results_append(pp_results *results, const pp_record *record, pp_error *error)
{
    if (!results || !record)
        return pp_error_set(error, PP_EINVAL, "a writer and a record are needed");
    if (results->failed)
        return pp_error_set(error, PP_EIO, "writing '%s' has failed before",
                            results->output.partial);
    if (pp_results_appended(results) >= results->layout.n_trials)
        return pp_error_set(error, PP_EINVAL, "all %lld trials are in already",
                            (long long)results->layout.n_trials);
    if (!same_shape(pp_record_slabs(record), &results->slabs))
        return pp_error_set(error, PP_EINVAL, "the record was made for another layout");
    pp_keep_trial(results, pp_record_data(record));
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = pp_results_buffer(results, pp_record_data(record), error);
    pp_hdf5_restore(quiet);
    return status;
}

/// The contents' side of a commit: the last trials, the final attribute, close, seal.
static pp_status finish(pp_results *results, pp_error *error)
{
    pp_error cause = {0};
    if (results->failed)
        return pp_error_set(error, PP_EIO, "writing '%s' has failed before",
                            results->output.partial);
    int64_t trials = pp_results_appended(results);
    if (trials != results->layout.n_trials)
        return pp_error_set(error, PP_EINVAL, "'%s' has %lld of %lld trials", results->output.path,
                            (long long)trials, (long long)results->layout.n_trials);
    pp_status status = results->buffered ? flush(results, error) : PP_OK;
    if (status != PP_OK)
        return status;
    // Last of all, so that a file that has it has everything.
    status = pp_netcdf_attribute_text(results->file, "status", "complete", &cause);
    if (status == PP_OK && !close_file(results))
        status = pp_hdf5_fail(&cause, PP_EIO, "closing", results->output.partial);
    if (status == PP_OK && results->sink && results->sink->error)
        status = PP_EIO;
    if (status == PP_OK)
        status = pp_seal_write(results->output.fd, &cause);
    return status == PP_OK ? PP_OK : fail(results, status, &cause, error);
}

pp_status pp_results_commit(pp_results *results, pp_error *error)
{
    return pp_results_commit_later(results, NULL, error);
}

pp_status pp_results_commit_later(pp_results *results, pp_output_batch *batch, pp_error *error)
{
    if (!results)
        return pp_error_set(error, PP_EINVAL, "no writer");
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = batch && pp_output_batch_is_full(batch)
                           ? pp_error_set(error, PP_EINVAL, "the batch of files is full")
                           : finish(results, error);
    // Trials that were kept would have to wait with their file.
    if (status == PP_OK && batch && !results->checkpoint)
        pp_output_batch_add(batch, &results->output);
    else if (status == PP_OK)
        status = pp_output_commit(&results->output, error);
    if (status == PP_OK)
        pp_keep_none(results);
    release(results);
    pp_hdf5_restore(quiet);
    return status;
}

void pp_results_suspend(pp_results *results)
{
    if (!results)
        return;
    pp_keep_all(results);
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    release(results);
    pp_hdf5_restore(quiet);
}

void pp_results_abandon(pp_results *results)
{
    if (!results)
        return;
    pp_keep_none(results);
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    release(results);
    pp_hdf5_restore(quiet);
}

/// Everything after the memory: the partial file, and what an earlier start has left.
static pp_status open_output(pp_results *results, const char *path, bool force,
                             const pp_results_checkpoint *checkpoint, pp_error *error)
{
    pp_status status = pp_output_open(path, force, &results->output, error);
    if (status == PP_OK && checkpoint)
        status = pp_keep_open(results, checkpoint, error);
    if (status == PP_OK && !results->checkpoint)
        status = pp_provenance_now(results->layout.history, results->layout.threads,
                                   &results->started, error);
    if (status != PP_OK)
        return status;
    pp_error cause = {0};
    status = create_file(results, &cause);
    if (status != PP_OK)
        return fail(results, status, &cause, error);
    return results->checkpoint ? pp_keep_replay(results, error) : PP_OK;
}

pp_status pp_results_resume(const char *path, bool force, const pp_results_layout *layout,
                            const pp_results_checkpoint *checkpoint, pp_results **results,
                            pp_error *error)
{
    if (!results)
        return pp_error_set(error, PP_EINVAL, "no place for the writer");
    *results = NULL;
    if (!path || !path[0])
        return pp_error_set(error, PP_EINVAL, "a results file needs a name");
    pp_status status = pp_layout_check(layout, error);
    if (status != PP_OK)
        return status;
    pp_results *made = calloc(1, sizeof *made);
    if (!made)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    made->layout = *layout;
    made->output.fd = -1;
    made->file = H5I_INVALID_HID;
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    status = allocate(made, error);
    if (status == PP_OK)
        status = open_output(made, path, force, checkpoint, error);
    if (status != PP_OK)
        release(made);
    else
        *results = made;
    pp_hdf5_restore(quiet);
    return status;
}

pp_status pp_results_create(const char *path, bool force, const pp_results_layout *layout,
                            pp_results **results, pp_error *error)
{
    return pp_results_resume(path, force, layout, NULL, results, error);
}
