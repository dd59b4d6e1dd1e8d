// The round loop: what depends on the portfolios held, one customer after the other.
#include "experiments/workspace.h"

/// Does the firm's agent, an oracle, see what others quote in the round?
static bool sees(const pp_firm *firm)
{
    return firm->config->agent->quote_seeing;
}

bool pp_needs_rounds(const pp_workspace *w, size_t f)
{
    const pp_firm *firm = &w->firms[f];
    return pp_testing(w) && (firm->config->agent->quote || sees(firm));
}

void pp_firm_hold(pp_workspace *w, const pp_lane *lane, size_t i)
{
    size_t chosen = (size_t)lane->choice[i];
    if (chosen >= w->experiment->n_firms || !w->firms[chosen].has_portfolio)
        return;
    double *held = w->firms[chosen].held;
    for (uint64_t mask = lane->desks[chosen].members[i]; mask; mask >>= 1)
        *held++ += (double)(mask & 1);
}

/// What the agent of a firm may know of customer i.
static pp_agent_quote quote_of(const pp_workspace *w, const pp_desk *desk, size_t prepared,
                               size_t i)
{
    const pp_agent_batch *batch = &desk->papers->batch;
    pp_curves curve = *batch->curves;
    curve.n = 1;
    curve.values += i * curve.size;
    return (pp_agent_quote){.round = batch->first_round + (int64_t)i,
                            .features = w->row,
                            .estimate = batch->estimate[i],
                            .null_bid = batch->null_bid[i],
                            .curve = curve,
                            .categories = batch->categories[i],
                            .prepared = desk->prepared + i * prepared};
}

/// The quote of firm f in the round of customer i.
static pp_status quote_in_round(pp_workspace *w, pp_lane *lane, size_t f, size_t i)
{
    pp_firm *firm = &w->firms[f];
    const pp_agent_class *agent = firm->config->agent;
    pp_agent_quote quote = quote_of(w, &lane->desks[f], agent->prepared, i);
    size_t at = f * PP_BLOCK + i;
    pp_oracle_view view;
    double multiplier;
    if (sees(firm)) {
        pp_oracle_look(w, lane, f, i, &view);
        multiplier = agent->quote_seeing(firm->state, &quote, firm->held, &view);
    } else {
        multiplier = agent->quote(firm->state, &quote, firm->held);
    }
    lane->multipliers[at] = multiplier * lane->factors[at];
    return pp_block_offer(w, lane, f, i, &lane->error);
}

static pp_status play_round(pp_workspace *w, pp_lane *lane, size_t i)
{
    size_t n_firms = w->experiment->n_firms;
    for (int j = 0; j < lane->customers.n_columns; j++)
        w->row[j] = lane->customers.features[j][i];
    for (int last = 0; last < 2; last++)
        for (size_t f = 0; f < n_firms; f++) {
            if (!pp_needs_rounds(w, f) || sees(&w->firms[f]) != last)
                continue;
            pp_status status = quote_in_round(w, lane, f, i);
            if (status != PP_OK)
                return status;
        }
    pp_choose(&lane->customers, i, 1, n_firms, lane->offers, PP_BLOCK, lane->choice);
    pp_firm_hold(w, lane, i);
    return PP_OK;
}

void pp_block_play(pp_workspace *w, pp_lane *lane)
{
    for (size_t i = 0; i < lane->customers.n && lane->status == PP_OK; i++)
        lane->status = play_round(w, lane, i);
}
