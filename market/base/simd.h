/// @file
/// @internal
/// One binary for every machine of an architecture: files of kernels (`*_kernels.c`) are compiled
/// once for each level of vector instructions, and the best that the machine has is chosen when the
/// program runs. A kernel is a loop over independent elements, or sums in an order that is written
/// down, so all levels give the same bits (tests/market/base/test_simd.c).
///
/// The environment variable PURSUIT_SIMD (baseline, avx2, avx512) asks for no more than that level;
/// the library ignores any other value, and pp_simd_check reports it.
///
/// The level in use is process-global state, an exception to the library's rule. It is one atomic
/// integer that every thread would set to the same value, and no result depends on it.
#ifndef PURSUIT_MARKET_BASE_SIMD_H
#define PURSUIT_MARKET_BASE_SIMD_H

#include "market/base/error.h"

typedef enum pp_simd { PP_SIMD_BASELINE, PP_SIMD_AVX2, PP_SIMD_AVX512, PP_SIMD_COUNT } pp_simd;

extern const char *const pp_simd_names[]; ///< NULL-terminated

/// The level in use. Found at the first call; threads may call at once.
pp_simd pp_simd_level(void);
/// The most that this machine and this build have.
pp_simd pp_simd_most(void);
/// Use this level from now on, for tests and benchmarks. @param level at most pp_simd_most()
void pp_simd_use(pp_simd level);
/// @return PP_EINVAL if PURSUIT_SIMD names no level, or one that this machine lacks
pp_status pp_simd_check(pp_error *error);

// In a file of kernels, the name of its table at the level it is compiled for.
#ifndef PP_SIMD_SUFFIX
#define PP_SIMD_SUFFIX baseline
#endif
#define PP_SIMD_JOIN_(name, suffix) name##_##suffix
#define PP_SIMD_JOIN(name, suffix)  PP_SIMD_JOIN_(name, suffix)
#define PP_SIMD_TABLE(name)         PP_SIMD_JOIN(name, PP_SIMD_SUFFIX)

/// In the header of a file of kernels: declares `type` tables and `type *name(void)`, the one in
/// use.
#ifdef PP_SIMD_LEVELS
#define PP_SIMD_KERNELS(name)                                                                      \
    extern const name name##_baseline, name##_avx2, name##_avx512;                                 \
    static inline const name *name##_now(void)                                                     \
    {                                                                                              \
        pp_simd level = pp_simd_level();                                                           \
        return level == PP_SIMD_AVX512 ? &name##_avx512                                            \
               : level == PP_SIMD_AVX2 ? &name##_avx2                                              \
                                       : &name##_baseline;                                         \
    }
#else
#define PP_SIMD_KERNELS(name)                                                                      \
    extern const name name##_baseline;                                                             \
    static inline const name *name##_now(void)                                                     \
    {                                                                                              \
        return &name##_baseline;                                                                   \
    }
#endif

#endif
