// What results files and merged ones have in common: the dimensions of a run.
#include "data/results/dimensions.h"

#include <stdlib.h>

#include "data/hdf5/error.h"
#include "data/results/layout.h"
#include "market/base/utf8.h"

/// A coordinate of consecutive whole numbers.
static pp_status define_numbers(pp_dimensions *d, pp_group group, pp_dim dim, const char *name,
                                const char *long_name, int64_t first, uint64_t n, pp_error *error)
{
    pp_netcdf_variable about = {.name = name, .units = "1", .long_name = long_name, .type = PP_I64};
    int64_t *values = n <= SIZE_MAX / 8 ? malloc((size_t)n * 8) : NULL;
    if (!values)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    for (uint64_t i = 0; i < n; i++)
        values[i] = first + (int64_t)i;
    pp_status status =
        pp_netcdf_coordinate(d->groups[group], &about, n, values, &d->scales[dim], error);
    free(values);
    return status;
}

static pp_status define_trials(pp_dimensions *d, const pp_dimensions_about *about, pp_error *error)
{
    uint64_t n = about->length[PP_DIM_TRIAL];
    if (!about->trials)
        return define_numbers(d, PP_GROUP_ROOT, PP_DIM_TRIAL, "trial", "trial of its run, from 0",
                              0, n, error);
    pp_netcdf_variable trial = {
        .name = "trial", .units = "1", .long_name = "number of the trial", .type = PP_I64};
    return pp_netcdf_coordinate(d->groups[PP_GROUP_ROOT], &trial, n, about->trials,
                                &d->scales[PP_DIM_TRIAL], error);
}

static pp_status define_firms(pp_dimensions *d, const pp_dimensions_about *about, pp_error *error)
{
    size_t n = (size_t)about->length[PP_DIM_FIRM];
    if (!about->firms)
        return define_numbers(d, PP_GROUP_ROOT, PP_DIM_FIRM, "firm", "firm of its run, from 0", 0,
                              n, error);
    pp_netcdf_variable firm = {
        .name = "firm", .units = "1", .long_name = "firm", .type = PP_STRING};
    char **names = calloc(n, sizeof *names);
    bool ok = names != NULL;
    for (size_t i = 0; i < n && ok; i++)
        ok = !about->firms[i] || (names[i] = pp_utf8_duplicate(about->firms[i])) != NULL;
    pp_status status = ok ? pp_netcdf_coordinate(d->groups[PP_GROUP_ROOT], &firm, n, names,
                                                 &d->scales[PP_DIM_FIRM], error)
                          : pp_error_set(error, PP_ENOMEM, "out of memory");
    for (size_t i = 0; names && i < n; i++)
        free(names[i]);
    free(names);
    return status;
}

static pp_status define_phases(pp_dimensions *d, const pp_dimensions_about *about, pp_error *error)
{
    pp_netcdf_variable phase = {.name = "phase",
                                .units = "1",
                                .long_name = "phase of the epoch",
                                .flag_meanings = "burn_in test",
                                .type = PP_I8,
                                .rank = 1,
                                .scales = {d->scales[PP_DIM_EPOCH]},
                                .attached = &d->attached};
    return about->phases
               ? pp_netcdf_variable_put(d->groups[PP_GROUP_ROOT], &phase, about->phases, error)
               : PP_OK;
}

/// What the bands are: three variables on their dimension.
static pp_status define_bands(pp_dimensions *d, const pp_dimensions_about *about, pp_error *error)
{
    size_t n = (size_t)about->length[PP_DIM_BAND];
    double *ends = n <= SIZE_MAX / sizeof *ends ? malloc(n * sizeof *ends) : NULL;
    int8_t *views = calloc(n, 1);
    pp_netcdf_variable view = {.name = "band_view",
                               .units = "1",
                               .long_name = "what the band is of",
                               .flag_meanings = about->view_names,
                               .type = PP_I8,
                               .rank = 1,
                               .scales = {d->scales[PP_DIM_BAND]},
                               .attached = &d->attached};
    pp_netcdf_variable end = view;
    pp_status status = ends && views ? PP_OK : pp_error_set(error, PP_ENOMEM, "out of memory");
    for (size_t i = 0; i < n && status == PP_OK; i++)
        views[i] = (int8_t)about->bands[i].view;
    if (status == PP_OK)
        status = pp_netcdf_variable_put(d->groups[PP_GROUP_ROOT], &view, views, error);
    end.flag_meanings = NULL;
    end.type = PP_F64;
    for (int high = 0; high < 2 && status == PP_OK; high++) {
        end.name = high ? "band_high" : "band_low";
        end.long_name = high ? "end of the band, outside it" : "start of the band, inside it";
        for (size_t i = 0; i < n; i++)
            ends[i] = high ? about->bands[i].high : about->bands[i].low;
        status = pp_netcdf_variable_put(d->groups[PP_GROUP_ROOT], &end, ends, error);
    }
    free(views);
    free(ends);
    return status;
}

