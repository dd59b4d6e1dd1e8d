/// @file
/// @internal
/// pp_exp and pp_log_normal of many numbers, for files of kernels. One step waits for the one
/// before it, so several vectors go through each step together; a processor does not look far
/// enough ahead to do so by itself. Each number has the bits of the function in
/// market/base/maths.h.
#ifndef PURSUIT_MARKET_BASE_LANES_MATHS_H
#define PURSUIT_MARKET_BASE_LANES_MATHS_H

#include "market/base/lanes.h"

enum {
    PP_PASS = 4, ///< vectors that go through steps together
    PP_PASS_NUMBERS = PP_PASS * PP_VECTOR,
};

#define PP_EACH_OF_PASS(v) for (int v = 0; v < PP_PASS; v++)

static inline pp_vector pp_vector_of(double x)
{
    return x - (pp_vector){0};
}

static inline void pp_pass_exp(pp_vector *x)
{
    const pp_vector whole = pp_vector_of(0x1.8p52), least = pp_vector_of(-707);
    const pp_vector most = pp_vector_of(710);
    pp_vector t[PP_PASS], r[PP_PASS], q[PP_PASS], scale[PP_PASS];
    PP_EACH_OF_PASS(v)
    {
        pp_vector y = pp_vector_pick(x[v] < least, least, x[v]);
        y = pp_vector_pick(y > most, most, y);
        t[v] = y * 0x1.71547652b82fep0 + whole;
        pp_vector k = t[v] - whole;
        r[v] = y - k * PP_LN2_HIGH - k * PP_LN2_LOW;
        q[v] = pp_vector_of(PP_EXP_HIGHEST);
        scale[v] = (pp_vector)(((pp_words)t[v] + 1022) << 52);
    }
#define PP_STEP(coefficient) PP_EACH_OF_PASS(v) q[v] = (coefficient) + r[v] * q[v];
    PP_EXP_STEPS(PP_STEP)
#undef PP_STEP
    PP_EACH_OF_PASS(v) q[v] = (1 + (r[v] + r[v] * r[v] * q[v])) * scale[v] * 2;
    PP_EACH_OF_PASS(v) x[v] = (pp_vector)(~(x[v] < least) & (pp_mask)q[v]);
}

static inline void pp_pass_log(pp_vector *x)
{
    pp_vector k[PP_PASS], f[PP_PASS], s[PP_PASS], z[PP_PASS], p[PP_PASS];
    PP_EACH_OF_PASS(v)
    {
        pp_words bits = (pp_words)x[v] + (PP_BITS_ONE - PP_BITS_ROOT_HALF);
        k[v] = (pp_vector)(bits >> 52 | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023);
        f[v] = (pp_vector)((bits & PP_BITS_FRACTION) + PP_BITS_ROOT_HALF) - 1;
    }
    PP_EACH_OF_PASS(v) s[v] = f[v] / (2 + f[v]);
    PP_EACH_OF_PASS(v) z[v] = s[v] * s[v];
    PP_EACH_OF_PASS(v) p[v] = pp_vector_of(PP_LOG_HIGHEST);
#define PP_STEP(coefficient) PP_EACH_OF_PASS(v) p[v] = (coefficient) + z[v] * p[v];
    PP_LOG_STEPS(PP_STEP)
#undef PP_STEP
    PP_EACH_OF_PASS(v)
    {
        pp_vector half = 0.5 * f[v] * f[v];
        x[v] =
            k[v] * PP_LN2_HIGH - (half - (s[v] * (half + z[v] * p[v]) + k[v] * PP_LN2_LOW) - f[v]);
    }
}

/// Numbers [n] become their exponentials.
static inline void pp_exps(double *x, size_t n)
{
    const size_t rest = n % PP_PASS_NUMBERS;
    for (size_t i = 0; i < n - rest; i += PP_PASS_NUMBERS) {
        pp_vector pass[PP_PASS];
        PP_EACH_OF_PASS(v) pass[v] = pp_vector_load(x + i + v * PP_VECTOR);
        pp_pass_exp(pass);
        PP_EACH_OF_PASS(v) pp_vector_store(pass[v], x + i + v * PP_VECTOR);
    }
    for (size_t i = n - rest; i < n; i++)
        x[i] = pp_exp(x[i]);
}

/// Normal positive numbers [n] become their logarithms.
static inline void pp_logs(double *x, size_t n)
{
    const size_t rest = n % PP_PASS_NUMBERS;
    for (size_t i = 0; i < n - rest; i += PP_PASS_NUMBERS) {
        pp_vector pass[PP_PASS];
        PP_EACH_OF_PASS(v) pass[v] = pp_vector_load(x + i + v * PP_VECTOR);
        pp_pass_log(pass);
        PP_EACH_OF_PASS(v) pp_vector_store(pass[v], x + i + v * PP_VECTOR);
    }
    for (size_t i = n - rest; i < n; i++)
        x[i] = pp_log_normal(x[i]);
}

#endif
