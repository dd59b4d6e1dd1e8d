// The life of an HDF5 file that is being written: create, close, seal, or give up.
#include "data/hdf5/container.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "data/hdf5/netcdf.h"
#include "data/hdf5/seal.h"

void pp_container_init(pp_container *container)
{
    *container = (pp_container){.output.fd = -1, .file = H5I_INVALID_HID};
}

pp_status pp_container_create(pp_container *container, uint64_t most_chunks, pp_error *error)
{
    const char *name = container->output.partial;
    container->sink = calloc(1, sizeof *container->sink);
    if (!container->sink)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    container->sink->fd = container->output.fd;
    hid_t access = pp_sink_access(container->sink);
    if (access < 0)
        return pp_hdf5_fail(error, PP_EIO, "opening", name);
    pp_status status = pp_netcdf_create(name, access, most_chunks, &container->file, error);
    H5Pclose(access);
    return status;
}

/// False if HDF5 cannot close the file: then the sink is left to it, detached from the descriptor,
/// because HDF5 will try again when the process exits.
static bool close_file(pp_container *container)
{
    bool closed = container->file < 0 || H5Fclose(container->file) >= 0;
    container->file = H5I_INVALID_HID;
    if (!closed && container->sink) {
        container->sink->fd = -1;
        container->sink->error = EIO;
        container->sink = NULL;
    }
    return closed;
}

pp_status pp_container_finish(pp_container *container, pp_error *error)
{
    // Last of all, so that a file that has it has everything.
    PP_TRY(pp_netcdf_attribute_text(container->file, "status", "complete", error));
    if (!close_file(container))
        return pp_hdf5_fail(error, PP_EIO, "closing", container->output.partial);
    PP_TRY(pp_container_written(container));
    return pp_seal_write(container->output.fd, error);
}

pp_status pp_container_written(const pp_container *container)
{
    return container->sink && container->sink->error ? PP_EIO : PP_OK;
}

pp_status pp_container_fail(const pp_container *container, pp_status status, const pp_error *cause,
                            pp_error *error)
{
    const char *name = container->output.partial;
    if (pp_container_written(container) != PP_OK)
        return pp_error_set(error, PP_EIO, "cannot write '%s': %s", name,
                            strerror(container->sink->error));
    return pp_error_set(error, status, "cannot write '%s': %s", name,
                        cause->message[0] ? cause->message : pp_status_text(status));
}

void pp_container_release(pp_container *container)
{
    close_file(container);
    if (container->sink)
        pp_sink_release(container->sink);
    free(container->sink);
    container->sink = NULL;
    pp_output_abandon(&container->output); // does nothing after a commit
}
