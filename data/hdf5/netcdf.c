// HDF5 files in netCDF-4's profile: attributes, dimensions, variables.
#include "data/hdf5/netcdf.h"

#include <hdf5_hl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "market/base/utf8.h"

enum {
    DEFLATE_LEVEL = 2,
    FLAGS_MAX = 4096,
    ORDER = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED,
    TEXT_BUFFER = 32768,
};

const void *pp_netcdf_fill(pp_value_type type)
{
    // NC_FILL_INT64, NC_FILL_INT and NC_FILL_BYTE of netcdf.h
    static const double not_a_number = NAN;
    static const int64_t no_int64 = INT64_C(-9223372036854775806);
    static const int32_t no_int32 = -2147483647;
    static const int8_t no_int8 = -127;
    switch (type) {
    case PP_F64:
        return &not_a_number;
    case PP_I64:
        return &no_int64;
    case PP_I32:
        return &no_int32;
    case PP_I8:
        return &no_int8;
    case PP_STRING:
        break;
    }
    return NULL;
}

/// Up to so many links and attributes of the root group stay in its header, which is smaller and
/// quicker to write and read than the heaps and trees of more.
enum { COMPACT_LINKS = 64, COMPACT_ATTRIBUTES = 32, NAME_LENGTH = 12 };

/// Half of the chunks that a node of a dataset's index has room for, used or not. HDF5's own 32
/// makes a node of 3 kB for each variable of a run of one trial: most of its file.
static unsigned index_width(uint64_t most_chunks)
{
    enum { USUAL = 32 };
    return most_chunks < 2ULL * USUAL ? (unsigned)((most_chunks + 1) / 2) : USUAL;
}

hid_t pp_netcdf_string_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 &&
        (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        H5Tclose(type);
        type = H5I_INVALID_HID;
    }
    return type;
}

hid_t pp_netcdf_memory_type(pp_value_type type)
{
    switch (type) {
    case PP_F64:
        return H5Tcopy(H5T_NATIVE_DOUBLE);
    case PP_I64:
        return H5Tcopy(H5T_NATIVE_INT64);
    case PP_I32:
        return H5Tcopy(H5T_NATIVE_INT32);
    case PP_I8:
        return H5Tcopy(H5T_NATIVE_INT8);
    case PP_STRING:
        return pp_netcdf_string_type();
    }
    return H5I_INVALID_HID;
}

/// HDF5 makes the header of a superblock's extension, which tells the width of indexes, after its
/// own default for groups, with the time of day in it: the same results would not be the same
/// bytes.
static herr_t create_timeless(const char *name, hid_t creation, hid_t access, hid_t *file)
{
    hbool_t usual;
    if (H5Pget_obj_track_times(H5P_GROUP_CREATE_DEFAULT, &usual) < 0 ||
        H5Pset_obj_track_times(H5P_GROUP_CREATE_DEFAULT, false) < 0)
        return -1;
    *file = H5Fcreate(name, H5F_ACC_TRUNC, creation, access);
    hid_t cause = *file < 0 ? H5Eget_current_stack() : H5I_INVALID_HID; // the next call clears it
    herr_t restored = H5Pset_obj_track_times(H5P_GROUP_CREATE_DEFAULT, usual);
    if (cause >= 0)
        H5Eset_current_stack(cause);
    return *file < 0 ? -1 : restored;
}

pp_status pp_netcdf_create(const char *name, hid_t access, uint64_t most_chunks, hid_t *file,
                           pp_error *error)
{
    pp_status status = PP_OK;
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    if (creation < 0 || H5Pset_link_creation_order(creation, ORDER) < 0 ||
        H5Pset_attr_creation_order(creation, ORDER) < 0 ||
        H5Pset_obj_track_times(creation, false) < 0 ||
        H5Pset_link_phase_change(creation, COMPACT_LINKS, COMPACT_LINKS) < 0 ||
        H5Pset_est_link_info(creation, COMPACT_LINKS, NAME_LENGTH) < 0 ||
        H5Pset_attr_phase_change(creation, COMPACT_ATTRIBUTES, COMPACT_ATTRIBUTES) < 0 ||
        H5Pset_istore_k(creation, index_width(most_chunks)) < 0 ||
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110) < 0 ||
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
        create_timeless(name, creation, access, file) < 0)
        status = pp_hdf5_fail(error, PP_EIO, "creating", name);
    pp_hdf5_close(creation);
    return status;
}

