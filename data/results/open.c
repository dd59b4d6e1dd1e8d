// Opening results files.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/hdf5/error.h"
#include "data/hdf5/seal.h"
#include "data/results/define.h"
#include "data/results/variable_reader.h"

static const char *const dimension_names[PP_DIM_COUNT] = {
    [PP_DIM_TRIAL] = "trial",        [PP_DIM_EPOCH] = "epoch", [PP_DIM_FIRM] = "firm",
    [PP_DIM_CATEGORY] = "category",  [PP_DIM_RANK] = "rank",   [PP_DIM_UPDATE] = "learning/update",
    [PP_DIM_QUOTE] = "quotes/quote", [PP_DIM_BAND] = "band",
};

static pp_status read_firms(pp_results_file *file, pp_error *error)
{
    static const pp_dim dims[] = {PP_DIM_FIRM, PP_DIM_NONE};
    pp_variable_reader reader;
    PP_TRY(pp_variable_reader_open(file, "firm", dims, true, &reader, error));
    file->firms = calloc(reader.lengths[0], sizeof *file->firms);
    pp_status status =
        file->firms ? pp_variable_reader_texts(&reader, 0, reader.lengths[0], file->firms, error)
                    : pp_file_out_of_memory(file, error);
    pp_variable_reader_close(&reader);
    return status;
}

