/// @file
/// @internal
/// Small dense least squares and Newton systems over columns, in a fixed order of summation.
#ifndef PURSUIT_PRICING_LINEAR_H
#define PURSUIT_PRICING_LINEAR_H

#include <math.h>
#include <stddef.h>

#include "market/base/error.h"

/// Sum of x[i]*y[i] in eight interleaved partial sums: the order is fixed, whatever the machine.
static inline double pp_dot(const double *x, const double *y, size_t n)
{
    double part[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++)
            part[j] += x[i + j] * y[i + j];
    for (; i < n; i++)
        part[i % 8] += x[i] * y[i];
    return ((part[0] + part[4]) + (part[2] + part[6])) +
           ((part[1] + part[5]) + (part[3] + part[7]));
}

/// Solve A X = B for a symmetric positive definite A.
/// @param a [n][n] row-major; its lower triangle is read, then overwritten
/// @param b [columns][n]; becomes X
/// @return PP_OK, or PP_ENUMERIC if A is not positive definite, or A or B not finite (b untouched)
pp_status pp_solve_positive(double *a, size_t n, double *b, size_t columns, pp_error *error);

/// Standard deviation by the sum of n squares about the mean; 1 of a constant column, so that
/// centring it gives 0.
double pp_deviation(double squares, double n, double mean);

/// Mean of a column, and its pp_deviation.
void pp_standardise(const double *x, size_t n, double *mean, double *deviation);

#endif
