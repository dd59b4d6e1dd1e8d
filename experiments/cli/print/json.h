/// @file
/// @internal
/// Writing JSON: indented, keys in the order given, text escaped, what is not finite as null.
#ifndef PURSUIT_EXPERIMENTS_CLI_PRINT_JSON_H
#define PURSUIT_EXPERIMENTS_CLI_PRINT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct pp_json {
    FILE *out;
    int depth;
    bool begun; ///< the innermost object or array has an element already
} pp_json;

// `key` is the member's name, or NULL within an array and for the outermost value.
void pp_json_open(pp_json *json, const char *key, char bracket); ///< '{' or '['
void pp_json_close(pp_json *json, char bracket);                 ///< '}' or ']'
void pp_json_number(pp_json *json, const char *key, double value);
void pp_json_integer(pp_json *json, const char *key, int64_t value);
void pp_json_unsigned(pp_json *json, const char *key, uint64_t value);
void pp_json_boolean(pp_json *json, const char *key, bool value);
/// Text that is not UTF-8 has its offending bytes replaced; NULL is null.
void pp_json_string(pp_json *json, const char *key, const char *text);

#endif
