/// @file
/// Types of values in a file.
#ifndef PURSUIT_DATA_HDF5_VALUE_TYPE_H
#define PURSUIT_DATA_HDF5_VALUE_TYPE_H

typedef enum pp_value_type { PP_F64, PP_I64, PP_I32, PP_I8, PP_STRING } pp_value_type;

#endif
