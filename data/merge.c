#include "data/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5_error.h"
#include "data/merge_block.h"
#include "data/merge_parts.h"
#include "data/seal.h"

/// A merged file on its way.
typedef struct writer {
    pp_merge_file file;
    pp_output output;
    pp_sink *sink; ///< apart, because it must outlive a file that HDF5 cannot close
} writer;

/// Close the HDF5 file. False if HDF5 cannot: then the sink is left to it, detached from the
/// descriptor, because HDF5 will try again when the process exits.
static bool close_file(writer *w)
{
    bool closed = w->file.file < 0 || H5Fclose(w->file.file) >= 0;
    w->file.file = H5I_INVALID_HID;
    if (!closed && w->sink) {
        w->sink->fd = -1;
        w->sink->error = EIO;
        w->sink = NULL;
    }
    return closed;
}

static void release(writer *w)
{
    close_file(w);
    if (w->sink)
        pp_sink_release(w->sink);
    free(w->sink);
    pp_output_abandon(&w->output); // does nothing after a commit
}

/// What the system said of a failed write comes before what HDF5 made of it.
static pp_status fail_to_write(const writer *w, pp_status status, const pp_error *cause,
                               pp_error *error)
{
    const char *what = cause->message[0] ? cause->message : pp_status_text(status);
    if (w->sink && w->sink->error)
        what = strerror(w->sink->error);
    return pp_error_set(error, w->sink && w->sink->error ? PP_EIO : status, "cannot write '%s': %s",
                        w->output.partial, what);
}

static pp_status create(writer *w, pp_error *error)
{
    w->sink = calloc(1, sizeof *w->sink);
    if (!w->sink)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    w->file.sink = w->sink;
    w->sink->fd = w->output.fd;
    hid_t access = pp_sink_access(w->sink);
    if (access < 0)
        return pp_hdf5_fail(error, PP_EIO, "opening", w->output.partial);
    pp_status status = pp_netcdf_create(w->output.partial, access, &w->file.file, error);
    H5Pclose(access);
    return status == PP_OK ? pp_merge_define(&w->file, error) : status;
}

static pp_status finish(writer *w, pp_error *error)
{
    // Last of all, so that a file that has it has everything.
    pp_status status = pp_netcdf_attribute_text(w->file.file, "status", "complete", error);
    if (status == PP_OK && !close_file(w))
        status = pp_hdf5_fail(error, PP_EIO, "closing", w->output.partial);
    if (status == PP_OK && w->sink && w->sink->error)
        status = PP_EIO;
    return status == PP_OK ? pp_seal_write(w->output.fd, error) : status;
}

static pp_status write_file(writer *w, pp_error *error)
{
    pp_error cause = {0};
    pp_status status = create(w, &cause);
    if (status == PP_OK) {
        status = pp_merge_copy(&w->file, &cause);
        if (status != PP_OK && !w->sink->error) // it is about a run's file
            return pp_error_set(error, status, "%s", cause.message);
    }
    if (status == PP_OK)
        status = finish(w, &cause);
    return status == PP_OK ? pp_output_commit(&w->output, error)
                           : fail_to_write(w, status, &cause, error);
}

/// Shape of the blocks in which runs are written.
static void choose_blocks(pp_merge_file *file)
{
    uint64_t bytes = pp_merge_run_bytes(file->survey);
    file->rank = file->sweep->n_dimensions;
    for (size_t d = 0; d < file->rank; d++)
        file->dims[d] = file->sweep->dimensions[d].n;
    file->buffer_bytes = file->options->buffer ? file->options->buffer : PP_MERGE_BUFFER_BYTES;
    pp_merge_block(file->rank, file->dims, file->buffer_bytes / bytes, file->block);
}

static pp_status check_sweep(const pp_merge_sweep *sweep, pp_error *error)
{
    size_t places = 1;
    bool ok = sweep->n_runs > 0 && sweep->n_dimensions > 0;
    if (sweep->n_dimensions > pp_merge_dimensions_max())
        return pp_error_set(error, PP_EINVAL,
                            "the grid has %zu axes; a merged file can have %zu, since HDF5 allows "
                            "%d for a variable and those of a run need %d",
                            sweep->n_dimensions, pp_merge_dimensions_max(), PP_NETCDF_RANK,
                            PP_FILE_RANK);
    for (size_t d = 0; d < sweep->n_dimensions && ok; d++)
        ok = !__builtin_mul_overflow(places, sweep->dimensions[d].n, &places);
    if (!ok || places != sweep->n_runs)
        return pp_error_set(error, PP_EINVAL, "impossible sweep: %zu runs in %zu dimensions",
                            sweep->n_runs, sweep->n_dimensions);
    return PP_OK;
}

static pp_status merge(const char *path, const pp_merge_sweep *sweep,
                       const pp_merge_options *options, pp_merge_report *report, pp_error *error)
{
    pp_merge_survey survey;
    writer w = {.file = {.sweep = sweep, .options = options, .survey = &survey}, .output.fd = -1};
    w.file.file = H5I_INVALID_HID;
    for (size_t i = 0; i < PP_VAR_COUNT; i++)
        w.file.datasets[i] = H5I_INVALID_HID;
    for (size_t i = 0; i < PP_MERGE_ABOUT_COUNT; i++)
        w.file.about[i] = H5I_INVALID_HID;
    // The name is taken first, so that what is in the way is told before the work is done.
    pp_status status = pp_output_open(path, options->force, &w.output, error);
    if (status != PP_OK)
        return status;
    status = pp_merge_survey_make(sweep, options, path, &survey, report, error);
    if (status == PP_OK) {
        choose_blocks(&w.file);
        status = write_file(&w, error);
    }
    release(&w);
    pp_merge_survey_release(&survey);
    return status;
}

pp_status pp_merge_write(const char *path, const pp_merge_sweep *sweep,
                         const pp_merge_options *options, pp_merge_report *report, pp_error *error)
{
    if (!path || !path[0] || !sweep || !options || !report)
        return pp_error_set(error, PP_EINVAL, "a name, a sweep, options and a report are needed");
    *report = (pp_merge_report){0};
    pp_status status = check_sweep(sweep, error);
    if (status != PP_OK)
        return status;
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    status = merge(path, sweep, options, report, error);
    pp_hdf5_restore(quiet);
    return status;
}
