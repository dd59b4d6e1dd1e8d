/// @file
/// A text that grows. A failed allocation is remembered, so that only the end has to be checked.
#ifndef PURSUIT_MARKET_BASE_BUFFER_H
#define PURSUIT_MARKET_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "market/base/error.h"

enum { PP_NUMBER_MAX = 40 };

/// Zero-initialise.
typedef struct pp_buffer {
    char *text;
    size_t n, capacity;
    bool failed;
} pp_buffer;

void pp_buffer_add(pp_buffer *buffer, const char *format, ...) PP_PRINTF(2, 3);
/// n spaces.
void pp_buffer_indent(pp_buffer *buffer, size_t n);
/// A text in double quotes, escaped such that both YAML and JSON read it back. A byte that is not
/// UTF-8 becomes U+FFFD.
void pp_buffer_quote(pp_buffer *buffer, const char *text);
/// The finished text, the caller's to free; NULL if memory ran out. The buffer is empty afterwards.
char *pp_buffer_take(pp_buffer *buffer);

/// As pp_format_real, in a form that is a number to YAML 1.1, YAML 1.2 and JSON alike.
/// @return text
const char *pp_number_text(double value, char text[PP_NUMBER_MAX]);

#endif
