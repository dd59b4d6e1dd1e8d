#include "data/define.h"

#include <stdio.h>
#include <stdlib.h>

#include "data/netcdf.h"
#include "data/utf8.h"

typedef struct definition {
    hid_t file;
    const pp_results_layout *layout;
    const pp_provenance *started;
    hid_t groups[PP_GROUP_COUNT]; ///< the root's is the file
    hid_t scales[PP_DIM_COUNT];
    pp_scales *attached; ///< scales, and what stands on them
    hid_t *datasets;
} definition;

static pp_status define_provenance(const definition *d, pp_error *error)
{
    const pp_provenance *started = d->started;
    const struct {
        const char *name, *text;
    } texts[] = {{"Conventions", "CF-1.8"},     {"title", d->layout->title},
                 {"source", d->layout->source}, {"history", started->history},
                 {"rng", d->layout->rng},       {"created", started->created},
                 {"host", started->host}};
    pp_status status = PP_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == PP_OK; i++)
        if (texts[i].text)
            status = pp_netcdf_attribute_text(d->file, texts[i].name, texts[i].text, error);
    for (size_t i = 0; i < PP_SLURM_IDS && status == PP_OK; i++)
        if (started->slurm[i][0])
            status = pp_netcdf_attribute_text(d->file, pp_slurm_ids[i].attribute, started->slurm[i],
                                              error);
    return status;
}

static pp_status define_attributes(const definition *d, pp_error *error)
{
    int32_t version = PP_SCHEMA_VERSION, threads = d->started->threads;
    pp_status status = define_provenance(d, error);
    if (status == PP_OK)
        status = pp_netcdf_attribute_numbers(d->file, "schema_version", H5T_NATIVE_INT32, 0,
                                             &version, error);
    if (status == PP_OK)
        status = pp_netcdf_attribute_numbers(d->file, "seed", H5T_NATIVE_UINT64, 0,
                                             &d->layout->seed, error);
    if (status == PP_OK)
        status =
            pp_netcdf_attribute_numbers(d->file, "threads", H5T_NATIVE_INT32, 0, &threads, error);
    return status;
}

/// A coordinate of consecutive whole numbers.
static pp_status define_numbers(definition *d, pp_group group, pp_dim dim, const char *name,
                                const char *long_name, int64_t first, pp_error *error)
{
    uint64_t n = pp_layout_length(d->layout, dim);
    pp_netcdf_variable about = {.name = name, .units = "1", .long_name = long_name, .type = PP_I64};
    pp_status status = pp_netcdf_coordinate(d->groups[group], &about, n, &d->scales[dim], error);
    int64_t *values = status == PP_OK && n <= SIZE_MAX / 8 ? malloc((size_t)n * 8) : NULL;
    if (status == PP_OK && !values)
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    for (uint64_t i = 0; i < n && values; i++)
        values[i] = first + (int64_t)i;
    if (status == PP_OK)
        status = pp_netcdf_write(d->scales[dim], PP_I64, 0, n, values, error);
    free(values);
    return status;
}

static pp_status define_firms(definition *d, pp_error *error)
{
    size_t n = (size_t)d->layout->n_firms;
    pp_netcdf_variable about = {
        .name = "firm", .units = "1", .long_name = "firm", .type = PP_STRING};
    pp_status status = pp_netcdf_coordinate(d->file, &about, n, &d->scales[PP_DIM_FIRM], error);
    if (status != PP_OK)
        return status;
    char **labels = calloc(n, sizeof *labels);
    for (size_t i = 0; labels && i < n && status == PP_OK; i++)
        if (!(labels[i] = pp_utf8_duplicate(d->layout->firm_labels[i])))
            status = PP_ENOMEM;
    if (!labels || status != PP_OK)
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    else
        status = pp_netcdf_write(d->scales[PP_DIM_FIRM], PP_STRING, 0, n, labels, error);
    for (size_t i = 0; labels && i < n; i++)
        free(labels[i]);
    free(labels);
    return status;
}

