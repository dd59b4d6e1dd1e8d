/// @file
/// What a sale costs a firm, given that it sells, and the multiplier from which a sale earns.
///
/// A firm that prices on its own noisy estimate C sells where it has underestimated. With
/// ln C | m ~ N(ln m, v) and conversion that depends on price over true cost,
///   E[m | C, sells] = C kappa,   kappa = exp(v |eps| theta),   eps = d ln P(sale)/d ln price,
/// where theta = d ln price/d ln C is 1 without a fixed cost. A price a C then earns, with a share
/// e of it spent, handling h on claims and a fixed cost F of a sale,
///   (1 - e) C a - (1 + h) kappa C - F = (1 - e) C (a - k),   k = ((1 + h) kappa + F/C)/(1 - e):
/// k is the break-even multiplier. Every agent has it from here (design's spec of money, 1).
#ifndef PURSUIT_PRICING_BREAK_EVEN_H
#define PURSUIT_PRICING_BREAK_EVEN_H

#include "market/base/param.h"
#include "market/economics.h"
#include "pricing/pipeline.h"

/// How a firm works out kappa.
typedef enum pp_correction {
    PP_CORRECTION_NONE,  ///< 1
    PP_CORRECTION_LOAD,  ///< 1 + a number
    PP_CORRECTION_TILT,  ///< exp(v |eps| theta), eps of the firm's own curves
    PP_CORRECTION_OFFERS ///< the true cost that rivals' offers reveal of the policies sold
} pp_correction;

/// Keys `correction:` of a firm.
typedef struct pp_correction_config {
    int kind;        ///< pp_correction
    double load;     ///< kappa - 1; NaN: not given
    double variance; ///< v of ln C; NaN: estimated from the offers that firms observe
} pp_correction_config;
extern PP_API const pp_param_table pp_correction_table;

/// What a sale costs a firm beyond claims, of its economics.
typedef struct pp_sale_costs {
    double variable; ///< e, share of the price: variable expense and levy less finance
    double handling; ///< h, share of the claims
    double fixed;    ///< F, GBP: fixed expense and commission less add-ons
} pp_sale_costs;

/// The cost of a firm's sales as it reckons; fixed while an epoch runs.
typedef struct pp_cost {
    pp_correction_config correction;
    pp_sale_costs costs;
    double kappa;      ///< expected cost of a sale over its estimate; 1 until it is fitted
    double variance;   ///< v that kappa was made of; NaN if none
    double elasticity; ///< mean |eps| over sales that kappa was made of; NaN if none
} pp_cost;

/// The cost before anything is known: kappa is 1.
PP_API void pp_cost_start(const pp_correction_config *correction, const pp_economics *economics,
                          pp_cost *cost);

/// Work kappa out anew, from the firm's fitted models and its own history.
/// @return PP_OK; PP_EINVAL if the variance is to be estimated and the firm does not observe what
/// it takes; PP_ENOMEM
PP_API pp_status pp_cost_fit(const pp_pipeline *pipeline, const pp_history *history, pp_cost *cost,
                             pp_error *error);

/// v as the offers of the history tell it: their variance within a customer, less that of
/// exploration, over the square of how far a firm's price follows its estimate.
/// @return PP_OK; PP_EINVAL if it is not observed; PP_ENOMEM
PP_API pp_status pp_estimate_variance(const pp_pipeline *pipeline, const pp_history *history,
                                      const pp_cost *cost, double *variance, pp_error *error);

/// Does anything of it differ from a sale that costs its estimate?
static inline bool pp_cost_is_booked(const pp_cost *cost)
{
    return cost->kappa == 1 && cost->costs.variable == 0 && cost->costs.handling == 0 &&
           cost->costs.fixed == 0;
}

/// What is at stake in a quote: a sale at a C earns size (a - break_even).
typedef struct pp_stake {
    double size;       ///< (1 - e) C, GBP
    double break_even; ///< k
} pp_stake;

/// The stake where a sale costs its estimate and nothing else.
static inline pp_stake pp_stake_booked(double estimate)
{
    return (pp_stake){estimate, 1};
}

static inline pp_stake pp_stake_of(const pp_cost *cost, double estimate)
{
    const pp_sale_costs *c = &cost->costs;
    double keep = 1 - c->variable;
    return (pp_stake){keep * estimate,
                      ((1 + c->handling) * cost->kappa + c->fixed / estimate) / keep};
}

/// k of many quotes. @param estimate, k [n]
PP_API void pp_break_even(const pp_cost *cost, const double *estimate, size_t n, double *k);

#endif
