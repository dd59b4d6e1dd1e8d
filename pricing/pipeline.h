/// @file
/// The pricing pipeline that every firm shares: market model -> conversion model -> bid.
#ifndef PURSUIT_PRICING_PIPELINE_H
#define PURSUIT_PRICING_PIPELINE_H

#include "pricing/conversion.h"
#include "pricing/history.h"
#include "pricing/limits.h"

/// A firm's fitted models. Opaque; read-only once fitted; one per firm and trial.
typedef struct pp_pipeline pp_pipeline;

/// Conversion curves of a block of quotes, and how to read them.
typedef struct pp_curves {
    const pp_pipeline *pipeline;
    size_t n, size;
    const double *values; ///< [n][size]
    const double *unit;   ///< [n] of prices, GBP; NULL: bids are not held within the firm's limits
} pp_curves;

/// @param epochs of the histories it is to be fitted on: more give the same fits, slower
PP_API pp_status pp_pipeline_create(const pp_pricing_config *config, int n_columns, size_t epochs,
                                    pp_observe observe, pp_pipeline **pipeline, pp_error *error);
PP_API void pp_pipeline_destroy(pp_pipeline *pipeline); ///< NULL-safe
/// Forget every fit, for the next trial.
PP_API void pp_pipeline_reset(pp_pipeline *pipeline);
/// Has it been fitted since it was created or reset?
PP_API bool pp_pipeline_fitted(const pp_pipeline *pipeline);
/// Refits whose price slope was overruled since the last reset.
PP_API int pp_pipeline_constrained(const pp_pipeline *pipeline);

/// Refit on the firm's own history. It may only have grown since the last fit, unless
/// pp_pipeline_reset came in between: of the epochs seen then, sums are kept.
/// @param scratch [pp_pipeline_fit_scratch()][history->n] the caller's
/// @return PP_OK; PP_ENUMERIC if a fit does not exist (history with numbers that are not finite);
/// PP_ENOMEM
PP_API pp_status pp_pipeline_fit(pp_pipeline *pipeline, const pp_history *history, double *scratch,
                                 gsl_rng *rng, pp_error *error);
/// Doubles per row of history that a fit needs.
PP_API size_t pp_pipeline_fit_scratch(const pp_pipeline *pipeline);
/// Resident bytes, for an estimate of memory.
PP_API size_t pp_pipeline_bytes(const pp_pipeline *pipeline);

/// Hold bids within a firm's limits, as its prices will be; none when the pipeline is created. It
/// is no fit, and pp_pipeline_reset keeps it.
PP_API void pp_pipeline_limit(pp_pipeline *pipeline, const pp_limits *limits);
/// Limits as pp_limits_given returns them.
PP_API const pp_limits *pp_pipeline_limits(const pp_pipeline *pipeline);

/// Range of every bid, multiples of the unit. The firm's limits may leave less of it, and count
/// before it.
PP_API void pp_pipeline_bid_range(const pp_pipeline *pipeline, double *low, double *high);

/// Variance of the logarithm of the factors that quotes are explored by.
PP_API double pp_pipeline_exploration_variance(const pp_pipeline *pipeline);

/// Doubles of one curve.
PP_API size_t pp_pipeline_curve_size(const pp_pipeline *pipeline);

/// State-free stage of a block.
/// @param features [n_columns][n]
/// @param unit     [n] of prices, GBP; becomes curves->unit
/// @param scratch  [pp_pipeline_scratch()][n] the caller's
/// @param values   [n][curve_size] becomes curves->values
PP_API void pp_pipeline_prepare(const pp_pipeline *pipeline, const double *const *features,
                                const double *unit, size_t n, double *scratch, double *values,
                                pp_curves *curves);
/// Doubles per quote that the state-free stage needs.
PP_API size_t pp_pipeline_scratch(const pp_pipeline *pipeline);

/// What the market model says of rivals' offers: top 1, mean of top 3, mean of top 5, as multiples
/// of the unit. Only where firms observe all offers.
/// @param scratch [n] the caller's
/// @param rivals  [PP_RIVALS][n]
PP_API void pp_pipeline_rivals(const pp_pipeline *pipeline, const double *const *features,
                               const double *unit, size_t n, double *scratch, double *rivals);

/// P(sale) of quote i at a multiplier.
PP_API double pp_curve_probability(const pp_curves *curves, size_t i, double multiplier);
/// P(sale) of all quotes at a multiplier each, to rounding the same. @param multiplier, probability
/// [curves->n]
PP_API void pp_curves_probability(const pp_curves *curves, const double *multiplier,
                                  double *probability);
/// Price elasticity of that P: d ln P/d ln multiplier, below 0.
PP_API double pp_curve_elasticity(const pp_curves *curves, size_t i, double multiplier);
/// Best multiplier of quote i: argmax of P(a)(a - k) over the bid's range, held within the firm's
/// limits. Over what both allow it is the argmax as well, as P(a)(a - k) has one peak; `step` does
/// not count.
PP_API double pp_curve_bid(const pp_curves *curves, size_t i, double k);
/// The same for all quotes; k NULL means 1 for all. @param bid [n]
PP_API void pp_curves_bid(const pp_curves *curves, const double *k, double *bid);

#endif
