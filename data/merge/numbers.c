// Numbers on their way from the runs to the merged file.
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "data/merge/block.h"
#include "data/merge/parts.h"
#include "data/results/layout.h"
#include "data/results/variable_reader.h"

static bool is_number(const pp_merge_file *file, size_t id)
{
    return file->survey->has[id] && pp_variables[id].type != PP_STRING;
}

/// Bytes of one trial of a variable.
static uint64_t trial_bytes(const pp_merge_file *file, size_t id)
{
    return pp_merge_variable_bytes(file->survey, id) / file->survey->length[PP_DIM_TRIAL];
}

/// Trials of a variable in a piece: all, or a power of two, which chunks divide.
static uint64_t piece_trials(const pp_merge_file *file, size_t id)
{
    uint64_t trials;
    pp_merge_block(1, &file->survey->length[PP_DIM_TRIAL],
                   file->buffer_bytes / trial_bytes(file, id), &trials);
    return trials;
}

/// Make n values missing.
static void clear(pp_value_type type, unsigned char *values, uint64_t n)
{
    const size_t size = pp_value_size(type);
    for (uint64_t i = 0; i < n; i++)
        memcpy(values + i * size, pp_netcdf_fill(type), size);
}

static void clear_variable(pp_merge_numbers *numbers, size_t id)
{
    const pp_value_type type = pp_variables[id].type;
    uint64_t bytes = pp_merge_variable_bytes(numbers->file->survey, id);
    clear(type, numbers->buffer[id], numbers->places * (bytes / pp_value_size(type)));
}

static pp_status allocate(pp_merge_numbers *numbers, uint64_t bytes, unsigned char **memory,
                          pp_error *error)
{
    *memory = malloc(bytes ? bytes : 1);
    return *memory ? PP_OK
                   : pp_error_set(error, PP_ENOMEM, "no memory for %llu runs",
                                  (unsigned long long)numbers->places);
}

pp_status pp_merge_numbers_create(const pp_merge_file *file, pp_merge_numbers *numbers,
                                  pp_error *error)
{
    pp_status status = PP_OK;
    uint64_t piece = 0;
    *numbers = (pp_merge_numbers){.file = file, .places = 1};
    for (size_t d = 0; d < file->rank; d++)
        numbers->places *= file->block[d];
    numbers->whole = pp_merge_run_bytes(file->survey) <= file->buffer_bytes;
    for (size_t id = 0; id < PP_VAR_COUNT && status == PP_OK; id++) {
        if (!is_number(file, id))
            continue;
        uint64_t bytes = trial_bytes(file, id) * piece_trials(file, id);
        piece = bytes > piece ? bytes : piece;
        if (!numbers->whole)
            continue;
        status = allocate(numbers, numbers->places * pp_merge_variable_bytes(file->survey, id),
                          &numbers->buffer[id], error);
        if (status == PP_OK)
            clear_variable(numbers, id);
    }
    if (status == PP_OK && !numbers->whole)
        status = allocate(numbers, piece, &numbers->piece, error);
    return status;
}

void pp_merge_numbers_destroy(pp_merge_numbers *numbers)
{
    for (size_t id = 0; id < PP_VAR_COUNT; id++)
        free(numbers->buffer[id]);
    free(numbers->piece);
    *numbers = (pp_merge_numbers){0};
}

/// A variable of a run, open.
typedef struct source {
    size_t id;
    hid_t type;                  ///< in memory
    uint64_t room[PP_FILE_RANK]; ///< lengths in the merged file
    pp_variable_reader reader;
} source;

/// Read some trials into memory that has room for `n` of the longest run's.
static pp_status read_trials(const source *from, uint64_t first, uint64_t n, void *values,
                             pp_error *error)
{
    uint64_t all = from->reader.lengths[0];
    return first >= all
               ? PP_OK
               : pp_variable_reader_read(&from->reader, first, n < all - first ? n : all - first,
                                         from->room, from->type, values, error);
}

/// A variable of a run that is too large for memory.
static pp_status copy_pieces(pp_merge_numbers *numbers, const source *from, size_t run,
                             pp_error *error)
{
    const pp_merge_file *file = numbers->file;
    const pp_value_type type = pp_variables[from->id].type;
    uint64_t step = piece_trials(file, from->id), all = from->reader.lengths[0];
    uint64_t per_trial = trial_bytes(file, from->id) / pp_value_size(type);
    pp_merge_place place = pp_merge_place_of(file, run);
    for (int d = 0; d < from->reader.rank; d++)
        place.count[file->rank + (size_t)d] = from->room[d];
    for (uint64_t first = 0; first < all; first += step) {
        uint64_t n = step < from->room[0] - first ? step : from->room[0] - first;
        place.start[file->rank] = first;
        place.count[file->rank] = n;
        clear(type, numbers->piece, n * per_trial);
        PP_TRY(pp_stop_check(file->options->stop, error));
        PP_TRY(read_trials(from, first, n, numbers->piece, error));
        PP_TRY(pp_netcdf_write_block(file->datasets[from->id], type, place.start, place.count,
                                     numbers->piece, error));
    }
    return PP_OK;
}

pp_status pp_merge_numbers_add(pp_merge_numbers *numbers, const pp_results_file *run, size_t i,
                               size_t place, pp_error *error)
{
    const pp_merge_file *file = numbers->file;
    for (size_t id = 0; id < PP_VAR_COUNT; id++) {
        source from = {.id = id};
        char path[PP_FILE_PATH];
        if (!is_number(file, id) || !file->survey->shapes[i].has[id])
            continue;
        pp_merge_lengths(file->survey, pp_variables[id].dims, from.room);
        pp_file_variable_path(id, path);
        PP_TRY(pp_variable_reader_open(run, path, NULL, false, &from.reader, error));
        from.type = pp_netcdf_memory_type(pp_variables[id].type);
        uint64_t bytes = pp_merge_variable_bytes(file->survey, id);
        pp_status status = numbers->whole ? read_trials(&from, 0, from.room[0],
                                                        numbers->buffer[id] + place * bytes, error)
                                          : copy_pieces(numbers, &from, i, error);
        pp_hdf5_close(from.type);
        pp_variable_reader_close(&from.reader);
        PP_TRY(status);
    }
    return PP_OK;
}

pp_status pp_merge_numbers_flush(pp_merge_numbers *numbers, const pp_merge_place *block,
                                 pp_error *error)
{
    const pp_merge_file *file = numbers->file;
    pp_status status = PP_OK;
    for (size_t id = 0; id < PP_VAR_COUNT && status == PP_OK && numbers->whole; id++) {
        pp_merge_place place = *block;
        uint64_t lengths[PP_FILE_RANK];
        if (!is_number(file, id))
            continue;
        size_t rank = pp_merge_lengths(file->survey, pp_variables[id].dims, lengths);
        for (size_t d = 0; d < rank; d++)
            place.count[file->rank + d] = lengths[d];
        status = pp_netcdf_write_block(file->datasets[id], pp_variables[id].type, place.start,
                                       place.count, numbers->buffer[id], error);
        clear_variable(numbers, id);
    }
    return status;
}
