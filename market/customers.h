/// @file
/// A batch of customers, struct of arrays. The caller owns it; populations fill it; the market
/// completes it with prices and loyalty. Only the market and the `oracle` agent may read what is
/// marked latent.
#ifndef PURSUIT_MARKET_CUSTOMERS_H
#define PURSUIT_MARKET_CUSTOMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/base/error.h"

typedef struct pp_customers {
    size_t capacity, n;
    int64_t first_round;
    int n_columns;
    double **features; ///< [n_columns][capacity] what firms see

    // Latent, filled by the population at customer index 1
    double *pure_premium; ///< GBP at base prices
    double *sensitivity;  ///< beta, 1/GBP
    double
        *walk_away_scale; ///< w = scale * reference, or w itself if the population has no reference
    bool walk_away_from_reference; ///< published: w = scale*b; book: w = scale * customer index

    // Latent, filled by pp_choice_prepare
    double *walk_away; ///< w, GBP
    int32_t *loyal_firm;
    double *loyalty;        ///< GBP by which that firm's offer is felt lower
    double *choice_uniform; ///< the draw that decides

    // What firms see and what is latent lie in blocks of memory of their own: an agent is handed
    // the first.
    double *storage; ///< of the features
    double *hidden;  ///< of the latents that are reals
} pp_customers;

PP_API pp_status pp_customers_create(size_t capacity, int n_columns, pp_customers *customers,
                                     pp_error *error);
PP_API void pp_customers_destroy(pp_customers *customers);

#endif
