// Copying what the runs hold, run by run.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "data/merge/block.h"
#include "data/merge/parts.h"
#include "data/results/variable_reader.h"

/// Texts that are in memory at once, unless a single trial has more.
enum { TEXTS = 1 << 16 };

/// Write what is known of a run. @param n along the variable's own dimension, if it has one
static pp_status put(const pp_merge_file *file, size_t run, pp_merge_about about, uint64_t n,
                     const void *values, pp_error *error)
{
    pp_merge_place place = pp_merge_place_of(file, run);
    place.count[file->rank] = n;
    return pp_netcdf_write_block(file->about[about], pp_merge_about_variables[about].type,
                                 place.start, place.count, values, error);
}

/// @param from NULL if the run is missing
static pp_status copy_text(const pp_merge_file *file, pp_results_file *from, size_t run,
                           pp_merge_about about, const char *name, pp_error *error)
{
    char *text = NULL;
    if (from)
        PP_TRY(pp_results_text(from, name, &text, error));
    const char *value = text ? text : "";
    pp_status status = put(file, run, about, 1, &value, error);
    free(text);
    return status;
}

static pp_status copy_seed(const pp_merge_file *file, pp_results_file *from, size_t run,
                           pp_error *error)
{
    uint64_t seed;
    PP_TRY(pp_results_seed(from, &seed, error));
    if (seed > INT64_MAX)
        return pp_error_set(error, PP_EFORMAT, "%s: impossible seed %" PRIu64, from->path, seed);
    return put(file, run, PP_MERGE_SEED, 1, &(int64_t){(int64_t)seed}, error);
}

/// @param from NULL if the run is missing
static pp_status copy_firms(const pp_merge_file *file, const pp_results_file *from, size_t run,
                            pp_error *error)
{
    size_t n = (size_t)file->survey->length[PP_DIM_FIRM];
    const char **names = malloc(n * sizeof *names);
    if (!names)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        names[i] = from && i < from->length[PP_DIM_FIRM] ? from->firms[i] : "";
    pp_status status = put(file, run, PP_MERGE_FIRM_NAME, n, names, error);
    free(names);
    return status;
}

static pp_status copy_trials(const pp_merge_file *file, pp_results_file *from, size_t run,
                             pp_error *error)
{
    int64_t *trials;
    PP_TRY(pp_results_trials(from, &trials, error));
    pp_status status =
        put(file, run, PP_MERGE_TRIAL_NUMBER, from->length[PP_DIM_TRIAL], trials, error);
    free(trials);
    return status;
}

static pp_status copy_phases(const pp_merge_file *file, pp_results_file *from, size_t run,
                             pp_error *error)
{
    int8_t *phases;
    PP_TRY(pp_results_phases(from, &phases, error));
    pp_status status = put(file, run, PP_MERGE_PHASE, from->length[PP_DIM_EPOCH], phases, error);
    free(phases);
    return status;
}

/// All about a run but its variables. @param from NULL if it is missing
static pp_status copy_about(const pp_merge_file *file, pp_results_file *from, size_t run,
                            pp_error *error)
{
    PP_TRY(copy_text(file, from, run, PP_MERGE_SOURCE, "source", error));
    PP_TRY(copy_text(file, from, run, PP_MERGE_CREATED, "created", error));
    PP_TRY(copy_text(file, from, run, PP_MERGE_SCENARIO, "scenario", error));
    if (file->about[PP_MERGE_FIRM_NAME] >= 0)
        PP_TRY(copy_firms(file, from, run, error));
    if (!from)
        return PP_OK;
    PP_TRY(copy_seed(file, from, run, error));
    if (file->about[PP_MERGE_TRIAL_NUMBER] >= 0)
        PP_TRY(copy_trials(file, from, run, error));
    return file->about[PP_MERGE_PHASE] >= 0 ? copy_phases(file, from, run, error) : PP_OK;
}

/// A variable of texts, on its way from a run to the merged file.
typedef struct texts {
    const pp_merge_file *file;
    pp_variable_reader reader; ///< zeroed: all are empty
    size_t id, run, rank, per_trial;
    uint64_t room[PP_FILE_RANK];
    char **read;      ///< [trials][per_step] of the run
    const char **put; ///< [trials][per_trial] of the merged file
} texts;

/// Put what was read where it belongs among those of the longest run.
static void spread_texts(const texts *t, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t rest = i, to = 0, step = 1;
        for (size_t d = t->rank; d-- > 0;) {
            uint64_t length = d > 0 ? t->reader.lengths[d] : UINT64_MAX;
            to += rest % length * step;
            rest /= length;
            step *= t->room[d];
        }
        t->put[to] = t->read[i];
    }
}

