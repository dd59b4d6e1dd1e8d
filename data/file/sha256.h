/// @file
/// @internal
/// SHA-256 (FIPS 180-4), so that a file which took part in a run can be told from any other, with
/// no more than `sha256sum`.
#ifndef PURSUIT_DATA_FILE_SHA256_H
#define PURSUIT_DATA_FILE_SHA256_H

#include <stddef.h>

#include "market/base/error.h"

enum { PP_SHA256_TEXT = 65 }; ///< 64 hexadecimal digits and a NUL

/// Of n bytes. @param text [PP_SHA256_TEXT] lower-case hexadecimal digits
void pp_sha256(const void *bytes, size_t n, char text[PP_SHA256_TEXT]);

/// Of what an open file holds from its present place to its end.
/// @return PP_OK, or PP_EIO with the system's reason
pp_status pp_sha256_file(int fd, char text[PP_SHA256_TEXT], pp_error *error);

#endif
