/// @file
/// @internal
/// The loops of planners: soft maxima, gains, shadow prices.
#ifndef PURSUIT_AGENTS_PLANNING_PLANNING_KERNELS_H
#define PURSUIT_AGENTS_PLANNING_PLANNING_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/base/simd.h"

enum { PP_OUTLOOK_ORDER = 16, PP_OUTLOOK_TERMS = PP_OUTLOOK_ORDER + 3 };

/// Sums of a soft maximum over candidates b at one d, with Q_b = P_b (profit_b + d) and
/// x_b = (Q_b - most)/tau.
typedef struct pp_soft_sums {
    double most, least; ///< of Q, GBP
    double total;       ///< sum pi_b e^x
    double excess;      ///< sum pi_b (e^x - 1)
    double conversion;  ///< sum pi_b e^x P_b
    double mean;        ///< sum pi_b e^x (Q_b - most)
} pp_soft_sums;

/// Columns of soft sums, one entry for each value of a sale. [points rounded up to 8]
typedef struct pp_soft_columns {
    double *most, *total, *excess, *conversion;
    double *least; ///< of Q at the first and last candidate; an upper bound of the least
} pp_soft_columns;

/// Tables of gains of n patterns, and which categories each is made of.
typedef struct pp_gain_table {
    size_t n_patterns, n_points;
    double least, step;
    const double *value, *slope; ///< [n_patterns][n_points]
    size_t n_categories, width;  ///< width of the matrix of responses, at least n_categories
    const double *member;        ///< [n_categories][n_patterns rounded up to 8] 1 or 0
} pp_gain_table;

typedef struct pp_planning_kernels {
    /// @param reference, sale, profit [n rounded up to 8]; beyond n reference is 0 and the others
    ///               repeat the last
    /// @param weight [n rounded up to 8] becomes pi_b e^x
    void (*soft)(const double *reference, const double *sale, const double *profit, size_t n,
                 double temperature, double d, pp_soft_sums *sums, double *weight);
    /// Sums at many values of a sale.
    /// @param reference, sale, profit as for soft
    /// @param never  exponents below it add nothing that a sum could hold
    /// @param d      [points rounded up to 8]
    void (*soft_table)(const double *reference, const double *sale, const double *profit, size_t n,
                       double temperature, double never, const double *d, size_t points,
                       const pp_soft_columns *columns);
    /// y = log(1 + x), x > -1, to some units in the last place. y may be x.
    void (*log1p)(const double *x, size_t n, double *y);
    /// Evenly spaced multiples of a centre, centre (1 + support x), x from -1 to 1, and weights
    /// exp(-(support x / spread)^2 / 2).
    void (*grid)(double centre, double support, double spread, size_t n, double *multiplier,
                 double *weight);
    /// 1/(1 + exp(beta a - alpha)) of each multiplier a.
    void (*probability)(double alpha, double beta, const double *multiplier, size_t n, double *p);
    /// Sales per round at shadow prices, and how they answer to them; see value_shadow_price.c.
    /// @param lambda, rate [n_categories]
    /// @param room     [10][n_patterns rounded up to 8]
    /// @param response [n_categories][width] or NULL
    /// @return profit per round, GBP
    double (*respond)(const pp_gain_table *table, const double *lambda, double *room, double *rate,
                      double *response);
    /// Expectations moved from where they were summed: see outlook.h.
    /// @param c           [PP_OUTLOOK_TERMS][width]
    /// @param sold, drift [width]
    /// @param moved       [3][width] of the loss and its first two differences
    /// @param rest        [width] size of the last terms
    void (*move)(const double *c, const double *sold, const double *drift, size_t width,
                 double *moved, double *rest);
    /// E[(D^j L)(held + N)] of one category, orders j from 0 to PP_OUTLOOK_TERMS - 1, over n counts
    /// N from low on, by Poisson's law of the mean.
    /// @param target, each of L = each |x - target|/max(x, target)
    /// @param mean above 0
    /// @param room [2 (n + 31)]
    /// @param all  orders, or order 0 alone
    /// @param c    c[j stride]
    void (*expect)(double held, double target, double each, double low, double mean, size_t n,
                   double *room, bool all, double *c, size_t stride);
} pp_planning_kernels;

PP_SIMD_KERNELS(pp_planning_kernels)

#endif
