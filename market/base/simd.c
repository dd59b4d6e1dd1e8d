// The choice of vector instructions: the most that the machine has, or less on request.
#include "market/base/simd.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char *const pp_simd_names[] = {"baseline", "avx2", "avx512", NULL};

static atomic_int chosen = -1; // a pp_simd; every thread that looks first finds the same one

pp_simd pp_simd_most(void)
{
#ifdef PP_SIMD_LEVELS
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return PP_SIMD_AVX512;
    if (__builtin_cpu_supports("avx2"))
        return PP_SIMD_AVX2;
#endif
    return PP_SIMD_BASELINE;
}

/// What the environment asks for; PP_SIMD_COUNT if nothing, or nothing that is known.
static pp_simd asked_for(const char *name)
{
    int level = 0;
    while (level < PP_SIMD_COUNT && !(name && strcmp(name, pp_simd_names[level]) == 0))
        level++;
    return (pp_simd)level;
}

pp_simd pp_simd_level(void)
{
    int level = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (level < 0) {
        pp_simd most = pp_simd_most(), asked = asked_for(getenv("PURSUIT_SIMD"));
        level = asked < most ? (int)asked : (int)most;
        atomic_store_explicit(&chosen, level, memory_order_relaxed);
    }
    return (pp_simd)level;
}

void pp_simd_use(pp_simd level)
{
    atomic_store_explicit(&chosen, (int)level, memory_order_relaxed);
}

pp_status pp_simd_check(pp_error *error)
{
    const char *name = getenv("PURSUIT_SIMD");
    if (!name || !*name)
        return PP_OK;
    pp_simd asked = asked_for(name);
    if (asked == PP_SIMD_COUNT)
        return pp_error_set(error, PP_EINVAL,
                            "PURSUIT_SIMD: '%s' is none of baseline, avx2 and avx512", name);
    if (asked > pp_simd_most())
        return pp_error_set(error, PP_EINVAL,
                            "PURSUIT_SIMD: this machine or this build has no '%s'; '%s' is the "
                            "most it has",
                            name, pp_simd_names[pp_simd_most()]);
    return PP_OK;
}
