// One block of customers, from their arrival to the accounts: draw, the firms' state-free stage,
// the round loop, ranks, accounts, history and the sample of quotes.
#include <math.h>
#include <string.h>

#include "experiments/quotes.h"
#include "experiments/workspace.h"

/// Does the firm's agent, an oracle, see what others quote in the round?
static bool sees(const pp_firm *firm)
{
    return firm->config->agent->quote_seeing;
}

/// Does the firm's price depend on the portfolio it holds, or on what others quote?
static bool needs_rounds(const pp_workspace *w, const pp_firm *firm)
{
    return pp_testing(w) && (firm->config->agent->quote || sees(firm));
}

static pp_status draw_customers(pp_workspace *w, const pp_stream *stream, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    const pp_scenario *s = e->scenario;
    pp_customers *c = &w->customers;
    uint32_t first = (uint32_t)c->first_round;
    pp_population_draw(e->population, stream, c, NULL);
    pp_status status = pp_indices_run(&s->inflation, e->normal, stream, first, c->n, &w->indices,
                                      w->base, w->insurer, w->customer, error);
    if (status != PP_OK)
        return status;
    pp_choice_prepare(&s->choice, e->n_firms, stream, w->customer, c);
    pp_estimates_draw(e->gamma, stream, first, c->n, c->pure_premium, w->insurer, e->n_firms,
                      PP_BLOCK, w->estimates);
    return PP_OK;
}

/// First epoch, nothing fitted yet: a ~ U(first_min, first_max).
static void first_bids(pp_workspace *w, const pp_stream *stream)
{
    const pp_pricing_config *c = &w->experiment->scenario->pricing;
    size_t n_firms = w->experiment->n_firms;
    double width = c->first_max - c->first_min;
    pp_random_uniform(stream, PP_DRAW_FIRST_BID, (uint32_t)w->customers.first_round, w->customers.n,
                      0, (uint32_t)n_firms, PP_BLOCK, w->multipliers);
    for (size_t f = 0; f < n_firms; f++)
        for (size_t i = 0; i < w->customers.n; i++) {
            w->multipliers[f * PP_BLOCK + i] =
                c->first_min + width * w->multipliers[f * PP_BLOCK + i];
            w->propensities[f * PP_BLOCK + i] = width > 0 ? 1 / width : 1;
        }
}

/// Which exploration factor each quote gets, from its uniform; 1 for most.
static void explore(const pp_pricing_config *c, size_t n, double *factor, double *propensity)
{
    size_t factors = c->exploration_factors.n;
    double rate = c->exploration_rate, none = 1 - rate * (double)factors;
    for (size_t i = 0; i < n; i++) {
        double which = rate > 0 ? floor(factor[i] / rate) : (double)factors;
        bool explores = which < (double)factors;
        factor[i] = explores ? c->exploration_factors.value[(size_t)which] : 1;
        propensity[i] = explores ? rate : none;
    }
}

static void draw_exploration(pp_workspace *w, const pp_stream *stream)
{
    const pp_pricing_config *c = &w->experiment->scenario->pricing;
    size_t n = w->customers.n, n_firms = w->experiment->n_firms;
    double *u = w->offers; // not yet in use
    pp_random_uniform(stream, PP_DRAW_EXPLORATION, (uint32_t)w->customers.first_round, n, 0,
                      (uint32_t)n_firms, PP_BLOCK, u);
    for (size_t f = 0; f < n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        double *propensity = w->propensities + f * PP_BLOCK;
        bool explores = !pp_testing(w) || firm->config->explore == PP_EXPLORE_ALWAYS;
        memcpy(firm->factor, u + f * PP_BLOCK, n * sizeof(double));
        if (explores) {
            explore(c, n, firm->factor, propensity);
            continue;
        }
        for (size_t i = 0; i < n; i++)
            firm->factor[i] = propensity[i] = 1;
    }
}

