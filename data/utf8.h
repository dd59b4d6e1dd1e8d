/// @file
/// UTF-8, as far as text that leaves the program needs it: readers of netCDF fail on invalid bytes.
#ifndef PURSUIT_DATA_UTF8_H
#define PURSUIT_DATA_UTF8_H

#include <stddef.h>

#include "market/error.h"

/// Bytes of the well-formed character at the start of text (1 to 4), or 0 if there is none.
/// @param n bytes available
PP_API size_t pp_utf8_character(const char *text, size_t n);

/// Copy as much of a string as fits, whole characters only; a byte that is not UTF-8 becomes '?'.
/// @param to [size] ends in a NUL; size is at least 1
void pp_utf8_copy(char *to, size_t size, const char *from);

/// The whole string, repaired the same way; malloc'd, NULL if out of memory.
char *pp_utf8_duplicate(const char *from);

#endif
