/// @file
/// What each firm quoted and sold by band of a view: by its price against its rivals', by the sale
/// it expected, by the rank of its price. A view is a number of every quote and the edges that cut
/// it into bands; every view has the same sums. To add one, add it to PP_VIEWS, with its edges and
/// its numbers in breakdown.c.
#ifndef PURSUIT_MARKET_BREAKDOWN_H
#define PURSUIT_MARKET_BREAKDOWN_H

#include "market/accounts.h"

/// Views in the order of their bands: X(name, description). Bands of a view whose number depends on
/// that of firms come last, so that smaller markets have the first bands of larger ones.
#define PP_VIEWS(X)                                                                                \
    X(price, "price over the mean of the rivals' prices")                                          \
    X(conversion, "probability of a sale at the price quoted, by the firm's own conversion model") \
    X(rank, "rank of the price, 1 is cheapest")

typedef enum pp_view {
#define PP_VIEW_ENUM(name, description) PP_VIEW_##name,
    PP_VIEWS(PP_VIEW_ENUM)
#undef PP_VIEW_ENUM
        PP_VIEW_COUNT
} pp_view;

/// "price conversion rank": their names, one blank between them.
extern PP_API const char *const pp_view_names;

enum { PP_BANDS_MAX = 64 }; ///< of all views together

/// Values v of a view with low <= v < high; ends are infinite.
typedef struct pp_band {
    pp_view view;
    double low, high;
} pp_band;

/// Bands of a market, view after view. A market of one firm has a price against nobody's: those
/// bands stay empty.
/// @param bands [PP_BANDS_MAX] @return how many
PP_API size_t pp_bands_of(size_t n_firms, pp_band *bands);

/// What is summed up in a band, X(name, description); counts are whole numbers. Money is GBP at
/// base prices. Each has a result variable, band_NAME; struct, merging and record follow from this
/// table.
#define PP_BAND_SUMS(X)                                                                            \
    X(policies, "policies sold")                                                                   \
    X(gwp, "GBP written")                                                                          \
    X(expected_claims, "GBP, own estimates C of policies sold")                                    \
    X(pure_premium, "GBP, true expected cost of policies sold")                                    \
    X(true_profit, "GBP, of policies sold, once settled")                                          \
    X(quotes, "quotes made; not of the view price")                                                \
    X(expected_policies, "sum over quotes of the probability of a sale; of the view conversion")

/// One firm's quotes and sales in one band. What a sale adds to comes first.
typedef struct pp_band_account {
    double sales; ///< sum over policies of 1/base index: a pound of the day each, at base prices
#define PP_BAND_SUM(name, description) double name;
    PP_BAND_SUMS(PP_BAND_SUM)
#undef PP_BAND_SUM
} pp_band_account;

typedef struct pp_breakdown {
    size_t n_firms, n_bands, stride;
    pp_band_account *account; ///< [n_firms][n_bands]
    double *reals;            ///< scratch, for `stride` customers
    uint32_t *integers;       ///< likewise
} pp_breakdown;

/// @param stride that of the choices to be added; 0 for a breakdown that is only merged into
PP_API pp_status pp_breakdown_create(size_t n_firms, size_t stride, pp_breakdown *breakdown,
                                     pp_error *error);
PP_API void pp_breakdown_destroy(pp_breakdown *breakdown);
PP_API void pp_breakdown_clear(pp_breakdown *breakdown);

/// Add the quotes and sales of customers who have chosen.
/// @param booked     accounts of these customers alone: their counts of ranks are used
/// @param rank       [n_firms][stride] of every quote, 0 = cheapest, as pp_accounts_add found it
/// @param conversion [n_firms][stride] probability of a sale at the price quoted
PP_API void pp_breakdown_add(pp_breakdown *breakdown, const pp_choices *choices,
                             const pp_accounts *booked, const int32_t *rank,
                             const double *conversion);

/// Find the true profit of each band, as pp_account_settle does that of an account: net of what a
/// sale costs beyond its claims. For a breakdown that has every sale.
/// @param economics [n_firms]
PP_API void pp_breakdown_settle(const pp_economics *economics, pp_breakdown *breakdown);

/// Add what another one of the same firms holds: that of the customers who came next.
PP_API void pp_breakdown_merge(pp_breakdown *breakdown, const pp_breakdown *next);

#endif
