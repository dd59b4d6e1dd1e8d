/// @file
/// @internal
/// Which build of the library this is, more exactly than a version and a commit can tell.
#ifndef PURSUIT_EXPERIMENTS_ENGINE_BUILD_ID_H
#define PURSUIT_EXPERIMENTS_ENGINE_BUILD_ID_H

#include <stddef.h>

enum { PP_BUILD_ID = 64 }; ///< most bytes of an identity

/// What the linker has noted in the program or library that this code is in: a hash of all of it.
/// @return its bytes; 0 if there is no such note
size_t pp_build_id(unsigned char id[PP_BUILD_ID]);

#endif
