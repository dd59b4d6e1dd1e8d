#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "data/results/layout.h"
#include "data/hdf5/netcdf.h"
#include "data/results/file.h"
#include "market/base/utf8.h"

/// Read a whole numeric dataset into malloc'd memory of the given type.
static pp_status read_numbers(const pp_results_file *file, const char *name, const pp_dim *dims,
                              hid_t type, size_t size, void **values, size_t *n, pp_error *error)
{
    hid_t dataset;
    *values = NULL;
    pp_status status = pp_file_open_dataset(file, name, &dataset, error);
    if (status != PP_OK)
        return status;
    status = pp_file_check_dataset(file, dataset, name, dims, false, n, error);
    if (status == PP_OK && !(*values = malloc(*n ? *n * size : 1)))
        status = pp_file_out_of_memory(file, error);
    if (status == PP_OK && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, *values) < 0)
        status = pp_file_malformed(file, "cannot read", name, error);
    if (status != PP_OK) {
        free(*values);
        *values = NULL;
    }
    H5Dclose(dataset);
    return status;
}

/// "reward", "learning/value".
static void variable_path(pp_variable_id id, char path[PP_FILE_PATH])
{
    const char *group = pp_group_names[pp_variables[id].group];
    snprintf(path, PP_FILE_PATH, "%s%s%s", group, *group ? "/" : "", pp_variables[id].name);
}

bool pp_results_has(pp_results_file *file, pp_variable_id id)
{
    char path[PP_FILE_PATH];
    if (!file || (size_t)id >= PP_VAR_COUNT)
        return false;
    variable_path(id, path);
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    bool has = pp_file_has(file, path);
    pp_hdf5_restore(quiet);
    return has;
}

pp_status pp_results_read(pp_results_file *file, pp_variable_id id, double **values, size_t *n,
                          pp_error *error)
{
    char path[PP_FILE_PATH];
    if (!file || !values || !n || (size_t)id >= PP_VAR_COUNT || pp_variables[id].type == PP_STRING)
        return pp_error_set(error, PP_EINVAL, "a file, a numeric variable and a place are needed");
    void *read;
    variable_path(id, path);
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = read_numbers(file, path, pp_variables[id].dims, H5T_NATIVE_DOUBLE,
                                    sizeof **values, &read, n, error);
    pp_hdf5_restore(quiet);
    *values = read;
    return status;
}

pp_status pp_results_trials(pp_results_file *file, int64_t **trials, pp_error *error)
{
    static const pp_dim dims[] = {PP_DIM_TRIAL, PP_DIM_NONE};
    if (!file || !trials)
        return pp_error_set(error, PP_EINVAL, "a file and a place for the trials are needed");
    void *read;
    size_t n;
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status =
        read_numbers(file, "trial", dims, H5T_NATIVE_INT64, sizeof **trials, &read, &n, error);
    pp_hdf5_restore(quiet);
    *trials = read;
    return status;
}

pp_status pp_results_phases(pp_results_file *file, int8_t **phases, pp_error *error)
{
    static const pp_dim dims[] = {PP_DIM_EPOCH, PP_DIM_NONE};
    if (!file || !phases)
        return pp_error_set(error, PP_EINVAL, "a file and a place for the phases are needed");
    void *read;
    size_t n = 0;
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status =
        read_numbers(file, "phase", dims, H5T_NATIVE_INT8, sizeof **phases, &read, &n, error);
    pp_hdf5_restore(quiet);
    *phases = read;
    for (size_t i = 0; status == PP_OK && i < n; i++)
        if ((*phases)[i] != PP_PHASE_BURN_IN && (*phases)[i] != PP_PHASE_TEST)
            status = pp_error_set(error, PP_EFORMAT, "%s: epoch %zu is in no known phase",
                                  file->path, i);
    if (status != PP_OK) {
        free(*phases);
        *phases = NULL;
    }
    return status;
}

/// Select one element of category_description by its row-major index.
static bool select_element(const pp_results_file *file, hid_t space, size_t index)
{
    hsize_t categories = file->length[PP_DIM_CATEGORY], firms = file->length[PP_DIM_FIRM];
    hsize_t at[3] = {index / categories / firms, index / categories % firms, index % categories};
    return space >= 0 && H5Sselect_elements(space, H5S_SELECT_SET, 1, at) >= 0;
}

static pp_status read_description(const pp_results_file *file, size_t index, char **text,
                                  pp_error *error)
{
    const pp_variable *variable = &pp_variables[PP_VAR_category_description];
    hid_t dataset;
    size_t n;
    pp_status status = pp_file_open_dataset(file, variable->name, &dataset, error);
    if (status != PP_OK)
        return status;
    hid_t space = H5Dget_space(dataset);
    status = pp_file_check_dataset(file, dataset, variable->name, variable->dims, true, &n, error);
    if (status == PP_OK && index >= n)
        status = pp_error_set(error, PP_EINVAL, "%s: there is no description %zu of %zu",
                              file->path, index, n);
    if (status == PP_OK && !select_element(file, space, index))
        status = pp_file_malformed(file, "cannot read", variable->name, error);
    if (status == PP_OK)
        status = pp_file_read_strings(file, dataset, variable->name, space, 1, text, error);
    if (space >= 0)
        H5Sclose(space);
    H5Dclose(dataset);
    return status;
}

pp_status pp_results_description(pp_results_file *file, size_t index, char **text, pp_error *error)
{
    if (!file || !text)
        return pp_error_set(error, PP_EINVAL, "a file and a place for the text are needed");
    *text = NULL;
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = read_description(file, index, text, error);
    pp_hdf5_restore(quiet);
    return status;
}

static pp_status read_scenario(const pp_results_file *file, char **text, pp_error *error)
{
    static const pp_dim scalar[] = {PP_DIM_NONE};
    hid_t dataset;
    size_t n;
    pp_status status = pp_file_open_dataset(file, "scenario", &dataset, error);
    if (status != PP_OK)
        return status;
    status = pp_file_check_dataset(file, dataset, "scenario", scalar, true, &n, error);
    if (status == PP_OK)
        status = pp_file_read_strings(file, dataset, "scenario", H5S_ALL, 1, text, error);
    H5Dclose(dataset);
    return status;
}

pp_status pp_results_text(pp_results_file *file, const char *name, char **text, pp_error *error)
{
    if (!file || !name || !text)
        return pp_error_set(error, PP_EINVAL, "a file, a name and a place are needed");
    *text = NULL;
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = strcmp(name, "scenario") == 0
                           ? read_scenario(file, text, error)
                           : pp_file_read_text(file, file->file, name, text, error);
    pp_hdf5_restore(quiet);
    return status;
}

pp_status pp_results_seed(pp_results_file *file, uint64_t *seed, pp_error *error)
{
    if (!file || !seed)
        return pp_error_set(error, PP_EINVAL, "a file and a place for the seed are needed");
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = pp_file_read_integer(file, "seed", H5T_NATIVE_UINT64, seed, error);
    pp_hdf5_restore(quiet);
    return status;
}