static pp_status copy_some_texts(const texts *t, uint64_t first, uint64_t n, pp_error *error)
{
    pp_merge_place place = pp_merge_place_of(t->file, t->run);
    uint64_t own = t->reader.lengths[0], count = 0;
    pp_status status = PP_OK;
    for (uint64_t i = 0; i < n * t->per_trial; i++)
        t->put[i] = "";
    if (first < own) {
        uint64_t some = n < own - first ? n : own - first;
        count = some * t->reader.per_step;
        status = pp_variable_reader_texts(&t->reader, first, some, t->read, error);
    }
    if (status == PP_OK) {
        spread_texts(t, count);
        for (size_t d = 0; d < t->rank; d++)
            place.count[t->file->rank + d] = t->room[d];
        place.start[t->file->rank] = first;
        place.count[t->file->rank] = n;
        status = pp_netcdf_write_block(t->file->datasets[t->id], PP_STRING, place.start,
                                       place.count, t->put, error);
    }
    for (uint64_t i = 0; i < count; i++) {
        free(t->read[i]);
        t->read[i] = NULL;
    }
    return status;
}

/// @param from NULL if the run is missing
static pp_status copy_texts(const pp_merge_file *file, const pp_results_file *from, size_t run,
                            size_t id, pp_error *error)
{
    const pp_variable *variable = &pp_variables[id];
    texts t = {.file = file, .id = id, .run = run, .per_trial = 1};
    uint64_t step;
    t.rank = pp_merge_lengths(file->survey, variable->dims, t.room);
    for (size_t d = 1; d < t.rank; d++)
        t.per_trial *= (size_t)t.room[d];
    if (from)
        PP_TRY(pp_variable_reader_open(from, variable->name, NULL, true, &t.reader, error));
    pp_merge_block(1, t.room, TEXTS / t.per_trial, &step);
    t.read = calloc(step * t.per_trial, sizeof *t.read);
    t.put = malloc(step * t.per_trial * sizeof *t.put);
    pp_status status = t.read && t.put ? PP_OK : pp_error_set(error, PP_ENOMEM, "out of memory");
    for (uint64_t first = 0; first < t.room[0] && status == PP_OK; first += step)
        status =
            copy_some_texts(&t, first, step < t.room[0] - first ? step : t.room[0] - first, error);
    free(t.put);
    free(t.read);
    pp_variable_reader_close(&t.reader);
    return status;
}

static pp_status copy_run(const pp_merge_file *file, pp_merge_numbers *numbers, size_t run,
                          size_t place, pp_error *error)
{
    pp_results_file *from = NULL;
    pp_status status = pp_stop_check(file->options->stop, error);
    if (status == PP_OK && file->survey->states[run] == PP_MERGE_COMPLETE)
        status = pp_file_open_again(file->sweep->runs[run].path, &file->survey->shapes[run].stamp,
                                    file->about[PP_MERGE_FIRM_NAME] >= 0, &from, error);
    if (status == PP_OK)
        status = copy_about(file, from, run, error);
    for (size_t id = 0; id < PP_VAR_COUNT && status == PP_OK; id++)
        if (pp_variables[id].type == PP_STRING && file->survey->has[id])
            status = copy_texts(file, from, run, id, error);
    if (status == PP_OK && from)
        status = pp_merge_numbers_add(numbers, from, run, place, error);
    pp_results_close(from);
    return status;
}

static pp_status copy_block(const pp_merge_file *file, pp_merge_numbers *numbers, size_t first,
                            size_t *places, pp_error *error)
{
    pp_merge_place block = {0};
    uint64_t start[PP_NETCDF_RANK], count[PP_NETCDF_RANK];
    *places = (size_t)pp_merge_block_at(file->rank, file->dims, file->block, first, start, count);
    for (size_t d = 0; d < file->rank; d++) {
        block.start[d] = start[d];
        block.count[d] = count[d];
    }
    bool any = false;
    pp_status status = PP_OK;
    for (size_t i = 0; i < *places && status == PP_OK; i++) {
        status = copy_run(file, numbers, first + i, i, error);
        any |= file->survey->states[first + i] == PP_MERGE_COMPLETE;
    }
    // A chunk that is not there reads as missing.
    if (status == PP_OK && any)
        status = pp_merge_numbers_flush(numbers, &block, error);
    return status == PP_OK ? pp_container_written(file->container) : status;
}

pp_status pp_merge_copy(const pp_merge_file *file, pp_error *error)
{
    pp_merge_numbers numbers = {0};
    size_t places;
    pp_status status = pp_merge_numbers_create(file, &numbers, error);
    for (size_t first = 0; first < file->sweep->n_runs && status == PP_OK; first += places)
        status = copy_block(file, &numbers, first, &places, error);
    pp_merge_numbers_destroy(&numbers);
    return status;
}
