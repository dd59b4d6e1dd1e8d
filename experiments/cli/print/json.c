#include "experiments/cli/print/json.h"

#include <inttypes.h>
#include <math.h>

#include "experiments/cli/print/printable.h"
#include "market/base/text.h"

static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text) {
        size_t length = pp_character_length(text);
        if (length == 0)
            fputs("\\ufffd", out);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned char)*text);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
    fputc('"', out);
}

static void begin_value(pp_json *json, const char *key)
{
    if (json->depth)
        fprintf(json->out, "%s\n%*s", json->begun ? "," : "", 2 * json->depth, "");
    json->begun = true;
    if (key) {
        put_text(json->out, key);
        fputs(": ", json->out);
    }
}

void pp_json_open(pp_json *json, const char *key, char bracket)
{
    begin_value(json, key);
    fputc(bracket, json->out);
    json->depth++;
    json->begun = false;
}

void pp_json_close(pp_json *json, char bracket)
{
    json->depth--;
    if (json->begun)
        fprintf(json->out, "\n%*s", 2 * json->depth, "");
    fputc(bracket, json->out);
    json->begun = true;
    if (!json->depth)
        fputc('\n', json->out);
}

void pp_json_number(pp_json *json, const char *key, double value)
{
    begin_value(json, key);
    char text[PP_REAL_MAX];
    fputs(isfinite(value) ? pp_format_real(value, text) : "null", json->out);
}

void pp_json_integer(pp_json *json, const char *key, int64_t value)
{
    begin_value(json, key);
    fprintf(json->out, "%" PRId64, value);
}

void pp_json_unsigned(pp_json *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void pp_json_boolean(pp_json *json, const char *key, bool value)
{
    begin_value(json, key);
    fputs(value ? "true" : "false", json->out);
}

void pp_json_string(pp_json *json, const char *key, const char *text)
{
    begin_value(json, key);
    if (text)
        put_text(json->out, text);
    else
        fputs("null", json->out);
}
