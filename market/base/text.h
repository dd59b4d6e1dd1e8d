/// @file
/// Numbers as text, with a decimal point whatever locale the host program runs in.
/// Threads: safe.
#ifndef PURSUIT_MARKET_BASE_TEXT_H
#define PURSUIT_MARKET_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

#include "market/base/error.h"

enum { PP_REAL_MAX = 32 };

/// As strtod, in the C locale.
double pp_parse_real(const char *text, char **end);

/// The shortest decimal of 15 to 17 digits that reads back as the same finite number. Leaves errno.
/// @return text
const char *pp_format_real(double value, char text[PP_REAL_MAX]);

/// As snprintf, in the C locale.
int pp_print(char *text, size_t size, const char *format, ...) PP_PRINTF(3, 4);
/// As vsnprintf, in the C locale.
int pp_vprint(char *text, size_t size, const char *format, va_list arguments) PP_PRINTF(3, 0);

#endif
