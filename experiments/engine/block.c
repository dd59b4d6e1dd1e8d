// One block of customers on one thread: draw them, price every firm's quotes, run the rounds of
// sequential firms, book the choices.
#include <math.h>
#include <string.h>

#include "experiments/engine/workspace.h"
#include "pricing/pricing_kernels.h"

// ---- customers

static void draw_customers(const pp_workspace *w, const pp_stream *stream, pp_block *block)
{
    const pp_experiment *e = w->experiment;
    pp_customers *c = &block->customers;
    pp_population_draw(e->population, stream, c, NULL);
    pp_choice_prepare(&e->scenario->choice, e->n_firms, stream, block->customer, c);
    pp_estimates_draw(e->gamma, stream, (uint32_t)c->first_round, c->n, c->pure_premium,
                      block->insurer, e->n_firms, PP_BLOCK, block->estimates);
    for (size_t f = 0; f < e->n_firms && e->has_economics; f++)
        pp_price_units(&w->firms[f].cost.costs, block->estimates + f * PP_BLOCK, c->n,
                       block->units + f * PP_BLOCK);
}

/// Bids of the first epoch, when nothing is fitted yet: a ~ U(first_min, first_max).
static void draw_first_bids(const pp_workspace *w, const pp_stream *stream, pp_block *block)
{
    const pp_pricing_config *c = &w->experiment->scenario->pricing;
    size_t n_firms = w->experiment->n_firms, n = block->customers.n;
    double width = c->first_max - c->first_min;
    pp_random_uniform(stream, PP_DRAW_FIRST_BID, (uint32_t)block->customers.first_round, n, 0,
                      (uint32_t)n_firms, PP_BLOCK, block->multipliers);
    for (size_t f = 0; f < n_firms; f++) {
        for (size_t i = 0; i < n; i++) {
            block->multipliers[f * PP_BLOCK + i] =
                c->first_min + width * block->multipliers[f * PP_BLOCK + i];
            block->propensities[f * PP_BLOCK + i] = width > 0 ? 1 / width : 1;
        }
    }
}

static bool explores(const pp_workspace *w, size_t f)
{
    return !pp_testing(w) || w->firms[f].config->explore == PP_EXPLORE_ALWAYS;
}

/// Turn uniform draws into exploration factors, 1 for most quotes.
static void choose_factors(const pp_pricing_config *c, size_t n, double *factor, double *propensity)
{
    size_t factors = c->exploration_factors.n;
    double rate = c->exploration_rate, none = 1 - rate * (double)factors;
    for (size_t i = 0; i < n; i++) {
        double which = rate > 0 ? floor(factor[i] / rate) : (double)factors;
        bool explored = which < (double)factors;
        factor[i] = explored ? c->exploration_factors.value[(size_t)which] : 1;
        propensity[i] = explored ? rate : none;
    }
}

static void draw_exploration(const pp_workspace *w, const pp_stream *stream, pp_block *block)
{
    size_t n = block->customers.n, n_firms = w->experiment->n_firms;
    bool anybody = false;
    for (size_t f = 0; f < n_firms; f++)
        anybody |= explores(w, f);
    if (anybody)
        pp_random_uniform(stream, PP_DRAW_EXPLORATION, (uint32_t)block->customers.first_round, n, 0,
                          (uint32_t)n_firms, PP_BLOCK, block->factors);
    for (size_t f = 0; f < n_firms; f++) {
        double *factor = block->factors + f * PP_BLOCK;
        double *propensity = block->propensities + f * PP_BLOCK;
        if (explores(w, f))
            choose_factors(&w->experiment->scenario->pricing, n, factor, propensity);
        else
            for (size_t i = 0; i < n; i++)
                factor[i] = propensity[i] = 1;
    }
}

// ---- prices

static bool is_price(double x)
{
    return x > 0 && x < INFINITY;
}

