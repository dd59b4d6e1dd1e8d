/// @file
/// @internal
/// Matrix products of small neural networks over a batch of rows, forwards and backwards. Numbers
/// of a batch are [units][PP_MATRIX_ROWS], rows side by side, so that each lane of a vector is a
/// row. Rows come in multiples of eight: those of padding count as rows.
#ifndef PURSUIT_PRICING_MATRIX_KERNELS_H
#define PURSUIT_PRICING_MATRIX_KERNELS_H

#include <stddef.h>

#include "market/base/simd.h"

enum { PP_MATRIX_ROWS = 64 }; ///< of a batch, at most

/// n rows and their padding.
static inline size_t pp_matrix_padded(size_t n)
{
    return (n + 7) / 8 * 8;
}

/// out[p] = start[p] + sum_q weight[p * along_out + q * along_in] in[q], for every row; q in order.
typedef struct pp_matrix_product {
    size_t rows, outputs, inputs;
    const double *weight;
    size_t along_out, along_in;
    const double *start; ///< [outputs], or NULL for zeros
    const double *in;    ///< [inputs][PP_MATRIX_ROWS]
    double *out;         ///< [outputs][PP_MATRIX_ROWS]; must not alias
} pp_matrix_product;

typedef struct pp_matrix_kernels {
    void (*product)(const pp_matrix_product *product);
    /// gradient[i][j] = sum over rows of in[i] slope[j], in eight sums of every eighth row, which
    /// are added as pp_lanes_total does. @param in [inputs][PP_MATRIX_ROWS]
    /// @param slope [outputs][PP_MATRIX_ROWS], 0 in padding @param gradient [inputs][outputs]
    void (*gradient)(const double *in, size_t inputs, const double *slope, size_t outputs,
                     size_t rows, double *gradient);
} pp_matrix_kernels;

PP_SIMD_KERNELS(pp_matrix_kernels)

#endif
