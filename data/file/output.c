// A file that appears whole or not at all: claimed, written, renamed.
#include "data/file/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/file/output_steps.h"

enum { OPEN_ATTEMPTS = 100 };

bool pp_output_same_file(const char *path, const char *other)
{
    struct stat a, b;
    return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static pp_status check_target(const char *path, bool force, pp_error *error)
{
    struct stat about;
    if (lstat(path, &about) != 0)
        return errno == ENOENT ? PP_OK : pp_output_failed(error, "write", path);
    if (!force)
        return pp_error_set(error, PP_EEXIST, "'%s' already exists", path);
    // A rename would replace a link or a device by a file and leave what it stood for behind.
    if (!S_ISREG(about.st_mode))
        return pp_error_set(error, PP_EIO, "cannot replace '%s': it is not a regular file", path);
    return PP_OK;
}

/// A partial file is in the way: remove it if its writer is dead, which the lock tells.
static pp_status remove_stale(const char *partial, pp_error *error)
{
    int fd = open(partial, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? PP_OK : pp_output_failed(error, "open", partial);
    pp_status status = PP_OK;
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        status = pp_error_set(error, PP_EIO, "'%s' is in the way and no regular file", partial);
    else if ((status = pp_output_claim(fd, partial, "run", error)) == PP_OK &&
             pp_output_names(partial, fd) && unlink(partial) != 0 && errno != ENOENT)
        status = pp_output_failed(error, "remove", partial);
    close(fd);
    return status;
}

/// Create the partial file and lock it. *fd stays -1 if it has to be tried again: between the two a
/// rival may have taken the file for a stale one.
static pp_status create_partial(const char *partial, int *fd, pp_error *error)
{
    *fd = -1;
    int opened = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (opened < 0)
        return errno == EEXIST ? remove_stale(partial, error)
                               : pp_output_failed(error, "create", partial);
    if (pp_output_lock(opened) != PP_LOCK_HELD && pp_output_names(partial, opened)) {
        *fd = opened;
        return PP_OK;
    }
    close(opened);
    return PP_OK;
}

static void release(pp_output *output)
{
    if (output->fd >= 0)
        close(output->fd);
    free(output->path);
    free(output->partial);
    *output = (pp_output){.fd = -1};
}

pp_status pp_output_open(const char *path, bool force, pp_output *output, pp_error *error)
{
    *output = (pp_output){.fd = -1, .force = force};
    pp_status status = check_target(path, force, error);
    if (status != PP_OK)
        return status;
    output->path = strdup(path);
    output->partial = pp_output_suffixed(path, ".partial");
    if (!output->path || !output->partial)
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    for (int i = 0; i < OPEN_ATTEMPTS && status == PP_OK && output->fd < 0; i++)
        status = create_partial(output->partial, &output->fd, error);
    if (status == PP_OK && output->fd < 0)
        status = pp_error_set(error, PP_EEXIST, "other runs are writing '%s'", output->partial);
    // The file may have appeared while another writer held the partial one.
    if (status == PP_OK && (status = check_target(path, force, error)) != PP_OK)
        pp_output_abandon(output);
    else if (status != PP_OK)
        release(output);
    return status;
}

/// Rename unless the new name exists; 0, or -1 with errno. link() serves where the flag is unknown,
/// and where links are too (FAT, some network mounts) all that is left is to look first.
static int rename_new(const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return -1;
#endif
    if (link(from, to) == 0) {
        if (unlink(from) == 0)
            return 0;
        int cause = errno;
        unlink(to);
        errno = cause;
        return -1;
    }
    if (errno != EPERM && errno != ENOSYS && errno != EOPNOTSUPP && errno != EMLINK)
        return -1;
    struct stat about;
    if (lstat(to, &about) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

/// Network file systems report a failed write only when a descriptor is closed; ours must stay
/// open, because it carries the lock.
static int flush_by_close(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? -1 : close(copy);
}

static pp_status publish(const pp_output *output, pp_error *error)
{
    if ((!output->unsynced && fsync(output->fd) != 0) || flush_by_close(output->fd) != 0)
        return pp_output_failed(error, "write", output->partial);
    if (!pp_output_names(output->partial, output->fd))
        return pp_error_set(error, PP_EIO, "'%s' was removed or replaced while being written",
                            output->partial);
    int failed = output->force ? rename(output->partial, output->path)
                               : rename_new(output->partial, output->path);
    if (failed && errno == EEXIST)
        return pp_error_set(error, PP_EEXIST, "'%s' has appeared meanwhile; it is left as it is",
                            output->path);
    if (failed)
        return pp_output_failed(error, "create", output->path);
    if (!output->unsynced)
        pp_output_sync_folder(output->path);
    return PP_OK;
}

pp_status pp_output_commit(pp_output *output, pp_error *error)
{
    pp_status status = publish(output, error);
    if (status == PP_OK)
        release(output);
    else
        pp_output_abandon(output);
    return status;
}

void pp_output_abandon(pp_output *output)
{
    if (output->fd >= 0 && pp_output_names(output->partial, output->fd))
        unlink(output->partial);
    release(output);
}

/// Write all of it; 0, or -1 with errno.
static int put_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            errno = done < 0 ? errno : ENOSPC;
            return -1;
        }
        bytes += done;
        n -= (size_t)done;
    }
    return 0;
}

pp_status pp_output_write(const char *path, bool force, const void *bytes, size_t n,
                          pp_error *error)
{
    pp_output output;
    PP_TRY(pp_output_open(path, force, &output, error));
    if (put_all(output.fd, bytes, n) == 0)
        return pp_output_commit(&output, error);
    pp_status status = pp_output_failed(error, "write", output.partial);
    pp_output_abandon(&output);
    return status;
}

pp_status pp_output_writer(const char *path, pp_writer *writer, pp_error *error)
{
    static const pp_writer by_lock[] = {[PP_LOCK_TAKEN] = PP_WRITER_DEAD,
                                        [PP_LOCK_HELD] = PP_WRITER_LIVE,
                                        [PP_LOCK_NONE] = PP_WRITER_UNKNOWN};
    pp_status status = PP_OK;
    *writer = PP_WRITER_NONE;
    char *partial = pp_output_suffixed(path, ".partial");
    if (!partial)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    const int how = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = open(partial, O_RDWR | how); // NFS locks only what is open for writing
    if (fd < 0 && (errno == EACCES || errno == EROFS))
        fd = open(partial, O_RDONLY | how);
    if (fd < 0 && errno != ENOENT)
        status = pp_output_failed(error, "open", partial);
    else if (fd >= 0)
        *writer = by_lock[pp_output_lock(fd)];
    if (fd >= 0)
        close(fd);
    free(partial);
    return status;
}
