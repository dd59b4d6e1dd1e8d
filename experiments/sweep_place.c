#include "experiments/sweep_place.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "data/output_steps.h"
#include "experiments/buffer.h"

/// Where the folder of a file really is; malloc'd, NULL with errno.
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    char *real = folder ? realpath(folder, NULL) : NULL;
    free(folder);
    return real;
}

/// Bytes that two absolute paths share, in whole names.
static size_t shared(const char *a, const char *b)
{
    size_t n = 0, end = 0;
    for (; a[n] && a[n] == b[n]; n++)
        if (a[n] == '/')
            end = n;
    bool a_ends = a[n] == '\0' || a[n] == '/', b_ends = b[n] == '\0' || b[n] == '/';
    return a_ends && b_ends ? n : end;
}

static char *between(const char *from, const char *to)
{
    pp_buffer text = {0};
    size_t n = shared(from, to);
    for (const char *rest = from + n; *rest; rest++)
        if (*rest != '/' && (rest == from || rest[-1] == '/'))
            pp_buffer_add(&text, "../");
    to += n;
    to += *to == '/';
    pp_buffer_add(&text, "%s%s", to, *to ? "/" : "");
    return pp_buffer_take(&text);
}

pp_status pp_sweep_place(const char *path, const char *directory, char **place, pp_error *error)
{
    char *runs = pp_output_suffixed(directory, "/runs");
    if (!runs)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status = PP_OK;
    char *from = folder_of(path), *to = NULL;
    if (!from)
        status = pp_output_failed(error, "create", path);
    else if (!(to = realpath(runs, NULL)))
        status = pp_output_failed(error, "open", runs);
    else if (!(*place = between(from, to)))
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    free(to);
    free(from);
    free(runs);
    return status;
}
