/// Preloaded: a file system without locks, as some clusters have.
#include <errno.h>
#include <sys/file.h>

__attribute__((visibility("default"))) int flock(int fd, int operation)
{
    (void)fd;
    (void)operation;
    errno = ENOLCK;
    return -1;
}