/// The group /learning with its own dimension; the others it has from the root.
static pp_status define_learning(pp_dimensions *d, uint64_t updates, pp_error *error)
{
    hid_t *group = &d->groups[PP_GROUP_LEARNING];
    PP_TRY(
        pp_netcdf_group(d->groups[PP_GROUP_ROOT], pp_group_names[PP_GROUP_LEARNING], group, error));
    PP_TRY(pp_netcdf_attribute_text(*group, "title", "what agents log as they learn", error));
    return updates ? define_numbers(d, PP_GROUP_LEARNING, PP_DIM_UPDATE, "update",
                                    "number of the update", 0, updates, error)
                   : PP_OK;
}

void pp_dimensions_start(pp_dimensions *d, hid_t file)
{
    d->attached = (pp_scales){0};
    for (size_t i = 0; i < PP_DIM_COUNT; i++)
        d->scales[i] = H5I_INVALID_HID;
    for (size_t i = 0; i < PP_GROUP_COUNT; i++)
        d->groups[i] = i == PP_GROUP_ROOT ? file : H5I_INVALID_HID;
}

pp_status pp_dimensions_define(pp_dimensions *d, const pp_dimensions_about *about, pp_error *error)
{
    PP_TRY(define_trials(d, about, error));
    PP_TRY(define_numbers(d, PP_GROUP_ROOT, PP_DIM_EPOCH, "epoch", "number of the epoch", 0,
                          about->length[PP_DIM_EPOCH], error));
    PP_TRY(define_firms(d, about, error));
    PP_TRY(pp_netcdf_dimension(d->groups[PP_GROUP_ROOT], "category", about->length[PP_DIM_CATEGORY],
                               &d->scales[PP_DIM_CATEGORY], error));
    PP_TRY(define_numbers(d, PP_GROUP_ROOT, PP_DIM_RANK, "rank", "rank of an offer, 1 is cheapest",
                          1, about->length[PP_DIM_RANK], error));
    PP_TRY(define_phases(d, about, error));
    if (about->length[PP_DIM_BAND] > 0)
        PP_TRY(define_numbers(d, PP_GROUP_ROOT, PP_DIM_BAND, "band", "number of the band", 0,
                              about->length[PP_DIM_BAND], error));
    if (about->length[PP_DIM_BAND] > 0 && about->bands)
        PP_TRY(define_bands(d, about, error));
    return about->learning ? define_learning(d, about->length[PP_DIM_UPDATE], error) : PP_OK;
}

pp_netcdf_variable pp_dimensions_variable(pp_dimensions *d, const pp_variable *variable, size_t n,
                                          const hid_t *front)
{
    pp_netcdf_variable about = {.name = variable->name,
                                .units = variable->units,
                                .long_name = variable->long_name,
                                .type = variable->type,
                                .attached = &d->attached};
    for (size_t i = 0; i < n; i++)
        about.scales[about.rank++] = front[i];
    for (size_t i = 0; variable->dims[i] != PP_DIM_NONE; i++)
        about.scales[about.rank++] = d->scales[variable->dims[i]];
    return about;
}

pp_status pp_dimensions_finish(pp_dimensions *d, pp_status status, pp_error *error)
{
    if (status == PP_OK)
        status = pp_scales_write(&d->attached, error);
    for (size_t i = 0; i < PP_DIM_COUNT; i++)
        pp_hdf5_close(d->scales[i]);
    for (size_t i = 0; i < PP_GROUP_COUNT; i++)
        if (i != PP_GROUP_ROOT && d->groups[i] >= 0)
            H5Gclose(d->groups[i]);
    pp_scales_release(&d->attached);
    return status;
}
