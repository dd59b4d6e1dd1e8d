/// @file
/// @internal
/// Paths that mean the same wherever they are read again.
#ifndef PURSUIT_MARKET_BASE_PATH_H
#define PURSUIT_MARKET_BASE_PATH_H

#include "market/base/param.h"

/// Make a path absolute; nothing is looked up in the file system but the current folder.
/// @param base folder that a relative path starts from, with its final '/', or "" for the current
/// one; it may be relative to the current one itself
/// @return PP_OK; PP_EINVAL if the whole path is too long or not UTF-8; PP_EIO
pp_status pp_path_absolute(const char *base, pp_text *path, pp_error *error);

/// The folder of a file, with its final '/'; "" if it is the current one.
/// @return malloc'd; NULL if memory ran out
char *pp_path_folder(const char *path);

#endif
