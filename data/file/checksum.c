#include "data/file/checksum.h"

/// The hash of FNV-1a, eight bytes at a time with a fold so that high bits count as well.
static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x100000001b3);
    return hash ^ (hash >> 32);
}

uint64_t pp_checksum_start(uint64_t number)
{
    return mix(UINT64_C(0xcbf29ce484222325), number);
}

static uint64_t word_of(const unsigned char *bytes, size_t n)
{
    uint64_t word = 0;
    for (size_t b = n; b-- > 0;)
        word = word << 8 | bytes[b];
    return word;
}

uint64_t pp_checksum_add(uint64_t checksum, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    for (; n >= 8; at += 8, n -= 8)
        checksum = mix(checksum, word_of(at, 8));
    return n ? mix(checksum, word_of(at, n)) : checksum;
}
