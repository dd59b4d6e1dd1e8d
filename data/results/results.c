// The writer of results files: trials are buffered, written, and kept in a checkpoint meanwhile.
#include "data/results/results.h"

#include <stdlib.h>
#include <string.h>

#include "data/file/output_steps.h"
#include "data/file/transfer.h"
#include "data/hdf5/container.h"
#include "data/hdf5/error.h"
#include "data/hdf5/netcdf.h"
#include "data/results/checkpoint.h"
#include "data/results/define.h"
#include "data/results/record.h"
#include "data/results/template.h"
#include "market/base/clock.h"

struct pp_results {
    pp_results_layout layout;
    pp_provenance started;
    pp_container container;
    pp_slabs slabs;
    hid_t *datasets;               ///< [slabs.n]
    pp_results_template *template; ///< NULL: HDF5 writes the file itself, as trials come

    unsigned char *buffer; ///< slab after slab, each with room for `capacity` trials
    const char **texts;    ///< pointers for one variable of strings
    size_t capacity, buffered;
    int64_t written; ///< trials in the file
    bool failed;

    pp_checkpoint_kind kind;
    char *checkpoint_path;     ///< NULL if no trials are kept
    pp_checkpoint *checkpoint; ///< NULL until one is needed: until then all trials are in `buffer`
    double hold_until;         ///< seconds of the monotonic clock
    bool unsynced;             ///< until then the file is not worth a wait for the disk
};

static void release(pp_results *results)
{
    pp_template_give_back(results->template, &results->layout);
    pp_checkpoint_close(results->checkpoint); // while the lock is held
    pp_container_release(&results->container);
    pp_provenance_release(&results->started);
    free(results->checkpoint_path);
    pp_slabs_destroy(&results->slabs);
    free(results->datasets);
    free(results->buffer);
    free(results->texts);
    free(results);
}

static pp_status fail(pp_results *results, pp_status status, const pp_error *cause, pp_error *error)
{
    results->failed = true;
    return pp_container_fail(&results->container, status, cause, error);
}

static pp_status failed_before(const pp_results *results, pp_error *error)
{
    return pp_error_set(error, PP_EIO, "writing '%s' has failed before",
                        results->container.output.partial);
}

/// Have HDF5 create the file.
static pp_status create_container(pp_results *results, pp_error *error)
{
    pp_container *container = &results->container;
    PP_TRY(pp_container_create(container, pp_layout_most_chunks(&results->layout), error));
    PP_TRY(pp_results_define(container->file, &results->layout, &results->started, false,
                             results->datasets, error));
    return pp_container_written(container);
}

/// A small file comes from a template, unless this HDF5 makes files that are not understood here.
static pp_status create_file(pp_results *results, pp_error *error)
{
    if (!pp_template_serves(&results->layout, &results->slabs))
        return create_container(results, error);
    pp_error cause = {0};
    pp_status status =
        pp_template_take(&results->layout, &results->started, &results->template, &cause);
    if (status == PP_ENOMEM)
        return pp_error_set(error, status, "%s", cause.message);
    return status == PP_OK ? PP_OK : create_container(results, error);
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
    PP_TRY(pp_slabs_create(&results->layout, &results->slabs, error));
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
    if (results->template)
        return PP_OK; // all trials are written at once, out of the buffer
    for (size_t i = 0; i < results->slabs.n && status == PP_OK; i++) {
        status = write_slab(results, i, &cause);
        if (status == PP_OK)
            status = pp_container_written(&results->container);
    }
    if (status != PP_OK)
        return fail(results, status, &cause, error);
    results->written += (int64_t)results->buffered;
    results->buffered = 0;
    return PP_OK;
}

/// Add a trial to the buffer, and write the buffer when it is full.
/// @param data [slabs.bytes]
static pp_status buffer_trial(pp_results *results, const unsigned char *data, pp_error *error)
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

static void keep_none(pp_results *results)
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
        keep_none(results);
}

static void keep_trial(pp_results *results, const unsigned char *data)
{
    bool last = pp_results_appended(results) + 1 == results->layout.n_trials;
    // Before the buffer is emptied for the first time.
    bool full = results->buffered + 1 == results->capacity;
    if (!results->checkpoint_path)
        return;
    if (!results->checkpoint && !last && (full || pp_clock_seconds() >= results->hold_until))
        start_keeping(results);
    if (results->checkpoint && !pp_checkpoint_append(results->checkpoint, data))
        keep_none(results);
}

/// Texts of a file are not trusted to end.
static void end_texts(const pp_slabs *slabs, unsigned char *data)
{
    for (size_t i = 0; i < slabs->n; i++)
        for (size_t j = 0; slabs->slab[i].type == PP_STRING && j < slabs->slab[i].count; j++)
            data[slabs->slab[i].offset + (j + 1) * PP_RECORD_TEXT - 1] = 0;
}

static pp_status replay(pp_results *results, pp_error *error)
{
    pp_status status = PP_OK;
    while (status == PP_OK && pp_results_appended(results) < results->layout.n_trials) {
        unsigned char *data = pp_checkpoint_read(results->checkpoint);
        if (!data)
            break;
        end_texts(&results->slabs, data);
        status = buffer_trial(results, data, error);
    }
    return status;
}

static void keep_all(pp_results *results)
{
    if (results->checkpoint_path && !results->checkpoint && results->buffered > 0)
        start_keeping(results);
    if (results->checkpoint && pp_checkpoint_records(results->checkpoint) == 0)
        keep_none(results);
}

