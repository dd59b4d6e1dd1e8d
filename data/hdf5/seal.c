// The seal of a file: a name of 8 bytes, then the checksum of all before it, little-endian.
#include "data/hdf5/seal.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/file/checksum.h"
#include "data/file/transfer.h"

enum { NAME = 8 };

static const unsigned char signature[PP_SIGNATURE] = "\211HDF\r\n\032\n";

static const char name[NAME + 1] = "PPXXH3\r\n";
/// Files of version 0.1 may have a checksum of their own making: FNV-1a of eight bytes at a time.
static const char old_name[NAME + 1] = "PPSEAL\r\n";

static uint64_t old_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x100000001b3);
    return hash ^ (hash >> 32);
}

static void old_take(void *context, const unsigned char *bytes, size_t n)
{
    uint64_t *hash = context;
    for (size_t at = 0; at < n; at += 8) {
        uint64_t word = 0;
        for (size_t b = n - at < 8 ? n - at : 8; b-- > 0;)
            word = word << 8 | bytes[at + b];
        *hash = old_mix(*hash, word);
    }
}

static pp_status old_checksum(int fd, off_t size, uint64_t *checksum, pp_error *error)
{
    *checksum = old_mix(UINT64_C(0xcbf29ce484222325), (uint64_t)size);
    return pp_checksum_read(fd, size, old_take, checksum, error);
}

static void encode(uint64_t hash, unsigned char bytes[8])
{
    for (int b = 0; b < 8; b++)
        bytes[b] = (unsigned char)(hash >> 8 * b);
}

static void make(uint64_t hash, unsigned char seal[PP_SEAL])
{
    memcpy(seal, name, NAME);
    encode(hash, seal + NAME);
}

void pp_seal_make(const void *bytes, size_t n, unsigned char seal[PP_SEAL])
{
    make(pp_checksum(bytes, n, 0), seal);
}

pp_status pp_seal_write(int fd, pp_error *error)
{
    struct stat about;
    uint64_t hash;
    unsigned char seal[PP_SEAL];
    if (fstat(fd, &about) != 0)
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    PP_TRY(pp_checksum_file(fd, about.st_size, &hash, error));
    make(hash, seal);
    if (!pp_write_exactly(fd, about.st_size, PP_SEAL, seal))
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    return PP_OK;
}

/// Where an HDF5 file says that it ends; 0 if it does not say so in a way known here.
static uint64_t declared_end(int fd)
{
    static const size_t at[] = {40, 44, 28, 28}; // by version of the superblock, 8-byte offsets
    unsigned char head[64];
    uint64_t end = 0;
    if (!pp_read_exactly(fd, 0, sizeof head, head) ||
        memcmp(head, signature, sizeof signature) != 0)
        return 0;
    size_t version = head[8];
    if (version > 3 || head[version < 2 ? 13 : 9] != 8)
        return 0;
    for (size_t b = 8; b-- > 0;)
        end = end << 8 | head[at[version] + b];
    return end;
}

/// A file without a seal was rewritten by another program, which leaves nothing behind its end; a
/// seal that was damaged or cut leaves something.
static pp_status check_unsealed(int fd, off_t size, pp_error *error)
{
    uint64_t end = declared_end(fd);
    if (end == 0 || end == (uint64_t)size)
        return PP_OK;
    if (end > (uint64_t)size)
        return pp_error_set(error, PP_EFORMAT, "truncated: it has %lld of %llu bytes",
                            (long long)size, (unsigned long long)end);
    return pp_error_set(error, PP_EFORMAT, "%llu bytes that are no checksum stand behind its end",
                        (unsigned long long)size - (unsigned long long)end);
}

static bool is_sealed(const unsigned char *seal)
{
    return memcmp(seal, name, NAME) == 0 || memcmp(seal, old_name, NAME) == 0;
}

pp_status pp_seal_check(int fd, pp_error *error)
{
    struct stat about;
    uint64_t hash;
    unsigned char found[PP_SEAL], expected[8];
    if (fstat(fd, &about) != 0)
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    off_t size = about.st_size - PP_SEAL;
    if (size < 0)
        return check_unsealed(fd, about.st_size, error);
    if (!pp_read_exactly(fd, size, PP_SEAL, found))
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    if (!is_sealed(found))
        return check_unsealed(fd, about.st_size, error);
    PP_TRY(memcmp(found, name, NAME) == 0 ? pp_checksum_file(fd, size, &hash, error)
                                          : old_checksum(fd, size, &hash, error));
    encode(hash, expected);
    if (memcmp(found + NAME, expected, sizeof expected) != 0)
        return pp_error_set(error, PP_EFORMAT, "its checksum does not hold");
    return PP_OK;
}

ssize_t pp_seal_signature(int fd)
{
    unsigned char start[PP_SIGNATURE];
    ssize_t n = pread(fd, start, sizeof start, 0);
    return n > 0 && memcmp(start, signature, (size_t)n) != 0 ? 0 : n;
}

bool pp_seal_truncated(int fd)
{
    struct stat about;
    if (pp_seal_present(fd) || fstat(fd, &about) != 0)
        return false;
    if (about.st_size > 0 && pp_seal_signature(fd) <= 0)
        return false;
    if (about.st_size < 64) // less than any HDF5 file has
        return true;
    uint64_t end = declared_end(fd), size = (uint64_t)about.st_size;
    return end > 0 && size != end && size < end + PP_SEAL;
}

bool pp_seal_present(int fd)
{
    struct stat about;
    unsigned char found[PP_SEAL];
    return fstat(fd, &about) == 0 && about.st_size >= PP_SEAL &&
           pp_read_exactly(fd, about.st_size - PP_SEAL, PP_SEAL, found) && is_sealed(found);
}
