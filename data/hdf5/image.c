// Files in memory, and the structures of HDF5 in them that change with their contents.
#include "data/hdf5/image.h"

#include <stdlib.h>
#include <string.h>

#include "data/hdf5/bytes.h"
#include "data/hdf5/error.h"
#include "data/hdf5/lookup3.h"

enum { CHECKSUM = 4, GROWTH = 1 << 16 };

/// The superblock of version 2 or 3 with offsets and lengths of 8 bytes.
enum { BASE = 12, END = 28, ROOT = 36, SUPERBLOCK = 44 };

/// Messages of an object header.
enum { ATTRIBUTE = 0x0C, CONTINUATION = 0x10 };

hid_t pp_image_access(const unsigned char *bytes, size_t n)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    // Without blocks of space that HDF5 keeps for what may come, an image has no unused ends.
    bool ok = access >= 0 && H5Pset_fapl_core(access, GROWTH, false) >= 0 &&
              H5Pset_meta_block_size(access, 0) >= 0 &&
              H5Pset_small_data_block_size(access, 0) >= 0 &&
              H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
              (!bytes || H5Pset_file_image(access, (void *)(uintptr_t)bytes, n) >= 0);
    if (!ok && access >= 0) {
        H5Pclose(access);
        access = H5I_INVALID_HID;
    }
    return access;
}

static bool checksum_holds(const unsigned char *bytes, size_t start, size_t end)
{
    return pp_bytes_get(bytes + end, CHECKSUM) == pp_lookup3(bytes + start, end - start);
}

static void put_checksum(unsigned char *bytes, size_t start, size_t end)
{
    pp_bytes_put(bytes + end, CHECKSUM, pp_lookup3(bytes + start, end - start));
}

/// Address of the root group's header; 0 if the superblock is not as expected. Its checksum does
/// not hold in a copy: H5Fget_file_image clears the flag of a file open for writing after it.
static size_t find_root(const pp_image *image)
{
    const unsigned char *b = image->bytes;
    if (image->n < SUPERBLOCK + CHECKSUM || memcmp(b, "\211HDF\r\n\032\n", 8) != 0 || b[8] < 2 ||
        b[8] > 3 || b[9] != 8 || b[10] != 8 || pp_bytes_get(b + BASE, 8) != 0 ||
        pp_bytes_get(b + END, 8) != image->n)
        return 0;
    uint64_t root = pp_bytes_get(b + ROOT, 8);
    return root < image->n ? (size_t)root : 0;
}

/// Add a chunk from `start` up to its checksum, which ends at `start + size`.
static bool add_chunk(pp_image *image, uint64_t start, uint64_t size)
{
    if (image->n_chunks == PP_IMAGE_CHUNKS || start > image->n || size > image->n - start ||
        size < 2 * CHECKSUM)
        return false;
    size_t end = (size_t)(start + size) - CHECKSUM;
    if (!checksum_holds(image->bytes, (size_t)start, end))
        return false;
    image->chunk[image->n_chunks].start = (size_t)start;
    image->chunk[image->n_chunks++].end = end;
    return true;
}

/// The start of a header of version 2.
static bool read_prefix(pp_image *image, size_t root)
{
    enum { TIMES = 16, PHASES = 4, LONGEST = 6 + TIMES + PHASES + 8 };
    const unsigned char *b = image->bytes + root;
    if (image->n - root < LONGEST || memcmp(b, "OHDR\2", 5) != 0)
        return false;
    unsigned flags = b[5];
    size_t width = (size_t)1 << (flags & 3), at = 6;
    at += (flags & 0x20 ? TIMES : 0) + (flags & 0x10 ? PHASES : 0);
    uint64_t size = pp_bytes_get(b + at, width);
    image->prefix = at + width;
    image->message = flags & 4 ? 6 : 4;
    return size < image->n && add_chunk(image, root, image->prefix + size + CHECKSUM);
}

/// A message of a header.
typedef struct message {
    unsigned type, flags;
    size_t at, bytes; ///< of its contents
} message;

/// The message that starts at `at`, and where the next one starts; false after the last.
static bool next_message(const pp_image *image, size_t end, size_t *at, message *m)
{
    size_t head = image->message;
    if (*at > end || end - *at < head)
        return false;
    const unsigned char *b = image->bytes + *at;
    *m = (message){.type = b[0], .flags = b[3], .at = *at + head, .bytes = pp_bytes_get(b + 1, 2)};
    if (m->bytes > end - m->at)
        return false;
    *at = m->at + m->bytes;
    return true;
}

