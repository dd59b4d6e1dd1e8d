/// @file
/// What each firm did and earned in an epoch: counters and sums, added in the order of rounds.
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

/// One customer's quotes, ranked, and the choice made.
/// @param estimates, offers [n_firms][stride]
PP_API void pp_accounts_add(pp_accounts *accounts, const pp_ranking *ranking, size_t i,
                            size_t stride, const double *estimates, const double *offers,
                            double pure_premium, double base_index, int32_t choice);

#endif