pp_status pp_netcdf_group(hid_t parent, const char *name, hid_t *group, pp_error *error)
{
    pp_status status = PP_OK;
    hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    if (creation < 0 || H5Pset_link_creation_order(creation, ORDER) < 0 ||
        H5Pset_attr_creation_order(creation, ORDER) < 0 ||
        H5Pset_obj_track_times(creation, false) < 0 ||
        (*group = H5Gcreate2(parent, name, H5P_DEFAULT, creation, H5P_DEFAULT)) < 0)
        status = pp_hdf5_fail(error, PP_EIO, "creating group", name);
    pp_hdf5_close(creation);
    return status;
}

/// Create, write and close an attribute.
static pp_status write_attribute(hid_t object, const char *name, hid_t type, hid_t space,
                                 const void *values, pp_error *error)
{
    pp_status status = PP_OK;
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, type, values) < 0)
        status = pp_hdf5_fail(error, PP_EIO, "writing attribute", name);
    if (attribute >= 0 && H5Aclose(attribute) < 0)
        status = pp_hdf5_fail(error, PP_EIO, "closing attribute", name);
    return status;
}

// HDF5 stores an empty string as a null pointer, on which some readers fail: it becomes a blank.
pp_status pp_netcdf_attribute_text(hid_t object, const char *name, const char *text,
                                   pp_error *error)
{
    pp_status status = PP_OK;
    char *repaired = text ? pp_utf8_duplicate(text[0] ? text : " ") : NULL;
    hid_t type = pp_netcdf_string_type(), space = H5Screate(H5S_SCALAR);
    if (text && !repaired)
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    else if (type < 0 || space < 0)
        status = pp_hdf5_fail(error, PP_EIO, "writing attribute", name);
    else
        status = write_attribute(object, name, type, space, &repaired, error);
    pp_hdf5_close(space);
    pp_hdf5_close(type);
    free(repaired);
    return status;
}

pp_status pp_netcdf_attribute_numbers(hid_t object, const char *name, hid_t type, size_t n,
                                      const void *values, pp_error *error)
{
    hsize_t length = n;
    hid_t space = n ? H5Screate_simple(1, &length, NULL) : H5Screate(H5S_SCALAR);
    if (space < 0)
        return pp_hdf5_fail(error, PP_EIO, "writing attribute", name);
    pp_status status = write_attribute(object, name, type, space, values, error);
    H5Sclose(space);
    return status;
}

