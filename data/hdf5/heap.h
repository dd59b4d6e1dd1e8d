/// @file
/// @internal
/// A global heap collection of HDF5 written by hand: the texts of variable length of a file, one
/// after the other, as HDF5 itself lays them in an empty collection (section III.E of its file
/// format specification).
#ifndef PURSUIT_DATA_HDF5_HEAP_H
#define PURSUIT_DATA_HDF5_HEAP_H

#include <stddef.h>

enum {
    PP_HEAP_REFERENCE = 16, ///< bytes of an element that refers to a text: length, address, number
    PP_HEAP_TEXTS = 65535,  ///< most texts of a collection
};

/// A text and the element that refers to it.
typedef struct pp_heap_text {
    const char *text; ///< UTF-8
    size_t length;    ///< less than 2^32
    size_t place;     ///< of its element in the file
} pp_heap_text;

/// Bytes of a collection of n texts, at most PP_HEAP_TEXTS; a multiple of 8.
size_t pp_heap_bytes(const pp_heap_text *texts, size_t n);

/// Write the collection and the elements that refer to its texts.
/// @param image of the file; zeros from `address` on for as many bytes as the collection has
void pp_heap_write(const pp_heap_text *texts, size_t n, unsigned char *image, size_t address);

#endif
