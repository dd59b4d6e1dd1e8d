#include <stdlib.h>
#include <string.h>

#include "data/hdf5_error.h"
#include "data/layout.h"
#include "data/merge_block.h"
#include "data/merge_parts.h"
#include "data/provenance.h"

enum { CHUNK_BYTES = 256 << 10 };

const int64_t pp_merge_no_integer = INT64_C(-9223372036854775806);

const pp_merge_about_variable pp_merge_about_variables[PP_MERGE_ABOUT_COUNT] = {
    [PP_MERGE_ID] = {"run_id", PP_STRING, PP_DIM_NONE, NULL,
                     "name of the run's file, from its scenario"},
    [PP_MERGE_STATUS] = {"run_status", PP_I8, PP_DIM_NONE, "complete failed partial pending",
                         "what has become of the run"},
    [PP_MERGE_SEED] = {"run_seed", PP_I64, PP_DIM_NONE, NULL, "seed of the run's draws"},
    [PP_MERGE_SOURCE] = {"run_source", PP_STRING, PP_DIM_NONE, NULL,
                         "program that the run was made with"},
    [PP_MERGE_CREATED] = {"run_created", PP_STRING, PP_DIM_NONE, NULL,
                          "when the run was started, UTC"},
    [PP_MERGE_SCENARIO] = {"run_scenario", PP_STRING, PP_DIM_NONE, NULL,
                           "the run's resolved scenario, YAML"},
    [PP_MERGE_TRIAL_NUMBER] = {"trial_number", PP_I64, PP_DIM_TRIAL, NULL, "number of the trial"},
    [PP_MERGE_FIRM_NAME] = {"firm_name", PP_STRING, PP_DIM_FIRM, NULL, "name of the firm"},
    [PP_MERGE_PHASE] = {"phase", PP_I8, PP_DIM_EPOCH, "burn_in test", "phase of the epoch"},
};

size_t pp_merge_dimensions_max(void)
{
    return PP_NETCDF_RANK - PP_FILE_RANK;
}

size_t pp_merge_lengths(const pp_merge_survey *survey, const pp_dim *dims, uint64_t *lengths)
{
    size_t rank = 0;
    for (; dims[rank] != PP_DIM_NONE; rank++)
        lengths[rank] = survey->length[dims[rank]];
    return rank;
}

uint64_t pp_merge_variable_bytes(const pp_merge_survey *survey, size_t id)
{
    uint64_t lengths[PP_FILE_RANK], bytes = pp_value_size(pp_variables[id].type);
    size_t rank = pp_merge_lengths(survey, pp_variables[id].dims, lengths);
    for (size_t d = 0; d < rank; d++)
        if (__builtin_mul_overflow(bytes, lengths[d], &bytes))
            return UINT64_MAX / 2;
    return bytes;
}

uint64_t pp_merge_run_bytes(const pp_merge_survey *survey)
{
    uint64_t bytes = 0;
    for (size_t id = 0; id < PP_VAR_COUNT; id++) {
        uint64_t more = survey->has[id] ? pp_merge_variable_bytes(survey, id) : 0;
        bytes = more < UINT64_MAX / 2 - bytes ? bytes + more : UINT64_MAX / 2;
    }
    return bytes;
}

// The part of a chunk that is of runs divides the block that is written at once, and what is of a
// run's own divides what is in memory of it: no chunk is written twice.
void pp_merge_chunk(const pp_merge_file *file, size_t id, uint64_t *chunk)
{
    uint64_t lengths[PP_FILE_RANK], places = 1;
    uint64_t bytes = pp_merge_variable_bytes(file->survey, id);
    size_t rank = pp_merge_lengths(file->survey, pp_variables[id].dims, lengths);
    for (size_t d = 0; d < file->rank; d++)
        places *= file->block[d];
    uint64_t fit = bytes < CHUNK_BYTES ? CHUNK_BYTES / bytes : 1;
    pp_merge_block(file->rank, file->dims, fit < places ? fit : places, chunk);
    pp_layout_chunk((int)rank, lengths, pp_value_size(pp_variables[id].type), 1,
                    chunk + file->rank);
}

typedef struct definition {
    pp_merge_file *file;
    hid_t sweep[PP_NETCDF_RANK]; ///< scales
    hid_t scales[PP_DIM_COUNT];
    hid_t learning; ///< group
} definition;