/// The offer of firm f to customer i from its multiplier, checked, before limits. Every price of a
/// round passes here, those of a block through the kernel `offer` in price_firms.
static pp_status make_offer(const pp_workspace *w, pp_block *block, size_t f, size_t i)
{
    const pp_firm_config *firm = w->firms[f].config;
    size_t at = f * PP_BLOCK + i;
    double multiplier = block->multipliers[at], unit = block->units[at];
    long long trial = (long long)w->trial, epoch = (long long)w->epoch;
    long long round = (long long)block->customers.first_round + (long long)i;
    if (!is_price(multiplier))
        return pp_error_set(&block->error, PP_ENUMERIC,
                            "trial %lld, epoch %lld, round %lld: firm '%s': agent '%s' quoted %g "
                            "times its price unit; a quote must be positive and finite",
                            trial, epoch, round, firm->name, firm->agent->name, multiplier);
    block->offers[at] = multiplier * unit;
    if (!is_price(block->offers[at]))
        return pp_error_set(&block->error, PP_ENUMERIC,
                            "trial %lld, epoch %lld, round %lld: firm '%s': %g times %g GBP is "
                            "no price",
                            trial, epoch, round, firm->name, multiplier, unit);
    return PP_OK;
}

/// Propensities of prices that limits may have made of a firm's bids.
static void find_propensities(const pp_workspace *w, pp_block *block, size_t f, size_t first,
                              size_t n, const double *bid)
{
    const pp_pricing_config *c = &w->experiment->scenario->pricing;
    const pp_limits *limits = &w->firms[f].limits;
    const double *unit = block->units + f * PP_BLOCK + first;
    const double *offer = block->offers + f * PP_BLOCK + first;
    double *propensity = block->propensities + f * PP_BLOCK + first;
    size_t factors = c->exploration_factors.n;
    const pp_exploration exploration = {factors, c->exploration_factors.value, c->exploration_rate,
                                        1 - c->exploration_rate * (double)factors};
    bool first_bids = w->epoch == 0, drawn = first_bids && c->first_max > c->first_min;
    for (size_t i = 0; i < n && drawn; i++)
        propensity[i] =
            pp_limits_first_propensity(limits, unit[i], c->first_min, c->first_max, offer[i]);
    if (!first_bids && explores(w, f))
        pp_limits_propensities(limits, &exploration, unit, bid, offer, n, propensity);
}

/// Hold the checked offers of a firm to customers [first, first + n) within its limits. Whatever
/// made them, an agent, exploration or chance, this is what is quoted. @param bid [n] before
/// exploration, for which there is a factor for each, or NULL
static void hold_offers(const pp_workspace *w, pp_block *block, size_t f, size_t first, size_t n,
                        const double *bid, const double *factor)
{
    size_t at = f * PP_BLOCK + first;
    pp_limits_prices(&w->firms[f].limits, bid, factor, block->units + at, n,
                     block->multipliers + at, block->offers + at);
    find_propensities(w, block, f, first, n, bid);
}

/// The state-free stage of a fitted firm: conversion curves, the bid for profit only, and the
/// agent's answer to the whole block. @return multipliers before exploration
static const double *price_firm(const pp_workspace *w, pp_block *block, size_t f)
{
    const pp_firm *firm = &w->firms[f];
    const pp_customers *c = &block->customers;
    const pp_agent_class *agent = firm->config->agent;
    pp_firm_block *part = &block->firms[f];
    pp_agent_view *view = part->view;
    memcpy(part->unit, block->units + f * PP_BLOCK, c->n * sizeof(double));
    pp_pipeline_prepare(firm->pipeline, block->columns, part->unit, c->n, block->scratch,
                        part->curves, &view->curves);
    bool booked = firm->config->correction.kind == PP_CORRECTION_NONE;
    if (!booked)
        pp_break_even(&firm->cost, part->unit, c->n, part->break_even);
    pp_curves_bid(&view->curves, booked ? NULL : part->break_even, part->null_bid);
    for (size_t i = 0; i < c->n && firm->limited && pp_testing(w); i++) {
        pp_price_range range = pp_limits_range(&firm->limits, part->unit[i]);
        part->low[i] = range.low;
        part->high[i] = range.high;
    }
    view->batch = (pp_agent_batch){.n = c->n,
                                   .first_round = c->first_round,
                                   .features = block->columns,
                                   .unit = part->unit,
                                   .curves = &view->curves,
                                   .null_bid = part->null_bid,
                                   .break_even = part->break_even,
                                   .low = part->low,
                                   .high = part->high,
                                   .categories = part->members};
    if (!pp_testing(w))
        return part->null_bid;
    if (!pp_firm_is_sequential(w, f))
        agent->quote_batch(firm->state, &view->batch, part->multiplier);
    else if (agent->prepare)
        agent->prepare(firm->state, &view->batch, part->prepared);
    return part->multiplier;
}

