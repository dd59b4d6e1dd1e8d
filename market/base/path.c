// Paths made absolute.
#include "market/base/path.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "market/base/utf8.h"

char *pp_path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
}

pp_status pp_path_absolute(const char *base, pp_text *path, pp_error *error)
{
    char current[PP_TEXT_MAX] = "", whole[2 * PP_TEXT_MAX];
    bool absolute = path->text[0] == '/' || base[0] == '/';
    if (!absolute && !getcwd(current, sizeof current - 1))
        return pp_error_set(error, PP_EIO, "the current folder is unknown");
    snprintf(whole, sizeof whole, "%s%s%s%s", current, absolute ? "" : "/",
             path->text[0] == '/' ? "" : base, path->text);
    if (strlen(whole) >= PP_TEXT_MAX)
        return pp_error_set(error, PP_EINVAL, "the whole path is too long");
    if (!pp_utf8_valid(whole))
        return pp_error_set(error, PP_EINVAL, "the whole path is not UTF-8");
    memcpy(path->text, whole, strlen(whole) + 1);
    return PP_OK;
}
