// The rounds of one epoch, as many blocks at a time as there are lanes. What blocks have in common
// is done on one thread in their order: price indices, the round loop, and adding up.
#include <string.h>

#include "experiments/workspace.h"

/// Deal the lanes a block each, from this round on, and run the price indices, a recurrence,
/// through them. @return how many lanes got one; the last of them has a status if an index is
/// impossible
static size_t deal(pp_workspace *w, int64_t first)
{
    const pp_experiment *e = w->experiment;
    int64_t rounds = e->scenario->market.rounds;
    pp_stream stream = pp_trial_stream(w, w->epoch);
    pp_status status = PP_OK;
    size_t n = 0;
    for (; n < w->n_lanes && first < rounds && status == PP_OK; n++, first += PP_BLOCK) {
        pp_lane *lane = &w->lanes[n];
        lane->customers.first_round = first;
        lane->customers.n = (size_t)(rounds - first < PP_BLOCK ? rounds - first : PP_BLOCK);
        lane->error = (pp_error){0};
        status = pp_indices_run(&e->scenario->inflation, e->normal, &stream, (uint32_t)first,
                                lane->customers.n, &w->indices, lane->base, lane->insurer,
                                lane->customer, &lane->error);
        lane->status = status;
    }
    return n;
}

/// Is this round among the `kept` of `rounds` that go into the history, evenly spread?
static bool kept_round(int64_t round, int64_t rounds, int64_t kept)
{
    return (round + 1) * kept / rounds > round * kept / rounds;
}

/// Add a block, its accounts made, to what the trial holds. Blocks take their turn.
static void merge(pp_workspace *w, pp_lane *lane)
{
    const pp_experiment *e = w->experiment;
    const pp_customers *c = &lane->customers;
    int64_t rounds = e->scenario->market.rounds, kept = (int64_t)e->history_rows;
    pp_accounts_merge(&w->accounts, &lane->accounts);
    for (size_t i = 0; i < c->n; i++) {
        if (!w->in_rounds)
            pp_firm_hold(w, lane, i);
        if (pp_testing(w) || !kept_round(c->first_round + (int64_t)i, rounds, kept))
            continue;
        for (size_t f = 0; f < e->n_firms; f++)
            lane->ranking.rank[f] = lane->ranks[f * PP_BLOCK + i];
        pp_rank_order(lane->offers, PP_BLOCK, i, e->n_firms, &lane->ranking);
        pp_histories_add(w->histories, &lane->ranking, i, PP_BLOCK, lane->columns, lane->estimates,
                         lane->multipliers, lane->propensities, lane->choice[i]);
    }
}

/// The first n lanes' blocks, from arrival to the trial's accounts.
static pp_status run_blocks(pp_workspace *w, size_t n, pp_error *error)
{
    pp_status status = PP_OK;
    pp_lanes_run(w, n, pp_block_price);
    for (size_t i = 0; i < n && w->in_rounds && w->lanes[i].status == PP_OK; i++) {
        status = pp_trial_interrupted(w, error); // rounds take long, however many the lanes
        if (status != PP_OK)
            return status;
        pp_block_play(w, &w->lanes[i]);
    }
    status = pp_lanes_failure(w, n, error);
    if (status != PP_OK)
        return status;
    if (w->in_rounds)
        pp_lanes_run(w, n, pp_block_book);
    for (size_t i = 0; i < n; i++)
        merge(w, &w->lanes[i]);
    return PP_OK;
}

static void start(pp_workspace *w)
{
    const pp_experiment *e = w->experiment;
    pp_accounts_clear(&w->accounts);
    w->in_rounds = false;
    for (size_t f = 0; f < e->n_firms; f++) {
        memset(w->firms[f].held, 0, e->n_categories * sizeof(double));
        w->in_rounds |= pp_needs_rounds(w, f);
    }
    if (!pp_testing(w))
        pp_histories_epoch(w->histories);
}

pp_status pp_epoch_run(pp_workspace *w, pp_error *error)
{
    int64_t rounds = w->experiment->scenario->market.rounds;
    pp_status status = PP_OK;
    start(w);
    for (int64_t first = 0; first < rounds && status == PP_OK;) {
        size_t n = deal(w, first);
        status = run_blocks(w, n, error);
        if (status == PP_OK)
            status = pp_trial_interrupted(w, error);
        first += (int64_t)n * PP_BLOCK;
    }
    return status;
}