/// State-free stage of one firm: curves, the bid for profit only, and every multiplier that does
/// not depend on the portfolio held.
static void price_block(pp_workspace *w, size_t f)
{
    pp_firm *firm = &w->firms[f];
    pp_customers *c = &w->customers;
    pp_desk *desk = firm->desk;
    const double *quoted = pp_testing(w) ? firm->multiplier : firm->null_bid;
    const pp_agent_class *agent = firm->config->agent;
    memcpy(firm->estimate, w->estimates + f * PP_BLOCK, c->n * sizeof(double));
    pp_pipeline_prepare(firm->pipeline, w->columns, firm->estimate, c->n, w->scratch, firm->curves,
                        &desk->curves);
    pp_curves_bid(&desk->curves, NULL, firm->null_bid);
    desk->batch = (pp_agent_batch){.n = c->n,
                                   .first_round = c->first_round,
                                   .features = w->columns,
                                   .estimate = firm->estimate,
                                   .curves = &desk->curves,
                                   .null_bid = firm->null_bid,
                                   .categories = firm->members};
    bool later = needs_rounds(w, firm);
    if (later && agent->prepare)
        agent->prepare(firm->state, &desk->batch, firm->prepared);
    else if (pp_testing(w) && !later)
        agent->quote_batch(firm->state, &desk->batch, firm->multiplier);
    for (size_t i = 0; i < c->n && !later; i++)
        w->multipliers[f * PP_BLOCK + i] = quoted[i] * firm->factor[i];
}

static pp_status refuse_quote(const pp_workspace *w, const pp_firm *firm, size_t i,
                              double multiplier, pp_error *error)
{
    return pp_error_set(
        error, PP_ENUMERIC,
        "trial %lld, epoch %lld, round %lld: firm '%s': agent '%s' quoted %g times its "
        "estimate; a quote must be positive and finite",
        (long long)w->trial, (long long)w->epoch,
        (long long)(w->customers.first_round + (int64_t)i), firm->config->name,
        firm->config->agent->name, multiplier);
}

static pp_status make_offer(pp_workspace *w, size_t f, size_t i, pp_error *error)
{
    size_t at = f * PP_BLOCK + i;
    double multiplier = w->multipliers[at];
    if (!(multiplier > 0) || !isfinite(multiplier))
        return refuse_quote(w, &w->firms[f], i, multiplier, error);
    w->offers[at] = multiplier * w->estimates[at];
    if (!isfinite(w->offers[at]) || !(w->offers[at] > 0))
        return pp_error_set(
            error, PP_ENUMERIC,
            "trial %lld, epoch %lld, round %lld: firm '%s': %g times an estimate of %g "
            "GBP is no price",
            (long long)w->trial, (long long)w->epoch,
            (long long)(w->customers.first_round + (int64_t)i), w->firms[f].config->name,
            multiplier, w->estimates[at]);
    return PP_OK;
}

static void hold(pp_workspace *w, size_t i)
{
    size_t chosen = (size_t)w->choice[i];
    if (chosen >= w->experiment->n_firms || !w->firms[chosen].has_portfolio)
        return;
    pp_firm *firm = &w->firms[chosen];
    for (uint64_t mask = firm->members[i], k = 0; mask; mask >>= 1, k++)
        firm->held[k] += (double)(mask & 1);
}

/// What the agent of a firm may know of customer i.
static pp_agent_quote quote_of(const pp_workspace *w, const pp_firm *firm, size_t i)
{
    const pp_agent_batch *batch = &firm->desk->batch;
    pp_curves curve = *batch->curves;
    curve.n = 1;
    curve.values += i * curve.size;
    return (pp_agent_quote){.round = batch->first_round + (int64_t)i,
                            .features = w->row,
                            .estimate = batch->estimate[i],
                            .null_bid = batch->null_bid[i],
                            .curve = curve,
                            .categories = batch->categories[i],
                            .prepared = firm->prepared + i * firm->config->agent->prepared};
}

/// The quote of firm f in the round of customer i.
static pp_status quote_in_round(pp_workspace *w, size_t f, size_t i, pp_error *error)
{
    pp_firm *firm = &w->firms[f];
    const pp_agent_class *agent = firm->config->agent;
    pp_agent_quote quote = quote_of(w, firm, i);
    pp_oracle_view view;
    double multiplier;
    if (sees(firm)) {
        pp_oracle_look(w, f, i, &view);
        multiplier = agent->quote_seeing(firm->state, &quote, firm->held, &view);
    } else {
        multiplier = agent->quote(firm->state, &quote, firm->held);
    }
    w->multipliers[f * PP_BLOCK + i] = multiplier * firm->factor[i];
    return make_offer(w, f, i, error);
}

