// What a merged file consists of, and all in it that is known without the runs.
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "data/merge/block.h"
#include "data/merge/parts.h"
#include "data/results/dimensions.h"
#include "data/results/layout.h"
#include "data/results/provenance.h"

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

// The part of a chunk that is of runs divides the block that is written at once, and what is of a
// run's own divides what is in memory of it: no chunk is written twice.
static void choose_chunk(const pp_merge_file *file, size_t id, uint64_t *chunk)
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
    pp_dimensions own;           ///< of a run
} definition;

static pp_status define_sweep(definition *d, pp_error *error)
{
    const pp_merge_sweep *sweep = d->file->sweep;
    for (size_t i = 0; i < sweep->n_dimensions; i++) {
        const pp_merge_coordinate *axis = &sweep->dimensions[i];
        pp_netcdf_variable about = {.name = axis->name,
                                    .units = "1",
                                    .long_name = axis->long_name,
                                    .parameter = axis->parameter,
                                    .type = axis->type};
        PP_TRY(pp_netcdf_coordinate(d->file->file, &about, axis->n, axis->values, &d->sweep[i],
                                    error));
    }
    return PP_OK;
}

/// The dimensions that are a run's own.
static pp_status define_own(definition *d, pp_error *error)
{
    const pp_merge_survey *survey = d->file->survey;
    const pp_merge_agreement *trials = &survey->trials, *firms = &survey->firms;
    const pp_merge_agreement *phases = &survey->phases, *bands = &survey->bands;
    pp_dimensions_about about = {.trials = trials->agreed ? trials->values : NULL,
                                 .firms = firms->agreed ? firms->values : NULL,
                                 .phases = phases->agreed ? phases->values : NULL,
                                 .bands = bands->agreed ? bands->values : NULL,
                                 .view_names = survey->view_names,
                                 .learning = survey->learning};
    memcpy(about.length, survey->length, sizeof about.length);
    return pp_dimensions_define(&d->own, &about, error);
}

/// A variable on the sweep's dimensions.
static pp_netcdf_variable on_sweep(definition *d, const char *name, pp_value_type type)
{
    const pp_variable variable = {.name = name, .type = type, .units = "1"};
    return pp_dimensions_variable(&d->own, &variable, d->file->rank, d->sweep);
}

static pp_status define_parameter(definition *d, const pp_merge_coordinate *parameter,
                                  pp_error *error)
{
    pp_netcdf_variable about = on_sweep(d, parameter->name, parameter->type);
    about.missing = parameter->missing; // a whole number that cannot be missing is kept as it is
    about.long_name = parameter->long_name;
    about.parameter = parameter->parameter;
    return pp_netcdf_variable_put(d->file->file, &about, parameter->values, error);
}

/// Do the runs agree, so that a coordinate has it?
static bool is_agreed(const pp_merge_survey *survey, size_t about)
{
    return (about == PP_MERGE_TRIAL_NUMBER && survey->trials.agreed) ||
           (about == PP_MERGE_FIRM_NAME && survey->firms.agreed) ||
           (about == PP_MERGE_PHASE && survey->phases.agreed);
}

static pp_status define_about(definition *d, size_t i, pp_error *error)
{
    const pp_merge_about_variable *variable = &pp_merge_about_variables[i];
    if (is_agreed(d->file->survey, i))
        return PP_OK;
    pp_netcdf_variable about = on_sweep(d, variable->name, variable->type);
    about.missing = i != PP_MERGE_STATUS;
    about.long_name = variable->long_name;
    about.flag_meanings = variable->flag_meanings;
    if (variable->dim != PP_DIM_NONE)
        about.scales[about.rank++] = d->own.scales[variable->dim];
    return pp_netcdf_variable_create(d->file->file, &about, &d->file->about[i], error);
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
        status = pp_netcdf_write(d->file->about[PP_MERGE_ID], PP_STRING, 0, 0, ids, error);
    if (status == PP_OK)
        status = pp_netcdf_write(d->file->about[PP_MERGE_STATUS], PP_I8, 0, 0, states, error);
    free(states);
    free(ids);
    return status;
}

static pp_status define_variable(definition *d, size_t id, pp_error *error)
{
    const pp_variable *variable = &pp_variables[id];
    if (!d->file->survey->has[id])
        return PP_OK;
    pp_netcdf_variable about = pp_dimensions_variable(&d->own, variable, d->file->rank, d->sweep);
    about.missing = true;
    if (variable->type != PP_STRING)
        choose_chunk(d->file, id, about.chunk);
    return pp_netcdf_variable_create(d->own.groups[variable->group], &about, &d->file->datasets[id],
                                     error);
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
    } texts[] = {{"Conventions", "CF-1.8"},  {"title", sweep->title},
                 {"source", sweep->program}, {"history", sweep->command_line},
                 {"created", created},       {"coordinates", coordinates}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        PP_TRY(pp_netcdf_attribute_text(d->file->file, texts[i].name, texts[i].text, error));
    return PP_OK;
}

static pp_status define_attributes(const definition *d, pp_error *error)
{
    const int32_t version = PP_MERGE_VERSION;
    pp_provenance now = {0};
    char *coordinates = coordinate_names(d->file->sweep);
    pp_status status = coordinates ? pp_provenance_now(d->file->sweep->command_line, 1, &now, error)
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
    PP_TRY(define_attributes(d, error));
    PP_TRY(define_sweep(d, error));
    PP_TRY(define_own(d, error));
    for (size_t i = 0; i < sweep->n_parameters; i++)
        PP_TRY(define_parameter(d, &sweep->parameters[i], error));
    for (size_t i = 0; i < PP_MERGE_ABOUT_COUNT; i++)
        PP_TRY(define_about(d, i, error));
    PP_TRY(write_runs(d, error));
    for (size_t id = 0; id < PP_VAR_COUNT; id++)
        PP_TRY(define_variable(d, id, error));
    return PP_OK;
}

pp_status pp_merge_define(pp_merge_file *file, pp_error *error)
{
    definition d = {.file = file};
    for (size_t i = 0; i < PP_NETCDF_RANK; i++)
        d.sweep[i] = H5I_INVALID_HID;
    pp_dimensions_start(&d.own, file->file);
    pp_status status = pp_dimensions_finish(&d.own, define(&d, error), error);
    for (size_t i = 0; i < PP_NETCDF_RANK; i++)
        pp_hdf5_close(d.sweep[i]);
    return status;
}
