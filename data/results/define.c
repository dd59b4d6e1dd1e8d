// The contents of a results file before its first trial.
#include "data/results/define.h"

#include <stdlib.h>

#include "data/hdf5/error.h"
#include "data/results/dimensions.h"
#include "market/base/utf8.h"

typedef struct definition {
    hid_t file;
    const pp_results_layout *layout;
    const pp_provenance *started;
    bool bare;
    pp_dimensions dimensions;
    hid_t *datasets;
} definition;

static pp_status define_provenance(const definition *d, pp_error *error)
{
    const pp_provenance *started = d->started;
    const struct {
        const char *name, *text;
    } texts[] = {{"title", d->layout->title},   {"source", d->layout->program},
                 {"history", started->history}, {"rng", d->layout->rng},
                 {"created", started->created}, {"host", started->host}};
    pp_status status = pp_netcdf_attribute_text(d->file, "Conventions", "CF-1.8", error);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == PP_OK; i++)
        status =
            pp_netcdf_attribute_text(d->file, texts[i].name, d->bare ? NULL : texts[i].text, error);
    for (size_t i = 0; i < PP_SLURM_IDS && status == PP_OK; i++)
        if (started->slurm[i][0])
            status = pp_netcdf_attribute_text(d->file, pp_slurm_ids[i].attribute,
                                              d->bare ? NULL : started->slurm[i], error);
    return status;
}

static pp_status define_attributes(const definition *d, pp_error *error)
{
    int32_t version = PP_SCHEMA_VERSION, threads = d->started->threads;
    PP_TRY(define_provenance(d, error));
    PP_TRY(pp_netcdf_attribute_numbers(d->file, "schema_version", H5T_NATIVE_INT32, 0, &version,
                                       error));
    PP_TRY(pp_netcdf_attribute_numbers(d->file, "seed", H5T_NATIVE_UINT64, 0, &d->layout->seed,
                                       error));
    return pp_netcdf_attribute_numbers(d->file, "threads", H5T_NATIVE_INT32, 0, &threads, error);
}

static pp_status define_dimensions(definition *d, pp_error *error)
{
    const pp_results_layout *layout = d->layout;
    pp_dimensions_about about = {.firms = layout->firm_labels, .learning = layout->learning};
    for (pp_dim dim = PP_DIM_TRIAL; dim < PP_DIM_COUNT; dim++)
        about.length[dim] = pp_layout_length(layout, dim);
    size_t n_trials = (size_t)layout->n_trials, n_epochs = (size_t)about.length[PP_DIM_EPOCH];
    int64_t *trials = calloc(n_trials, sizeof *trials);
    int8_t *phases = malloc(n_epochs);
    for (size_t i = 0; trials && i < n_trials; i++)
        trials[i] = layout->first_trial + (int64_t)i;
    for (size_t i = 0; phases && i < n_epochs; i++)
        phases[i] = (int64_t)i < layout->n_burn_in ? PP_PHASE_BURN_IN : PP_PHASE_TEST;
    about.bands = layout->bands;
    about.view_names = layout->view_names;
    about.trials = trials;
    about.phases = phases;
    pp_status status = trials && phases ? pp_dimensions_define(&d->dimensions, &about, error)
                                        : pp_error_set(error, PP_ENOMEM, "out of memory");
    free(phases);
    free(trials);
    return status;
}

static pp_status define_scenario(const definition *d, pp_error *error)
{
    pp_netcdf_variable about = {.name = "scenario",
                                .units = "1",
                                .long_name = "the resolved scenario, YAML",
                                .type = PP_STRING};
    char *text =
        d->bare ? NULL : pp_utf8_duplicate(d->layout->scenario[0] ? d->layout->scenario : " ");
    if (!text && !d->bare)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status = pp_netcdf_variable_put(d->file, &about, &text, error);
    free(text);
    return status;
}

static pp_netcdf_variable column_of(definition *d, size_t i)
{
    const pp_quote_column *column = &d->layout->quote_columns[i];
    const hid_t *scales = d->dimensions.scales;
    return (pp_netcdf_variable){.name = column->name,
                                .units = column->units,
                                .long_name =
                                    column->long_name[0] ? column->long_name : column->name,
                                .flag_meanings = column->flag_meanings,
                                .type = column->type,
                                .rank = column->per_firm ? 2 : 1,
                                .scales = {scales[PP_DIM_QUOTE], scales[PP_DIM_FIRM]},
                                .attached = &d->dimensions.attached};
}

/// @param quotes the group of the columns
static pp_status define_dataset(definition *d, size_t i, hid_t quotes, pp_error *error)
{
    pp_shape shape = pp_layout_shape(d->layout, i);
    bool is_column = i >= PP_VAR_COUNT;
    d->datasets[i] = H5I_INVALID_HID;
    if (shape.rank == 0)
        return PP_OK;
    pp_netcdf_variable about =
        is_column ? column_of(d, i - PP_VAR_COUNT)
                  : pp_dimensions_variable(&d->dimensions, &pp_variables[i], 0, NULL);
    about.early = d->bare;
    // Filters would only see the references to strings, and netCDF allows none there.
    if (shape.type != PP_STRING && !d->bare)
        pp_layout_chunk(shape.rank, shape.lengths, pp_value_size(shape.type), shape.unit,
                        about.chunk);
    hid_t group = is_column ? quotes : d->dimensions.groups[pp_variables[i].group];
    return pp_netcdf_variable_create(group, &about, &d->datasets[i], error);
}

/// Not `quotes`: that name is a root variable's, and HDF5 has one name space for both.
static pp_status define_quotes(definition *d, hid_t *group, pp_error *error)
{
    PP_TRY(pp_netcdf_group(d->file, "quotes", group, error));
    PP_TRY(pp_netcdf_attribute_text(*group, "title", "a sample of rounds, one row each", error));
    return pp_netcdf_dimension(*group, "quote", pp_layout_length(d->layout, PP_DIM_QUOTE),
                               &d->dimensions.scales[PP_DIM_QUOTE], error);
}

static pp_status define_all(definition *d, hid_t *quotes, pp_error *error)
{
    size_t n = pp_layout_datasets(d->layout);
    PP_TRY(define_attributes(d, error));
    PP_TRY(define_dimensions(d, error));
    PP_TRY(define_scenario(d, error));
    for (size_t i = 0; i < n; i++) {
        if (i == PP_VAR_COUNT)
            PP_TRY(define_quotes(d, quotes, error));
        PP_TRY(define_dataset(d, i, *quotes, error));
    }
    return PP_OK;
}

pp_status pp_results_define(hid_t file, const pp_results_layout *layout,
                            const pp_provenance *started, bool bare, hid_t *datasets,
                            pp_error *error)
{
    definition d = {.file = file, .layout = layout, .started = started, .bare = bare};
    d.datasets = datasets;
    hid_t quotes = H5I_INVALID_HID;
    pp_dimensions_start(&d.dimensions, file);
    pp_status status = define_all(&d, &quotes, error);
    pp_hdf5_close(quotes);
    return pp_dimensions_finish(&d.dimensions, status, error);
}
