/// @file
/// @internal
/// UTF-8, as far as text that leaves the program needs it: readers of netCDF fail on invalid bytes.
#ifndef PURSUIT_MARKET_BASE_UTF8_H
#define PURSUIT_MARKET_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/// Bytes of the well-formed character at the start of text (1 to 4), or 0 if there is none.
/// @param n bytes available
size_t pp_utf8_character(const char *text, size_t n);

/// Is the string well-formed throughout?
bool pp_utf8_valid(const char *text);

/// Copy as much of a string as fits, whole characters only; a byte that is not UTF-8 becomes '?'. A
/// text that had to be cut ends in "...", where there is room for that.
/// @param to [size] ends in a NUL; size is at least 1
void pp_utf8_copy(char *to, size_t size, const char *from);

/// The whole string, repaired the same way; malloc'd, NULL if out of memory.
char *pp_utf8_duplicate(const char *from);

#endif