/// The file could not be written: keep trials that have only been in the buffer so far, where they
/// still are after it was written out.
static void keep_uncommitted(pp_results *results)
{
    int64_t trials = pp_results_appended(results);
    if (trials > (int64_t)results->capacity || pp_clock_seconds() < results->hold_until)
        return; // kept when the buffer was first emptied, or sooner run again than kept
    results->written = 0;
    results->buffered = (size_t)trials;
    keep_all(results);
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

pp_status pp_results_append(pp_results *results, const pp_record *record, pp_error *error)
{
    if (!results || !record)
        return pp_error_set(error, PP_EINVAL, "a writer and a record are needed");
    if (results->failed)
        return failed_before(results, error);
    if (pp_results_appended(results) >= results->layout.n_trials)
        return pp_error_set(error, PP_EINVAL, "all %lld trials are in already",
                            (long long)results->layout.n_trials);
    if (!same_shape(pp_record_slabs(record), &results->slabs))
        return pp_error_set(error, PP_EINVAL, "the record was made for another layout");
    keep_trial(results, pp_record_data(record));
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = buffer_trial(results, pp_record_data(record), error);
    pp_hdf5_restore(quiet);
    return status;
}

/// The whole of a small file. Should HDF5 read it otherwise, it is HDF5 that writes the file.
static pp_status write_small(pp_results *results, pp_error *error)
{
    const pp_contents contents = {&results->layout, &results->started, &results->slabs,
                                  results->buffer};
    const pp_output *output = &results->container.output;
    pp_error cause = {0};
    unsigned char *bytes;
    size_t n;
    pp_status status = pp_template_fill(results->template, &contents, &bytes, &n, &cause);
    if (status == PP_EFORMAT) {
        pp_results_template_destroy(results->template);
        results->template = NULL;
        status = create_container(results, &cause);
        return status == PP_OK ? PP_OK : fail(results, status, &cause, error);
    }
    if (status != PP_OK)
        return fail(results, status, &cause, error);
    if (!pp_write_exactly(output->fd, 0, n, bytes))
        status = pp_output_failed(error, "write", output->partial);
    free(bytes);
    results->failed = status != PP_OK;
    return status;
}

/// The last trials, the final attribute, close, seal.
static pp_status finish(pp_results *results, pp_error *error)
{
    pp_error cause = {0};
    if (results->failed)
        return failed_before(results, error);
    int64_t trials = pp_results_appended(results);
    if (trials != results->layout.n_trials)
        return pp_error_set(error, PP_EINVAL, "'%s' has %lld of %lld trials",
                            results->container.output.path, (long long)trials,
                            (long long)results->layout.n_trials);
    if (results->template) {
        PP_TRY(write_small(results, error));
        if (results->template)
            return PP_OK;
    }
    if (results->buffered)
        PP_TRY(flush(results, error));
    pp_status status = pp_container_finish(&results->container, &cause);
    return status == PP_OK ? PP_OK : fail(results, status, &cause, error);
}

pp_status pp_results_commit(pp_results *results, pp_error *error)
{
    if (!results)
        return pp_error_set(error, PP_EINVAL, "no writer");
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = finish(results, error);
    results->container.output.unsynced =
        results->unsynced && !results->checkpoint && pp_clock_seconds() < results->hold_until;
    if (status == PP_OK)
        status = pp_output_commit(&results->container.output, error);
    if (status == PP_OK)
        keep_none(results);
    else
        keep_uncommitted(results);
    release(results);
    pp_hdf5_restore(quiet);
    return status;
}

void pp_results_suspend(pp_results *results)
{
    if (!results)
        return;
    keep_all(results);
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    release(results);
    pp_hdf5_restore(quiet);
}

void pp_results_abandon(pp_results *results)
{
    if (!results)
        return;
    keep_none(results);
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    release(results);
    pp_hdf5_restore(quiet);
}

static pp_status open_checkpoint(pp_results *results, const pp_results_checkpoint *checkpoint,
                                 pp_error *error)
{
    const char *key = checkpoint->key;
    if (!key || strlen(key) != PP_SHA256_TEXT - 1)
        return pp_error_set(error, PP_EINVAL, "the key of a checkpoint has %d digits",
                            PP_SHA256_TEXT - 1);
    memcpy(results->kind.key, key, PP_SHA256_TEXT);
    results->kind.record_bytes = results->slabs.bytes;
    results->hold_until = pp_clock_seconds() + checkpoint->hold_seconds;
    results->unsynced = checkpoint->unsynced;
    results->checkpoint_path = pp_output_suffixed(results->container.output.path, ".checkpoint");
    if (!results->checkpoint_path)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    return pp_checkpoint_open(results->checkpoint_path, &results->kind, checkpoint->replace,
                              &results->started, &results->checkpoint, error);
}

/// Everything after the memory: the partial file, and what an earlier start has left.
static pp_status open_output(pp_results *results, const char *path, bool force,
                             const pp_results_checkpoint *checkpoint, pp_error *error)
{
    PP_TRY(pp_output_open(path, force, &results->container.output, error));
    if (checkpoint)
        PP_TRY(open_checkpoint(results, checkpoint, error));
    if (!results->checkpoint)
        PP_TRY(pp_provenance_now(results->layout.command_line, results->layout.threads,
                                 &results->started, error));
    pp_error cause = {0};
    pp_status status = create_file(results, &cause);
    if (status != PP_OK)
        return fail(results, status, &cause, error);
    return results->checkpoint ? replay(results, error) : PP_OK;
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
    PP_TRY(pp_layout_check(layout, error));
    pp_results *made = calloc(1, sizeof *made);
    if (!made)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    made->layout = *layout;
    pp_container_init(&made->container);
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = allocate(made, error);
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

bool pp_results_has_checkpoint(const char *path)
{
    char *name = pp_output_suffixed(path, ".checkpoint");
    bool found = name && pp_checkpoint_exists(name);
    free(name);
    return found;
}
