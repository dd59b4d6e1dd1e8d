// A directory that appears whole or not at all.
#include "data/file/output_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/file/output_steps.h"

static int open_directory(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_known(const pp_directory_kind *kind, int fd, const char *name)
{
    struct stat about;
    for (size_t i = 0; kind->names[i]; i++)
        if (strcmp(kind->names[i], name) == 0)
            return fstatat(fd, name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode);
    return false;
}

static bool has_marker(const pp_directory_kind *kind, int fd)
{
    char start[256];
    size_t n = strlen(kind->marker);
    int file = openat(fd, kind->names[0], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool has = file >= 0 && n <= sizeof start && read(file, start, n) == (ssize_t)n &&
               memcmp(start, kind->marker, n) == 0;
    if (file >= 0)
        close(file);
    return has;
}

/// May this directory be emptied? Only if all in it is ours.
static pp_status check_contents(const pp_directory_kind *kind, int fd, const char *path,
                                pp_error *error)
{
    pp_status status = PP_OK;
    bool empty = true;
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
    if (!entries) {
        status = pp_output_failed(error, "read", path);
        if (copy >= 0)
            close(copy);
        return status;
    }
    for (struct dirent *entry; status == PP_OK && (entry = readdir(entries));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        empty = false;
        if (!is_known(kind, fd, entry->d_name))
            status = pp_error_set(error, PP_EIO,
                                  "'%s' is in the way and stays as it is: it holds '%s', which no "
                                  "%s writes",
                                  path, entry->d_name, kind->what);
    }
    closedir(entries);
    if (status == PP_OK && !empty && !has_marker(kind, fd))
        status = pp_error_set(error, PP_EIO,
                              "'%s' is in the way and stays as it is: it has not the '%s' of an %s",
                              path, kind->names[0], kind->what);
    return status;
}

static int remove_files(const pp_directory_kind *kind, int fd)
{
    for (size_t i = 0; kind->names[i]; i++)
        if (unlinkat(fd, kind->names[i], 0) != 0 && errno != ENOENT)
            return -1;
    return 0;
}

/// @param exists whether there is something to replace
static pp_status check_target(const pp_output_directory *d, bool *exists, pp_error *error)
{
    struct stat about;
    *exists = false;
    if (lstat(d->path, &about) != 0)
        return errno == ENOENT ? PP_OK : pp_output_failed(error, "write", d->path);
    *exists = true;
    if (!d->force)
        return pp_error_set(error, PP_EEXIST, "'%s' already exists", d->path);
    if (!S_ISDIR(about.st_mode))
        return pp_error_set(error, PP_EIO, "cannot replace '%s': it is not a directory", d->path);
    int fd = open_directory(d->path);
    if (fd < 0)
        return pp_output_failed(error, "read", d->path);
    pp_status status = check_contents(d->kind, fd, d->path, error);
    close(fd);
    return status;
}

/// Make the partial directory ours: a new one, or a dead writer's, emptied.
static pp_status take_partial(pp_output_directory *d, pp_error *error)
{
    bool made = mkdir(d->partial, 0777) == 0;
    if (!made && errno != EEXIST)
        return pp_output_failed(error, "create", d->partial);
    int fd = open_directory(d->partial);
    if (fd < 0) {
        pp_status failed = pp_output_failed(error, "open", d->partial);
        if (made)
            rmdir(d->partial);
        return failed;
    }
    pp_status status = PP_OK;
    if (!made || pp_output_lock(fd) == PP_LOCK_HELD) // a rival may take a new one for a stale one
        status = pp_output_claim(fd, d->partial, d->kind->what, error);
    if (status == PP_OK && !pp_output_names(d->partial, fd))
        status =
            pp_error_set(error, PP_EEXIST, "another %s is writing '%s'", d->kind->what, d->partial);
    if (status == PP_OK && !made)
        status = check_contents(d->kind, fd, d->partial, error);
    if (status == PP_OK && remove_files(d->kind, fd) != 0)
        status = pp_output_failed(error, "empty", d->partial);
    if (status == PP_OK)
        d->fd = fd;
    else
        close(fd);
    return status;
}

static void release(pp_output_directory *d)
{
    if (d->fd >= 0)
        close(d->fd);
    free(d->path);
    free(d->partial);
    *d = (pp_output_directory){.fd = -1};
}

/// A copy without slashes at its end; NULL if out of memory.
static char *bare_path(const char *path)
{
    char *copy = strdup(path);
    for (size_t n = copy ? strlen(copy) : 0; n > 1 && copy[n - 1] == '/'; n--)
        copy[n - 1] = '\0';
    return copy;
}

pp_status pp_output_directory_open(const char *path, bool force, const pp_directory_kind *kind,
                                   pp_output_directory *directory, pp_error *error)
{
    bool exists;
    *directory = (pp_output_directory){.fd = -1, .force = force, .kind = kind};
    if (!path[0])
        return pp_error_set(error, PP_EINVAL, "the directory to write has no name");
    pp_status status = PP_OK;
    directory->path = bare_path(path);
    directory->partial = directory->path ? pp_output_suffixed(directory->path, ".partial") : NULL;
    if (!directory->partial)
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    if (status == PP_OK)
        status = check_target(directory, &exists, error);
    if (status == PP_OK)
        status = take_partial(directory, error);
    if (status != PP_OK)
        release(directory);
    return status;
}

pp_status pp_output_directory_file(const pp_output_directory *directory, const char *name,
                                   FILE **file, pp_error *error)
{
    *file = NULL;
    int fd = openat(directory->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 && !(*file = fdopen(fd, "w")))
        close(fd);
    if (*file)
        return PP_OK;
    return pp_error_set(error, PP_EIO, "cannot create '%s/%s': %s", directory->partial, name,
                        strerror(errno));
}

pp_status pp_output_directory_close(const pp_output_directory *directory, const char *name,
                                    FILE *file, int cause, pp_error *error)
{
    bool failed = cause != 0 || ferror(file);
    if (!failed && (fflush(file) != 0 || fsync(fileno(file)) != 0)) {
        failed = true;
        cause = errno;
    }
    if (fclose(file) != 0 && !failed) { // where network file systems report failed writes
        failed = true;
        cause = errno;
    }
    if (!failed)
        return PP_OK;
    return pp_error_set(error, PP_EIO, "cannot write '%s/%s': %s", directory->partial, name,
                        cause ? strerror(cause) : "a write failed");
}

/// Remove a directory that has been replaced.
static pp_status remove_replaced(const pp_output_directory *d, const char *old, pp_error *error)
{
    int fd = open_directory(old);
    bool failed = fd < 0 || remove_files(d->kind, fd) != 0 || rmdir(old) != 0;
    int cause = errno;
    if (fd >= 0)
        close(fd);
    if (!failed)
        return PP_OK;
    return pp_error_set(error, PP_EIO, "'%s' is written, but what it replaces is left in '%s': %s",
                        d->path, old, strerror(cause));
}

/// Where names cannot be exchanged: for a moment there is no directory of that name.
static pp_status replace_in_turn(const pp_output_directory *d, pp_error *error)
{
    struct stat about;
    char *old = pp_output_suffixed(d->path, ".replaced");
    pp_status status = PP_OK;
    if (!old)
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    else if (lstat(old, &about) == 0)
        status = pp_error_set(error, PP_EIO, "'%s' is in the way", old);
    else if (rename(d->path, old) != 0)
        status = pp_output_failed(error, "replace", d->path);
    else if (rename(d->partial, d->path) != 0) {
        status = pp_output_failed(error, "create", d->path);
        rename(old, d->path);
    } else
        status = remove_replaced(d, old, error);
    free(old);
    return status;
}

static bool lacks_flags(int error)
{
    return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

static pp_status replace(const pp_output_directory *d, pp_error *error)
{
#ifdef RENAME_EXCHANGE
    if (renameat2(AT_FDCWD, d->partial, AT_FDCWD, d->path, RENAME_EXCHANGE) == 0)
        return remove_replaced(d, d->partial, error);
    if (!lacks_flags(errno))
        return pp_output_failed(error, "replace", d->path);
#endif
    return replace_in_turn(d, error);
}

/// Without the flag a rename still replaces nothing but an empty directory.
static pp_status put_in_place(const pp_output_directory *d, pp_error *error)
{
    int failed = -1;
    errno = ENOSYS;
#ifdef RENAME_NOREPLACE
    failed = renameat2(AT_FDCWD, d->partial, AT_FDCWD, d->path, RENAME_NOREPLACE);
#endif
    if (failed && lacks_flags(errno))
        failed = rename(d->partial, d->path);
    if (failed && (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR))
        return pp_error_set(error, PP_EEXIST, "'%s' has appeared meanwhile; it is left as it is",
                            d->path);
    return failed ? pp_output_failed(error, "create", d->path) : PP_OK;
}

pp_status pp_output_directory_commit(pp_output_directory *directory, pp_error *error)
{
    bool exists;
    pp_status status = PP_OK;
    fsync(directory->fd); // best effort: some file systems cannot
    if (!pp_output_names(directory->partial, directory->fd))
        status = pp_error_set(error, PP_EIO, "'%s' was removed or replaced while being written",
                              directory->partial);
    if (status == PP_OK)
        status = check_target(directory, &exists, error);
    if (status == PP_OK)
        status = exists ? replace(directory, error) : put_in_place(directory, error);
    if (status == PP_OK)
        pp_output_sync_folder(directory->path);
    pp_output_directory_abandon(directory);
    return status;
}

// After a rename the partial name is not this directory's any more, and nothing is removed.
void pp_output_directory_abandon(pp_output_directory *directory)
{
    int cause = errno;
    if (directory->fd >= 0 && pp_output_names(directory->partial, directory->fd) &&
        remove_files(directory->kind, directory->fd) == 0)
        rmdir(directory->partial);
    release(directory);
    errno = cause;
}