/// What can be written as it lies in memory.
static pp_status define_scale(hid_t group, const char *name, const char *long_name,
                              pp_value_type type, uint64_t n, const void *values, hid_t *scale,
                              pp_error *error)
{
    pp_netcdf_variable about = {.name = name, .units = "1", .long_name = long_name, .type = type};
    pp_status status = pp_netcdf_coordinate(group, &about, n, scale, error);
    return status == PP_OK ? pp_netcdf_write(*scale, type, 0, n, values, error) : status;
}

static pp_status define_numbers(hid_t group, const char *name, const char *long_name, int64_t first,
                                uint64_t n, hid_t *scale, pp_error *error)
{
    int64_t *values = n <= SIZE_MAX / 8 ? malloc((size_t)n * 8) : NULL;
    if (!values)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    for (uint64_t i = 0; i < n; i++)
        values[i] = first + (int64_t)i;
    pp_status status = define_scale(group, name, long_name, PP_I64, n, values, scale, error);
    free(values);
    return status;
}

static pp_status define_sweep(definition *d, pp_error *error)
{
    const pp_merge_sweep *sweep = d->file->sweep;
    pp_status status = PP_OK;
    for (size_t i = 0; i < sweep->n_dimensions && status == PP_OK; i++) {
        const pp_merge_coordinate *axis = &sweep->dimensions[i];
        status = define_scale(d->file->file, axis->name, axis->long_name, axis->type, axis->n,
                              axis->values, &d->sweep[i], error);
        if (status == PP_OK && axis->parameter)
            status = pp_netcdf_attribute_text(d->sweep[i], "parameter", axis->parameter, error);
    }
    return status;
}

static pp_status define_trials(definition *d, pp_error *error)
{
    const pp_merge_agreement *trials = &d->file->survey->trials;
    if (!trials->agreed)
        return define_numbers(d->file->file, "trial", "trial of its run, from 0", 0, trials->n,
                              &d->scales[PP_DIM_TRIAL], error);
    return define_scale(d->file->file, "trial", "number of the trial", PP_I64, trials->n,
                        trials->values.numbers, &d->scales[PP_DIM_TRIAL], error);
}

static pp_status define_firms(definition *d, pp_error *error)
{
    const pp_merge_agreement *firms = &d->file->survey->firms;
    if (!firms->agreed)
        return define_numbers(d->file->file, "firm", "firm of its run, from 0", 0, firms->n,
                              &d->scales[PP_DIM_FIRM], error);
    return define_scale(d->file->file, "firm", "firm", PP_STRING, firms->n, firms->values.texts,
                        &d->scales[PP_DIM_FIRM], error);
}

/// The dimensions that are a run's own.
static pp_status define_own(definition *d, pp_error *error)
{
    const hid_t file = d->file->file;
    const uint64_t *length = d->file->survey->length;
    pp_status status = define_trials(d, error);
    if (status == PP_OK)
        status = define_numbers(file, "epoch", "number of the epoch", 0, length[PP_DIM_EPOCH],
                                &d->scales[PP_DIM_EPOCH], error);
    if (status == PP_OK)
        status = define_firms(d, error);
    if (status == PP_OK)
        status = pp_netcdf_dimension(file, "category", length[PP_DIM_CATEGORY],
                                     &d->scales[PP_DIM_CATEGORY], error);
    if (status == PP_OK)
        status = define_numbers(file, "rank", "rank of an offer, 1 is cheapest", 1,
                                length[PP_DIM_RANK], &d->scales[PP_DIM_RANK], error);
    if (status != PP_OK || !d->file->survey->learning)
        return status;
    status = pp_netcdf_group(file, pp_group_names[PP_GROUP_LEARNING], &d->learning, error);
    if (status == PP_OK)
        status =
            pp_netcdf_attribute_text(d->learning, "title", "what agents log as they learn", error);
    if (status == PP_OK && length[PP_DIM_UPDATE] > 0)
        status = define_numbers(d->learning, "update", "number of the update", 0,
                                length[PP_DIM_UPDATE], &d->scales[PP_DIM_UPDATE], error);
    return status;
}

/// A variable on the sweep's dimensions and, after them, on others.
static pp_netcdf_variable on_sweep(const definition *d, const char *name, pp_value_type type)
{
    pp_netcdf_variable about = {.name = name, .type = type, .units = "1", .missing = true};
    for (size_t i = 0; i < d->file->rank; i++)
        about.scales[about.rank++] = d->sweep[i];
    return about;
}

