/// @file
/// @internal
/// The columns of /quotes: everything needed to audit the choice law from the file alone.
#ifndef PURSUIT_EXPERIMENTS_QUOTES_H
#define PURSUIT_EXPERIMENTS_QUOTES_H

#include "experiments/workspace.h"

/// One recorded customer.
typedef struct pp_quote_source {
    int64_t trial, epoch, round;
    size_t i, stride; ///< element of the arrays below
    const pp_customers *customers;
    const double *base, *insurer, *customer;         ///< [..] indices
    const double *estimates, *offers, *propensities; ///< [n_firms][stride]
    const pp_desk *desks; ///< [n_firms], with this block's curves; NULL before the first fit
    int32_t choice;
} pp_quote_source;

void pp_quotes_put(const pp_experiment *experiment, pp_record *record, size_t row,
                   const pp_quote_source *source);

#endif
