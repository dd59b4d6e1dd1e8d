// The state of a results file, from its bytes.
#include "data/results/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/file/output_steps.h"
#include "data/hdf5/seal.h"

/// Of the part of an HDF5 file that says how long it is; and of what a disk writes at once.
enum { HEAD = 64, PAGE = 4096 };

/// @param size of the file, more than 0
static pp_status look(int fd, off_t size, const char *path, bool thorough, pp_results_state *state,
                      pp_error *error)
{
    unsigned char start[PAGE];
    pp_error cause = {0};
    ssize_t n = pread(fd, start, sizeof start, 0);
    if (n < 1)
        return pp_output_failed(error, "read", path);
    bool sealed = pp_seal_present(fd);
    bool blank = start[0] == 0 && memcmp(start, start + 1, (size_t)n - 1) == 0; // after a power cut
    bool starts = pp_seal_signature(fd) > 0; // of a file cut short, as far as it goes
    *state = starts || sealed || blank ? PP_RESULTS_DAMAGED : PP_RESULTS_FOREIGN;
    if (!starts || size < HEAD)
        return PP_OK;
    pp_status status = sealed && !thorough ? PP_OK : pp_seal_check(fd, &cause);
    if (status == PP_OK)
        *state = sealed ? PP_RESULTS_WHOLE : PP_RESULTS_FOREIGN;
    if (status == PP_OK || status == PP_EFORMAT)
        return PP_OK;
    return pp_error_set(error, PP_EIO, "cannot read '%s': %s", path, cause.message);
}

pp_status pp_results_look(const char *path, bool thorough, pp_results_state *state, pp_error *error)
{
    struct stat about;
    *state = PP_RESULTS_ABSENT;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        // A link that leads nowhere is in the way; a file that has just appeared is looked at next
        // time.
        if (lstat(path, &about) == 0 && S_ISLNK(about.st_mode))
            *state = PP_RESULTS_FOREIGN;
        return PP_OK;
    }
    if (fd < 0 || fstat(fd, &about) != 0) {
        pp_status status = pp_output_failed(error, "open", path);
        if (fd >= 0)
            close(fd);
        return status;
    }
    pp_status status = PP_OK;
    *state = PP_RESULTS_FOREIGN;
    if (S_ISREG(about.st_mode) && about.st_size == 0)
        *state = PP_RESULTS_DAMAGED;
    else if (S_ISREG(about.st_mode))
        status = look(fd, about.st_size, path, thorough, state, error);
    close(fd);
    return status;
}

pp_status pp_results_may_replace(const char *path, pp_error *error)
{
    pp_results_state state;
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) // for those who open it to tell
        return PP_OK;
    PP_TRY(pp_results_look(path, false, &state, error));
    // Only the start of a blank file has been looked at.
    bool doubtful =
        state == PP_RESULTS_FOREIGN || (state == PP_RESULTS_DAMAGED && about.st_size > PAGE);
    int fd = doubtful ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    bool foreign = doubtful && (fd < 0 || pp_seal_signature(fd) <= 0);
    if (fd >= 0)
        close(fd);
    if (!foreign)
        return PP_OK;
    return pp_error_set(error, PP_EEXIST,
                        "'%s' stays as it is: it is no HDF5 file, and only results are replaced",
                        path);
}