static pp_status write_all(const pp_merge_file *file, hid_t dataset, pp_value_type type,
                           const void *values, pp_error *error)
{
    return pp_netcdf_write(dataset, type, 0, file->dims[0], values, error);
}

static pp_status define_parameter(const definition *d, const pp_merge_coordinate *parameter,
                                  pp_error *error)
{
    pp_netcdf_variable about = on_sweep(d, parameter->name, parameter->type);
    hid_t dataset = H5I_INVALID_HID;
    about.missing = parameter->missing; // a whole number that cannot be missing is kept as it is
    about.long_name = parameter->long_name;
    pp_status status = pp_netcdf_variable_create(d->file->file, &about, &dataset, error);
    if (status == PP_OK)
        status = pp_netcdf_attribute_text(dataset, "parameter", parameter->parameter, error);
    if (status == PP_OK)
        status = write_all(d->file, dataset, parameter->type, parameter->values, error);
    if (dataset >= 0)
        H5Dclose(dataset);
    return status;
}

/// Do the runs agree, so that a coordinate has it?
static bool is_agreed(const pp_merge_survey *survey, size_t about)
{
    return (about == PP_MERGE_TRIAL_NUMBER && survey->trials.agreed) ||
           (about == PP_MERGE_FIRM_NAME && survey->firms.agreed) ||
           (about == PP_MERGE_PHASE && survey->phases.agreed);
}

static pp_status define_about(const definition *d, size_t i, pp_error *error)
{
    const pp_merge_about_variable *variable = &pp_merge_about_variables[i];
    pp_netcdf_variable about = on_sweep(d, variable->name, variable->type);
    if (is_agreed(d->file->survey, i))
        return PP_OK;
    about.missing = i != PP_MERGE_STATUS;
    about.long_name = variable->long_name;
    about.flag_meanings = variable->flag_meanings;
    if (variable->dim != PP_DIM_NONE)
        about.scales[about.rank++] = d->scales[variable->dim];
    return pp_netcdf_variable_create(d->file->file, &about, &d->file->about[i], error);
}

static pp_status define_agreed_phases(const definition *d, pp_error *error)
{
    const pp_merge_about_variable *variable = &pp_merge_about_variables[PP_MERGE_PHASE];
    const pp_merge_agreement *phases = &d->file->survey->phases;
    hid_t dataset = H5I_INVALID_HID;
    pp_netcdf_variable about = {.name = variable->name,
                                .units = "1",
                                .long_name = variable->long_name,
                                .flag_meanings = variable->flag_meanings,
                                .type = PP_I8,
                                .rank = 1,
                                .scales = {d->scales[PP_DIM_EPOCH]}};
    if (!phases->agreed)
        return PP_OK;
    pp_status status = pp_netcdf_variable_create(d->file->file, &about, &dataset, error);
    if (status == PP_OK)
        status = pp_netcdf_write(dataset, PP_I8, 0, phases->n, phases->values.phases, error);
    if (dataset >= 0)
        H5Dclose(dataset);
    return status;
}

/// What is known of every run before any file is opened again.
static pp_status write_runs(const definition *d, pp_error *error)
{
    size_t n = d->file->sweep->n_runs;
    const char **ids = malloc(n * sizeof *ids);
    int8_t *states = malloc(n);
    pp_status status = ids && states ? PP_OK : pp_error_set(error, PP_ENOMEM, "out of memory");
    for (size_t run = 0; run < n && status == PP_OK; run++) {
        ids[run] = d->file->sweep->runs[run].id;
        states[run] = (int8_t)d->file->survey->states[run];
    }
    if (status == PP_OK)
        status = write_all(d->file, d->file->about[PP_MERGE_ID], PP_STRING, ids, error);
    if (status == PP_OK)
        status = write_all(d->file, d->file->about[PP_MERGE_STATUS], PP_I8, states, error);
    free(states);
    free(ids);
    return status;
}

static pp_status define_variable(const definition *d, size_t id, pp_error *error)
{
    const pp_variable *variable = &pp_variables[id];
    pp_netcdf_variable about = on_sweep(d, variable->name, variable->type);
    hid_t group = variable->group == PP_GROUP_LEARNING ? d->learning : d->file->file;
    if (!d->file->survey->has[id])
        return PP_OK;
    about.units = variable->units;
    about.long_name = variable->long_name;
    for (size_t i = 0; variable->dims[i] != PP_DIM_NONE; i++)
        about.scales[about.rank++] = d->scales[variable->dims[i]];
    if (variable->type != PP_STRING)
        pp_merge_chunk(d->file, id, about.chunk);
    return pp_netcdf_variable_create(group, &about, &d->file->datasets[id], error);
}

