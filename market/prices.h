/// @file
/// The three price indices, and what firms believe a customer costs.
#ifndef PURSUIT_MARKET_PRICES_H
#define PURSUIT_MARKET_PRICES_H

#include "market/config.h"
#include "market/distribution.h"
#include "market/random.h"

/// The indices of a trial; they run on from epoch to epoch.
typedef struct pp_indices {
    double rate; ///< 1/year
    double base, insurer, customer;
} pp_indices;

/// All indices 1, the rate as configured.
PP_API void pp_indices_start(const pp_inflation_config *config, pp_indices *indices);

/// The indices of n rounds, then one step each (arXiv 2408.00713): dt = 1/(52 rounds_per_week),
/// rate += kappa(mu - rate)dt + sigma sqrt(dt) N; base *= 1 + rate dt; the other two
/// *= 1 + rate dt + nu sqrt(dt) N each. Draws nothing where sigma and nu are 0.
/// @param normal quantiles of N(0, 1)
/// @param base, insurer, customer [n] the indices in force in each round
/// @return PP_OK, or PP_ENUMERIC naming trial, epoch and round if an index leaves (1e-9, 1e9)
PP_API pp_status pp_indices_run(const pp_inflation_config *config, const pp_quantile_table *normal,
                                const pp_stream *stream, uint32_t first_round, size_t n,
                                pp_indices *indices, double *base, double *insurer,
                                double *customer, pp_error *error);

/// C = insurer index * pure premium * Gamma(1/v, v), independent per firm and customer.
/// @param gamma    quantiles of Gamma(1/v, v)
/// @param estimate [n_firms][stride] GBP
PP_API void pp_estimates_draw(const pp_quantile_table *gamma, const pp_stream *stream,
                              uint32_t first_round, size_t n, const double *pure_premium,
                              const double *insurer, size_t n_firms, size_t stride,
                              double *estimate);

#endif
