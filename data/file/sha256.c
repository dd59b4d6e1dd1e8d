// SHA-256 (FIPS 180-4).
#include "data/file/sha256.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 64, READ = 65536 };

typedef struct hash {
    uint32_t state[8];
    uint64_t n; ///< bytes so far
    unsigned char block[BLOCK];
} hash;

static uint32_t rotated(uint32_t x, int bits)
{
    return x >> bits | x << (32 - bits);
}

static void expand(const unsigned char block[BLOCK], uint32_t w[64])
{
    for (size_t i = 0; i < 16; i++) {
        const unsigned char *b = block + 4 * i;
        w[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    for (size_t i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (rotated(x, 7) ^ rotated(x, 18) ^ x >> 3) + w[i - 7] +
               (rotated(y, 17) ^ rotated(y, 19) ^ y >> 10);
    }
}

static void compress(uint32_t state[8], const unsigned char block[BLOCK])
{
    // First 32 bits of the fractional parts of the cube roots of the first 64 primes.
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2};
    uint32_t w[64], s[8];
    expand(block, w);
    memcpy(s, state, sizeof s);
    for (size_t i = 0; i < 64; i++) {
        uint32_t a = s[0], e = s[4];
        uint32_t x = s[7] + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) +
                     ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i];
        uint32_t y = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) +
                     ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[0] = x + y;
        s[4] += x;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] += s[i];
}

static hash start(void)
{
    return (hash){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                            0x1f83d9ab, 0x5be0cd19}};
}

static void add(hash *h, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        h->block[h->n++ % BLOCK] = bytes[i];
        if (h->n % BLOCK == 0)
            compress(h->state, h->block);
    }
}

/// A one, zeros, and the number of bits fill the last block up.
static void finish(hash *h, char text[PP_SHA256_TEXT])
{
    const unsigned char one = 0x80, zero = 0;
    unsigned char bits[8];
    for (size_t i = 0; i < 8; i++)
        bits[i] = (unsigned char)(h->n * 8 >> 8 * (7 - i));
    add(h, &one, 1);
    while (h->n % BLOCK != BLOCK - sizeof bits)
        add(h, &zero, 1);
    add(h, bits, sizeof bits);
    for (size_t i = 0; i < 8; i++)
        snprintf(text + 8 * i, PP_SHA256_TEXT - 8 * i, "%08x", (unsigned)h->state[i]);
}

void pp_sha256(const void *bytes, size_t n, char text[PP_SHA256_TEXT])
{
    hash h = start();
    add(&h, bytes, n);
    finish(&h, text);
}

pp_status pp_sha256_file(int fd, char text[PP_SHA256_TEXT], pp_error *error)
{
    unsigned char bytes[READ];
    hash h = start();
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pp_error_set(error, PP_EIO, "%s", strerror(errno));
        add(&h, bytes, (size_t)n);
    }
    finish(&h, text);
    return PP_OK;
}