/// Names of all that tells runs apart, for xarray to make coordinates of them; malloc'd.
static char *coordinate_names(const pp_merge_sweep *sweep)
{
    static const size_t about[] = {PP_MERGE_ID, PP_MERGE_STATUS};
    size_t size = 1;
    for (size_t i = 0; i < sweep->n_parameters; i++)
        size += strlen(sweep->parameters[i].name) + 1;
    for (size_t i = 0; i < sizeof about / sizeof *about; i++)
        size += strlen(pp_merge_about_variables[about[i]].name) + 1;
    char *names = calloc(1, size);
    for (size_t i = 0; names && i < sizeof about / sizeof *about; i++) {
        strcat(names, *names ? " " : "");
        strcat(names, pp_merge_about_variables[about[i]].name);
    }
    for (size_t i = 0; names && i < sweep->n_parameters; i++) {
        strcat(names, " ");
        strcat(names, sweep->parameters[i].name);
    }
    return names;
}

static pp_status define_texts(const definition *d, const char *created, const char *coordinates,
                              pp_error *error)
{
    const pp_merge_sweep *sweep = d->file->sweep;
    const struct {
        const char *name, *text;
    } texts[] = {{"Conventions", "CF-1.8"}, {"title", sweep->title},
                 {"source", sweep->source}, {"history", sweep->history},
                 {"created", created},      {"coordinates", coordinates}};
    pp_status status = PP_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == PP_OK; i++)
        status = pp_netcdf_attribute_text(d->file->file, texts[i].name, texts[i].text, error);
    return status;
}

static pp_status define_attributes(const definition *d, pp_error *error)
{
    const int32_t version = PP_MERGE_VERSION;
    pp_provenance now = {0};
    char *coordinates = coordinate_names(d->file->sweep);
    pp_status status = coordinates ? pp_provenance_now(d->file->sweep->history, 1, &now, error)
                                   : pp_error_set(error, PP_ENOMEM, "out of memory");
    if (status == PP_OK)
        status = define_texts(d, now.created, coordinates, error);
    pp_provenance_release(&now);
    free(coordinates);
    return status == PP_OK ? pp_netcdf_attribute_numbers(d->file->file, PP_MERGE_VERSION_NAME,
                                                         H5T_NATIVE_INT32, 0, &version, error)
                           : status;
}

static pp_status define(definition *d, pp_error *error)
{
    const pp_merge_sweep *sweep = d->file->sweep;
    pp_status status = define_attributes(d, error);
    if (status == PP_OK)
        status = define_sweep(d, error);
    if (status == PP_OK)
        status = define_own(d, error);
    for (size_t i = 0; i < sweep->n_parameters && status == PP_OK; i++)
        status = define_parameter(d, &sweep->parameters[i], error);
    for (size_t i = 0; i < PP_MERGE_ABOUT_COUNT && status == PP_OK; i++)
        status = define_about(d, i, error);
    if (status == PP_OK)
        status = define_agreed_phases(d, error);
    if (status == PP_OK)
        status = write_runs(d, error);
    for (size_t id = 0; id < PP_VAR_COUNT && status == PP_OK; id++)
        status = define_variable(d, id, error);
    return status;
}

pp_status pp_merge_define(pp_merge_file *file, pp_error *error)
{
    definition d = {.file = file, .learning = H5I_INVALID_HID};
    for (size_t i = 0; i < PP_NETCDF_RANK; i++)
        d.sweep[i] = H5I_INVALID_HID;
    for (size_t i = 0; i < PP_DIM_COUNT; i++)
        d.scales[i] = H5I_INVALID_HID;
    pp_status status = define(&d, error);
    for (size_t i = 0; i < PP_NETCDF_RANK; i++)
        if (d.sweep[i] >= 0)
            H5Dclose(d.sweep[i]);
    for (size_t i = 0; i < PP_DIM_COUNT; i++)
        if (d.scales[i] >= 0)
            H5Dclose(d.scales[i]);
    if (d.learning >= 0)
        H5Gclose(d.learning);
    return status;
}
