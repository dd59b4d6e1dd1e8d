// Reading and writing all bytes of a file, whatever a single call transfers.
#include "data/file/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

FILE *pp_open_to_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
    // A pipe's writer may well take its time.
    FILE *file =
        flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0 ? fdopen(fd, "r") : NULL;
    if (!file && fd >= 0) {
        int cause = errno;
        close(fd);
        errno = cause;
    }
    return file;
}

bool pp_read_exactly(int fd, off_t offset, size_t n, void *bytes)
{
    for (unsigned char *at = bytes; n > 0;) {
        ssize_t got = pread(fd, at, n, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got < 0 ? errno : EIO;
            return false;
        }
        at += got;
        offset += got;
        n -= (size_t)got;
    }
    return true;
}

bool pp_write_exactly(int fd, off_t offset, size_t n, const void *bytes)
{
    for (const unsigned char *at = bytes; n > 0;) {
        ssize_t put = pwrite(fd, at, n, offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            errno = put < 0 ? errno : ENOSPC;
            return false;
        }
        at += put;
        offset += put;
        n -= (size_t)put;
    }
    return true;
}
