#include "data/hdf5/seal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/file/checksum.h"
#include "data/file/transfer.h"

enum { BLOCK = 65536, SEAL = 16 };

static const unsigned char magic[8] = "PPSEAL\r\n";

/// Checksum of the first `size` bytes.
static bool hash_file(int fd, off_t size, uint64_t *hash)
{
    unsigned char block[BLOCK];
    *hash = pp_checksum_start((uint64_t)size);
    for (off_t at = 0; at < size; at += BLOCK) {
        size_t n = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
        if (!pp_read_exactly(fd, at, n, block))
            return false;
        *hash = pp_checksum_add(*hash, block, n);
    }
    return true;
}

static void encode(uint64_t hash, unsigned char seal[SEAL])
{
    memcpy(seal, magic, sizeof magic);
    for (int b = 0; b < 8; b++)
        seal[8 + b] = (unsigned char)(hash >> 8 * b);
}

pp_status pp_seal_write(int fd, pp_error *error)
{
    struct stat about;
    uint64_t hash;
    unsigned char seal[SEAL];
    if (fstat(fd, &about) != 0 || !hash_file(fd, about.st_size, &hash))
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    encode(hash, seal);
    if (!pp_write_exactly(fd, about.st_size, SEAL, seal))
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    return PP_OK;
}

/// Where an HDF5 file says that it ends; 0 if it does not say so in a way known here.
static uint64_t declared_end(int fd)
{
    static const unsigned char signature[8] = "\211HDF\r\n\032\n";
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

pp_status pp_seal_check(int fd, pp_error *error)
{
    struct stat about;
    uint64_t hash;
    unsigned char found[SEAL], expected[SEAL];
    if (fstat(fd, &about) != 0)
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    off_t size = about.st_size - SEAL;
    if (size < 0)
        return check_unsealed(fd, about.st_size, error);
    if (!pp_read_exactly(fd, size, SEAL, found))
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    if (memcmp(found, magic, sizeof magic) != 0)
        return check_unsealed(fd, about.st_size, error);
    if (!hash_file(fd, size, &hash))
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    encode(hash, expected);
    if (memcmp(found, expected, SEAL) != 0)
        return pp_error_set(error, PP_EFORMAT, "its checksum does not hold");
    return PP_OK;
}

bool pp_seal_truncated(int fd)
{
    static const unsigned char signature[8] = "\211HDF\r\n\032\n";
    unsigned char start[sizeof signature];
    struct stat about;
    if (pp_seal_present(fd) || fstat(fd, &about) != 0)
        return false;
    ssize_t n = pread(fd, start, sizeof start, 0);
    if (n < 0 || memcmp(start, signature, (size_t)n) != 0)
        return false;
    if (about.st_size < 64) // less than any HDF5 file has
        return true;
    uint64_t end = declared_end(fd), size = (uint64_t)about.st_size;
    return end > 0 && size != end && size < end + SEAL;
}

bool pp_seal_present(int fd)
{
    struct stat about;
    unsigned char found[SEAL];
    return fstat(fd, &about) == 0 && about.st_size >= SEAL &&
           pp_read_exactly(fd, about.st_size - SEAL, SEAL, found) &&
           memcmp(found, magic, sizeof magic) == 0;
}
