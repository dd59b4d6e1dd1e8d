/// @file
/// Sampling by inversion: one uniform, one variate, whatever the law. Continuous laws are tabulated
/// quantile functions, discrete ones cumulative tables with a guide. Tables are built once, then
/// shared.
///
/// A quantile table is indexed by the leading bits of min(u, 1 - u) as a floating-point number, so
/// cells shrink with the tail they are in: 32 octaves of 8 cells on each side, a quintic in each
/// that matches value, slope and curvature at both ends. The greatest error measured
/// (tests/market/test_law.c) is, relative to the value or the law's standard deviation, whichever
/// is greater, below 4e-9 for the laws of the published market and below 2e-8 for shapes from 0.3
/// up. Draws beyond probability 2^-33 of either tail do not occur.
#ifndef PURSUIT_MARKET_DISTRIBUTION_H
#define PURSUIT_MARKET_DISTRIBUTION_H

#include <stdint.h>
#include <string.h>

#include "market/base/error.h"

enum {
    PP_LAW_OCTAVES = 32,
    PP_LAW_BITS = 3, ///< cells per octave = 2^bits
    PP_LAW_CELLS = PP_LAW_OCTAVES << PP_LAW_BITS,
    PP_LAW_TERMS = 6,
};

typedef struct pp_quantile_table {
    double cell[2][PP_LAW_CELLS][PP_LAW_TERMS]; ///< lower half, upper half
} pp_quantile_table;

/// Tabulate the quantiles of Beta(a, b), Gamma(shape, scale) or N(0, 1).
/// @return PP_EINVAL if a parameter is not positive and finite; PP_ENUMERIC if a quantile cannot be
/// found: shapes so extreme that the law is a point, or that quantiles within 2^-33 of probability
/// 0 or 1 round to an end of its range (second shapes of Beta below about 0.65)
PP_API pp_status pp_distribution_beta(double a, double b, pp_quantile_table *table,
                                      pp_error *error);
PP_API pp_status pp_distribution_gamma(double shape, double scale, pp_quantile_table *table,
                                       pp_error *error);
PP_API pp_status pp_distribution_normal(pp_quantile_table *table, pp_error *error);

/// Where in `cell` the terms begin for u in (0, 1); u beyond 2^-33 of either end is taken as that.
/// Without branches: which half u is in nobody can guess. @param t place in the cell, in [0, 1)
static inline uint64_t pp_quantile_cell(double u, double *t)
{
    const uint64_t first = (UINT64_C(1023) - 33) << PP_LAW_BITS; // of 2^-33
    double rest = 1 - u, past = 0.5 - u, v = u < rest ? u : rest;
    uint64_t bits, upper;
    v = v > 0x1p-33 ? v : 0x1p-33;
    v = v < 0x1.fffffffffffffp-2 ? v : 0x1.fffffffffffffp-2;
    memcpy(&bits, &v, sizeof bits);
    memcpy(&upper, &past, sizeof upper); // its sign
    uint64_t cell = (bits >> (52 - PP_LAW_BITS)) - first + (upper >> 63) * PP_LAW_CELLS;
    bits = (bits << PP_LAW_BITS & UINT64_C(0xfffffffffffff)) | UINT64_C(0x3ff0000000000000);
    memcpy(t, &bits, sizeof *t);
    *t -= 1;
    return cell * PP_LAW_TERMS;
}

/// @param c [PP_LAW_TERMS] of one cell
static inline double pp_quantile_quintic(const double *c, double t)
{
    double t2 = t * t;
    return c[0] + t * c[1] + t2 * (c[2] + t * c[3] + t2 * (c[4] + t * c[5]));
}

/// Quantile at u in (0, 1).
static inline double pp_quantile(const pp_quantile_table *table, double u)
{
    double t;
    uint64_t at = pp_quantile_cell(u, &t);
    return pp_quantile_quintic(&table->cell[0][0][0] + at, t);
}

enum { PP_GUIDE = 64 };

/// A law on 0..n-1.
typedef struct pp_discrete {
    int n;
    const double *cumulative; ///< [n], last is at least 1
    uint8_t guide[PP_GUIDE];  ///< first outcome worth trying for u in [i, i+1)/PP_GUIDE
} pp_discrete;

/// @param cumulative [n] non-decreasing, n at most 255; borrowed. The last is set to 1.
PP_API void pp_discrete_build(double *cumulative, int n, pp_discrete *law);

/// The cell of the guide in which u is.
static inline int pp_discrete_guide(double u)
{
    return (int)(u * PP_GUIDE);
}

/// The outcome of u, whose cell of the guide is known. The first step past the guide is a
/// comparison and no branch: half of the draws may take it, and which nobody can guess.
static inline int pp_discrete_from(const pp_discrete *law, int guide, double u)
{
    const double *cumulative = law->cumulative;
    size_t i = law->guide[guide];
    i += u >= cumulative[i];
    while (u >= cumulative[i])
        i++;
    return (int)i;
}

static inline int pp_discrete_draw(const pp_discrete *law, double u)
{
    return pp_discrete_from(law, pp_discrete_guide(u), u);
}

#endif
