/// @file
/// @internal
/// Where the points of a sweep's designs lie: evenly spaced values, Latin hypercubes and Sobol's
/// sequence. Nothing here knows a scenario. Threads: pure functions.
#ifndef PURSUIT_EXPERIMENTS_STATS_DESIGN_H
#define PURSUIT_EXPERIMENTS_STATS_DESIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/base/error.h"

enum { PP_SOBOL_KEYS_MAX = 40 }; ///< dimensions of GSL's sequence

/// What a parameter is taken over.
typedef struct pp_range {
    double from, to; ///< finite; above 0 if log
    bool log;        ///< even in the logarithm
    bool whole;      ///< of pp_range_at: whole numbers only; from and to are such
} pp_range;

/// Value i of n that are evenly spaced, both ends exact; what is between them is rounded to 14
/// significant digits, so that 0.1 to 0.5 in 5 steps has 0.3.
double pp_range_step(const pp_range *range, size_t i, size_t n);

/// The value at a share of the range. Each whole number has an equal share if the range is linear,
/// one of log((k + 1)/k) if it is logarithmic.
/// @param share in [0, 1)
/// @return within [from, to]
double pp_range_at(const pp_range *range, double share);

/// A Latin hypercube (McKay, Beckman and Conover 1979): in every dimension each of n equal slices
/// of [0, 1) has one point, at random within it. A function of its arguments.
/// @param n      at least 1, @param dims below 2^24
/// @param points [n][dims], each in (0, 1)
/// @return PP_OK, or PP_ENOMEM
pp_status pp_latin_hypercube(uint64_t seed, size_t n, size_t dims, double *points, pp_error *error);

/// Sobol's sequence as in GSL (Antonov and Saleev 1979, Bratley and Fox 1988), which starts at 1/2.
/// @param skip   points left out at its start
/// @param dims   1 .. PP_SOBOL_KEYS_MAX
/// @param points [n][dims], each in (0, 1)
/// @return PP_OK; PP_EINVAL if there are no so many dimensions or points; PP_ENOMEM
pp_status pp_sobol(size_t skip, size_t n, size_t dims, double *points, pp_error *error);

#endif
