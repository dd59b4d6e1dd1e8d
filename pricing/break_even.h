/// @file
/// The unit of a firm's prices, what a sale costs it given that it sells, and the multiple of the
/// unit from which a sale earns.
///
/// With a share e of a price spent, handling h on claims and a fixed cost F of a sale, a sale
/// breaks even by the firm's own estimate C at
///   B = ((1 + h) C + F)/(1 - e).
/// All its prices are multiples a of that unit, which is C where a sale costs its claims alone:
/// bids, their range, the first epoch's prices and slopes of conversion.
///
/// A firm that prices on its own noisy estimate sells where it has underestimated. With v the
/// variance of ln C given m, conversion P that depends on price over true cost, and theta = d ln
/// price/d ln C, 1 without a fixed cost,
///   E[m | C, sells at p] = C kappa,   kappa = P(p exp(-v theta))/P(p) = exp(v |eps| theta) + ...
/// with eps = d ln P/d ln p. pp_cost_fit pools it over a firm's sales, weighted by claims, and adds
/// what the gamma law of estimates adds to a lognormal one. A price a B then earns
///   (1 - e) a B - (1 + h) kappa C - F = (1 - e) B (a - k),   k = kappa - (kappa - 1) F/((1 - e)
///   B):
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
    PP_CORRECTION_TILT,  ///< by the firm's own curves and v
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
    double kappa;      ///< expected claims of a sale over the estimate; 1 until it is fitted
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

/// B of an estimate. Without economics it is the estimate, to the bit.
static inline double pp_price_unit(const pp_sale_costs *costs, double estimate)
{
    return ((1 + costs->handling) * estimate + costs->fixed) / (1 - costs->variable);
}

/// What is at stake in a quote: a sale at a units earns size (a - break_even).
typedef struct pp_stake {
    double size;       ///< (1 - e) B, GBP
    double break_even; ///< k
} pp_stake;

/// The stake where a sale costs its estimate and nothing else.
static inline pp_stake pp_stake_booked(double estimate)
{
    return (pp_stake){estimate, 1};
}

/// @param unit B, GBP
static inline pp_stake pp_stake_of(const pp_cost *cost, double unit)
{
    double size = (1 - cost->costs.variable) * unit;
    return (pp_stake){size, cost->kappa - (cost->kappa - 1) * (cost->costs.fixed / size)};
}

/// B of many estimates. @param estimate, unit [n]
PP_API void pp_price_units(const pp_sale_costs *costs, const double *estimate, size_t n,
                           double *unit);

/// k of many quotes. @param unit [n] B, GBP @param k [n]
PP_API void pp_break_even(const pp_cost *cost, const double *unit, size_t n, double *k);

#endif