/// Offers of the firms that are not sequential.
static pp_status price_firms(const pp_workspace *w, pp_block *block)
{
    size_t n = block->customers.n;
    for (size_t f = 0; f < w->experiment->n_firms; f++) {
        const pp_firm *firm = &w->firms[f];
        double *multiplier = block->multipliers + f * PP_BLOCK, *factor = NULL;
        const double *quoted = multiplier; // the first bids
        if (firm->has_portfolio)
            pp_portfolio_members(firm->portfolio, block->columns, n, block->firms[f].members);
        if (pp_pipeline_fitted(firm->pipeline)) {
            quoted = price_firm(w, block, f);
            factor = explores(w, f) ? block->factors + f * PP_BLOCK : NULL;
        }
        if (pp_firm_is_sequential(w, f))
            continue;
        size_t wrong = pp_pricing_kernels_now()->offer(quoted, factor, block->units + f * PP_BLOCK,
                                                       n, multiplier, block->offers + f * PP_BLOCK);
        for (size_t i = 0; i < n && wrong > 0; i++)
            PP_TRY(make_offer(w, block, f, i)); // reports the first that is wrong
        if (firm->limited)
            hold_offers(w, block, f, 0, n, quoted, factor);
    }
    return PP_OK;
}

void pp_block_price(const pp_workspace *w, pp_block *block)
{
    pp_stream stream = pp_trial_stream(w, w->epoch);
    if (block->status != PP_OK)
        return; // no indices
    draw_customers(w, &stream, block);
    if (w->epoch == 0)
        draw_first_bids(w, &stream, block);
    else
        draw_exploration(w, &stream, block);
    block->status = price_firms(w, block);
    if (block->status != PP_OK || w->sequential)
        return;
    pp_choose(&block->customers, 0, block->customers.n, w->experiment->n_firms, block->offers,
              PP_BLOCK, block->choice);
    pp_block_book(w, block);
}

// ---- rounds: one customer after the other

void pp_oracle_view_fill(pp_workspace *w, const pp_block *block, size_t f, size_t i,
                         pp_oracle_view *view)
{
    const pp_customers *c = &block->customers;
    unsigned sees = pp_oracle_sees(w->firms[f].config->agent_params);
    *view = (pp_oracle_view){.pure_premium = NAN,
                             .sensitivity = NAN,
                             .walk_away = NAN,
                             .loyalty_mean = NAN,
                             .n_firms = w->experiment->n_firms};
    if (sees & PP_SEES_CUSTOMER) {
        view->pure_premium = c->pure_premium[i] * block->insurer[i];
        view->sensitivity = c->sensitivity[i];
        view->walk_away = c->walk_away[i];
        view->loyalty_mean = pp_loyalty_mean(&w->experiment->scenario->choice, view->walk_away);
    }
    if (sees & PP_SEES_RIVALS) {
        // offers of the firms whose agents see nobody's
        for (size_t g = 0; g < w->experiment->n_firms; g++)
            if (!w->firms[g].config->agent->quote_seeing)
                w->open_offers[view->n_rivals++] = block->offers[g * PP_BLOCK + i];
        view->rivals = w->open_offers;
    }
}

