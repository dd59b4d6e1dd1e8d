/// @file
/// @internal
/// A variable of an open results file, read some steps of its first axis at a time, so that memory
/// does not grow with the file. Callers have silenced HDF5's error printing.
#ifndef PURSUIT_DATA_RESULTS_VARIABLE_READER_H
#define PURSUIT_DATA_RESULTS_VARIABLE_READER_H

#include "data/results/file.h"

typedef struct pp_variable_reader {
    const pp_results_file *file;
    char path[PP_FILE_PATH]; ///< "reward", "learning/value"
    hid_t dataset;
    bool text; ///< strings rather than numbers
    bool real; ///< values are double rather than int64_t
    int rank;
    hsize_t lengths[PP_FILE_RANK];
    size_t per_step; ///< elements of one step along the first axis
} pp_variable_reader;

/// Open a variable and check its shape and that the file can hold it. A scalar is one step.
/// @param dims ended by PP_DIM_NONE; NULL: all of that has been checked before
/// @return PP_OK; PP_EFORMAT; needs no close unless PP_OK
pp_status pp_variable_reader_open(const pp_results_file *file, const char *path, const pp_dim *dims,
                                  bool text, pp_variable_reader *reader, pp_error *error);
void pp_variable_reader_close(pp_variable_reader *reader); ///< safe on a zeroed one

/// Read numbers of any type in memory.
/// @param room [rank] lengths in memory, each at least the variable's own, the first one unused;
/// NULL: the variable's own
pp_status pp_variable_reader_read(const pp_variable_reader *reader, uint64_t first, size_t n,
                                  const uint64_t *room, hid_t type, void *values, pp_error *error);
/// @param values [n][per_step] double if `real`, else int64_t
pp_status pp_variable_reader_numbers(const pp_variable_reader *reader, uint64_t first, size_t n,
                                     void *values, pp_error *error);
/// @param texts [n][per_step], zeroed; on failure those that were made stay, the caller's to free
pp_status pp_variable_reader_texts(const pp_variable_reader *reader, uint64_t first, size_t n,
                                   char **texts, pp_error *error);
/// A text attribute; malloc'd. "" if there is none of that name.
pp_status pp_variable_reader_attribute(const pp_variable_reader *reader, const char *name,
                                       char **text, pp_error *error);

#endif
