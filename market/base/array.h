/// @file
/// @internal
/// Arrays that grow, and arrays for vector instructions.
#ifndef PURSUIT_MARKET_BASE_ARRAY_H
#define PURSUIT_MARKET_BASE_ARRAY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// Make room for one element more than n; capacities double.
/// @param size bytes of an element
/// @return the array, which may have moved; NULL if out of memory, and the array stays as it is
static inline void *pp_array_grow(void *array, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return array;
    size_t more = *capacity ? 2 * *capacity : 16;
    void *grown = more <= SIZE_MAX / size ? realloc(array, more * size) : NULL;
    if (grown)
        *capacity = more;
    return grown;
}

/// Numbers that no two loads of a vector split between lines of the cache: 64-byte boundaries.
/// @return [n] zeros, which free() frees; NULL if out of memory
static inline double *pp_array_reals(size_t n)
{
    const size_t line = 64;
    if (n > (SIZE_MAX - line) / sizeof(double))
        return NULL;
    size_t bytes = (n * sizeof(double) + line) / line * line;
    double *made = aligned_alloc(line, bytes);
    return made ? memset(made, 0, bytes) : NULL;
}

#endif
