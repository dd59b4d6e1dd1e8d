/// @file
/// A market of a size to be played and audited quote by quote.
#ifndef PURSUIT_TESTS_SUPPORT_TRIAL_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_TRIAL_FIXTURE_H

#include "tests/support/market_fixture.h"

enum { FIRMS = 6, ROUNDS = 400 };

/// Three epochs of burn-in and two to test; every quote is recorded.
static inline void small(market_fixture *m, const char *agent)
{
    fixture_defaults(m, FIRMS, agent);
    m->scenario.market.rounds = ROUNDS;
    m->scenario.market.burn_in_epochs = 3;
    m->scenario.market.test_epochs = 2;
    m->scenario.record.quotes_every = 1;
}

#endif
