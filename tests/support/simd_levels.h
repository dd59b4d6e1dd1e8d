/// @file
/// For tests that run kernels at every level of vector instructions.
#ifndef PURSUIT_TESTS_SUPPORT_SIMD_LEVELS_H
#define PURSUIT_TESTS_SUPPORT_SIMD_LEVELS_H

#include "market/base/simd.h"

/// A teardown: back to the level that a program runs at.
static inline int restore_level(void **state)
{
    (void)state;
    pp_simd_use(pp_simd_most());
    return 0;
}

#endif
