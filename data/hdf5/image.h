/// @file
/// @internal
/// An HDF5 file in memory: made by HDF5, and then the few of its own structures that change with
/// its contents, found by reading them as its file format specification has them (sections II.A and
/// IV.A): the superblock, which tells where the file ends, and the header of the root group with
/// its attributes. Both end in checksums. What is not exactly as expected is not an image.
#ifndef PURSUIT_DATA_HDF5_IMAGE_H
#define PURSUIT_DATA_HDF5_IMAGE_H

#include <hdf5.h>
#include <stdbool.h>

#include "market/base/error.h"

/// HDF5 tells files in memory apart by their names: one like this is nobody else's.
#define PP_IMAGE_NAME "pursuit: a file in memory"

enum { PP_IMAGE_CHUNKS = 16 };

/// Zero-initialise. An object header is in chunks, of which each has its checksum behind it.
typedef struct pp_image {
    unsigned char *bytes;
    size_t n;
    size_t prefix, message; ///< bytes before the messages of the first chunk, and before each
    size_t n_chunks;
    struct {
        size_t start, end;
    } chunk[PP_IMAGE_CHUNKS]; ///< of the root group's header, checksum excluded
} pp_image;

/// Access properties of a file that is only in memory. Close it with H5Pclose.
/// @param bytes [n] of the file to open, which HDF5 copies; NULL for a new one
/// @return the list, or a negative value as HDF5 does
hid_t pp_image_access(const unsigned char *bytes, size_t n);

/// Copy a file made with that access, and find its structures.
/// @return PP_OK; PP_EIO; PP_EFORMAT if it is not as expected; PP_ENOMEM
pp_status pp_image_take(hid_t file, pp_image *image, pp_error *error);
void pp_image_release(pp_image *image); ///< safe on a zeroed one

/// Place of the value of an attribute of the root group.
/// @param size of the value, in bytes
/// @return 0 if there is no such attribute, or it is of another size
size_t pp_image_attribute(const pp_image *image, const char *name, size_t size);
/// Place of the values of a contiguous dataset.
/// @param size of all of them, in bytes
/// @return 0 if there is no such dataset, or it is stored otherwise or of another size
size_t pp_image_dataset(hid_t file, const pp_image *image, const char *path, size_t size);

/// Say in a copy of the image that the file ends there, and make its checksums hold again.
/// @param bytes [at least end]
void pp_image_finish(const pp_image *image, unsigned char *bytes, size_t end);

#endif
