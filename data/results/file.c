// Touching an open results file without believing it.
#include "data/results/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "data/hdf5/netcdf.h"
#include "data/results/layout.h"
#include "market/base/utf8.h"

/// The most by which deflate shrinks anything (zlib's technical notes: 1032), rounded up.
enum { DEFLATE_LIMIT = 1100 };

pp_status pp_file_malformed(const pp_results_file *file, const char *what, const char *name,
                            pp_error *error)
{
    char cause[512];
    pp_hdf5_cause(cause, sizeof cause);
    return pp_error_set(error, PP_EFORMAT, "%s: %s '%s': %s", file->path, what, name, cause);
}

pp_status pp_file_out_of_memory(const pp_results_file *file, pp_error *error)
{
    return pp_error_set(error, PP_ENOMEM, "%s: out of memory", file->path);
}

bool pp_file_has(const pp_results_file *file, const char *path)
{
    char part[PP_FILE_PATH];
    if (strlen(path) >= sizeof part)
        return false;
    for (size_t n = strcspn(path, "/");; n += 1 + strcspn(path + n + 1, "/")) {
        H5L_info_t about;
        memcpy(part, path, n);
        part[n] = '\0';
        if (H5Lget_info(file->file, part, &about, H5P_DEFAULT) < 0 || about.type != H5L_TYPE_HARD)
            return false;
        if (path[n] == '\0')
            return true;
    }
}

void pp_file_variable_path(size_t id, char path[PP_FILE_PATH])
{
    const char *group = pp_group_names[pp_variables[id].group];
    snprintf(path, PP_FILE_PATH, "%s%s%s", group, *group ? "/" : "", pp_variables[id].name);
}

bool pp_file_expects(const pp_results_file *file, size_t id)
{
    char path[PP_FILE_PATH];
    bool newer = id == PP_VAR_true_reward || id == PP_VAR_cost_given_sale ||
                 pp_variables[id].economics || pp_variables[id].dims[2] == PP_DIM_BAND;
    if (pp_variables[id].group == PP_GROUP_ROOT && !newer)
        return true;
    pp_file_variable_path(id, path);
    return pp_file_has(file, path);
}

pp_status pp_file_open_dataset(const pp_results_file *file, const char *name, hid_t *dataset,
                               pp_error *error)
{
    *dataset = H5I_INVALID_HID;
    if (!pp_file_has(file, name))
        return pp_error_set(error, PP_EFORMAT, "%s: there is no '%s'", file->path, name);
    *dataset = H5Dopen2(file->file, name, H5P_DEFAULT);
    return *dataset >= 0 ? PP_OK : pp_file_malformed(file, "cannot open", name, error);
}

bool pp_file_lengths(hid_t dataset, int *rank, hsize_t lengths[PP_FILE_RANK])
{
    hid_t space = H5Dget_space(dataset);
    if (space < 0)
        return false;
    *rank = H5Sget_simple_extent_ndims(space);
    bool ok = *rank >= 0 && *rank <= PP_FILE_RANK &&
              (*rank == 0 || H5Sget_simple_extent_dims(space, lengths, NULL) >= 0);
    H5Sclose(space);
    return ok;
}

static H5T_class_t dataset_class(hid_t dataset)
{
    hid_t type = H5Dget_type(dataset);
    if (type < 0)
        return H5T_NO_CLASS;
    H5T_class_t class = H5Tget_class(type);
    if (class == H5T_STRING && H5Tis_variable_str(type) <= 0)
        class = H5T_NO_CLASS; // no such strings in our files
    H5Tclose(type);
    return class;
}

/// How the chunks of a dataset are stored.
typedef struct chunking {
    hid_t dataset;
    hsize_t size[PP_FILE_RANK]; ///< in values
    hsize_t bytes;              ///< of a chunk that no filter has made shorter
    bool filtered, deflated;
    unsigned char *buffer; ///< [most bytes of a filtered chunk]
} chunking;

/// Most bytes that deflate makes of a chunk, and more.
static hsize_t most_bytes(hsize_t bytes)
{
    return bytes + bytes / 16 + 64;
}

/// False if another filter than ours is at work: HDF5 does not check what filters return.
static bool read_filters(hid_t creation, chunking *c)
{
    int n = H5Pget_nfilters(creation);
    c->filtered = n > 0;
    for (int i = 0; i < n; i++) {
        unsigned flags;
        size_t n_values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &n_values, NULL, 0, NULL, NULL);
        if (filter == H5Z_FILTER_FLETCHER32)
            c->bytes += sizeof(uint32_t);
        else if (filter == H5Z_FILTER_DEFLATE)
            c->deflated = true;
        else if (filter != H5Z_FILTER_SHUFFLE)
            return false;
    }
    return true;
}

