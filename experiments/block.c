// One block of customers in one lane, all that needs no other block: draw them, the firms'
// state-free stage, offers and choices, accounts and the sample of quotes.
#include <math.h>
#include <string.h>

#include "experiments/quotes.h"
#include "experiments/workspace.h"
#include "pricing/pricing_kernels.h"

static void draw_customers(const pp_workspace *w, const pp_stream *stream, pp_lane *lane)
{
    const pp_experiment *e = w->experiment;
    pp_customers *c = &lane->customers;
    pp_population_draw(e->population, stream, c, NULL);
    pp_choice_prepare(&e->scenario->choice, e->n_firms, stream, lane->customer, c);
    pp_estimates_draw(e->gamma, stream, (uint32_t)c->first_round, c->n, c->pure_premium,
                      lane->insurer, e->n_firms, PP_BLOCK, lane->estimates);
}

/// First epoch, nothing fitted yet: a ~ U(first_min, first_max).
static void first_bids(const pp_workspace *w, const pp_stream *stream, pp_lane *lane)
{
    const pp_pricing_config *c = &w->experiment->scenario->pricing;
    size_t n_firms = w->experiment->n_firms, n = lane->customers.n;
    double width = c->first_max - c->first_min;
    pp_random_uniform(stream, PP_DRAW_FIRST_BID, (uint32_t)lane->customers.first_round, n, 0,
                      (uint32_t)n_firms, PP_BLOCK, lane->multipliers);
    for (size_t f = 0; f < n_firms; f++) {
        for (size_t i = 0; i < n; i++) {
            lane->multipliers[f * PP_BLOCK + i] =
                c->first_min + width * lane->multipliers[f * PP_BLOCK + i];
            lane->propensities[f * PP_BLOCK + i] = width > 0 ? 1 / width : 1;
        }
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

static bool explores(const pp_workspace *w, size_t f)
{
    return !pp_testing(w) || w->firms[f].config->explore == PP_EXPLORE_ALWAYS;
}

static void explore_nothing(size_t n, double *factor, double *propensity)
{
    for (size_t i = 0; i < n; i++)
        factor[i] = propensity[i] = 1;
}

static void draw_exploration(const pp_workspace *w, const pp_stream *stream, pp_lane *lane)
{
    const pp_pricing_config *c = &w->experiment->scenario->pricing;
    size_t n = lane->customers.n, n_firms = w->experiment->n_firms;
    bool anybody = false;
    for (size_t f = 0; f < n_firms; f++)
        anybody |= explores(w, f);
    if (anybody)
        pp_random_uniform(stream, PP_DRAW_EXPLORATION, (uint32_t)lane->customers.first_round, n, 0,
                          (uint32_t)n_firms, PP_BLOCK, lane->factors);
    for (size_t f = 0; f < n_firms; f++) {
        double *factor = lane->factors + f * PP_BLOCK;
        double *propensity = lane->propensities + f * PP_BLOCK;
        if (explores(w, f))
            explore(c, n, factor, propensity);
        else
            explore_nothing(n, factor, propensity);
    }
}

/// State-free stage of one firm: curves, the bid for profit only, and every multiplier that does
/// not depend on the portfolio held. @return those, before exploration
static const double *price_firm(const pp_workspace *w, pp_lane *lane, size_t f)
{
    const pp_firm *firm = &w->firms[f];
    const pp_customers *c = &lane->customers;
    const pp_agent_class *agent = firm->config->agent;
    pp_desk *desk = &lane->desks[f];
    pp_papers *papers = desk->papers;
    bool later = pp_needs_rounds(w, f);
    memcpy(desk->estimate, lane->estimates + f * PP_BLOCK, c->n * sizeof(double));
    pp_pipeline_prepare(firm->pipeline, lane->columns, desk->estimate, c->n, lane->scratch,
                        desk->curves, &papers->curves);
    pp_curves_bid(&papers->curves, NULL, desk->null_bid);
    papers->batch = (pp_agent_batch){.n = c->n,
                                     .first_round = c->first_round,
                                     .features = lane->columns,
                                     .estimate = desk->estimate,
                                     .curves = &papers->curves,
                                     .null_bid = desk->null_bid,
                                     .categories = desk->members};
    if (later && agent->prepare)
        agent->prepare(firm->state, &papers->batch, desk->prepared);
    else if (pp_testing(w) && !later)
        agent->quote_batch(firm->state, &papers->batch, desk->multiplier);
    return pp_testing(w) ? desk->multiplier : desk->null_bid;
}

static bool is_price(double x)
{
    return x > 0 && x < INFINITY;
}

pp_status pp_block_offer(const pp_workspace *w, pp_lane *lane, size_t f, size_t i, pp_error *error)
{
    const pp_firm_config *firm = w->firms[f].config;
    size_t at = f * PP_BLOCK + i;
    double multiplier = lane->multipliers[at], estimate = lane->estimates[at];
    long long trial = (long long)w->trial, epoch = (long long)w->epoch;
    long long round = (long long)lane->customers.first_round + (long long)i;
    if (!is_price(multiplier))
        return pp_error_set(error, PP_ENUMERIC,
                            "trial %lld, epoch %lld, round %lld: firm '%s': agent '%s' quoted %g "
                            "times its estimate; a quote must be positive and finite",
                            trial, epoch, round, firm->name, firm->agent->name, multiplier);
    lane->offers[at] = multiplier * estimate;
    if (!is_price(lane->offers[at]))
        return pp_error_set(error, PP_ENUMERIC,
                            "trial %lld, epoch %lld, round %lld: firm '%s': %g times an estimate "
                            "of %g GBP is no price",
                            trial, epoch, round, firm->name, multiplier, estimate);
    return PP_OK;
}

/// Offers of the firms that need no rounds.
static pp_status price_firms(const pp_workspace *w, pp_lane *lane, pp_error *error)
{
    size_t n = lane->customers.n;
    pp_status status = PP_OK;
    for (size_t f = 0; f < w->experiment->n_firms && status == PP_OK; f++) {
        const pp_firm *firm = &w->firms[f];
        double *multiplier = lane->multipliers + f * PP_BLOCK, *factor = NULL;
        const double *quoted = multiplier; // the first bids
        if (firm->has_portfolio)
            pp_portfolio_members(firm->portfolio, lane->columns, n, lane->desks[f].members);
        if (pp_pipeline_fitted(firm->pipeline)) {
            quoted = price_firm(w, lane, f);
            factor = explores(w, f) ? lane->factors + f * PP_BLOCK : NULL;
        }
        if (pp_needs_rounds(w, f))
            continue;
        size_t wrong =
            pp_pricing_kernels_now()->offer(quoted, factor, lane->estimates + f * PP_BLOCK, n,
                                            multiplier, lane->offers + f * PP_BLOCK);
        for (size_t i = 0; i < n && wrong > 0 && status == PP_OK; i++)
            status = pp_block_offer(w, lane, f, i, error); // finds out which
    }
    return status;
}

void pp_block_price(const pp_workspace *w, pp_lane *lane)
{
    pp_stream stream = pp_trial_stream(w, w->epoch);
    if (lane->status != PP_OK)
        return; // no indices
    draw_customers(w, &stream, lane);
    if (w->epoch == 0)
        first_bids(w, &stream, lane);
    else
        draw_exploration(w, &stream, lane);
    lane->status = price_firms(w, lane, &lane->error);
    if (lane->status != PP_OK || w->in_rounds)
        return;
    pp_choose(&lane->customers, 0, lane->customers.n, w->experiment->n_firms, lane->offers,
              PP_BLOCK, lane->choice);
    pp_block_book(w, lane);
}

/// Every n-th round of the epoch, each in a row of its own.
static void sample_quotes(const pp_workspace *w, const pp_lane *lane)
{
    const pp_experiment *e = w->experiment;
    const pp_customers *c = &lane->customers;
    int64_t every = e->scenario->record.quotes_every, end = c->first_round + (int64_t)c->n;
    pp_quote_source source = {.trial = w->trial,
                              .epoch = w->epoch,
                              .stride = PP_BLOCK,
                              .customers = c,
                              .base = lane->base,
                              .insurer = lane->insurer,
                              .customer = lane->customer,
                              .estimates = lane->estimates,
                              .offers = lane->offers,
                              .propensities = lane->propensities,
                              .desks =
                                  pp_pipeline_fitted(w->firms[0].pipeline) ? lane->desks : NULL};
    if (every == 0)
        return;
    for (int64_t sample = (c->first_round + every - 1) / every; sample * every < end; sample++) {
        source.round = sample * every;
        source.i = (size_t)(source.round - c->first_round);
        source.choice = lane->choice[source.i];
        pp_quotes_put(e, w->record, (size_t)(w->epoch * e->quote_rounds + sample), &source);
    }
}

void pp_block_book(const pp_workspace *w, pp_lane *lane)
{
    pp_choices choices = {.n = lane->customers.n,
                          .stride = PP_BLOCK,
                          .estimates = lane->estimates,
                          .offers = lane->offers,
                          .pure_premium = lane->customers.pure_premium,
                          .base_index = lane->base,
                          .choice = lane->choice};
    pp_accounts_clear(&lane->accounts);
    pp_accounts_add(&lane->accounts, &choices, lane->ranks);
    sample_quotes(w, lane);
}
