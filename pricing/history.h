/// @file
/// A firm's own history of the last R epochs: what it knew when it quoted, what it quoted, what
/// came of it. Features are the same for all firms and stored once; the view joins them.
#ifndef PURSUIT_PRICING_HISTORY_H
#define PURSUIT_PRICING_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/choice.h"

enum {
    PP_RIVALS = 3
}; ///< top 1, mean of top 3, mean of top 5 rival offers, as multiples of the unit

/// Read-only view of one firm's history, oldest row first where rows have not wrapped.
typedef struct pp_history {
    size_t n; ///< rows
    int n_columns;
    const double *const *features; ///< [n_columns][n]
    const double *unit;            ///< [n] of prices, GBP: see pp_price_unit
    const double *multiplier;      ///< [n] own price/unit
    const double *propensity;  ///< [n] probability of that multiplier, by exploration; in the first
                               ///< epoch its density, if it is at no limit and there is no step
    const unsigned char *sold; ///< [n] 0 or 1
    pp_observe observe;
    const double *rivals[PP_RIVALS]; ///< each [n]; NULL unless observe is PP_OBSERVE_ALL
    const double *rank;              ///< [n] 1 = cheapest; NULL if observe is PP_OBSERVE_OWN_SALE
    /// mean over customers of the variance of ln offer among firms, over the epochs kept but the
    /// first of all, when firms bid at random; NaN if it is not observed
    double offer_variance;
    int n_firms;
    size_t rows;   ///< of an epoch; 0 if the rows are not kept by epochs
    int64_t epoch; ///< epochs started; epoch k is part (k - 1) % (n/rows) of the columns
} pp_history;

/// The histories of all firms of a market: the last `epochs` epochs of `rows` rows each.
typedef struct pp_histories pp_histories;

PP_API pp_status pp_histories_create(int n_columns, size_t n_firms, size_t epochs, size_t rows,
                                     pp_observe observe, pp_histories **histories, pp_error *error);
PP_API void pp_histories_destroy(pp_histories *histories); ///< NULL-safe
PP_API void pp_histories_clear(pp_histories *histories);   ///< for the next trial

/// Keep the variance of offers, too, from now on: of no account unless firms observe all offers.
PP_API void pp_histories_watch(pp_histories *histories);

/// Start an epoch; the oldest makes room.
PP_API void pp_histories_epoch(pp_histories *histories);

/// Rounds of a block of customers.
typedef struct pp_history_block {
    size_t stride;
    const double *const *features;                        ///< [n_columns][..]
    const double *unit, *multiplier, *propensity, *offer; ///< [n_firms][stride]
    const int32_t *rank;                                  ///< [n_firms][stride] 0 = cheapest
    const int32_t *choice;                                ///< [..] index of the firm
} pp_history_block;

/// Customers [first, first + n) of a block, as the next rows of the epoch.
PP_API void pp_histories_add(pp_histories *histories, const pp_history_block *block, size_t first,
                             size_t n);

/// What one firm may see. Valid until the next change of the histories.
PP_API void pp_histories_view(const pp_histories *histories, size_t firm, pp_history *view);

#endif
