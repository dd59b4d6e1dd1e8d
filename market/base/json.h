/// @file
/// @internal
/// Writing JSON into a buffer: indented, keys in the order given.
#ifndef PURSUIT_MARKET_BASE_JSON_H
#define PURSUIT_MARKET_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "market/base/buffer.h"

/// Zero-initialise. `out` has the text, and remembers if memory ran out.
typedef struct pp_json {
    pp_buffer out;
    size_t depth;
    bool begun; ///< the innermost object or array has an element already
} pp_json;

// `key` is the member's name, or NULL within an array and for the outermost value.
void pp_json_open(pp_json *json, const char *key, char bracket); ///< '{' or '['
/// '}' or ']'. The outermost one is followed by a newline.
void pp_json_close(pp_json *json, char bracket);
/// A number that is not finite is null.
void pp_json_number(pp_json *json, const char *key, double value);
/// A list of numbers. @param values [n]
void pp_json_numbers(pp_json *json, const char *key, const double *values, size_t n);
void pp_json_integer(pp_json *json, const char *key, int64_t value);
void pp_json_unsigned(pp_json *json, const char *key, uint64_t value);
void pp_json_boolean(pp_json *json, const char *key, bool value);
/// As pp_buffer_quote; NULL is null.
void pp_json_string(pp_json *json, const char *key, const char *text);
/// A value that is JSON already.
void pp_json_raw(pp_json *json, const char *key, const char *value);

#endif
