/// @file
/// @internal
/// Activations and likelihood of the small network of conversion (pricing/conversion_mlp.c), in the
/// layout of pricing/matrix_kernels.h.
#ifndef PURSUIT_PRICING_MLP_KERNELS_H
#define PURSUIT_PRICING_MLP_KERNELS_H

#include <stddef.h>

#include "market/base/simd.h"

typedef struct pp_mlp_kernels {
    /// Minus the log-likelihood of n rows, PP_MATRIX_ROWS at most.
    /// @param hidden units, each with its gain, [hidden]
    /// @param sold   [n and padding] 1 or 0
    /// @param unit   [hidden + 1][PP_MATRIX_ROWS] what goes into each unit, which becomes x/(1 +
    /// |x|); last the part of the logit that is not theirs, which becomes the logit
    /// @param delta  [hidden + 1][PP_MATRIX_ROWS] becomes the loss's gradient in what goes into
    /// each unit, and last in the logit; 0 in padding; NULL if not wanted
    double (*loss)(size_t hidden, const double *gain, const double *sold, size_t n, double *unit,
                   double *delta);
} pp_mlp_kernels;

PP_SIMD_KERNELS(pp_mlp_kernels)

#endif
