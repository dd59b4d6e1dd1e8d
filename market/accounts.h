/// @file
/// What each firm did and earned: counters and sums over customers, added in the order of rounds.
#ifndef PURSUIT_MARKET_ACCOUNTS_H
#define PURSUIT_MARKET_ACCOUNTS_H

#include "market/choice.h"

/// One firm's epoch.
typedef struct pp_account {
    int64_t quotes, policies, rank_sum, top1_quotes, top5_quotes; ///< ranks count from 1
    double multiplier_sum;
    double gwp;             ///< GBP written
    double expected_claims; ///< GBP, own estimates of what was sold
    double pure_premium;    ///< GBP at base prices, the truth of what was sold
    double booked_profit;   ///< GBP, price - C
    double true_profit;     ///< GBP, price/base index - pure premium
    double winners_curse; ///< GBP at base prices, pure premium - C/base index: by how much the sold
                          ///< were underestimated
} pp_account;

typedef struct pp_accounts {
    size_t n_firms;
    pp_account *firm;        ///< [n_firms]
    int64_t *rank_histogram; ///< [n_firms][n_firms] quotes by rank, [firm][rank]
    int64_t *sales_by_rank;  ///< [n_firms][n_firms]
    int64_t walk_away;       ///< customers
} pp_accounts;

PP_API pp_status pp_accounts_create(size_t n_firms, pp_accounts *accounts, pp_error *error);
PP_API void pp_accounts_destroy(pp_accounts *accounts);
PP_API void pp_accounts_clear(pp_accounts *accounts);

/// Customers who have chosen. Borrowed.
typedef struct pp_choices {
    size_t n, stride;
    const double *estimates, *offers; ///< [n_firms][stride] GBP
    const double *pure_premium;       ///< [n] GBP at base prices
    const double *base_index;         ///< [n]
    const int32_t *choice;            ///< [n] the firm, or n_firms for walking away
} pp_choices;

/// Rank the quotes of n customers and book what was chosen, in their order. Offers are finite,
/// firms at most PP_MAX_FIRMS.
/// @param rank [n_firms][stride] becomes the rank of every quote, 0 = cheapest
PP_API void pp_accounts_add(pp_accounts *accounts, const pp_choices *choices, int32_t *rank);

/// Add what other accounts of the same firms hold: those of the customers who came next.
PP_API void pp_accounts_merge(pp_accounts *accounts, const pp_accounts *next);

#endif
