// Steps that output files and output directories have in common: names, locks, messages.
#include "data/file/output_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

pp_status pp_output_failed(pp_error *error, const char *action, const char *path)
{
    return pp_error_set(error, PP_EIO, "cannot %s '%s': %s", action, path, strerror(errno));
}

bool pp_output_names(const char *path, int fd)
{
    struct stat by_name, by_descriptor;
    return lstat(path, &by_name) == 0 && fstat(fd, &by_descriptor) == 0 &&
           by_name.st_dev == by_descriptor.st_dev && by_name.st_ino == by_descriptor.st_ino;
}

static bool lacks_locks(int error)
{
    return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL ||
           error == EBADF; // NFS locks only what is open for writing, which a directory never is
}

static bool locking_switched_off(void)
{
    const char *setting = getenv("HDF5_USE_FILE_LOCKING");
    return setting && (strcasecmp(setting, "FALSE") == 0 || strcmp(setting, "0") == 0);
}

pp_lock pp_output_lock(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return PP_LOCK_TAKEN;
    if (!lacks_locks(errno))
        return PP_LOCK_HELD;
    return locking_switched_off() ? PP_LOCK_TAKEN : PP_LOCK_NONE;
}

pp_status pp_output_claim(int fd, const char *path, const char *writer, pp_error *error)
{
    switch (pp_output_lock(fd)) {
    case PP_LOCK_TAKEN:
        return PP_OK;
    case PP_LOCK_HELD:
        return pp_error_set(error, PP_EEXIST, "another %s is writing '%s'", writer, path);
    case PP_LOCK_NONE:
        break;
    }
    return pp_error_set(error, PP_EEXIST,
                        "'%s' exists, and this file system has no locks to tell whether its writer "
                        "is alive (%s); remove it, or set HDF5_USE_FILE_LOCKING=FALSE to have it "
                        "replaced",
                        path, strerror(errno));
}

char *pp_output_suffixed(const char *path, const char *suffix)
{
    size_t length = strlen(path), more = strlen(suffix) + 1;
    char *text = malloc(length + more);
    if (text) {
        memcpy(text, path, length);
        memcpy(text + length, suffix, more);
    }
    return text;
}

void pp_output_sync_folder(const char *path)
{
    char *folder = strdup(path);
    if (!folder)
        return;
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}