/// Is the message an attribute of that name with a value of `size` bytes? Place of the value.
static size_t value_place(const pp_image *image, const message *m, const char *name, size_t size)
{
    enum { HEAD = 9 }; // of an attribute message of version 3
    const unsigned char *b = image->bytes + m->at;
    if (m->type != ATTRIBUTE || m->flags & 2 || m->bytes < HEAD || b[0] != 3 || b[1] != 0)
        return 0;
    size_t length = pp_bytes_get(b + 2, 2), type = pp_bytes_get(b + 4, 2);
    size_t before = HEAD + length + type + pp_bytes_get(b + 6, 2); // the last: of the dataspace
    if (before + size != m->bytes || length != strlen(name) + 1 ||
        memcmp(b + HEAD, name, length) != 0)
        return 0;
    return m->at + before;
}

/// Where the messages of a chunk start.
static size_t first_message(const pp_image *image, size_t chunk)
{
    enum { SIGNATURE = 4 };
    return image->chunk[chunk].start + (chunk == 0 ? image->prefix : SIGNATURE);
}

/// Add all chunks that messages lead to.
static bool find_chunks(pp_image *image)
{
    message m;
    for (size_t i = 0; i < image->n_chunks; i++) {
        size_t at = first_message(image, i);
        while (next_message(image, image->chunk[i].end, &at, &m)) {
            const unsigned char *b = image->bytes + m.at;
            if (m.type == CONTINUATION &&
                (m.bytes < 16 || !add_chunk(image, pp_bytes_get(b, 8), pp_bytes_get(b + 8, 8))))
                return false;
        }
    }
    return true;
}

size_t pp_image_attribute(const pp_image *image, const char *name, size_t size)
{
    message m;
    size_t place = 0;
    for (size_t i = 0; i < image->n_chunks && place == 0; i++) {
        size_t at = first_message(image, i);
        while (place == 0 && next_message(image, image->chunk[i].end, &at, &m))
            place = value_place(image, &m, name, size);
    }
    return place;
}

static pp_status find_structures(pp_image *image, pp_error *error)
{
    size_t root = find_root(image);
    if (root == 0 || !read_prefix(image, root) || !find_chunks(image))
        return pp_error_set(error, PP_EFORMAT, "the root group is not as expected");
    return PP_OK;
}

pp_status pp_image_take(hid_t file, pp_image *image, pp_error *error)
{
    *image = (pp_image){0};
    ssize_t n = H5Fflush(file, H5F_SCOPE_LOCAL) < 0 ? -1 : H5Fget_file_image(file, NULL, 0);
    if (n <= 0)
        return pp_hdf5_fail(error, PP_EIO, "copying", "a file in memory");
    image->n = (size_t)n;
    image->bytes = malloc(image->n);
    if (!image->bytes)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status = PP_OK;
    if (H5Fget_file_image(file, image->bytes, image->n) != n)
        status = pp_hdf5_fail(error, PP_EIO, "copying", "a file in memory");
    if (status == PP_OK)
        status = find_structures(image, error);
    if (status != PP_OK)
        pp_image_release(image);
    return status;
}

void pp_image_release(pp_image *image)
{
    free(image->bytes);
    *image = (pp_image){0};
}

size_t pp_image_dataset(hid_t file, const pp_image *image, const char *path, size_t size)
{
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    haddr_t address = dataset < 0 ? HADDR_UNDEF : H5Dget_offset(dataset); // none of chunks
    bool fits = address != HADDR_UNDEF && address > 0 && address <= image->n &&
                size <= image->n - address && H5Dget_storage_size(dataset) == size;
    pp_hdf5_close(dataset);
    return fits ? (size_t)address : 0;
}

void pp_image_finish(const pp_image *image, unsigned char *bytes, size_t end)
{
    pp_bytes_put(bytes + END, 8, end);
    put_checksum(bytes, 0, SUPERBLOCK);
    for (size_t i = 0; i < image->n_chunks; i++)
        put_checksum(bytes, image->chunk[i].start, image->chunk[i].end);
}
