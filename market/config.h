/// @file
/// What a market is made of: plain structs, each with its parameter table. Defaults are the
/// published model's (arXiv 2408.00713) and the constants its authors used.
#ifndef PURSUIT_MARKET_CONFIG_H
#define PURSUIT_MARKET_CONFIG_H

#include "market/base/param.h"

enum { PP_MAX_FIRMS = 1000, PP_MAX_CATEGORIES = 64, PP_MAX_FEATURES = 256, PP_MAX_LOCATIONS = 32 };

/// What each firm learns after a round. PP_OBSERVE_ALL is published.
typedef enum pp_observe { PP_OBSERVE_ALL, PP_OBSERVE_OWN_RANK, PP_OBSERVE_OWN_SALE } pp_observe;

/// From when on firms correct their costs for selling where they are cheap. In test epochs alone,
/// what comes before is the same whoever corrects, so that runs pair.
typedef enum pp_cost_from { PP_COST_FROM_TEST, PP_COST_FROM_BURN_IN } pp_cost_from;

typedef struct pp_market_config {
    int64_t rounds;         ///< T, customers per epoch
    int64_t burn_in_epochs; ///< B
    int64_t test_epochs;    ///< E
    int64_t history_epochs; ///< R, epochs of own history a refit uses
    int64_t history_rounds; ///< most rounds of an epoch kept for refits (evenly thinned above that)
    double estimate_variance; ///< v; C_i = insurer index * pure premium * Gamma(1/v, v)
    int observe;              ///< pp_observe
    int cost_from;            ///< pp_cost_from
} pp_market_config;

/// Price indices; arXiv 2408.00713. Rates per year.
typedef struct pp_inflation_config {
    double mean_rate;        ///< mu
    double reversion;        ///< kappa
    double rate_volatility;  ///< sigma
    double index_volatility; ///< nu
    double initial_rate;     ///< NaN: mean_rate
    double rounds_per_week;  ///< dt = 1/(52 * rounds_per_week)
} pp_inflation_config;

/// How a customer chooses; arXiv 2408.00713.
typedef struct pp_choice_config {
    double sensitivity_scale; ///< GBP; beta = scale/(customer index * household salary)
    double reference_loading; ///< e = loading * customer index * pure premium
    double success_rate;      ///< s; N >= 1/s is an error
    double walk_away_base;    ///< w = (base - slope*q)(base - slope*risk perception)*b
    double walk_away_slope;
    double loyalty_rate;   ///< loyalty is felt as Exp(mean rate*(w + offset)) GBP
    double loyalty_offset; ///< GBP
} pp_choice_config;

typedef struct pp_published_config {
    int64_t locations; ///< L; occupations are L + 1
    double age_minimum, age_range, age_alpha, age_beta;
    double occupation_low, occupation_high; ///< linspace of the binomial's p over locations
    double percentile_stretch, percentile_shape;
    double income_peak, income_curvature, income_peak_age, income_floor;
    double salary_scale, salary_alpha, salary_beta, salary_quantile_floor, money_step;
    double marriage_peak, marriage_age_end, marriage_age_half;
    double child_age_end, child_age_half, child_married, child_single;
    int64_t child_maximum;
    double partner_location, partner_scale;
    double driving_alpha, driving_age;
    double claim_frequency, perception_frequency, perception_risk;
    double car_minimum, car_shape, car_scale;
    double premium_risk_offset, premium_per_value, premium_maximum;
} pp_published_config;

/// A book's behaviour; its columns are named in the scenario (see pp_book).
typedef struct pp_book_config {
    double price_sensitivity;  ///< S; beta = S/(customer index * m), m the pure premium
    double walk_away_multiple; ///< W; w = W * customer index * m
} pp_book_config;

extern PP_API const pp_param_table pp_market_table, pp_inflation_table, pp_choice_table,
    pp_published_table, pp_book_table;

#endif
