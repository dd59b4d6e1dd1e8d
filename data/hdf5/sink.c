// HDF5's file driver for a descriptor whose writes never fail in HDF5's eyes.
#include "data/hdf5/sink.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/file/transfer.h"

struct pp_sink_block {
    pp_sink_block *newer;
    haddr_t address;
    size_t size;
    unsigned char bytes[];
};

/// HDF5's view of an open file; `pub` must come first.
typedef struct sink_file {
    H5FD_t pub;
    pp_sink *sink;
    haddr_t end_of_allocation, end_of_file;
} sink_file;

#define ADDRESS_MAX (((haddr_t)1 << (8 * sizeof(off_t) - 1)) - 1)

static void remember(pp_sink *sink, int error)
{
    if (sink->error == 0)
        sink->error = error ? error : EIO;
}

/// pread; what lies beyond the end of the file is zero. errno of the failure, or 0.
static int read_all(int fd, haddr_t address, size_t size, unsigned char *bytes)
{
    while (size > 0) {
        ssize_t n = pread(fd, bytes, size, (off_t)address);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0) {
            memset(bytes, 0, size);
            return 0;
        }
        bytes += n;
        address += (haddr_t)n;
        size -= (size_t)n;
    }
    return 0;
}

static herr_t keep_lost(pp_sink *sink, haddr_t address, size_t size, const void *bytes)
{
    if (size > SIZE_MAX - sizeof(pp_sink_block))
        return -1;
    pp_sink_block *block = malloc(sizeof *block + size);
    if (!block)
        return -1;
    block->newer = NULL;
    block->address = address;
    block->size = size;
    memcpy(block->bytes, bytes, size);
    if (sink->last_lost)
        sink->last_lost->newer = block;
    else
        sink->lost = block;
    sink->last_lost = block;
    return 0;
}

/// Lay what was lost over what was read, oldest first.
static void overlay_lost(const pp_sink_block *block, haddr_t address, size_t size,
                         unsigned char *bytes)
{
    for (; block; block = block->newer) {
        haddr_t from = block->address > address ? block->address : address;
        haddr_t end = address + size, block_end = block->address + block->size;
        haddr_t to = block_end < end ? block_end : end;
        if (from < to)
            memcpy(bytes + (from - address), block->bytes + (from - block->address),
                   (size_t)(to - from));
    }
}

static H5FD_t *sink_open(const char *name, unsigned flags, hid_t access, haddr_t address_max)
{
    (void)name;
    (void)address_max;
    pp_sink *const *info = H5Pget_driver_info(access);
    sink_file *file = info ? calloc(1, sizeof *file) : NULL;
    if (!file)
        return NULL;
    file->sink = *info;
    struct stat about;
    if ((flags & H5F_ACC_TRUNC) && ftruncate(file->sink->fd, 0) != 0)
        remember(file->sink, errno);
    if (fstat(file->sink->fd, &about) != 0)
        remember(file->sink, errno);
    else
        file->end_of_file = (haddr_t)about.st_size;
    return &file->pub;
}

static herr_t sink_close(H5FD_t *pub)
{
    free(pub);
    return 0;
}

static herr_t sink_query(const H5FD_t *pub, unsigned long *flags)
{
    (void)pub;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t sink_get_eoa(const H5FD_t *pub, H5FD_mem_t type)
{
    (void)type;
    return ((const sink_file *)pub)->end_of_allocation;
}

static herr_t sink_set_eoa(H5FD_t *pub, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((sink_file *)pub)->end_of_allocation = address;
    return 0;
}

static haddr_t sink_get_eof(const H5FD_t *pub, H5FD_mem_t type)
{
    (void)type;
    return ((const sink_file *)pub)->end_of_file;
}

static herr_t sink_read(H5FD_t *pub, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                        void *buffer)
{
    (void)type;
    (void)transfer;
    pp_sink *sink = ((sink_file *)pub)->sink;
    int error = read_all(sink->fd, address, size, buffer);
    if (error) {
        remember(sink, error);
        memset(buffer, 0, size);
    }
    overlay_lost(sink->lost, address, size, buffer);
    return error ? -1 : 0;
}

static herr_t sink_write(H5FD_t *pub, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                         const void *buffer)
{
    (void)type;
    (void)transfer;
    sink_file *file = (sink_file *)pub;
    if (address + size > file->end_of_file)
        file->end_of_file = address + size;
    if (file->sink->error == 0) {
        if (pp_write_exactly(file->sink->fd, (off_t)address, size, buffer))
            return 0;
        remember(file->sink, errno);
    }
    return keep_lost(file->sink, address, size, buffer);
}

static herr_t sink_truncate(H5FD_t *pub, hid_t transfer, hbool_t closing)
{
    (void)transfer;
    (void)closing;
    sink_file *file = (sink_file *)pub;
    if (file->end_of_file == file->end_of_allocation)
        return 0;
    if (file->sink->error == 0 && ftruncate(file->sink->fd, (off_t)file->end_of_allocation) != 0)
        remember(file->sink, errno);
    file->end_of_file = file->end_of_allocation;
    return 0;
}

static const H5FD_class_t sink_class = {
#ifdef H5FD_CLASS_VERSION
    .version = H5FD_CLASS_VERSION,
    .value = 513, // beyond 511 values are free for unregistered drivers
#endif
    .name = "pursuit_sink",
    .maxaddr = ADDRESS_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(pp_sink *),
    .open = sink_open,
    .close = sink_close,
    .query = sink_query,
    .get_eoa = sink_get_eoa,
    .set_eoa = sink_set_eoa,
    .get_eof = sink_get_eof,
    .read = sink_read,
    .write = sink_write,
    .truncate = sink_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t pp_sink_access(pp_sink *sink)
{
    sink->driver = H5FDregister(&sink_class);
    if (sink->driver < 0)
        return H5I_INVALID_HID;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && H5Pset_driver(access, sink->driver, &sink) < 0) {
        H5Pclose(access);
        access = H5I_INVALID_HID;
    }
    return access;
}

void pp_sink_release(pp_sink *sink)
{
    while (sink->lost) {
        pp_sink_block *newer = sink->lost->newer;
        free(sink->lost);
        sink->lost = newer;
    }
    sink->last_lost = NULL;
    if (sink->driver > 0)
        H5FDunregister(sink->driver);
    sink->driver = 0;
}