/// Is the chunk at a place there, fully filtered and of the right length? HDF5 reads beyond its
/// buffer otherwise.
static bool chunk_is_whole(const chunking *c, const hsize_t *at)
{
    hsize_t bytes;
    unsigned skipped;
    haddr_t address;
    // HDF5 1.10 finds what a chunk skipped by walking past all before it, or by reading the chunk.
    if (!c->filtered)
        return H5Dget_chunk_info_by_coord(c->dataset, at, &skipped, &address, &bytes) >= 0 &&
               address != HADDR_UNDEF && skipped == 0 && bytes == c->bytes;
    return H5Dget_chunk_storage_size(c->dataset, at, &bytes) >= 0 && bytes > 0 &&
           (c->deflated ? bytes <= most_bytes(c->bytes) : bytes == c->bytes) &&
           H5Dread_chunk(c->dataset, H5P_DEFAULT, at, &skipped, c->buffer) >= 0 && skipped == 0;
}

/// The index of chunks carries no checksum.
static bool chunks_are_whole(const chunking *c, hid_t space, int rank, const hsize_t *lengths)
{
    hsize_t n, expected = 1, at[PP_FILE_RANK] = {0};
    for (int d = 0; d < rank; d++)
        expected *= (lengths[d] - 1) / c->size[d] + 1;
    if (H5Dget_num_chunks(c->dataset, space, &n) < 0 || n != expected)
        return false;
    for (hsize_t i = 0; i < n; i++) {
        if (!chunk_is_whole(c, at))
            return false;
        for (int d = rank - 1; d >= 0; d--) {
            at[d] += c->size[d];
            if (at[d] < lengths[d])
                break;
            at[d] = 0;
        }
    }
    return true;
}

static const char no_memory[] = "does not fit into memory";

/// Reason why a dataset's values are not to be read, or NULL.
/// @param bytes of a value
static const char *storage_fault(hid_t dataset, hid_t creation, int rank, const hsize_t *lengths,
                                 hsize_t bytes)
{
    chunking c = {.dataset = dataset, .bytes = bytes};
    H5D_layout_t layout = H5Pget_layout(creation);
    if (layout == H5D_VIRTUAL || H5Pget_external_count(creation) != 0)
        return "is damaged: its values are in other files";
    if (layout != H5D_CHUNKED)
        return NULL;
    if (H5Pget_chunk(creation, PP_FILE_RANK, c.size) != rank)
        return "is damaged";
    for (int d = 0; d < rank; d++)
        c.bytes *= c.size[d];
    if (!read_filters(creation, &c))
        return "is packed by other filters than shuffle, deflate and Fletcher-32";
    if (c.filtered && !(c.buffer = malloc(most_bytes(c.bytes))))
        return no_memory;
    hid_t space = H5Dget_space(dataset);
    bool whole = space >= 0 && chunks_are_whole(&c, space, rank, lengths);
    pp_hdf5_close(space);
    free(c.buffer);
    return whole ? NULL : "is damaged";
}

static pp_status check_storage(const pp_results_file *file, hid_t dataset, const char *name,
                               bool text, int rank, const hsize_t *lengths, pp_error *error)
{
    enum { REFERENCE = 16 }; // to a text in the file's heap
    hid_t creation = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
    const char *fault = "is damaged";
    if (creation >= 0 && type >= 0)
        fault =
            storage_fault(dataset, creation, rank, lengths, text ? REFERENCE : H5Tget_size(type));
    pp_hdf5_close(type);
    pp_hdf5_close(creation);
    if (!fault)
        return PP_OK;
    return pp_error_set(error, fault == no_memory ? PP_ENOMEM : PP_EFORMAT, "%s: '%s' %s",
                        file->path, name, fault);
}