/// flag_values of the variable's own type, one for each word of flag_meanings.
static pp_status write_flags(hid_t dataset, const pp_netcdf_variable *variable, pp_error *error)
{
    const bool is_small = variable->type == PP_I8;
    const size_t most = is_small ? INT8_MAX : FLAGS_MAX;
    int8_t small[INT8_MAX];
    int32_t values[FLAGS_MAX];
    size_t n = 0;
    const char *at = variable->flag_meanings + strspn(variable->flag_meanings, " ");
    for (; *at && n < most; n++) {
        values[n] = (int32_t)n;
        if (is_small)
            small[n] = (int8_t)n;
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    if (n == 0 || *at)
        return pp_error_set(error, PP_EINVAL, "'%s' has no flag meanings, or too many",
                            variable->name);
    PP_TRY(pp_netcdf_attribute_numbers(dataset, "flag_values",
                                       is_small ? H5T_NATIVE_INT8 : H5T_NATIVE_INT32, n,
                                       is_small ? (const void *)small : values, error));
    return pp_netcdf_attribute_text(dataset, "flag_meanings", variable->flag_meanings, error);
}

/// Is what is missing told by a value of its own?
static bool has_fill(const pp_netcdf_variable *variable)
{
    return variable->type == PP_F64 || (variable->missing && variable->type != PP_STRING);
}

static pp_status write_fill(hid_t dataset, const pp_netcdf_variable *variable, pp_error *error)
{
    hid_t type = pp_netcdf_memory_type(variable->type);
    if (type < 0)
        return pp_hdf5_fail(error, PP_EIO, "writing attribute", "_FillValue");
    pp_status status = pp_netcdf_attribute_numbers(dataset, "_FillValue", type, 1,
                                                   pp_netcdf_fill(variable->type), error);
    H5Tclose(type);
    return status;
}

static pp_status describe(hid_t dataset, const pp_netcdf_variable *variable, pp_error *error)
{
    const char *units = variable->units[0] ? variable->units : "1";
    PP_TRY(pp_netcdf_attribute_text(dataset, "long_name", variable->long_name, error));
    PP_TRY(pp_netcdf_attribute_text(dataset, "units", units, error));
    if (has_fill(variable))
        PP_TRY(write_fill(dataset, variable, error));
    if (variable->flag_meanings && variable->type != PP_F64)
        PP_TRY(write_flags(dataset, variable, error));
    return variable->parameter
               ? pp_netcdf_attribute_text(dataset, "parameter", variable->parameter, error)
               : PP_OK;
}

/// Creation properties; the fill value must be the attribute _FillValue. Closed by the caller.
static hid_t creation_properties(const pp_netcdf_variable *variable)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    bool ok = list >= 0 && H5Pset_attr_creation_order(list, ORDER) >= 0 &&
              H5Pset_obj_track_times(list, false) >= 0 &&
              (!variable->early || H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY) >= 0);
    if (ok && has_fill(variable)) {
        hid_t type = pp_netcdf_memory_type(variable->type);
        ok = type >= 0 && H5Pset_fill_value(list, type, pp_netcdf_fill(variable->type)) >= 0;
        pp_hdf5_close(type);
    }
    if (ok && variable->rank > 0 && variable->chunk[0] > 0) {
        hsize_t chunk[PP_NETCDF_RANK];
        for (int d = 0; d < variable->rank; d++)
            chunk[d] = variable->chunk[d];
        ok = H5Pset_chunk(list, variable->rank, chunk) >= 0 && H5Pset_shuffle(list) >= 0 &&
             H5Pset_deflate(list, DEFLATE_LEVEL) >= 0 && H5Pset_fletcher32(list) >= 0;
    }
    if (!ok && list >= 0) {
        H5Pclose(list);
        list = H5I_INVALID_HID;
    }
    return list;
}

hid_t pp_netcdf_transfer(pp_value_type type)
{
    if (type != PP_STRING)
        return H5P_DEFAULT;
    hid_t list = H5Pcreate(H5P_DATASET_XFER);
    if (list >= 0 && H5Pset_buffer(list, TEXT_BUFFER, NULL, NULL) < 0) {
        H5Pclose(list);
        list = H5I_INVALID_HID;
    }
    return list;
}

pp_status pp_netcdf_write_block(hid_t dataset, pp_value_type type, const hsize_t *start,
                                const hsize_t *count, const void *values, pp_error *error)
{
    pp_status status = PP_OK;
    hid_t memory = pp_netcdf_memory_type(type), space = H5Dget_space(dataset);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    hid_t block = rank > 0 ? H5Screate_simple(rank, count, NULL) : H5Screate(H5S_SCALAR);
    hid_t transfer = pp_netcdf_transfer(type);
    if (memory < 0 || rank < 0 || block < 0 || transfer < 0 ||
        (rank > 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0) ||
        H5Dwrite(dataset, memory, block, space, transfer, values) < 0)
        status = pp_hdf5_fail(error, PP_EIO, "writing", "values");
    pp_hdf5_close(transfer);
    pp_hdf5_close(block);
    pp_hdf5_close(space);
    pp_hdf5_close(memory);
    return status;
}

