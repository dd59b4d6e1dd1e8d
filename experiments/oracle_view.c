// What an oracle is shown of a round.
#include <math.h>

#include "experiments/workspace.h"

/// Offers of the firms whose agents see nobody's.
static size_t gather_offers(pp_workspace *w, const pp_lane *lane, size_t i)
{
    size_t n = 0;
    for (size_t f = 0; f < w->experiment->n_firms; f++)
        if (!w->firms[f].config->agent->quote_seeing)
            w->open_offers[n++] = lane->offers[f * PP_BLOCK + i];
    return n;
}

void pp_oracle_look(pp_workspace *w, const pp_lane *lane, size_t f, size_t i, pp_oracle_view *view)
{
    const pp_customers *c = &lane->customers;
    unsigned sees = pp_oracle_sees(w->firms[f].config->agent_params);
    *view = (pp_oracle_view){.pure_premium = NAN,
                             .sensitivity = NAN,
                             .walk_away = NAN,
                             .loyalty_mean = NAN,
                             .n_firms = w->experiment->n_firms};
    if (sees & PP_SEES_CUSTOMER) {
        view->pure_premium = c->pure_premium[i] * lane->insurer[i];
        view->sensitivity = c->sensitivity[i];
        view->walk_away = c->walk_away[i];
        view->loyalty_mean = pp_loyalty_mean(&w->experiment->scenario->choice, view->walk_away);
    }
    if (sees & PP_SEES_RIVALS) {
        view->n_rivals = gather_offers(w, lane, i);
        view->rivals = w->open_offers;
    }
}
