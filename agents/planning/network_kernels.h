/// @file
/// @internal
/// A network's activations, in the layout of pricing/matrix_kernels.h, and Adam's step.
#ifndef PURSUIT_AGENTS_PLANNING_NETWORK_KERNELS_H
#define PURSUIT_AGENTS_PLANNING_NETWORK_KERNELS_H

#include <stddef.h>

#include "market/base/simd.h"

/// Constants of a step of Adam.
typedef struct pp_adam_step {
    double first_decay, second_decay;
    double rate;  ///< over the correction of the first moment
    double scale; ///< one over the root of the correction of the second moment
    double small; ///< added to the root of the second moment
} pp_adam_step;

typedef struct pp_network_kernels {
    /// x = max(x, 0); 0 for NaN. @param x [units][PP_MATRIX_ROWS]
    void (*rectify)(double *x, size_t units, size_t rows);
    /// slope = 0 where not x > 0. @param slope, x [units][PP_MATRIX_ROWS]
    void (*mask)(double *slope, const double *x, size_t units, size_t rows);
    /// See pp_adam (agents/planning/network.h). First moments too small to matter become 0.
    void (*adam)(const pp_adam_step *step, double *weight, const double *gradient, double *first,
                 double *second, size_t n);
} pp_network_kernels;

PP_SIMD_KERNELS(pp_network_kernels)

#endif
