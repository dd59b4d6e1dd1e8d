/// @file
/// @internal
/// Whole numbers as HDF5's own structures have them: little-endian, of 1 to 8 bytes, in any place.
#ifndef PURSUIT_DATA_HDF5_BYTES_H
#define PURSUIT_DATA_HDF5_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t pp_bytes_get(const unsigned char *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t b = n; b-- > 0;)
        value = value << 8 | bytes[b];
    return value;
}

static inline void pp_bytes_put(unsigned char *bytes, size_t n, uint64_t value)
{
    for (size_t b = 0; b < n; b++)
        bytes[b] = (unsigned char)(value >> 8 * b);
}

#endif
