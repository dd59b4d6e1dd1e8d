// UTF-8 checked, copied and repaired.
#include "market/base/utf8.h"

#include <stdlib.h>
#include <string.h>

/// Second-byte range that excludes overlong forms, surrogates and code points above U+10FFFF.
static void second_byte_range(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    *high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
}

size_t pp_utf8_character(const char *text, size_t n)
{
    if (n == 0)
        return 0;
    const unsigned char *byte = (const unsigned char *)text;
    if (byte[0] < 0x80)
        return 1;
    if (byte[0] < 0xC2 || byte[0] > 0xF4)
        return 0;
    size_t length = byte[0] < 0xE0 ? 2 : byte[0] < 0xF0 ? 3 : 4;
    unsigned char low, high;
    second_byte_range(byte[0], &low, &high);
    if (n < length || byte[1] < low || byte[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

bool pp_utf8_valid(const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t length = pp_utf8_character(text, left);
        if (length == 0)
            return false;
        text += length;
        left -= length;
    }
    return true;
}

void pp_utf8_copy(char *to, size_t size, const char *from)
{
    static const char mark[] = "...";
    size_t used = 0, whole = 0, left = strlen(from); // whole: what stays if the text is cut
    while (left > 0) {
        size_t length = pp_utf8_character(from, left);
        size_t step = length ? length : 1;
        if (used + sizeof mark <= size)
            whole = used;
        if (used + step >= size)
            break;
        if (length)
            memcpy(to + used, from, length);
        else
            to[used] = '?';
        used += step;
        from += step;
        left -= step;
    }
    to[used] = '\0';
    if (left > 0 && size >= sizeof mark)
        memcpy(to + whole, mark, sizeof mark);
}

char *pp_utf8_duplicate(const char *from)
{
    size_t size = strlen(from) + 1;
    char *copy = malloc(size);
    if (copy)
        pp_utf8_copy(copy, size, from);
    return copy;
}
