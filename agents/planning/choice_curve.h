/// @file
/// @internal
/// The chance that a customer whose latents are known buys at a price, and the best price.
///
/// With q = exp(-beta p) the own weight in the customer's softmax, R the sum of the others', j the
/// firm that has its loyalty and y = exp(beta * loyalty), the chance of a sale is q/(q + K) with
/// K = R/y if j is the firm itself and K = R + q_j (y - 1) if not. Averaged over j, uniform, and
/// over loyalty, exponential, P(p) is an average of logistic curves that differ in their place
/// only. The mean over loyalty is a 24-point Gauss-Legendre rule in the cube root of its tail
/// probability: for rivals and customers of the published market within 1e-3 of the integral, by
/// 1e-5 on average (tests/agents/planning/test_choice_curve.c).
#ifndef PURSUIT_AGENTS_PLANNING_CHOICE_CURVE_H
#define PURSUIT_AGENTS_PLANNING_CHOICE_CURVE_H

#include <stddef.h>

#include "market/base/error.h"

enum { PP_LOYALTY_NODES = 24 };

typedef struct pp_choice_curve {
    double loyalty[PP_LOYALTY_NODES]; ///< over its mean
    double weight[PP_LOYALTY_NODES];
    size_t capacity;                   ///< terms
    double *share;                     ///< [capacity] of each term
    double (*place)[PP_LOYALTY_NODES]; ///< [capacity] K of each term and node
    // of the customer in hand
    size_t n;         ///< terms
    double unit;      ///< of prices, GBP
    double slope;     ///< beta C, per unit multiplier
    double reference; ///< price at which a weight is 1, GBP
    double sensitivity;
    double boost[PP_LOYALTY_NODES]; ///< y of each node
    double walk_away;               ///< weight of walking away
} pp_choice_curve;

/// A set of equal rival offers.
typedef struct pp_rival_offer {
    double price; ///< GBP
    size_t firms; ///< that make it
} pp_rival_offer;

/// @param capacity most terms of any customer: sets of offers plus one, for each scenario
pp_status pp_choice_curve_create(size_t capacity, pp_choice_curve *curve, pp_error *error);
void pp_choice_curve_destroy(pp_choice_curve *curve); ///< zeroed is valid

/// Start with a customer, of whose law of loyalty the mean is given.
/// @param reference the cheapest alternative to come, GBP: it keeps numbers in range
void pp_choice_curve_start(pp_choice_curve *curve, double unit, double sensitivity,
                           double walk_away, double loyalty_mean, double reference);
/// Add what rivals may offer; the curve is the mean over what was added, by `probability`.
/// @param n_firms of the market: loyalty is to one of them
void pp_choice_curve_add(pp_choice_curve *curve, const pp_rival_offer *offers, size_t n,
                         size_t n_firms, double probability);

/// P(sale) at a multiplier. @param fall becomes -dP/da
double pp_choice_curve_probability(const pp_choice_curve *curve, double multiplier, double *fall);
/// argmax over [low, high] of P(a)(a - k), within 1e-6 unless two places are all but as good.
/// @param guess a multiplier of which a good profit is expected; it only saves time
double pp_choice_curve_bid(const pp_choice_curve *curve, double k, double low, double high,
                           double guess);

#endif
