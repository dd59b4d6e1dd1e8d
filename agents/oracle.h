/// @file
/// @internal
/// What the built-in `oracle` is shown, and no other agent: this header is not installed, and an
/// experiment refuses any other class that asks for it.
#ifndef PURSUIT_AGENTS_ORACLE_H
#define PURSUIT_AGENTS_ORACLE_H

#include "agents/agent.h"

/// Parts of the view, as bits.
enum { PP_SEES_CUSTOMER = 1, PP_SEES_RIVALS = 2 };

/// What an oracle sees of one round. The engine masks what its `sees` does not name. The choice's
/// own luck, which is the firm that the customer is loyal to, how loyal it is and the uniform that
/// decides, is in no part of it: it is settled after all have quoted.
struct pp_oracle_view {
    // of the customer; NaN where masked
    double pure_premium; ///< GBP at insurers' present prices: the mean of any firm's C
    double sensitivity;  ///< beta at customers' present prices, 1/GBP
    double walk_away;    ///< w, GBP
    double loyalty_mean; ///< GBP; loyalty is Exp of this mean, towards one of n_firms, uniform
    size_t n_firms;      ///< of the market
    // of the rivals
    size_t n_rivals;      ///< that have quoted, which other oracles have not; 0 where masked
    const double *rivals; ///< [n_rivals] their offers, GBP; NULL where masked
};

/// What an oracle with these parameters sees: PP_SEES_* | ...
unsigned pp_oracle_sees(const void *params);

extern const pp_agent_class pp_agent_oracle;

#endif
