/// @file
/// @internal
/// The loops of learners: soft maxima of a customer's candidates, and sums of outer products.
#ifndef PURSUIT_AGENTS_LEARNING_LEARNING_KERNELS_H
#define PURSUIT_AGENTS_LEARNING_LEARNING_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "market/base/simd.h"

/// One customer's candidates, row by row. A row has room for n candidates rounded up to a multiple
/// of 8; beyond n the weights are 0 (reference 0, level -infinity) and the others repeat the last.
typedef struct pp_soft_rows {
    size_t n;
    const double *reference; ///< pi_b
    const double *sale;      ///< P
    const double *profit;    ///< P C (a - k), GBP
    const double *level;     ///< log pi_b + profit/tau
    const double *slope;     ///< P/tau
} pp_soft_rows;
enum { PP_CHOICE_ROWS = 5 };

/// Sums of a soft maximum at a value of a sale d, with Q_a = profit_a + P_a d and
/// x_a = (Q_a - most)/tau.
typedef struct pp_choice_sums {
    double most;       ///< of Q, GBP
    double total;      ///< sum pi_b e^x
    double conversion; ///< sum pi_b e^x P
    double mean;       ///< sum pi_b e^x x
} pp_choice_sums;

/// What a slope needs of a policy.
typedef struct pp_choice_odds {
    double slope;       ///< E_pi P/tau
    double probability; ///< pi of one candidate
} pp_choice_odds;

/// Two coefficients of a sparse vector, the first of which is number `at`.
typedef struct pp_pair {
    double value[2];
    size_t at;
} pp_pair;

typedef struct pp_learning_kernels {
    /// @param scale  1/tau
    /// @param weight [n rounded up to 8] becomes pi_b e^x; must not alias
    void (*soft)(const pp_soft_rows *choices, double scale, double d, double *weight,
                 pp_choice_sums *sums);
    /// Of the policy at a value of a sale. @param action whose probability is returned
    pp_choice_odds (*odds)(const pp_soft_rows *choices, double d, size_t action);
    /// Numbers above 0 become their logarithms; others stay as they are.
    void (*log)(double *x, size_t n);
    /// h += x x', the lower triangle of it.
    /// @param x   [n] pairs that do not overlap but in zeros, in ascending order
    /// @param row [greatest `at` + 2] of h; row i has room for column i + 1 as well, in which
    ///            anything may be left
    void (*square)(const pp_pair *x, size_t n, double *const *row);
    /// sum_j += weight_j h for j from 0 to 2, then h = 0.
    /// @param h [n] @param sum [3][n]
    void (*fold)(const double *weight, size_t n, double *h, double *sum);
} pp_learning_kernels;

PP_SIMD_KERNELS(pp_learning_kernels)

#endif
