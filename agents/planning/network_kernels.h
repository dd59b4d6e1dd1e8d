/// @file
/// @internal
/// A network's loops: matrix products over a batch of rows, forwards and backwards, and Adam's
/// step. Numbers of a batch are [units][PP_NETWORK_BATCH], rows side by side, so that each lane of
/// a vector is a row. Padding rows count as rows: their slopes must be 0.
#ifndef PURSUIT_AGENTS_PLANNING_NETWORK_KERNELS_H
#define PURSUIT_AGENTS_PLANNING_NETWORK_KERNELS_H

#include <stddef.h>

#include "market/base/simd.h"

enum {
    PP_NETWORK_BATCH = 64, ///< rows at most
    PP_NETWORK_LANES = 8   ///< rows come in multiples of it
};

/// out[p] = start[p] + sum_q weight[p * along_out + q * along_in] in[q], for every row; q in order.
typedef struct pp_network_product {
    size_t rows, outputs, inputs;
    const double *weight;
    size_t along_out, along_in;
    const double *start; ///< [outputs], or NULL for zeros
    const double *in;    ///< [inputs][PP_NETWORK_BATCH]
    double *out;         ///< [outputs][PP_NETWORK_BATCH]; must not alias
} pp_network_product;

/// Constants of a step of Adam.
typedef struct pp_adam_step {
    double first_decay, second_decay;
    double rate;  ///< over the correction of the first moment
    double scale; ///< one over the root of the correction of the second moment
    double small; ///< added to the root of the second moment
} pp_adam_step;

typedef struct pp_network_kernels {
    void (*product)(const pp_network_product *product);
    /// gradient[i][j] = sum over rows of in[i] slope[j], in eight sums of every eighth row, which
    /// are added as pp_lanes_total does. @param in [inputs][PP_NETWORK_BATCH]
    /// @param slope [outputs][PP_NETWORK_BATCH] @param gradient [inputs][outputs]
    void (*gradient)(const double *in, size_t inputs, const double *slope, size_t outputs,
                     size_t rows, double *gradient);
    /// x = max(x, 0); 0 for NaN. @param x [units][PP_NETWORK_BATCH]
    void (*rectify)(double *x, size_t units, size_t rows);
    /// slope = 0 where not x > 0. @param slope, x [units][PP_NETWORK_BATCH]
    void (*mask)(double *slope, const double *x, size_t units, size_t rows);
    /// See pp_adam (agents/planning/network.h). First moments too small to matter become 0.
    void (*adam)(const pp_adam_step *step, double *weight, const double *gradient, double *first,
                 double *second, size_t n);
} pp_network_kernels;

PP_SIMD_KERNELS(pp_network_kernels)

#endif
