// Reading the variables of a results file as a whole.
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "data/results/variable_reader.h"

static pp_status read_all(const pp_variable_reader *reader, hid_t type, void **values,
                          pp_error *error)
{
    size_t n = reader->lengths[0] * reader->per_step;
    *values = malloc(n * H5Tget_size(type));
    if (!*values)
        return pp_file_out_of_memory(reader->file, error);
    pp_status status =
        pp_variable_reader_read(reader, 0, reader->lengths[0], NULL, type, *values, error);
    if (status != PP_OK) {
        free(*values);
        *values = NULL;
    }
    return status;
}

/// Read a whole numeric dataset into malloc'd memory of the given type.
static pp_status read_numbers(const pp_results_file *file, const char *name, const pp_dim *dims,
                              hid_t type, void **values, size_t *n, pp_error *error)
{
    pp_variable_reader reader;
    *values = NULL;
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = pp_variable_reader_open(file, name, dims, false, &reader, error);
    if (status == PP_OK) {
        *n = reader.lengths[0] * reader.per_step;
        status = read_all(&reader, type, values, error);
        pp_variable_reader_close(&reader);
    }
    pp_hdf5_restore(quiet);
    return status;
}

bool pp_results_has(pp_results_file *file, pp_variable_id id)
{
    char path[PP_FILE_PATH];
    if (!file || (size_t)id >= PP_VAR_COUNT)
        return false;
    pp_file_variable_path(id, path);
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    bool has = pp_file_has(file, path);
    pp_hdf5_restore(quiet);
    return has;
}

/// Files of version 0.1 have no true reward, but what it is made of.
static pp_status make_true_reward(pp_results_file *file, double **values, size_t *n,
                                  pp_error *error)
{
    double *loss;
    PP_TRY(pp_results_read(file, PP_VAR_true_profit, values, n, error));
    pp_status status = pp_results_read(file, PP_VAR_portfolio_loss, &loss, n, error);
    if (status != PP_OK) {
        free(*values);
        return status;
    }
    for (size_t i = 0; i < *n; i++)
        (*values)[i] -= loss[i];
    free(loss);
    return PP_OK;
}

pp_status pp_results_read(pp_results_file *file, pp_variable_id id, double **values, size_t *n,
                          pp_error *error)
{
    char path[PP_FILE_PATH];
    void *read;
    if (!file || !values || !n || (size_t)id >= PP_VAR_COUNT || pp_variables[id].type == PP_STRING)
        return pp_error_set(error, PP_EINVAL, "a file, a numeric variable and a place are needed");
    if (id == PP_VAR_true_reward && !pp_results_has(file, id))
        return make_true_reward(file, values, n, error);
    pp_file_variable_path(id, path);
    pp_status status =
        read_numbers(file, path, pp_variables[id].dims, H5T_NATIVE_DOUBLE, &read, n, error);
    *values = read;
    return status;
}

pp_status pp_results_trials(pp_results_file *file, int64_t **trials, pp_error *error)
{
    static const pp_dim dims[] = {PP_DIM_TRIAL, PP_DIM_NONE};
    void *read;
    size_t n;
    if (!file || !trials)
        return pp_error_set(error, PP_EINVAL, "a file and a place for the trials are needed");
    pp_status status = read_numbers(file, "trial", dims, H5T_NATIVE_INT64, &read, &n, error);
    *trials = read;
    return status;
}

pp_status pp_results_phases(pp_results_file *file, int8_t **phases, pp_error *error)
{
    static const pp_dim dims[] = {PP_DIM_EPOCH, PP_DIM_NONE};
    void *read;
    size_t n = 0;
    if (!file || !phases)
        return pp_error_set(error, PP_EINVAL, "a file and a place for the phases are needed");
    pp_status status = read_numbers(file, "phase", dims, H5T_NATIVE_INT8, &read, &n, error);
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

static pp_status read_bands(const pp_results_file *file, pp_results_band **bands, pp_error *error)
{
    static const pp_dim dims[] = {PP_DIM_BAND, PP_DIM_NONE};
    void *views = NULL, *low = NULL, *high = NULL;
    size_t n = 0;
    pp_status status = read_numbers(file, "band_view", dims, H5T_NATIVE_INT8, &views, &n, error);
    if (status == PP_OK)
        status = read_numbers(file, "band_low", dims, H5T_NATIVE_DOUBLE, &low, &n, error);
    if (status == PP_OK)
        status = read_numbers(file, "band_high", dims, H5T_NATIVE_DOUBLE, &high, &n, error);
    const int8_t *view = views;
    const double *from = low, *to = high;
    pp_results_band *made = status == PP_OK ? calloc(n, sizeof *made) : NULL;
    if (status == PP_OK && !made)
        status = pp_file_out_of_memory(file, error);
    for (size_t i = 0; made && view && from && to && i < n; i++)
        made[i] = (pp_results_band){.view = view[i], .low = from[i], .high = to[i]};
    *bands = made;
    free(views);
    free(low);
    free(high);
    return status;
}

static pp_status read_view_names(const pp_results_file *file, char **names, pp_error *error)
{
    static const pp_dim dims[] = {PP_DIM_BAND, PP_DIM_NONE};
    pp_variable_reader reader;
    PP_TRY(pp_variable_reader_open(file, "band_view", dims, false, &reader, error));
    pp_status status = pp_variable_reader_attribute(&reader, "flag_meanings", names, error);
    pp_variable_reader_close(&reader);
    return status;
}

pp_status pp_results_bands(pp_results_file *file, pp_results_band **bands, char **view_names,
                           pp_error *error)
{
    if (!file || !bands || !view_names)
        return pp_error_set(error, PP_EINVAL, "a file and places for the bands are needed");
    *bands = NULL;
    *view_names = NULL;
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    bool has = file->length[PP_DIM_BAND] > 0 && pp_file_has(file, "band_view");
    pp_status status = has ? read_bands(file, bands, error) : PP_OK;
    if (has && status == PP_OK)
        status = read_view_names(file, view_names, error);
    pp_hdf5_restore(quiet);
    if (status != PP_OK) {
        free(*bands);
        *bands = NULL;
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
    pp_variable_reader reader;
    PP_TRY(pp_variable_reader_open(file, variable->name, variable->dims, true, &reader, error));
    size_t n = reader.lengths[0] * reader.per_step;
    hid_t space = H5Dget_space(reader.dataset);
    pp_status status;
    if (index >= n)
        status = pp_error_set(error, PP_EINVAL, "%s: there is no description %zu of %zu",
                              file->path, index, n);
    else if (!select_element(file, space, index))
        status = pp_file_malformed(file, "cannot read", variable->name, error);
    else
        status = pp_file_read_strings(file, reader.dataset, variable->name, space, 1, text, error);
    pp_hdf5_close(space);
    pp_variable_reader_close(&reader);
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
    pp_variable_reader reader;
    PP_TRY(pp_variable_reader_open(file, "scenario", scalar, true, &reader, error));
    pp_status status = pp_variable_reader_texts(&reader, 0, 1, text, error);
    pp_variable_reader_close(&reader);
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
