// Reading some steps of a variable at a time.
#include "data/results/variable_reader.h"
#include "data/hdf5/error.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_real(hid_t dataset)
{
    hid_t type = H5Dget_type(dataset);
    bool real = type >= 0 && H5Tget_class(type) == H5T_FLOAT;
    pp_hdf5_close(type);
    return real;
}

pp_status pp_variable_reader_open(const pp_results_file *file, const char *path, const pp_dim *dims,
                                  bool text, pp_variable_reader *reader, pp_error *error)
{
    hid_t dataset;
    size_t count;
    *reader = (pp_variable_reader){0};
    PP_TRY(pp_file_open_dataset(file, path, &dataset, error));
    *reader = (pp_variable_reader){.file = file, .dataset = dataset, .text = text, .per_step = 1};
    snprintf(reader->path, sizeof reader->path, "%s", path);
    pp_status status = PP_OK;
    if (dims)
        status = pp_file_check_dataset(file, dataset, path, dims, text, &count, error);
    if (status == PP_OK && !pp_file_lengths(dataset, &reader->rank, reader->lengths))
        status = pp_file_malformed(file, "cannot read the shape of", path, error);
    if (status != PP_OK) {
        pp_variable_reader_close(reader);
        return status;
    }
    reader->real = !text && is_real(dataset);
    for (int d = 1; d < reader->rank; d++) // no overflow: the check has multiplied them all
        reader->per_step *= reader->lengths[d];
    return PP_OK;
}

void pp_variable_reader_close(pp_variable_reader *reader)
{
    pp_hdf5_close(reader->dataset);
    *reader = (pp_variable_reader){0};
}

/// The file's data space with n steps selected, or a negative value.
static hid_t select_steps(const pp_variable_reader *reader, uint64_t first, size_t n)
{
    hsize_t start[PP_FILE_RANK] = {first}, count[PP_FILE_RANK] = {n};
    for (int d = 1; d < reader->rank; d++)
        count[d] = reader->lengths[d];
    hid_t space = H5Dget_space(reader->dataset);
    if (space >= 0 && reader->rank > 0 &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0) {
        H5Sclose(space);
        space = H5I_INVALID_HID;
    }
    return space;
}

/// Likewise of memory: steps that may have more room than they need along each axis.
static hid_t select_memory(const pp_variable_reader *reader, size_t n, const uint64_t *room)
{
    const hsize_t start[PP_FILE_RANK] = {0};
    hsize_t lengths[PP_FILE_RANK] = {n}, count[PP_FILE_RANK] = {n};
    for (int d = 1; d < reader->rank; d++) {
        count[d] = reader->lengths[d];
        lengths[d] = room ? room[d] : count[d];
    }
    hid_t space = H5Screate_simple(reader->rank ? reader->rank : 1, lengths, NULL);
    if (space >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0) {
        H5Sclose(space);
        space = H5I_INVALID_HID;
    }
    return space;
}

pp_status pp_variable_reader_read(const pp_variable_reader *reader, uint64_t first, size_t n,
                                  const uint64_t *room, hid_t type, void *values, pp_error *error)
{
    pp_status status = PP_OK;
    hid_t space = select_steps(reader, first, n), memory = select_memory(reader, n, room);
    if (space < 0 || memory < 0 ||
        H5Dread(reader->dataset, type, memory, space, H5P_DEFAULT, values) < 0)
        status = pp_file_malformed(reader->file, "cannot read", reader->path, error);
    pp_hdf5_close(memory);
    pp_hdf5_close(space);
    return status;
}

pp_status pp_variable_reader_numbers(const pp_variable_reader *reader, uint64_t first, size_t n,
                                     void *values, pp_error *error)
{
    return pp_variable_reader_read(
        reader, first, n, NULL, reader->real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64, values, error);
}

pp_status pp_variable_reader_texts(const pp_variable_reader *reader, uint64_t first, size_t n,
                                   char **texts, pp_error *error)
{
    hid_t space = select_steps(reader, first, n);
    if (space < 0)
        return pp_file_malformed(reader->file, "cannot read", reader->path, error);
    pp_status status = pp_file_read_strings(reader->file, reader->dataset, reader->path, space,
                                            n * reader->per_step, texts, error);
    H5Sclose(space);
    return status;
}

pp_status pp_variable_reader_attribute(const pp_variable_reader *reader, const char *name,
                                       char **text, pp_error *error)
{
    if (H5Aexists(reader->dataset, name) > 0)
        return pp_file_read_text(reader->file, reader->dataset, name, text, error);
    *text = calloc(1, 1);
    return *text ? PP_OK : pp_file_out_of_memory(reader->file, error);
}
