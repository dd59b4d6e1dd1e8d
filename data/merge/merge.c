// Merging from the outside: one file from the survey of many.
#include "data/merge/merge.h"

#include "data/hdf5/error.h"
#include "data/merge/block.h"
#include "data/merge/parts.h"
#include "data/results/state.h"

/// Everything after the survey.
static pp_status write_file(pp_merge_file *file, pp_container *container, pp_error *error)
{
    pp_error cause = {0};
    pp_status status = pp_container_create(container, UINT64_MAX, &cause);
    file->file = container->file;
    if (status == PP_OK)
        status = pp_merge_define(file, &cause);
    if (status == PP_OK) {
        status = pp_merge_copy(file, &cause);
        if (status != PP_OK && pp_container_written(container) == PP_OK) // it is about a run's file
            return pp_error_set(error, status, "%s", cause.message);
    }
    if (status == PP_OK)
        status = pp_container_finish(container, &cause);
    return status == PP_OK ? pp_output_commit(&container->output, error)
                           : pp_container_fail(container, status, &cause, error);
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

size_t pp_merge_dimensions_max(void)
{
    return PP_NETCDF_RANK - PP_FILE_RANK;
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
    pp_container container;
    pp_merge_file file = {
        .sweep = sweep, .options = options, .survey = &survey, .container = &container};
    for (size_t i = 0; i < PP_VAR_COUNT; i++)
        file.datasets[i] = H5I_INVALID_HID;
    for (size_t i = 0; i < PP_MERGE_ABOUT_COUNT; i++)
        file.about[i] = H5I_INVALID_HID;
    pp_container_init(&container);
    if (options->force)
        PP_TRY(pp_results_may_replace(path, error));
    // The name is taken first, so that what is in the way is told before the work is done.
    PP_TRY(pp_output_open(path, options->force, &container.output, error));
    pp_status status = pp_merge_survey_make(sweep, options, path, &survey, report, error);
    if (status == PP_OK) {
        choose_blocks(&file);
        status = write_file(&file, &container, error);
    }
    pp_container_release(&container);
    pp_merge_survey_release(&survey);
    return status;
}

pp_status pp_merge_write(const char *path, const pp_merge_sweep *sweep,
                         const pp_merge_options *options, pp_merge_report *report, pp_error *error)
{
    if (!path || !path[0] || !sweep || !options || !report)
        return pp_error_set(error, PP_EINVAL, "a name, a sweep, options and a report are needed");
    *report = (pp_merge_report){0};
    PP_TRY(check_sweep(sweep, error));
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = merge(path, sweep, options, report, error);
    pp_hdf5_restore(quiet);
    return status;
}
