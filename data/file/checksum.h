/// @file
/// @internal
/// A quick checksum of 64 bits that finds what a fault or a cut has done to a file. It is no
/// defence against somebody who means to deceive.
#ifndef PURSUIT_DATA_FILE_CHECKSUM_H
#define PURSUIT_DATA_FILE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// Start with a number, such as how many bytes will follow.
uint64_t pp_checksum_start(uint64_t number);
/// Go on with n bytes, as little-endian words; the last one is filled up with zeros.
uint64_t pp_checksum_add(uint64_t checksum, const void *bytes, size_t n);

#endif