static pp_status define_dimensions(definition *d, pp_error *error)
{
    pp_status status = define_numbers(d, PP_GROUP_ROOT, PP_DIM_TRIAL, "trial",
                                      "number of the trial", d->layout->first_trial, error);
    if (status == PP_OK)
        status = define_numbers(d, PP_GROUP_ROOT, PP_DIM_EPOCH, "epoch", "number of the epoch", 0,
                                error);
    if (status == PP_OK)
        status = define_firms(d, error);
    if (status == PP_OK)
        status =
            pp_netcdf_dimension(d->file, "category", pp_layout_length(d->layout, PP_DIM_CATEGORY),
                                &d->scales[PP_DIM_CATEGORY], error);
    if (status == PP_OK)
        status = define_numbers(d, PP_GROUP_ROOT, PP_DIM_RANK, "rank",
                                "rank of an offer, 1 is cheapest", 1, error);
    return status;
}

static pp_status define_phase(const definition *d, pp_error *error)
{
    size_t n = (size_t)pp_layout_length(d->layout, PP_DIM_EPOCH);
    pp_netcdf_variable about = {.name = "phase",
                                .units = "1",
                                .long_name = "phase of the epoch",
                                .flag_meanings = "burn_in test",
                                .type = PP_I8,
                                .rank = 1,
                                .scales = {d->scales[PP_DIM_EPOCH]},
                                .attached = d->attached};
    hid_t dataset = H5I_INVALID_HID;
    pp_status status = pp_netcdf_variable_create(d->file, &about, &dataset, error);
    int8_t *phase = malloc(n);
    if (!phase)
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    for (size_t i = 0; phase && i < n; i++)
        phase[i] = (int64_t)i < d->layout->n_burn_in ? PP_PHASE_BURN_IN : PP_PHASE_TEST;
    if (status == PP_OK)
        status = pp_netcdf_write(dataset, PP_I8, 0, n, phase, error);
    free(phase);
    if (dataset >= 0)
        H5Dclose(dataset);
    return status;
}

static pp_status define_scenario(const definition *d, pp_error *error)
{
    pp_netcdf_variable about = {.name = "scenario",
                                .units = "1",
                                .long_name = "the resolved scenario, YAML",
                                .type = PP_STRING};
    hid_t dataset = H5I_INVALID_HID;
    pp_status status = pp_netcdf_variable_create(d->file, &about, &dataset, error);
    char *text = pp_utf8_duplicate(d->layout->scenario[0] ? d->layout->scenario : " ");
    if (!text)
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    if (status == PP_OK)
        status = pp_netcdf_write(dataset, PP_STRING, 0, 1, &text, error);
    free(text);
    if (dataset >= 0)
        H5Dclose(dataset);
    return status;
}

/// The group /learning with its own dimension; the others it has from the root.
static pp_status define_learning(definition *d, pp_error *error)
{
    hid_t *group = &d->groups[PP_GROUP_LEARNING];
    if (!d->layout->learning)
        return PP_OK;
    pp_status status = pp_netcdf_group(d->file, pp_group_names[PP_GROUP_LEARNING], group, error);
    if (status == PP_OK)
        status = pp_netcdf_attribute_text(*group, "title", "what agents log as they learn", error);
    if (status == PP_OK && d->layout->n_updates > 0)
        status = define_numbers(d, PP_GROUP_LEARNING, PP_DIM_UPDATE, "update",
                                "number of the update", 0, error);
    return status;
}

static pp_status define_variable(const definition *d, size_t id, pp_error *error)
{
    const pp_variable *variable = &pp_variables[id];
    d->datasets[id] = H5I_INVALID_HID;
    if (!pp_layout_has(d->layout, variable))
        return PP_OK;
    pp_netcdf_variable about = {.name = variable->name,
                                .units = variable->units,
                                .long_name = variable->long_name,
                                .type = variable->type,
                                .attached = d->attached};
    uint64_t lengths[PP_NETCDF_RANK];
    for (; variable->dims[about.rank] != PP_DIM_NONE; about.rank++) {
        about.scales[about.rank] = d->scales[variable->dims[about.rank]];
        lengths[about.rank] = pp_layout_length(d->layout, variable->dims[about.rank]);
    }
    // Filters would only see the references to strings, and netCDF allows none there.
    if (variable->type != PP_STRING)
        pp_layout_chunk(about.rank, lengths, pp_value_size(variable->type), 1, about.chunk);
    return pp_netcdf_variable_create(d->groups[variable->group], &about, &d->datasets[id], error);
}

