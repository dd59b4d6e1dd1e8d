/// @file
/// @internal
/// The identity of the build that a checkpoint is of, more exact than a version and a commit.
#ifndef PURSUIT_MARKET_BASE_BUILD_ID_H
#define PURSUIT_MARKET_BASE_BUILD_ID_H

/// Checksum of the library's sources, the compiler and its flags, from when this was built; static.
/// @return SHA-256 in hexadecimal digits
const char *pp_build_id(void);

#endif
