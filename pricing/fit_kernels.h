/// @file
/// @internal
/// The loops of refits. Sums over rows are eight interleaved partial sums of each strip of 256
/// rows, and strips are added in their order.
#ifndef PURSUIT_PRICING_FIT_KERNELS_H
#define PURSUIT_PRICING_FIT_KERNELS_H

#include <stddef.h>

#include "market/base/simd.h"

enum { PP_FIT_STRIP = 256 };

typedef struct pp_fit_kernels {
    /// z = x - mean of x. @param z [n] may be x @return the mean
    double (*centre)(const double *x, size_t n, double *z);
    /// @return sum of (x[i] - mean)^2
    double (*squares)(const double *x, size_t n, double mean);
    /// z = (x - mean) scale
    void (*scale)(const double *x, size_t n, double mean, double scale, double *z);
    /// Products of columns: product[j][k] += sum_i x[j][i] x[k][i] for k <= j.
    /// @param x       [q][stride]
    /// @param product lower triangle, row after row
    void (*gram)(const double *x, size_t stride, size_t n, size_t q, double *product);
    /// Gradient of the logistic log-likelihood of `response`, and minus its Hessian. Added to.
    /// @param x           [n_all][stride] regressors
    /// @param response    [n] from 0 to 1
    /// @param n_free      derivatives by the first n_free coefficients are taken
    /// @param coefficient [n_all]
    /// @param gradient    [n_free]
    /// @param hessian     [n_free][n_free], lower triangle
    void (*logistic)(const double *x, size_t stride, const double *response, size_t n,
                     size_t n_free, size_t n_all, const double *coefficient, double *gradient,
                     double *hessian);
    /// Adds up the offers from the first to the last-th cheapest of a firm's rivals, and takes the
    /// mean as a multiple of the firm's estimate.
    /// @param rank     [n] of the firm, 1 = cheapest
    /// @param sorted   [last + 1][stride] offers, cheapest first
    /// @param first    offers that are in `sum` already
    /// @param estimate, sum, multiple [n]
    void (*rivals)(const double *rank, const double *sorted, size_t stride, size_t first,
                   size_t last, const double *estimate, size_t n, double *sum, double *multiple);
} pp_fit_kernels;

PP_SIMD_KERNELS(pp_fit_kernels)

#endif