static pp_status define_column(const definition *d, hid_t group, size_t i, pp_error *error)
{
    const pp_quote_column *column = &d->layout->quote_columns[i];
    const char *long_name = column->long_name[0] ? column->long_name : column->name;
    pp_netcdf_variable about = {.name = column->name,
                                .units = column->units,
                                .long_name = long_name,
                                .flag_meanings = column->flag_meanings,
                                .type = column->type,
                                .rank = column->per_firm ? 2 : 1,
                                .scales = {d->scales[PP_DIM_QUOTE], d->scales[PP_DIM_FIRM]},
                                .attached = d->attached};
    uint64_t rows = (uint64_t)d->layout->n_quote_rows;
    uint64_t lengths[] = {(uint64_t)d->layout->n_trials * rows, (uint64_t)d->layout->n_firms};
    pp_layout_chunk(about.rank, lengths, pp_value_size(column->type), rows, about.chunk);
    return pp_netcdf_variable_create(group, &about, &d->datasets[PP_VAR_COUNT + i], error);
}

/// Not `quotes`: that name is a root variable's, and HDF5 has one name space for both.
static pp_status define_quotes(definition *d, pp_error *error)
{
    size_t n = pp_layout_quote_columns(d->layout);
    if (n == 0)
        return PP_OK;
    hid_t group = H5I_INVALID_HID;
    uint64_t rows = (uint64_t)(d->layout->n_trials * d->layout->n_quote_rows);
    pp_status status = pp_netcdf_group(d->file, "quotes", &group, error);
    if (status == PP_OK)
        status =
            pp_netcdf_attribute_text(group, "title", "a sample of rounds, one row each", error);
    if (status == PP_OK)
        status = pp_netcdf_dimension(group, "quote", rows, &d->scales[PP_DIM_QUOTE], error);
    for (size_t i = 0; i < n && status == PP_OK; i++)
        status = define_column(d, group, i, error);
    if (group >= 0)
        H5Gclose(group);
    return status;
}

static void close_all(const definition *d)
{
    for (size_t i = 0; i < PP_DIM_COUNT; i++)
        if (d->scales[i] >= 0)
            H5Dclose(d->scales[i]);
    for (size_t i = 0; i < PP_GROUP_COUNT; i++)
        if (i != PP_GROUP_ROOT && d->groups[i] >= 0)
            H5Gclose(d->groups[i]);
}

pp_status pp_results_define(hid_t file, const pp_results_layout *layout,
                            const pp_provenance *started,
                            // NOLINTNEXTLINE(readability-non-const-parameter): filled through `d`
                            hid_t *datasets, pp_error *error)
{
    pp_scales attached = {0};
    definition d = {.file = file,
                    .layout = layout,
                    .started = started,
                    .attached = &attached,
                    .datasets = datasets};
    for (size_t i = 0; i < PP_DIM_COUNT; i++)
        d.scales[i] = H5I_INVALID_HID;
    for (size_t i = 0; i < PP_GROUP_COUNT; i++)
        d.groups[i] = i == PP_GROUP_ROOT ? file : H5I_INVALID_HID;
    pp_status status = define_attributes(&d, error);
    if (status == PP_OK)
        status = define_dimensions(&d, error);
    if (status == PP_OK)
        status = define_phase(&d, error);
    if (status == PP_OK)
        status = define_scenario(&d, error);
    if (status == PP_OK)
        status = define_learning(&d, error);
    for (size_t i = 0; i < PP_VAR_COUNT && status == PP_OK; i++)
        status = define_variable(&d, i, error);
    if (status == PP_OK)
        status = define_quotes(&d, error);
    if (status == PP_OK)
        status = pp_scales_write(&attached, error);
    close_all(&d);
    pp_scales_release(&attached);
    return status;
}