pp_status pp_netcdf_write(hid_t dataset, pp_value_type type, uint64_t start, uint64_t count,
                          const void *values, pp_error *error)
{
    hsize_t first[H5S_MAX_RANK] = {start}, lengths[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(dataset);
    if (space < 0 || H5Sget_simple_extent_dims(space, lengths, NULL) < 0) {
        pp_status status = pp_hdf5_fail(error, PP_EIO, "writing", "values");
        pp_hdf5_close(space);
        return status;
    }
    H5Sclose(space);
    lengths[0] = count ? count : lengths[0];
    return pp_netcdf_write_block(dataset, type, first, lengths, values, error);
}

/// Create a dataset of the given lengths with its attributes.
static pp_status create_dataset(hid_t group, const pp_netcdf_variable *variable,
                                const hsize_t *lengths, hid_t *dataset, pp_error *error)
{
    pp_status status = PP_OK;
    hid_t type = pp_netcdf_memory_type(variable->type);
    hid_t space =
        variable->rank ? H5Screate_simple(variable->rank, lengths, NULL) : H5Screate(H5S_SCALAR);
    hid_t creation = creation_properties(variable);
    if (type < 0 || space < 0 || creation < 0 ||
        (*dataset = H5Dcreate2(group, variable->name, type, space, H5P_DEFAULT, creation,
                               H5P_DEFAULT)) < 0)
        status = pp_hdf5_fail(error, PP_EIO, "creating variable", variable->name);
    pp_hdf5_close(creation);
    pp_hdf5_close(space);
    pp_hdf5_close(type);
    return status == PP_OK ? describe(*dataset, variable, error) : status;
}

pp_status pp_netcdf_dimension(hid_t group, const char *name, uint64_t length, hid_t *scale,
                              pp_error *error)
{
    char label[80];
    hsize_t lengths = length;
    // The text by which netCDF knows that there are no values; ours are never written or even
    // stored.
    snprintf(label, sizeof label, "This is a netCDF dimension but not a netCDF variable.%10" PRIu64,
             length);
    pp_status status = PP_OK;
    hid_t space = H5Screate_simple(1, &lengths, NULL);
    hid_t creation = creation_properties(&(pp_netcdf_variable){.type = PP_I8});
    if (space < 0 || creation < 0 ||
        (*scale = H5Dcreate2(group, name, H5T_IEEE_F32BE, space, H5P_DEFAULT, creation,
                             H5P_DEFAULT)) < 0 ||
        H5DSset_scale(*scale, label) < 0)
        status = pp_hdf5_fail(error, PP_EIO, "creating dimension", name);
    pp_hdf5_close(creation);
    pp_hdf5_close(space);
    return status;
}

pp_status pp_netcdf_coordinate(hid_t group, const pp_netcdf_variable *variable, uint64_t length,
                               const void *values, hid_t *scale, pp_error *error)
{
    hsize_t lengths = length;
    pp_netcdf_variable one = *variable;
    one.rank = 1;
    PP_TRY(create_dataset(group, &one, &lengths, scale, error));
    if (H5DSset_scale(*scale, variable->name) < 0)
        return pp_hdf5_fail(error, PP_EIO, "creating dimension", variable->name);
    return pp_netcdf_write(*scale, variable->type, 0, length, values, error);
}

pp_status pp_netcdf_variable_create(hid_t group, const pp_netcdf_variable *variable, hid_t *dataset,
                                    pp_error *error)
{
    // The lengths are the scales' own: any scale could be attached to any axis.
    hsize_t lengths[PP_NETCDF_RANK] = {0};
    for (int d = 0; d < variable->rank; d++)
        if (pp_scales_length(variable->attached, variable->scales[d], &lengths[d], NULL) != PP_OK)
            return pp_error_set(error, PP_EINVAL, "axis %d of '%s' has no dimension", d,
                                variable->name);
    PP_TRY(create_dataset(group, variable, lengths, dataset, error));
    return variable->rank == 0 ? PP_OK
                               : pp_scales_attach(variable->attached, *dataset, variable->rank,
                                                  variable->scales, error);
}

pp_status pp_netcdf_variable_put(hid_t group, const pp_netcdf_variable *variable,
                                 const void *values, pp_error *error)
{
    hid_t dataset = H5I_INVALID_HID;
    pp_status status = pp_netcdf_variable_create(group, variable, &dataset, error);
    if (status == PP_OK)
        status = pp_netcdf_write(dataset, variable->type, 0, 0, values, error);
    pp_hdf5_close(dataset);
    return status;
}