/// The quote of sequential firm f to customer i, whose features are in w->row.
static pp_status quote_in_round(pp_workspace *w, pp_block *block, size_t f, size_t i)
{
    pp_firm *firm = &w->firms[f];
    const pp_firm_block *part = &block->firms[f];
    const pp_agent_class *agent = firm->config->agent;
    const pp_agent_batch *batch = &part->view->batch;
    size_t at = f * PP_BLOCK + i;
    pp_curves curve = *batch->curves;
    curve.n = 1;
    curve.values += i * curve.size;
    curve.unit += i;
    pp_agent_quote quote = {.round = batch->first_round + (int64_t)i,
                            .features = w->row,
                            .unit = batch->unit[i],
                            .null_bid = batch->null_bid[i],
                            .break_even = batch->break_even[i],
                            .low = batch->low[i],
                            .high = batch->high[i],
                            .curve = curve,
                            .categories = batch->categories[i],
                            .prepared = part->prepared + i * agent->prepared};
    double multiplier;
    if (agent->quote_seeing) {
        pp_oracle_view view;
        pp_oracle_view_fill(w, block, f, i, &view);
        multiplier = agent->quote_seeing(firm->state, &quote, firm->held, &view);
    } else {
        multiplier = agent->quote(firm->state, &quote, firm->held);
    }
    block->multipliers[at] = multiplier * block->factors[at];
    PP_TRY(make_offer(w, block, f, i));
    if (firm->limited)
        hold_offers(w, block, f, i, 1, &multiplier, block->factors + at);
    return PP_OK;
}

/// One round: sequential firms quote, those that see others' quotes last; the customer chooses.
static pp_status run_round(pp_workspace *w, pp_block *block, size_t i)
{
    size_t n_firms = w->experiment->n_firms;
    for (int j = 0; j < block->customers.n_columns; j++)
        w->row[j] = block->customers.features[j][i];
    for (int seeing = 0; seeing < 2; seeing++)
        for (size_t f = 0; f < n_firms; f++)
            if (pp_firm_is_sequential(w, f) &&
                (w->firms[f].config->agent->quote_seeing != NULL) == seeing)
                PP_TRY(quote_in_round(w, block, f, i));
    pp_choose(&block->customers, i, 1, n_firms, block->offers, PP_BLOCK, block->choice);
    pp_portfolio_add_sale(w, block, i);
    return PP_OK;
}

void pp_block_run_rounds(pp_workspace *w, pp_block *block)
{
    for (size_t i = 0; i < block->customers.n && block->status == PP_OK; i++)
        block->status = run_round(w, block, i);
}

void pp_portfolio_add_sale(pp_workspace *w, const pp_block *block, size_t i)
{
    size_t chosen = (size_t)block->choice[i];
    if (chosen >= w->experiment->n_firms || !w->firms[chosen].has_portfolio)
        return;
    double *held = w->firms[chosen].held;
    for (uint64_t mask = block->firms[chosen].members[i]; mask; mask >>= 1)
        *held++ += (double)(mask & 1);
}

// ---- accounts

/// Quotes and sales by band, with the sales that each firm expects at its prices: in test epochs
/// every firm has been fitted.
static void break_down(const pp_workspace *w, pp_block *block, const pp_choices *choices)
{
    for (size_t f = 0; f < w->experiment->n_firms; f++)
        pp_curves_probability(&block->firms[f].view->curves, block->multipliers + f * PP_BLOCK,
                              block->expected + f * PP_BLOCK);
    pp_breakdown_clear(&block->breakdown);
    pp_breakdown_add(&block->breakdown, choices, &block->accounts, block->ranks, block->expected);
}

void pp_block_book(const pp_workspace *w, pp_block *block)
{
    const pp_customers *c = &block->customers;
    pp_choices choices = {.n = c->n,
                          .stride = PP_BLOCK,
                          .estimates = block->estimates,
                          .offers = block->offers,
                          .pure_premium = c->pure_premium,
                          .base_index = block->base,
                          .choice = block->choice};
    pp_accounts_clear(&block->accounts);
    pp_accounts_add(&block->accounts, &choices, block->ranks);
    if (pp_testing(w))
        break_down(w, block, &choices);
    // The sample of quotes: every n-th round of the epoch, each in a row of its own.
    int64_t every = w->experiment->scenario->record.quotes_every;
    int64_t rows = w->epoch * w->experiment->quote_rounds, first = c->first_round;
    if (every == 0)
        return;
    for (int64_t sample = (first + every - 1) / every; sample * every < first + (int64_t)c->n;
         sample++)
        pp_record_quote(w, block, (size_t)(sample * every - first), (size_t)(rows + sample));
}
