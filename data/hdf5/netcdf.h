/// @file
/// netCDF-4's profile of HDF5: creation order kept everywhere, every axis of every dataset a
/// dimension scale, strings of variable length in UTF-8, no compound, enumeration or boolean.
///
/// Errors carry HDF5's own cause. Strings are in fixed-size slots of PP_RECORD_TEXT bytes unless
/// said otherwise. Threads: HDF5's, i.e. one at a time.
#ifndef PURSUIT_DATA_HDF5_NETCDF_H
#define PURSUIT_DATA_HDF5_NETCDF_H

#include <hdf5.h>

#include "data/hdf5/scales.h"
#include "data/hdf5/value_type.h"

enum { PP_NETCDF_RANK = H5S_MAX_RANK }; ///< most axes of a variable

/// A variable and everything about it but its values.
typedef struct pp_netcdf_variable {
    const char *name, *units, *long_name; ///< empty units are written as "1"
    const char *flag_meanings; ///< names of 0, 1, 2, ... for an integer variable, or NULL
    const char *parameter;     ///< an attribute, or NULL
    pp_value_type type;
    bool missing; ///< an integer one that may lack values: those are netCDF's default fill value,
                  ///< which _FillValue tells. Real ones always are filled with NaN, likewise
    int rank;     ///< 0: a scalar
    hid_t scales[PP_NETCDF_RANK];   ///< dimension scale of each axis; unused for a coordinate
    pp_scales *attached;            ///< takes note of what stands on which scale, until
                                    ///< pp_scales_write; unused for a coordinate or a scalar
    uint64_t chunk[PP_NETCDF_RANK]; ///< chunk[0] 0: contiguous and unfiltered
    bool early; ///< a contiguous one has its place in the file before it has values
} pp_netcdf_variable;

/// Create a file; `access` says where it goes.
/// @param most_chunks that any variable has, at least 1; UINT64_MAX if that is unknown
pp_status pp_netcdf_create(const char *name, hid_t access, uint64_t most_chunks, hid_t *file,
                           pp_error *error);
pp_status pp_netcdf_group(hid_t parent, const char *name, hid_t *group, pp_error *error);

/// A dimension without coordinate values.
pp_status pp_netcdf_dimension(hid_t group, const char *name, uint64_t length, hid_t *scale,
                              pp_error *error);
/// A dimension that is also a variable of the same name, one value per index.
/// @param values [length] strings as pointers; NULL refers to nothing, for bytes to be replaced
pp_status pp_netcdf_coordinate(hid_t group, const pp_netcdf_variable *variable, uint64_t length,
                               const void *values, hid_t *scale, pp_error *error);
/// A variable whose lengths are those of its scales. Real ones are filled with NaN.
pp_status pp_netcdf_variable_create(hid_t group, const pp_netcdf_variable *variable, hid_t *dataset,
                                    pp_error *error);

/// The same with all of its values, and closed again. @param values strings as pointers
pp_status pp_netcdf_variable_put(hid_t group, const pp_netcdf_variable *variable,
                                 const void *values, pp_error *error);

/// Write a block of a dataset. Memory holds just it; strings as pointers.
/// @param start, count [rank of the dataset]
pp_status pp_netcdf_write_block(hid_t dataset, pp_value_type type, const hsize_t *start,
                                const hsize_t *count, const void *values, pp_error *error);
/// Write `count` indices of the first axis from `start` on, all of the others. Memory holds just
/// them; strings as pointers. @param count 0: all, from 0 on
pp_status pp_netcdf_write(hid_t dataset, pp_value_type type, uint64_t start, uint64_t count,
                          const void *values, pp_error *error);

/// Text that is not UTF-8 is repaired: a command line, say, may hold any bytes.
/// @param text NULL: a reference to nothing, to be replaced in the file's bytes
pp_status pp_netcdf_attribute_text(hid_t object, const char *name, const char *text,
                                   pp_error *error);
/// An attribute of n numbers; a scalar if n is 0. @param type of values in memory and in the file
pp_status pp_netcdf_attribute_numbers(hid_t object, const char *name, hid_t type, size_t n,
                                      const void *values, pp_error *error);

/// What stands for a missing value of that type, with which netCDF's own files are filled too; NULL
/// for strings.
const void *pp_netcdf_fill(pp_value_type type);

/// A new reference to the type of values in memory; close it with H5Tclose.
hid_t pp_netcdf_memory_type(pp_value_type type);
/// Transfer properties for values of that type, to be closed unless H5P_DEFAULT. For strings HDF5
/// would clear a buffer of a megabyte each time.
hid_t pp_netcdf_transfer(pp_value_type type);

/// Type of variable-length UTF-8 strings; close it with H5Tclose.
hid_t pp_netcdf_string_type(void);

#endif
