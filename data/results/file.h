/// @file
/// An open results file from inside, and the checked ways of touching it. Callers have silenced
/// HDF5's error printing.
#ifndef PURSUIT_DATA_RESULTS_FILE_H
#define PURSUIT_DATA_RESULTS_FILE_H

#include <hdf5.h>
#include <sys/stat.h>

#include "data/hdf5/netcdf.h"
#include "data/results/read.h"

/// The attribute by which a merged file is told from a run's.
#define PP_MERGE_VERSION_NAME "merge_version"

enum {
    PP_FILE_PATH = 128, ///< bytes of a path within the file, its NUL included
    PP_FILE_RANK = 4,   ///< most axes that a variable has
};

struct pp_results_file {
    char *path;
    hid_t file;
    uint64_t length[PP_DIM_COUNT];
    char **firms; ///< [length[PP_DIM_FIRM]]
};

/// What a file was when it was opened first.
typedef struct pp_file_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
    uint64_t length[PP_DIM_COUNT];
} pp_file_stamp;

/// Open a file, with all checks, and remember what it was.
pp_status pp_file_open(const char *path, pp_file_stamp *stamp, pp_results_file **file,
                       pp_error *error);
/// Open it again. Nothing is checked but that it is the same file, which takes a fraction of the
/// time.
/// @param firms read their names, too; else file->firms is NULL
/// @return PP_OK; PP_EIO, also if it has changed; PP_EFORMAT; PP_ENOMEM
pp_status pp_file_open_again(const char *path, const pp_file_stamp *stamp, bool firms,
                             pp_results_file **file, pp_error *error);

/// PP_EFORMAT, "PATH: WHAT 'NAME': HDF5's cause"; at once after the failed call.
pp_status pp_file_malformed(const pp_results_file *file, const char *what, const char *name,
                            pp_error *error);
pp_status pp_file_out_of_memory(const pp_results_file *file, pp_error *error);

/// Do hard links alone, one for each part, lead to this path? Another kind could lead out of the
/// file.
bool pp_file_has(const pp_results_file *file, const char *path);
/// "reward", "learning/value".
void pp_file_variable_path(size_t id, char path[PP_FILE_PATH]);
/// Is the variable to be read: of the root in every version, or there? Files of 0.1 lack what is
/// newer, and few files have a group /learning.
bool pp_file_expects(const pp_results_file *file, size_t id);
/// A dataset of the file itself; a link out of it is refused. Close it with H5Dclose.
pp_status pp_file_open_dataset(const pp_results_file *file, const char *name, hid_t *dataset,
                               pp_error *error);
/// Rank and lengths of a dataset; false if they cannot be had or there are more than fit.
bool pp_file_lengths(hid_t dataset, int *rank, hsize_t lengths[PP_FILE_RANK]);
/// Elements of a dataset after checking its shape, its class, and that the file can hold so many: a
/// few bytes of header could claim any number.
/// @param dims ended by PP_DIM_NONE
/// @param text strings are wanted, not numbers
pp_status pp_file_check_dataset(const pp_results_file *file, hid_t dataset, const char *name,
                                const pp_dim *dims, bool text, size_t *count, pp_error *error);
/// Read the strings that `space` selects as repaired copies.
/// @param texts [count] zeroed; on failure those that were made stay, the caller's to free
pp_status pp_file_read_strings(const pp_results_file *file, hid_t dataset, const char *name,
                               hid_t space, size_t count, char **texts, pp_error *error);

/// A text attribute of an object of the file, repaired; malloc'd. A single blank, which stands for
/// an empty text (pp_netcdf_attribute_text), is read as one.
pp_status pp_file_read_text(const pp_results_file *file, hid_t object, const char *name,
                            char **text, pp_error *error);
/// A whole number, an attribute of the root group.
pp_status pp_file_read_integer(const pp_results_file *file, const char *name, hid_t type,
                               void *value, pp_error *error);

#endif
