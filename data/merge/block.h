/// @file
/// @internal
/// Blocks of runs: what is written at once, and what makes a chunk.
#ifndef PURSUIT_DATA_MERGE_BLOCK_H
#define PURSUIT_DATA_MERGE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The greatest block of at most `fit` places that follow one another in row-major order: inner
/// dimensions whole, then one cut to a power of two, outer ones of length 1. A block for a smaller
/// `fit` divides one for a greater.
/// @param fit 0 counts as 1
/// @param block [rank]
/// @return its places
uint64_t pp_merge_block(size_t rank, const uint64_t *dims, uint64_t fit, uint64_t *block);

/// The block that starts with a place: where it starts, and how long it is along each dimension,
/// less at the edges.
/// @param first a place at which a block starts
/// @param start, count [rank]
/// @return its places
uint64_t pp_merge_block_at(size_t rank, const uint64_t *dims, const uint64_t *block, uint64_t first,
                           uint64_t *start, uint64_t *count);

#endif
