// A writer of JSON.
#include "market/base/json.h"

#include <inttypes.h>
#include <math.h>

static void begin_value(pp_json *json, const char *key)
{
    if (json->depth) {
        pp_buffer_add(&json->out, json->begun ? ",\n" : "\n");
        pp_buffer_indent(&json->out, 2 * json->depth);
    }
    json->begun = true;
    if (key) {
        pp_buffer_quote(&json->out, key);
        pp_buffer_add(&json->out, ": ");
    }
}

void pp_json_open(pp_json *json, const char *key, char bracket)
{
    begin_value(json, key);
    pp_buffer_add(&json->out, "%c", bracket);
    json->depth++;
    json->begun = false;
}

void pp_json_close(pp_json *json, char bracket)
{
    json->depth--;
    if (json->begun) {
        pp_buffer_add(&json->out, "\n");
        pp_buffer_indent(&json->out, 2 * json->depth);
    }
    pp_buffer_add(&json->out, json->depth ? "%c" : "%c\n", bracket);
    json->begun = true;
}

void pp_json_number(pp_json *json, const char *key, double value)
{
    char text[PP_NUMBER_MAX];
    pp_json_raw(json, key, isfinite(value) ? pp_number_text(value, text) : "null");
}

void pp_json_numbers(pp_json *json, const char *key, const double *values, size_t n)
{
    pp_json_open(json, key, '[');
    for (size_t i = 0; i < n; i++)
        pp_json_number(json, NULL, values[i]);
    pp_json_close(json, ']');
}

void pp_json_integer(pp_json *json, const char *key, int64_t value)
{
    begin_value(json, key);
    pp_buffer_add(&json->out, "%" PRId64, value);
}

void pp_json_unsigned(pp_json *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    pp_buffer_add(&json->out, "%" PRIu64, value);
}

void pp_json_boolean(pp_json *json, const char *key, bool value)
{
    pp_json_raw(json, key, value ? "true" : "false");
}

void pp_json_string(pp_json *json, const char *key, const char *text)
{
    begin_value(json, key);
    if (text)
        pp_buffer_quote(&json->out, text);
    else
        pp_buffer_add(&json->out, "null");
}

void pp_json_raw(pp_json *json, const char *key, const char *value)
{
    begin_value(json, key);
    pp_buffer_add(&json->out, "%s", value);
}
