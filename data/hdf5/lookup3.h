/// @file
/// @internal
/// Bob Jenkins' lookup3, a hash in the public domain: the checksum that HDF5 keeps with its
/// superblock and with object headers.
#ifndef PURSUIT_DATA_HDF5_LOOKUP3_H
#define PURSUIT_DATA_HDF5_LOOKUP3_H

#include <stddef.h>
#include <stdint.h>

/// Of n bytes, started from 0 as HDF5 does.
uint32_t pp_lookup3(const unsigned char *bytes, size_t n);

#endif