pp_status pp_file_check_dataset(const pp_results_file *file, hid_t dataset, const char *name,
                                const pp_dim *dims, bool text, size_t *count, pp_error *error)
{
    int rank = 0;
    hsize_t lengths[PP_FILE_RANK];
    H5T_class_t class = dataset_class(dataset);
    if (text ? class != H5T_STRING : class != H5T_INTEGER && class != H5T_FLOAT)
        return pp_error_set(error, PP_EFORMAT, "%s: '%s' has values of the wrong type", file->path,
                            name);
    if (!pp_file_lengths(dataset, &rank, lengths))
        return pp_file_malformed(file, "cannot read the shape of", name, error);
    *count = 1;
    for (int d = 0; d < rank; d++) {
        if (dims[d] == PP_DIM_NONE || lengths[d] != file->length[dims[d]])
            return pp_error_set(error, PP_EFORMAT, "%s: '%s' has the wrong shape", file->path,
                                name);
        if (__builtin_mul_overflow(*count, lengths[d], count))
            return pp_error_set(error, PP_EFORMAT, "%s: '%s' is impossibly large", file->path,
                                name);
    }
    if (dims[rank] != PP_DIM_NONE)
        return pp_error_set(error, PP_EFORMAT, "%s: '%s' has the wrong shape", file->path, name);
    if (*count / DEFLATE_LIMIT > H5Dget_storage_size(dataset) || *count > SIZE_MAX / 16)
        return pp_error_set(error, PP_EFORMAT,
                            "%s: '%s' claims %zu values, more than the file can hold", file->path,
                            name, *count);
    return check_storage(file, dataset, name, text, rank, lengths, error);
}

pp_status pp_file_read_strings(const pp_results_file *file, hid_t dataset, const char *name,
                               hid_t space, size_t count, char **texts, pp_error *error)
{
    hsize_t length = count;
    pp_status status = PP_OK;
    char **raw = calloc(count, sizeof *raw);
    hid_t type = pp_netcdf_string_type(), memory = H5Screate_simple(1, &length, NULL);
    hid_t transfer = pp_netcdf_transfer(PP_STRING);
    if (!raw)
        status = pp_file_out_of_memory(file, error);
    else if (type < 0 || memory < 0 || transfer < 0 ||
             H5Dread(dataset, type, memory, space, transfer, raw) < 0)
        status = pp_file_malformed(file, "cannot read", name, error);
    for (size_t i = 0; i < count && status == PP_OK; i++)
        if (!(texts[i] = pp_utf8_duplicate(raw[i] ? raw[i] : "")))
            status = pp_file_out_of_memory(file, error);
    if (raw && type >= 0 && memory >= 0)
        H5Dvlen_reclaim(type, memory, H5P_DEFAULT, raw);
    pp_hdf5_close(transfer);
    pp_hdf5_close(memory);
    pp_hdf5_close(type);
    free(raw);
    return status;
}

/// Open an attribute and check that it is one value of that class. Close it with H5Aclose.
static pp_status open_attribute(const pp_results_file *file, hid_t object, const char *name,
                                H5T_class_t class, hid_t *attribute, pp_error *error)
{
    *attribute = H5I_INVALID_HID;
    if (H5Aexists(object, name) <= 0)
        return pp_error_set(error, PP_EFORMAT, "%s: there is no attribute '%s'", file->path, name);
    *attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (*attribute < 0)
        return pp_file_malformed(file, "cannot open attribute", name, error);
    hid_t type = H5Aget_type(*attribute), space = H5Aget_space(*attribute);
    bool ok = type >= 0 && space >= 0 && H5Tget_class(type) == class &&
              H5Sget_simple_extent_npoints(space) == 1 &&
              (class != H5T_STRING || H5Tis_variable_str(type) > 0);
    pp_hdf5_close(space);
    pp_hdf5_close(type);
    if (ok)
        return PP_OK;
    H5Aclose(*attribute);
    *attribute = H5I_INVALID_HID;
    return pp_error_set(error, PP_EFORMAT, "%s: attribute '%s' is of the wrong type", file->path,
                        name);
}

pp_status pp_file_read_text(const pp_results_file *file, hid_t object, const char *name,
                            char **text, pp_error *error)
{
    *text = NULL;
    hid_t attribute;
    char *raw = NULL;
    PP_TRY(open_attribute(file, object, name, H5T_STRING, &attribute, error));
    pp_status status = PP_OK;
    hid_t type = pp_netcdf_string_type();
    if (type < 0 || H5Aread(attribute, type, &raw) < 0)
        status = pp_file_malformed(file, "cannot read attribute", name, error);
    else if (!(*text = pp_utf8_duplicate(raw && strcmp(raw, " ") != 0 ? raw : "")))
        status = pp_file_out_of_memory(file, error);
    H5free_memory(raw);
    pp_hdf5_close(type);
    H5Aclose(attribute);
    return status;
}

pp_status pp_file_read_integer(const pp_results_file *file, const char *name, hid_t type,
                               void *value, pp_error *error)
{
    hid_t attribute;
    PP_TRY(open_attribute(file, file->file, name, H5T_INTEGER, &attribute, error));
    pp_status status = PP_OK;
    if (H5Aread(attribute, type, value) < 0)
        status = pp_file_malformed(file, "cannot read attribute", name, error);
    H5Aclose(attribute);
    return status;
}
