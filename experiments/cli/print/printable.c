// Text from files, made safe to print.
#include "experiments/cli/print/printable.h"

#include <stdlib.h>
#include <string.h>

#include "market/base/utf8.h"

enum { UTF8_MAX = 4 };

size_t pp_character_count(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/// C0, DEL, and C1 (U+0080 to U+009F) control characters.
static int is_control(const char *text)
{
    unsigned char byte = (unsigned char)text[0];
    return byte < 0x20 || byte == 0x7F || (byte == 0xC2 && (unsigned char)text[1] < 0xA0);
}

char *pp_printable(const char *text, size_t most)
{
    char *copy = malloc(strlen(text) + 4), *end = copy;
    if (!copy)
        return NULL;
    char *cut = copy; // where "..." goes if the text turns out too long
    size_t n = 0;
    while (*text && n < most) {
        size_t length = pp_utf8_character(text, strnlen(text, UTF8_MAX));
        if (n + 3 <= most)
            cut = end;
        if (length == 0 || is_control(text)) {
            *end++ = '?';
        } else {
            memcpy(end, text, length);
            end += length;
        }
        text += length ? length : 1;
        n++;
    }
    if (*text) {
        strcpy(cut, "...");
    } else {
        *end = '\0';
    }
    return copy;
}
