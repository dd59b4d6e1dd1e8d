/// @file
/// @internal
/// exp and log in code without branches, calls or tables, for loops that compilers turn into vector
/// instructions. Adds, multiplications and a division only, each rounded by itself, so that one
/// number at a time, two, four or eight give the same bits.
///
/// Source: the reduction is Tang's (1989) and the form of log fdlibm's; the coefficients are
/// interpolations at Chebyshev's points, found with 60 digits. Greatest errors measured in a
/// million draws each (tests/market/base/test_maths.c): exp 1.1, log 0.9 units in the last place.
#ifndef PURSUIT_MARKET_BASE_MATHS_H
#define PURSUIT_MARKET_BASE_MATHS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t pp_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double pp_real(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/// floor x of x >= 0. Below SSE4.1 compilers have no instruction for it, and call libm.
static inline double pp_floor(double x)
{
#if defined(__SSE2__) && !defined(__SSE4_1__)
    double whole = (x + 0x1p52) - 0x1p52; // to the nearest, which may be above
    whole -= whole > x ? 1 : 0;
    return x < 0x1p52 ? whole : x; // a number so large has no fraction
#else
    return floor(x);
#endif
}

// log 2 in two parts: products of the first with whole numbers below 2^21 are exact.
#define PP_LN2_HIGH 0x1.62e42fee00000p-1
#define PP_LN2_LOW  0x1.a39ef35793c76p-33

/// Coefficients of e^r - 1 - r over r^2, from the second highest down, STEP(coefficient) each.
#define PP_EXP_HIGHEST 0x1.af38a9b0ec855p-26
#define PP_EXP_STEPS(STEP)                                                                         \
    STEP(0x1.289185613a3d6p-22)                                                                    \
    STEP(0x1.71de0dae63bb3p-19)                                                                    \
    STEP(0x1.a019b90d2ae7ap-16)                                                                    \
    STEP(0x1.a01a01a7c41d5p-13)                                                                    \
    STEP(0x1.6c16c1788bd90p-10)                                                                    \
    STEP(0x1.11111111109b3p-7)                                                                     \
    STEP(0x1.5555555553d63p-5)                                                                     \
    STEP(0x1.5555555555556p-3)                                                                     \
    STEP(0.5)

/// e^x; 0 below -707 (where e^x < 10^-307), infinity above 709.78, NaN of NaN.
static inline double pp_exp(double x)
{
    const double whole =
        0x1.8p52; // a number so large has no fraction; its last bits are a whole one
    double y = x < -707 ? -707 : x;
    y = y > 710 ? 710 : y;
    double t = y * 0x1.71547652b82fep0 + whole, k = t - whole; // x = k log 2 + r
    double r = y - k * PP_LN2_HIGH - k * PP_LN2_LOW, q = PP_EXP_HIGHEST;
#define PP_STEP(coefficient) q = (coefficient) + r * q;
    PP_EXP_STEPS(PP_STEP)
#undef PP_STEP
    double half_scale = pp_real((pp_bits(t) + 1022) << 52); // 2^(k - 1): 2^1024 is none
    double e = (1 + (r + r * r * q)) * half_scale * 2;
    return x < -707 ? 0 : e;
}

// 1, and sqrt(1/2), as bits.
#define PP_BITS_ONE       UINT64_C(0x3ff0000000000000)
#define PP_BITS_ROOT_HALF UINT64_C(0x3fe6a09e667f3bcd)
#define PP_BITS_FRACTION  UINT64_C(0x000fffffffffffff)

/// A normal positive number as 2^k m, m from sqrt(1/2) to sqrt(2). @return m - 1
static inline double pp_log_split(double x, double *k)
{
    uint64_t bits = pp_bits(x) + (PP_BITS_ONE - PP_BITS_ROOT_HALF);
    *k = pp_real(bits >> 52 | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023);
    return pp_real((bits & PP_BITS_FRACTION) + PP_BITS_ROOT_HALF) - 1;
}

/// Coefficients of log((1 + s)/(1 - s))/s - 2 over z = s^2, from the second highest down.
#define PP_LOG_HIGHEST 0x1.2b5f68a50d903p-3
#define PP_LOG_STEPS(STEP)                                                                         \
    STEP(0x1.39fdcceb4bb45p-3)                                                                     \
    STEP(0x1.7462b91b8df65p-3)                                                                     \
    STEP(0x1.c71c62d5e53e0p-3)                                                                     \
    STEP(0x1.2492492dfd86cp-2)                                                                     \
    STEP(0x1.9999999995273p-2)                                                                     \
    STEP(0x1.5555555555558p-1)

/// log x of a normal positive number. Not for others: see pp_log.
static inline double pp_log_normal(double x)
{
    double k, f = pp_log_split(x, &k);
    double s = f / (2 + f), z = s * s, p = PP_LOG_HIGHEST; // log m = 2 atanh s
#define PP_STEP(coefficient) p = (coefficient) + z * p;
    PP_LOG_STEPS(PP_STEP)
#undef PP_STEP
    double half = 0.5 * f * f;
    return k * PP_LN2_HIGH - (half - (s * (half + z * p) + k * PP_LN2_LOW) - f);
}

/// log x; -infinity of 0, infinity of infinity, NaN of what is negative or NaN.
static inline double pp_log(double x)
{
    double y = pp_log_normal(x < 0x1p-1022 ? x * 0x1p54 : x);
    y = x < 0x1p-1022 ? y - 54 * M_LN2 : y;
    y = x > 0 ? y : x < 0 ? NAN : x == 0 ? -INFINITY : x;
    return x <= 0x1.fffffffffffffp1023 ? y : x;
}

#endif
