/// @file
/// @internal
/// What a customer yet to come is worth, as a function of what a sale is worth to the portfolio.
///
/// A customer enters the value of a portfolio only through its pattern p of category membership, of
/// which there are at most 2^K. With d the value of a sale, the expected gain of a round is
///   G(d) = sum_p G_p(d_p),   G_p(d) = E[1(pattern p) max_a P(s,a)(C(a - k) + d)],
/// or its soft twin (agents/planning/policy.h), the expectation taken over the firm's own history.
/// Each G_p is convex, and its slope is the chance that a round brings a sale of that pattern
/// (envelope theorem). Tabulated once, a backup of Bellman's is a look-up per pattern instead of a
/// sum over hundreds of customers.
#ifndef PURSUIT_AGENTS_PLANNING_GAIN_H
#define PURSUIT_AGENTS_PLANNING_GAIN_H

#include "agents/planning/policy.h"

enum { PP_GAIN_ROWS = 4096 }; ///< rows of history at most, evenly spread

/// Rows of history kept for exact sums.
typedef struct pp_gain_rows {
    size_t n;
    size_t *pattern;       ///< [n] index
    pp_stake *stake;       ///< [n]
    pp_price_range *range; ///< [n] that can be quoted
    double *null_bid;      ///< [n]
    double *curves;        ///< [n][model->curve_size]
} pp_gain_rows;

typedef struct pp_gain {
    size_t n_patterns;
    uint64_t *pattern;  ///< [n_patterns] category masks
    size_t n_points;    ///< of the table; 0: sums over rows, exact and slow
    double least, step; ///< GBP, the grid of d
    double *value;      ///< [n_patterns][n_points] GBP per round
    double *slope;      ///< [n_patterns][n_points] sales per round
    pp_gain_rows rows;
    const pp_sale_model *model;     ///< borrowed
    const pp_policy_config *policy; ///< borrowed; NULL: the best bid of all in [low, high]
} pp_gain;

/// @param points of the table over d in [-reach, reach], at least 2; or 0 for exact sums
/// @return PP_OK, PP_ENOMEM
pp_status pp_gain_create(const pp_agent_setup *setup, const pp_sale_model *model,
                         const pp_policy_config *policy, size_t points, double reach, pp_gain *gain,
                         pp_error *error);
void pp_gain_release(pp_gain *gain); ///< safe on a zeroed one

/// Rows and patterns alone, for a gain with nothing but its model set. @param most rows at most
pp_status pp_gain_rows_load(const pp_agent_setup *setup, pp_gain *gain, size_t most,
                            pp_error *error);

/// G_p at a point.
typedef struct pp_gain_value {
    double value;     ///< GBP per round
    double slope;     ///< sales per round
    double curvature; ///< sales per round and GBP; 0 for exact sums
} pp_gain_value;

/// G_p(d): cubic Hermite between the points of the table, the tangent beyond them.
pp_gain_value pp_gain_at(const pp_gain *gain, size_t pattern, double d);

#endif