static pp_status check_bytes(const char *path, int fd, pp_error *error)
{
    struct stat about;
    pp_error cause = {0};
    if (fd < 0 || fstat(fd, &about) != 0)
        return pp_error_set(error, PP_EIO, "cannot open '%s': %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return pp_error_set(error, PP_EIO, "cannot open '%s': it is not a regular file", path);
    ssize_t n = pp_seal_signature(fd);
    if (n < 0)
        return pp_error_set(error, PP_EIO, "cannot read '%s': %s", path, strerror(errno));
    if (n < PP_SIGNATURE)
        return pp_error_set(error, PP_EFORMAT, "%s: this is not an HDF5 file", path);
    pp_status status = pp_seal_check(fd, &cause);
    if (status == PP_EFORMAT)
        return pp_error_set(error, status, "%s: the file is damaged (%s)", path, cause.message);
    return status == PP_OK
               ? PP_OK
               : pp_error_set(error, status, "cannot read '%s': %s", path, cause.message);
}

/// Is it an HDF5 file at all, and unharmed? Looking first gives better messages than HDF5's.
static pp_status check_file(const char *path, pp_error *error)
{
    // Opening without blocking, because a pipe would have us wait for its writer.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    pp_status status = check_bytes(path, fd, error);
    if (fd >= 0)
        close(fd);
    return status;
}

static pp_status open_hdf5(pp_results_file *file, pp_error *error)
{
    file->file = H5Fopen(file->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file->file >= 0)
        return PP_OK;
    char cause[512];
    pp_hdf5_cause(cause, sizeof cause);
    if (strstr(cause, "lock file"))
        return pp_error_set(error, PP_EIO,
                            "cannot open '%s': %s; if it is on a network file system, set "
                            "HDF5_USE_FILE_LOCKING=FALSE",
                            file->path, cause);
    if (strstr(cause, "truncated"))
        return pp_error_set(error, PP_EFORMAT, "%s: the file is truncated (%s)", file->path, cause);
    return pp_error_set(error, PP_EFORMAT, "%s: the file is damaged (%s)", file->path, cause);
}

static pp_status check_version(const pp_results_file *file, pp_error *error)
{
    int64_t version;
    if (H5Aexists(file->file, PP_MERGE_VERSION_NAME) > 0)
        return pp_error_set(error, PP_EFORMAT,
                            "%s: this is a merged sweep; what is wanted is the results file of one "
                            "run",
                            file->path);
    if (H5Aexists(file->file, "schema_version") <= 0)
        return pp_error_set(error, PP_EFORMAT,
                            "%s: no schema_version: this is not a results file of pursuit",
                            file->path);
    pp_status status =
        pp_file_read_integer(file, "schema_version", H5T_NATIVE_INT64, &version, error);
    if (status == PP_OK && (version < 1 || version > PP_SCHEMA_VERSION))
        status = pp_error_set(error, PP_EFORMAT,
                              "%s: schema_version %lld; this program reads up to %d: use a newer "
                              "pursuit",
                              file->path, (long long)version, (int)PP_SCHEMA_VERSION);
    return status;
}

static pp_status read_dimension(pp_results_file *file, pp_dim dim, pp_error *error)
{
    const char *name = dimension_names[dim];
    hid_t dataset;
    if (H5Lexists(file->file, name, H5P_DEFAULT) <= 0)
        return pp_error_set(error, PP_EFORMAT, "%s: the dimension '%s' is missing", file->path,
                            name);
    PP_TRY(pp_file_open_dataset(file, name, &dataset, error));
    pp_status status = PP_OK;
    int rank = 0;
    hsize_t lengths[PP_FILE_RANK];
    // H5DSis_scale is not asked: HDF5 1.10 reads the attribute CLASS into memory of a fixed size.
    if (!pp_file_lengths(dataset, &rank, lengths) || rank != 1 || lengths[0] < 1)
        status = pp_error_set(error, PP_EFORMAT, "%s: '%s' is not a dimension", file->path, name);
    else
        file->length[dim] = lengths[0];
    H5Dclose(dataset);
    return status;
}

static pp_status read_header(pp_results_file *file, pp_error *error)
{
    pp_status status = check_version(file, error);
    for (pp_dim dim = PP_DIM_TRIAL; dim < PP_DIM_COUNT && status == PP_OK; dim++)
        if (dim < PP_DIM_UPDATE || pp_file_has(file, dimension_names[dim]))
            status = read_dimension(file, dim, error);
    if (status == PP_OK && file->length[PP_DIM_RANK] != file->length[PP_DIM_FIRM])
        status =
            pp_error_set(error, PP_EFORMAT, "%s: there are not as many ranks as firms", file->path);
    return status == PP_OK ? read_firms(file, error) : status;
}

/// A file that is not open yet; NULL without memory.
static pp_results_file *new_file(const char *path)
{
    pp_results_file *file = calloc(1, sizeof *file);
    if (!file || !(file->path = strdup(path))) {
        free(file);
        return NULL;
    }
    file->file = H5I_INVALID_HID;
    return file;
}

/// Hand an open file over, or close one that could not be opened. @return status
static pp_status conclude(pp_results_file *opened, pp_status status, pp_results_file **file)
{
    if (status != PP_OK)
        pp_results_close(opened);
    else
        *file = opened;
    return status;
}

pp_status pp_results_open(const char *path, pp_results_file **file, pp_error *error)
{
    if (!file)
        return pp_error_set(error, PP_EINVAL, "no place for the file");
    *file = NULL;
    if (!path)
        return pp_error_set(error, PP_EINVAL, "no path");
    pp_results_file *opened = new_file(path);
    if (!opened)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    pp_status status = check_file(path, error);
    if (status == PP_OK)
        status = open_hdf5(opened, error);
    if (status == PP_OK)
        status = read_header(opened, error);
    pp_hdf5_restore(quiet);
    return conclude(opened, status, file);
}

static pp_status take_stamp(const char *path, pp_file_stamp *stamp, pp_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return pp_error_set(error, PP_EIO, "cannot open '%s': %s", path, strerror(errno));
    *stamp = (pp_file_stamp){.device = about.st_dev,
                             .inode = about.st_ino,
                             .size = about.st_size,
                             .changed = about.st_mtim};
    return PP_OK;
}

pp_status pp_file_open(const char *path, pp_file_stamp *stamp, pp_results_file **file,
                       pp_error *error)
{
    PP_TRY(take_stamp(path, stamp, error));
    PP_TRY(pp_results_open(path, file, error));
    memcpy(stamp->length, (*file)->length, sizeof stamp->length);
    return PP_OK;
}

pp_status pp_file_open_again(const char *path, const pp_file_stamp *stamp, bool firms,
                             pp_results_file **file, pp_error *error)
{
    pp_file_stamp now;
    *file = NULL;
    PP_TRY(take_stamp(path, &now, error));
    if (now.device != stamp->device || now.inode != stamp->inode || now.size != stamp->size ||
        now.changed.tv_sec != stamp->changed.tv_sec ||
        now.changed.tv_nsec != stamp->changed.tv_nsec)
        return pp_error_set(error, PP_EIO, "'%s' has changed meanwhile", path);
    pp_results_file *opened = new_file(path);
    if (!opened)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status = open_hdf5(opened, error);
    memcpy(opened->length, stamp->length, sizeof opened->length);
    if (status == PP_OK && firms)
        status = read_firms(opened, error);
    return conclude(opened, status, file);
}

void pp_results_close(pp_results_file *file)
{
    if (!file)
        return;
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    if (file->file >= 0)
        H5Fclose(file->file);
    pp_hdf5_restore(quiet);
    for (size_t i = 0; file->firms && i < file->length[PP_DIM_FIRM]; i++)
        free(file->firms[i]);
    free(file->firms);
    free(file->path);
    free(file);
}

size_t pp_results_length(const pp_results_file *file, pp_dim dim)
{
    return file && (unsigned)dim < PP_DIM_COUNT ? (size_t)file->length[dim] : 0;
}

const char *pp_results_firm(const pp_results_file *file, size_t firm)
{
    return file && firm < file->length[PP_DIM_FIRM] ? file->firms[firm] : NULL;
}
