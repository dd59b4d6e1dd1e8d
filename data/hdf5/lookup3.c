// Jenkins' lookup3 for bytes in any place, by the published description of its steps.
#include "data/hdf5/lookup3.h"

enum { BLOCK = 12 };

static uint32_t turn(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

/// Add up to 12 bytes, little-endian, to three words.
static void add(uint32_t word[3], const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        word[i / 4] += (uint32_t)bytes[i] << 8 * (i % 4);
}

static void mix(uint32_t word[3])
{
    static const unsigned bits[] = {4, 6, 8, 16, 19, 4};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        uint32_t *a = &word[i % 3], *b = &word[(i + 1) % 3], *c = &word[(i + 2) % 3];
        *a -= *c;
        *a ^= turn(*c, bits[i]);
        *c += *b;
    }
}

static void finish(uint32_t word[3])
{
    static const unsigned bits[] = {14, 11, 25, 16, 4, 14, 24};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        uint32_t *to = &word[(i + 2) % 3], from = word[(i + 1) % 3];
        *to ^= from;
        *to -= turn(from, bits[i]);
    }
}

uint32_t pp_lookup3(const unsigned char *bytes, size_t n)
{
    uint32_t start = UINT32_C(0xdeadbeef) + (uint32_t)n, word[3] = {start, start, start};
    for (; n > BLOCK; n -= BLOCK, bytes += BLOCK) {
        add(word, bytes, BLOCK);
        mix(word);
    }
    if (n > 0) {
        add(word, bytes, n);
        finish(word);
    }
    return word[2];
}
