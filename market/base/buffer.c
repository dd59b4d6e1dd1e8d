// A text that grows.
#include "market/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/text.h"
#include "market/base/utf8.h"

static bool reserve(pp_buffer *buffer, size_t extra)
{
    if (buffer->failed)
        return false;
    if (extra < buffer->capacity - buffer->n)
        return true;
    size_t capacity = 2 * buffer->capacity + extra + 256;
    char *text = realloc(buffer->text, capacity);
    if (!text) {
        buffer->failed = true;
        return false;
    }
    buffer->text = text;
    buffer->capacity = capacity;
    return true;
}

void pp_buffer_add(pp_buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    size_t room = buffer->failed ? 0 : buffer->capacity - buffer->n;
    va_start(arguments, format);
    va_copy(again, arguments);
    int n = pp_vprint(room ? buffer->text + buffer->n : NULL, room, format, arguments);
    bool fits = n >= 0 && (size_t)n < room;
    if (n < 0) {
        buffer->failed = true;
    } else if (fits || reserve(buffer, (size_t)n)) {
        if (!fits)
            pp_vprint(buffer->text + buffer->n, buffer->capacity - buffer->n, format, again);
        buffer->n += (size_t)n;
    }
    va_end(again);
    va_end(arguments);
}

/// n characters as they are.
static void add_characters(pp_buffer *buffer, const void *characters, size_t n)
{
    if (!reserve(buffer, n))
        return;
    memcpy(buffer->text + buffer->n, characters, n);
    buffer->n += n;
    buffer->text[buffer->n] = '\0';
}

void pp_buffer_indent(pp_buffer *buffer, size_t n)
{
    pp_buffer_add(buffer, "%*s", (int)n, "");
}

/// Code point of a character that must be escaped, else 0. YAML takes some for line breaks and
/// refuses others unless they are escaped. @param size bytes of the character, 0 if it is malformed
static unsigned escaped(const unsigned char *at, size_t size)
{
    if (size == 0)
        return 0xFFFD;
    if (at[0] < 0x20 || at[0] == 0x7F)
        return at[0];
    if (at[0] == 0xC2 && at[1] < 0xA0)
        return at[1];
    unsigned code = size == 3 ? (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu) : 0;
    return code == 0x2028 || code == 0x2029 || code == 0xFEFF || code >= 0xFFFE ? code : 0;
}

void pp_buffer_quote(pp_buffer *buffer, const char *text)
{
    pp_buffer_add(buffer, "\"");
    while (*text) {
        size_t size = pp_utf8_character(text, strnlen(text, 4));
        unsigned code = escaped((const unsigned char *)text, size);
        if (code)
            pp_buffer_add(buffer, "\\u%04X", code);
        else if (*text == '"' || *text == '\\')
            pp_buffer_add(buffer, "\\%c", *text);
        else
            add_characters(buffer, text, size);
        text += size ? size : 1;
    }
    pp_buffer_add(buffer, "\"");
}

char *pp_buffer_take(pp_buffer *buffer)
{
    pp_buffer_add(buffer, "%s", "");
    char *text = buffer->text;
    if (buffer->failed) {
        free(text);
        text = NULL;
    }
    *buffer = (pp_buffer){0};
    return text;
}

const char *pp_number_text(double value, char text[PP_NUMBER_MAX])
{
    pp_format_real(value, text);
    char *exponent = strchr(text, 'e');
    // YAML 1.1 takes 1e+20 for a text: it wants a point.
    if (exponent && !strchr(text, '.')) {
        memmove(exponent + 2, exponent, strlen(exponent) + 1);
        memcpy(exponent, ".0", 2);
    }
    return text;
}
