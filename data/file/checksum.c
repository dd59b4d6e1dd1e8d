// XXH3 of memory and of files.
#include "data/file/checksum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "data/file/transfer.h"

enum { BLOCK = 256 << 10 };

uint64_t pp_checksum(const void *bytes, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, n, seed);
}

pp_status pp_checksum_read(int fd, off_t size, pp_checksum_take take, void *context,
                           pp_error *error)
{
    unsigned char *block = malloc(BLOCK);
    pp_status status = block ? PP_OK : pp_error_set(error, PP_ENOMEM, "out of memory");
    for (off_t at = 0; at < size && status == PP_OK; at += BLOCK) {
        size_t n = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
        if (pp_read_exactly(fd, at, n, block))
            take(context, block, n);
        else
            status = pp_error_set(error, PP_EIO, "%s", strerror(errno));
    }
    free(block);
    return status;
}

static void update(void *context, const unsigned char *bytes, size_t n)
{
    XXH3_64bits_update(context, bytes, n);
}

pp_status pp_checksum_file(int fd, off_t size, uint64_t *checksum, pp_error *error)
{
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    PP_TRY(pp_checksum_read(fd, size, update, &state, error));
    *checksum = XXH3_64bits_digest(&state);
    return PP_OK;
}
