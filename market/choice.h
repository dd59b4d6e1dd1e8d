/// @file
/// How customers choose, and how offers rank. Offers are [n_firms][stride] arrays of GBP; nobody
/// here knows what made them.
#ifndef PURSUIT_MARKET_CHOICE_H
#define PURSUIT_MARKET_CHOICE_H

#include "market/config.h"
#include "market/customers.h"
#include "market/random.h"

/// Are there fewer than 1/s firms? @return PP_EINVAL naming both if not
PP_API pp_status pp_choice_check(const pp_choice_config *config, size_t n_firms, pp_error *error);

/// Complete a batch: sensitivity becomes beta at the customer index, the walk-away price, the loyal
/// firm, its loyalty in GBP and the uniform that decides are filled in.
///   e = loading * index * m; b = max(0, e - ln(1/s - N)/beta); w = max(0, scale * b)
///   loyalty ~ Exp(mean rate*(w + offset)) towards a uniform firm         (arXiv 2408.00713)
/// A population without a reference price has w = scale * index.
/// @param customer_index [n]
PP_API void pp_choice_prepare(const pp_choice_config *config, size_t n_firms,
                              const pp_stream *stream, const double *customer_index,
                              pp_customers *customers);

/// Mean of the exponential law of a customer's loyalty, GBP: rate*(w + offset).
PP_API double pp_loyalty_mean(const pp_choice_config *config, double walk_away);

/// Choice of customers [first, first + n): softmax over -beta (offers felt, w).
/// @param offers [n_firms][stride] GBP, finite; firms at most PP_MAX_FIRMS
/// @param choice [..] at the same index as the customer: the firm, or n_firms for walking away
PP_API void pp_choose(const pp_customers *customers, size_t first, size_t n, size_t n_firms,
                      const double *offers, size_t stride, int32_t *choice);

/// The probabilities behind pp_choose, given the loyalty drawn. @param p [n_firms + 1]
PP_API void pp_choice_probabilities(const pp_customers *customers, size_t i, size_t n_firms,
                                    const double *offers, size_t stride, double *p);

/// The offers of one customer in rank order; equal offers rank by firm number.
typedef struct pp_ranking {
    int32_t *order; ///< [n_firms] firm at each rank, 0 = cheapest
    int32_t *rank;  ///< [n_firms] rank of each firm, 0 = cheapest
    double *price;  ///< [n_firms] sorted
} pp_ranking;

/// Sort customer i's offers, once for all firms. @param ranking arrays of the caller's
PP_API void pp_rank(const double *offers, size_t stride, size_t i, size_t n_firms,
                    pp_ranking *ranking);

/// Rank of every offer of customers [0, n), as in pp_ranking. Offers are finite, firms at most
/// PP_MAX_FIRMS.
/// @param rank [n_firms][stride]
PP_API void pp_rank_batch(const double *offers, size_t stride, size_t n, size_t n_firms,
                          int32_t *rank);

#endif
