/// @file
/// @internal
/// The columns of /quotes: everything needed to audit a customer's choice from the file alone.
#ifndef PURSUIT_EXPERIMENTS_SETUP_QUOTE_COLUMNS_H
#define PURSUIT_EXPERIMENTS_SETUP_QUOTE_COLUMNS_H

#include "experiments/setup/parts.h"

/// Columns that every scenario has; the features follow.
enum {
    PP_QUOTE_TRIAL,
    PP_QUOTE_EPOCH,
    PP_QUOTE_ROUND,
    PP_QUOTE_CHOICE,
    PP_QUOTE_PURE_PREMIUM,
    PP_QUOTE_SENSITIVITY,
    PP_QUOTE_WALK_AWAY,
    PP_QUOTE_LOYAL_FIRM,
    PP_QUOTE_LOYALTY,
    PP_QUOTE_CHOICE_UNIFORM,
    PP_QUOTE_BASE_INDEX,
    PP_QUOTE_INSURER_INDEX,
    PP_QUOTE_CUSTOMER_INDEX,
    PP_QUOTE_ESTIMATE,
    PP_QUOTE_OFFER,
    PP_QUOTE_PROPENSITY,
    PP_QUOTE_EXPECTED_CONVERSION,
    PP_QUOTE_EXPECTED_ELASTICITY,
    PP_QUOTE_FIXED
};

#endif
