/// @file
/// A firm's own history of the last R epochs: what it knew when it quoted, what it quoted, what
/// came of it. Features are the same for all firms and stored once; the view joins them.
#ifndef PURSUIT_PRICING_HISTORY_H
#define PURSUIT_PRICING_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/choice.h"

enum { PP_RIVALS = 3 }; ///< top 1, mean of top 3, mean of top 5 rival offers, as multiples of C

/// Read-only view of one firm's history, oldest row first where rows have not wrapped.
typedef struct pp_history {
    size_t n; ///< rows
    int n_columns;
    const double *const *features; ///< [n_columns][n]
    const double *estimate;        ///< [n] C, GBP
    const double *multiplier;      ///< [n] own price/C
    const double *propensity;  ///< [n] probability (density in the first epoch) of that multiplier
    const unsigned char *sold; ///< [n] 0 or 1
    pp_observe observe;
    const double *rivals[PP_RIVALS]; ///< each [n]; NULL unless observe is PP_OBSERVE_ALL
    const double *rank;              ///< [n] 1 = cheapest; NULL if observe is PP_OBSERVE_OWN_SALE
    int n_firms;
} pp_history;

/// The histories of all firms of a market: the last `epochs` epochs of `rows` rows each.
typedef struct pp_histories pp_histories;

PP_API pp_status pp_histories_create(int n_columns, size_t n_firms, size_t epochs, size_t rows,
                                     pp_observe observe, pp_histories **histories, pp_error *error);
PP_API void pp_histories_destroy(pp_histories *histories); ///< NULL-safe
PP_API void pp_histories_clear(pp_histories *histories);   ///< for the next trial

/// Start an epoch; the oldest makes room.
PP_API void pp_histories_epoch(pp_histories *histories);

/// One customer's round, as the next row of the epoch.
/// @param features [n_columns][..], estimates, multipliers, propensities [n_firms][stride]: element
/// i is the customer's
PP_API void pp_histories_add(pp_histories *histories, const pp_ranking *ranking, size_t i,
                             size_t stride, const double *const *features, const double *estimates,
                             const double *multipliers, const double *propensities, int32_t choice);

/// What one firm may see. Valid until the next change of the histories.
PP_API void pp_histories_view(const pp_histories *histories, size_t firm, pp_history *view);

#endif
