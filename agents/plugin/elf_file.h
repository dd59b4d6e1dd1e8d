/// @file
/// @internal
/// What can be known of a shared object before it is loaded.
#ifndef PURSUIT_AGENTS_PLUGIN_ELF_FILE_H
#define PURSUIT_AGENTS_PLUGIN_ELF_FILE_H

#include "market/base/error.h"

/// Can an open file be mapped as its headers ask? The loader maps what they name without asking how
/// long the file is, and the program ends by SIGBUS at the first page that is not there. A file
/// that is not ELF passes: the loader refuses it by itself.
/// @param path for messages
/// @return PP_OK; PP_EFORMAT if it is cut short, for another machine or no shared object; PP_EIO
pp_status pp_elf_check(int fd, const char *path, pp_error *error);

#endif
