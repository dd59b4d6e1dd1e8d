// HDF5's virtual datasets. A name of a file that is not absolute is looked for in the folder of the
// file that refers to it, with nothing for a reader to set.
#include <stdlib.h>
#include <string.h>

#include "data/hdf5_error.h"
#include "data/merge_block.h"
#include "data/merge_parts.h"

/// HDF5 takes "%b" in a name for the number of a block, and "%%" for a percent sign; malloc'd.
static char *without_formats(const char *name)
{
    char *to = malloc(2 * strlen(name) + 1), *at = to;
    for (; to && *name; name++) {
        if (*name == '%')
            *at++ = '%';
        *at++ = *name;
    }
    if (to)
        *at = '\0';
    return to;
}

/// Where in the variable of the merged file a run's own stands.
static bool select_run(const pp_merge_file *file, size_t run, hid_t space, size_t rank,
                       const hsize_t *own)
{
    hsize_t start[PP_NETCDF_RANK] = {0}, count[PP_NETCDF_RANK];
    uint64_t one[PP_NETCDF_RANK], at[PP_NETCDF_RANK];
    pp_merge_block(file->rank, file->dims, 1, one);
    pp_merge_block_at(file->rank, file->dims, one, run, at, one);
    for (size_t d = 0; d < file->rank; d++) {
        start[d] = at[d];
        count[d] = 1;
    }
    for (size_t d = 0; d < rank; d++)
        count[file->rank + d] = own[d];
    return H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0;
}

static pp_status map_run(const pp_merge_file *file, size_t id, size_t run, hid_t space, hid_t list,
                         pp_error *error)
{
    const pp_dim *dims = pp_variables[id].dims;
    char path[PP_FILE_PATH];
    hsize_t own[PP_FILE_RANK];
    size_t rank = 0;
    for (; dims[rank] != PP_DIM_NONE; rank++) {
        own[rank] = file->survey->shapes[run].stamp.length[dims[rank]];
        if (own[rank] == 0)
            return PP_OK; // the run is without it
    }
    pp_merge_path(id, path);
    char *name = without_formats(file->sweep->runs[run].link);
    if (!name)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status = PP_OK;
    hid_t source = H5Screate_simple((int)rank, own, NULL);
    if (source < 0 || !select_run(file, run, space, rank, own) ||
        H5Pset_virtual(list, space, name, path, source) < 0)
        status = pp_hdf5_fail(error, PP_EIO, "referring to", file->sweep->runs[run].link);
    if (source >= 0)
        H5Sclose(source);
    free(name);
    return status;
}

/// Data space of the whole variable, or a negative value.
static hid_t whole_space(const pp_merge_file *file, size_t id)
{
    hsize_t lengths[PP_NETCDF_RANK];
    uint64_t own[PP_FILE_RANK];
    size_t rank = pp_merge_lengths(file->survey, pp_variables[id].dims, own);
    for (size_t d = 0; d < file->rank; d++)
        lengths[d] = file->dims[d];
    for (size_t d = 0; d < rank; d++)
        lengths[file->rank + d] = own[d];
    return H5Screate_simple((int)(file->rank + rank), lengths, NULL);
}

pp_status pp_merge_links(const pp_merge_file *file, size_t id, hid_t *list, pp_error *error)
{
    pp_status status = PP_OK;
    hid_t space = whole_space(file, id);
    *list = H5Pcreate(H5P_DATASET_CREATE);
    if (space < 0 || *list < 0)
        status = pp_hdf5_fail(error, PP_EIO, "creating variable", pp_variables[id].name);
    for (size_t run = 0; run < file->sweep->n_runs && status == PP_OK; run++)
        if (file->survey->states[run] == PP_MERGE_COMPLETE && file->survey->shapes[run].has[id])
            status = map_run(file, id, run, space, *list, error);
    if (space >= 0)
        H5Sclose(space);
    return status;
}
