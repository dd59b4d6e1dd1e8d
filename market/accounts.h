/// @file
/// What each firm did and earned: counters and sums over customers, added in the order of rounds.
#ifndef PURSUIT_MARKET_ACCOUNTS_H
#define PURSUIT_MARKET_ACCOUNTS_H

#include "market/choice.h"
#include "market/economics.h"

/// What a firm's account counts and sums up over an epoch, X(name, description). Money is GBP at
/// base prices, so that sums of a table add up under inflation too: prices and estimates are
/// divided by the base index of their round. Struct, merging and record follow from these tables;
/// CONTRIBUTING.md says how to add a row. Each has a result variable of its name.
#define PP_ACCOUNT_COUNTS(X)                                                                       \
    X(quote_count, "quotes made")                                                                  \
    X(policies, "policies sold")                                                                   \
    X(rank_sum, "sum over quotes of the offer's rank, which counts from 1")                        \
    X(top1_quotes, "quotes that were the cheapest")                                                \
    X(top5_quotes, "quotes among the five cheapest")
#define PP_ACCOUNT_SUMS(X)                                                                         \
    X(multiplier_sum, "sum over quotes of price over own estimate")                                \
    X(gwp, "GBP written")                                                                          \
    X(expected_claims, "GBP, own estimates C of policies sold")                                    \
    X(pure_premium, "GBP, true expected cost of policies sold")                                    \
    X(booked_profit, "GBP, price - C, net of what follows once settled")                           \
    X(true_profit, "GBP, price - pure premium, net of what follows once settled")                  \
    X(winners_curse, "GBP, booked less true profit")                                               \
    X(expenses, "GBP, variable and fixed")                                                         \
    X(commission, "GBP, what the website takes")                                                   \
    X(levies, "GBP")                                                                               \
    X(handling, "GBP, of claims as they truly are expected")                                       \
    X(finance, "GBP, net income from instalments")                                                 \
    X(add_ons, "GBP, net income from what is sold with a policy")                                  \
    X(premium_tax, "GBP, paid by customers on top of the price")

/// One firm's epoch.
typedef struct pp_account {
    double sales; ///< sum over policies of 1/base index: a pound of the day each, at base prices
#define PP_ACCOUNT_COUNT(name, description) int64_t name;
#define PP_ACCOUNT_SUM(name, description)   double name;
    PP_ACCOUNT_COUNTS(PP_ACCOUNT_COUNT)
    PP_ACCOUNT_SUMS(PP_ACCOUNT_SUM)
#undef PP_ACCOUNT_COUNT
#undef PP_ACCOUNT_SUM
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

/// Take what a sale costs beyond its claims from the profits of an account that has every sale.
/// Profits are then net, booked less true profit is (1 + handling)(pure premium - C), and
///   true_profit = gwp - pure_premium - handling - expenses - commission - levies + finance
///                 + add_ons.
/// An account is settled once. Without economics it stays as it is, to the bit.
PP_API void pp_account_settle(const pp_economics *economics, pp_account *account);

/// Add what other accounts of the same firms hold: those of the customers who came next.
PP_API void pp_accounts_merge(pp_accounts *accounts, const pp_accounts *next);

#endif
