/// @file
/// How firms price and what they are scored on: plain structs with their parameter tables.
#ifndef PURSUIT_PRICING_CONFIG_H
#define PURSUIT_PRICING_CONFIG_H

#include "market/base/param.h"

typedef struct pp_pricing_config {
    int conversion;              ///< index into pp_conversion_classes: logistic, mlp
    double bid_min, bid_max;     ///< range of the bid a
    double first_min, first_max; ///< first epoch: a ~ U(first_min, first_max)
    pp_reals exploration_factors;
    double exploration_rate; ///< chance of each factor
    double market_ridge;     ///< market model's ridge, as a share of the rows
    double conversion_ridge; ///< weight of the conversion model's prior, in rows
    double prior_slope;      ///< logits per unit multiplier towards which the ridge pulls
    double slope_weight;     ///< weight of the prior on the slope, in rows
    double slope_min;        ///< least fall of the logit per unit multiplier that is accepted
    int64_t mlp_hidden;      ///< hidden units
    int64_t mlp_steps;       ///< BFGS steps per refit
    double mlp_ridge;        ///< weight decay, in rows
} pp_pricing_config;

/// Portfolios, their targets and their loss; arXiv 2408.00713.
typedef struct pp_portfolio_config {
    int64_t random_categories; ///< K of a random portfolio
    double loss_scale;         ///< GBP
    double small_portfolio;    ///< at or below this average a random target only grows
    double grow, shrink;       ///< random target: floor(grow*x) + 1 or ceil(shrink*x)
} pp_portfolio_config;

enum { PP_PRICING_RULES = 3, PP_PRICING_TEXT = 256 };
/// Rules that tie keys of pricing together.
/// @param rule 0 .. PP_PRICING_RULES - 1
/// @param text becomes a sentence if the rule is broken
/// @return the keys that it is about, as paths with blanks between; NULL if it holds
const char *pp_pricing_problem(const pp_pricing_config *config, size_t rule,
                               char text[PP_PRICING_TEXT]);

extern PP_API const pp_param_table pp_pricing_table, pp_portfolio_table;

#endif
