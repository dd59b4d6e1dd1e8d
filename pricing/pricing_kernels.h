/// @file
/// @internal
/// The loops of pricing that are worth vector instructions.
#ifndef PURSUIT_PRICING_PRICING_KERNELS_H
#define PURSUIT_PRICING_PRICING_KERNELS_H

#include <stddef.h>

#include "market/base/simd.h"

typedef struct pp_pricing_kernels {
    /// y = weight[n_columns + 1] + sum_j weight[j] columns[j] + weight[n_columns] log_estimate, all
    /// [n].
    void (*affine)(const double *weight, int n_columns, const double *const *columns,
                   const double *log_estimate, size_t n, double *y);
    /// multiplier = quoted * factor, and offer = multiplier * estimate, all [n]. @param factor NULL
    /// for ones @return how many of either are not positive and finite
    size_t (*offer)(const double *quoted, const double *factor, const double *estimate, size_t n,
                    double *multiplier, double *offer);
    void (*log)(const double *x, size_t n, double *y);
    /// pp_logistic_bid of each. @param k [n] or NULL for all 1
    void (*bid)(const double *alpha, double beta, const double *k, double low, double high,
                size_t n, double *bid);
    /// 1/(1 + exp(beta multiplier - alpha)) of each, all [n].
    void (*probability)(const double *alpha, double beta, const double *multiplier, size_t n,
                        double *probability);
} pp_pricing_kernels;

PP_SIMD_KERNELS(pp_pricing_kernels)

#endif
