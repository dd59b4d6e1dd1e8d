#include <stdlib.h>
#include <string.h>

#include "data/results/layout.h"
#include "data/merge/block.h"
#include "data/merge/parts.h"

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
    const pp_merge_file *file;
    const pp_results_file *run;
    size_t id, rank;
    hsize_t lengths[PP_FILE_RANK]; ///< its own
    hsize_t room[PP_FILE_RANK];    ///< those of the merged file
    char path[PP_FILE_PATH];
    hid_t dataset;
} source;

static pp_status open_source(const pp_merge_file *file, const pp_results_file *run, size_t id,
                             source *from, pp_error *error)
{
    const pp_dim *dims = pp_variables[id].dims;
    *from = (source){.file = file, .run = run, .id = id};
    for (; dims[from->rank] != PP_DIM_NONE; from->rank++) {
        from->lengths[from->rank] = run->length[dims[from->rank]];
        from->room[from->rank] = file->survey->length[dims[from->rank]];
    }
    pp_merge_path(id, from->path);
    return pp_file_open_dataset(run, from->path, &from->dataset, error); // the survey checked it
}

/// Read some trials into memory that has room for `n` of the longest run's.
static pp_status read_trials(const source *from, uint64_t first, uint64_t n, void *values,
                             pp_error *error)
{
    const hsize_t zero[PP_FILE_RANK] = {0};
    hsize_t start[PP_FILE_RANK] = {first}, count[PP_FILE_RANK], room[PP_FILE_RANK];
    memcpy(count, from->lengths, sizeof count);
    memcpy(room, from->room, sizeof room);
    count[0] = n < from->lengths[0] - first ? n : from->lengths[0] - first;
    room[0] = n;
    pp_status status = PP_OK;
    hid_t type = pp_netcdf_memory_type(pp_variables[from->id].type);
    hid_t space = H5Dget_space(from->dataset),
          memory = H5Screate_simple((int)from->rank, room, NULL);
    if (type < 0 || space < 0 || memory < 0 ||
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Sselect_hyperslab(memory, H5S_SELECT_SET, zero, NULL, count, NULL) < 0 ||
        H5Dread(from->dataset, type, memory, space, H5P_DEFAULT, values) < 0)
        status = pp_file_malformed(from->run, "cannot read", from->path, error);
    if (memory >= 0)
        H5Sclose(memory);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return status;
}

/// A variable of a run that is too large for memory.
static pp_status copy_pieces(pp_merge_numbers *numbers, const source *from, size_t run,
                             pp_error *error)
{
    const pp_merge_file *file = numbers->file;
    const pp_value_type type = pp_variables[from->id].type;
    uint64_t step = piece_trials(file, from->id), all = from->lengths[0];
    uint64_t per_trial = trial_bytes(file, from->id) / pp_value_size(type);
    pp_merge_place place = pp_merge_place_of(file, run);
    pp_status status = PP_OK;
    memcpy(place.count + file->rank, from->room, from->rank * sizeof *place.count);
    for (uint64_t first = 0; first < all && status == PP_OK; first += step) {
        uint64_t n = step < from->room[0] - first ? step : from->room[0] - first;
        place.start[file->rank] = first;
        place.count[file->rank] = n;
        clear(type, numbers->piece, n * per_trial);
        status = pp_stop_check(file->options->stop, error);
        if (status == PP_OK)
            status = read_trials(from, first, n, numbers->piece, error);
        if (status == PP_OK)
            status = pp_netcdf_write_block(file->datasets[from->id], type, place.start, place.count,
                                           numbers->piece, error);
    }
    return status;
}

pp_status pp_merge_numbers_add(pp_merge_numbers *numbers, const pp_results_file *run, size_t i,
                               size_t place, pp_error *error)
{
    const pp_merge_file *file = numbers->file;
    pp_status status = PP_OK;
    for (size_t id = 0; id < PP_VAR_COUNT && status == PP_OK; id++) {
        source from;
        if (!is_number(file, id) || !file->survey->shapes[i].has[id])
            continue;
        status = open_source(file, run, id, &from, error);
        if (status != PP_OK)
            return status;
        uint64_t bytes = pp_merge_variable_bytes(file->survey, id);
        status = numbers->whole ? read_trials(&from, 0, from.room[0],
                                              numbers->buffer[id] + place * bytes, error)
                                : copy_pieces(numbers, &from, i, error);
        H5Dclose(from.dataset);
    }
    return status;
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