/// The round loop: only what depends on the portfolios held or, last, on what others quote.
static pp_status play_rounds(pp_workspace *w, pp_error *error)
{
    size_t n_firms = w->experiment->n_firms;
    for (size_t i = 0; i < w->customers.n; i++) {
        for (int j = 0; j < w->customers.n_columns; j++)
            w->row[j] = w->customers.features[j][i];
        for (int last = 0; last < 2; last++)
            for (size_t f = 0; f < n_firms; f++) {
                pp_firm *firm = &w->firms[f];
                if (!needs_rounds(w, firm) || sees(firm) != last)
                    continue;
                pp_status status = quote_in_round(w, f, i, error);
                if (status != PP_OK)
                    return status;
            }
        pp_choose(&w->customers, i, 1, n_firms, w->offers, PP_BLOCK, w->choice);
        hold(w, i);
    }
    return PP_OK;
}

static pp_status price_and_choose(pp_workspace *w, pp_error *error)
{
    size_t n_firms = w->experiment->n_firms;
    bool rounds = false;
    for (size_t f = 0; f < n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        if (firm->has_portfolio)
            pp_portfolio_members(&firm->desk->portfolio, w->columns, w->customers.n, firm->members);
        if (pp_pipeline_fitted(firm->pipeline))
            price_block(w, f);
        bool later = needs_rounds(w, firm);
        rounds |= later;
        pp_status status = PP_OK;
        for (size_t i = 0; i < w->customers.n && !later && status == PP_OK; i++)
            status = make_offer(w, f, i, error);
        if (status != PP_OK)
            return status;
    }
    if (rounds)
        return play_rounds(w, error);
    pp_choose(&w->customers, 0, w->customers.n, n_firms, w->offers, PP_BLOCK, w->choice);
    for (size_t i = 0; i < w->customers.n; i++)
        hold(w, i);
    return PP_OK;
}

/// Is this round among the `kept` of `rounds` that go into the history, evenly spread?
static bool kept_round(int64_t round, int64_t rounds, int64_t kept)
{
    return (round + 1) * kept / rounds > round * kept / rounds;
}

/// Ranks, accounts, history and the sample of quotes, in the order of rounds.
static void settle(pp_workspace *w, pp_record *record)
{
    const pp_experiment *e = w->experiment;
    const pp_market_config *m = &e->scenario->market;
    int64_t every = e->scenario->record.quotes_every;
    pp_quote_source source = {.trial = w->trial,
                              .epoch = w->epoch,
                              .stride = PP_BLOCK,
                              .customers = &w->customers,
                              .base = w->base,
                              .insurer = w->insurer,
                              .customer = w->customer,
                              .estimates = w->estimates,
                              .offers = w->offers,
                              .propensities = w->propensities};
    for (size_t i = 0; i < w->customers.n; i++) {
        int64_t round = w->customers.first_round + (int64_t)i;
        pp_rank(w->offers, PP_BLOCK, i, e->n_firms, &w->ranking);
        pp_accounts_add(&w->accounts, &w->ranking, i, PP_BLOCK, w->estimates, w->offers,
                        w->customers.pure_premium[i], w->base[i], w->choice[i]);
        if (!pp_testing(w) && kept_round(round, m->rounds, (int64_t)e->history_rows))
            pp_histories_add(w->histories, &w->ranking, i, PP_BLOCK,
                             (const double *const *)w->customers.features, w->estimates,
                             w->multipliers, w->propensities, w->choice[i]);
        if (every > 0 && round % every == 0) {
            source.i = i;
            source.round = round;
            source.choice = w->choice[i];
            pp_quotes_put(e, record, w->quote_row++, &source);
        }
    }
}

pp_status pp_block_run(pp_workspace *w, const pp_stream *stream, pp_record *record, pp_error *error)
{
    pp_status status = draw_customers(w, stream, error);
    if (status != PP_OK)
        return status;
    if (w->epoch == 0)
        first_bids(w, stream);
    else
        draw_exploration(w, stream);
    status = price_and_choose(w, error);
    if (status == PP_OK)
        settle(w, record);
    return status;
}
