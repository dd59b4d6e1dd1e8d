// HDF5's dimension scales, attached to many datasets at once.
#include "data/hdf5/scales.h"

#include <hdf5_hl.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "market/base/array.h"

/// An element of REFERENCE_LIST, as H5DS has it in memory and in files.
typedef struct axis {
    hobj_ref_t dataset;
    int dimension;
} axis;

struct pp_scale {
    hid_t dataset;
    hobj_ref_t reference;
    hsize_t length;
    size_t n, capacity;
    axis *axes; ///< [n] that it stands on
};

/// Length of a dataset that is a scale; 0 if it is none, or has not one axis.
static hsize_t length_of(hid_t dataset)
{
    hsize_t length = 0;
    hid_t space = H5DSis_scale(dataset) > 0 ? H5Dget_space(dataset) : H5I_INVALID_HID;
    if (space < 0)
        return 0;
    if (H5Sget_simple_extent_ndims(space) != 1 ||
        H5Sget_simple_extent_dims(space, &length, NULL) < 0)
        length = 0;
    H5Sclose(space);
    return length;
}

/// The scale of that dataset, looked at only once; NULL with *status if there is none.
static pp_scale *find(pp_scales *scales, hid_t dataset, pp_status *status, pp_error *error)
{
    for (size_t i = 0; i < scales->n; i++)
        if (scales->scale[i].dataset == dataset)
            return &scales->scale[i];
    pp_scale found = {.dataset = dataset, .length = length_of(dataset)};
    pp_scale *grown = NULL;
    if (found.length == 0)
        *status = pp_error_set(error, PP_EINVAL, "an axis has no dimension");
    else if (H5Rcreate(&found.reference, dataset, ".", H5R_OBJECT, H5I_INVALID_HID) < 0)
        *status = pp_hdf5_fail(error, PP_EIO, "referring to", "a dimension");
    else if (!(grown = realloc(scales->scale, (scales->n + 1) * sizeof *grown)))
        *status = pp_error_set(error, PP_ENOMEM, "out of memory");
    if (!grown)
        return NULL;
    scales->scale = grown;
    grown[scales->n] = found;
    return &grown[scales->n++];
}

pp_status pp_scales_length(pp_scales *scales, hid_t scale, hsize_t *length, pp_error *error)
{
    pp_status status = PP_OK;
    const pp_scale *found = find(scales, scale, &status, error);
    *length = found ? found->length : 0;
    return status;
}

static pp_status add_axis(pp_scale *scale, hobj_ref_t dataset, int dimension, pp_error *error)
{
    axis *grown = pp_array_grow(scale->axes, scale->n, &scale->capacity, sizeof *grown);
    if (!grown)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    scale->axes = grown;
    axis *added = &scale->axes[scale->n++];
    memset(added, 0, sizeof *added); // its padding goes into the file
    added->dataset = dataset;
    added->dimension = dimension;
    return PP_OK;
}

/// Create, write and close an attribute of n elements.
static pp_status write_list(hid_t object, const char *name, hid_t type, size_t n,
                            const void *values, pp_error *error)
{
    pp_status status = PP_OK;
    hsize_t length = n;
    hid_t space = H5Screate_simple(1, &length, NULL), attribute = H5I_INVALID_HID;
    if (type < 0 || space < 0 ||
        (attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT)) < 0 ||
        H5Awrite(attribute, type, values) < 0)
        status = pp_hdf5_fail(error, PP_EIO, "writing attribute", name);
    if (attribute >= 0 && H5Aclose(attribute) < 0 && status == PP_OK)
        status = pp_hdf5_fail(error, PP_EIO, "closing attribute", name);
    pp_hdf5_close(space);
    return status;
}

pp_status pp_scales_attach(pp_scales *scales, hid_t dataset, int rank, const hid_t *axes,
                           pp_error *error)
{
    hobj_ref_t self, to[H5S_MAX_RANK];
    hvl_t list[H5S_MAX_RANK];
    if (rank < 1 || rank > H5S_MAX_RANK)
        return pp_error_set(error, PP_EINVAL, "no dimensions for %d axes", rank);
    if (H5Rcreate(&self, dataset, ".", H5R_OBJECT, H5I_INVALID_HID) < 0)
        return pp_hdf5_fail(error, PP_EIO, "referring to", "a variable");
    for (int d = 0; d < rank; d++) {
        pp_status status = PP_OK;
        pp_scale *scale = find(scales, axes[d], &status, error);
        if (scale)
            status = add_axis(scale, self, d, error);
        if (!scale || status != PP_OK)
            return status;
        to[d] = scale->reference;
        list[d] = (hvl_t){.len = 1, .p = &to[d]};
    }
    hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    pp_status status = write_list(dataset, DIMENSION_LIST, type, (size_t)rank, list, error);
    pp_hdf5_close(type);
    return status;
}

static hid_t axis_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(axis));
    if (type >= 0 &&
        (H5Tinsert(type, "dataset", offsetof(axis, dataset), H5T_STD_REF_OBJ) < 0 ||
         H5Tinsert(type, "dimension", offsetof(axis, dimension), H5T_NATIVE_INT) < 0)) {
        H5Tclose(type);
        type = H5I_INVALID_HID;
    }
    return type;
}

pp_status pp_scales_write(const pp_scales *scales, pp_error *error)
{
    pp_status status = PP_OK;
    hid_t type = axis_type();
    for (size_t i = 0; i < scales->n && status == PP_OK; i++)
        if (scales->scale[i].n > 0)
            status = write_list(scales->scale[i].dataset, REFERENCE_LIST, type, scales->scale[i].n,
                                scales->scale[i].axes, error);
    pp_hdf5_close(type);
    return status;
}

void pp_scales_release(pp_scales *scales)
{
    for (size_t i = 0; i < scales->n; i++)
        free(scales->scale[i].axes);
    free(scales->scale);
    *scales = (pp_scales){0};
}
