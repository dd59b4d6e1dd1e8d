// One trial: burn-in epochs with a refit after each, then test epochs with everything frozen.
#include <math.h>
#include <string.h>

#include "experiments/quotes.h"
#include "experiments/workspace.h"

static int64_t burn_in_epochs(const pp_workspace *w)
{
    return w->experiment->scenario->market.burn_in_epochs;
}

static bool testing(const pp_workspace *w)
{
    return w->epoch >= burn_in_epochs(w);
}

static pp_stream stream_of(const pp_workspace *w, int64_t epoch)
{
    return (pp_stream){.seed = (uint64_t)w->experiment->scenario->run.seed,
                       .trial = (uint32_t)w->trial,
                       .epoch = (uint32_t)epoch};
}

/// Does the firm's price depend on the portfolio it holds?
static bool needs_rounds(const pp_workspace *w, const pp_firm *firm)
{
    return testing(w) && firm->config->agent->quote;
}

// ---- a block of customers ----

static void draw_customers(pp_workspace *w, const pp_stream *stream)
{
    const pp_experiment *e = w->experiment;
    const pp_scenario *s = e->scenario;
    pp_customers *c = &w->customers;
    uint32_t first = (uint32_t)c->first_round;
    pp_population_draw(e->population, stream, c, NULL);
    pp_indices_run(&s->inflation, e->normal, stream, first, c->n, &w->indices, w->base, w->insurer,
                   w->customer);
    pp_choice_prepare(&s->choice, e->n_firms, stream, w->customer, c);
    pp_estimates_draw(e->gamma, stream, first, c->n, c->pure_premium, w->insurer, e->n_firms,
                      PP_BLOCK, w->estimates);
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
        bool explores = !testing(w) || firm->config->explore == PP_EXPLORE_ALWAYS;
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
    double *multiplier = w->multipliers + f * PP_BLOCK;
    const double *estimate = w->estimates + f * PP_BLOCK;
    const pp_agent_class *agent = firm->config->agent;
    pp_pipeline_prepare(firm->pipeline, (const double *const *)c->features, estimate, c->n,
                        w->scratch, firm->curves, &firm->curve_view);
    pp_curves_bid(&firm->curve_view, NULL, firm->null_bid);
    firm->batch = (pp_agent_batch){.n = c->n,
                                   .first_round = c->first_round,
                                   .features = (const double *const *)c->features,
                                   .estimate = estimate,
                                   .curves = &firm->curve_view,
                                   .null_bid = firm->null_bid,
                                   .categories = firm->members};
    if (!testing(w))
        memcpy(multiplier, firm->null_bid, c->n * sizeof(double));
    else if (agent->quote_batch)
        agent->quote_batch(firm->state, &firm->batch, multiplier);
    for (size_t i = 0; i < c->n; i++)
        multiplier[i] *= firm->factor[i];
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

/// The round loop: only what depends on the portfolios held.
static pp_status play_rounds(pp_workspace *w, pp_error *error)
{
    size_t n_firms = w->experiment->n_firms;
    for (size_t i = 0; i < w->customers.n; i++) {
        for (size_t f = 0; f < n_firms; f++) {
            pp_firm *firm = &w->firms[f];
            if (!needs_rounds(w, firm))
                continue;
            double a = firm->config->agent->quote(firm->state, &firm->batch, i, firm->held);
            w->multipliers[f * PP_BLOCK + i] = a * firm->factor[i];
            pp_status status = make_offer(w, f, i, error);
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
            pp_portfolio_members(&firm->portfolio, (const double *const *)w->customers.features,
                                 w->customers.n, firm->members);
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
        if (!testing(w) && kept_round(round, m->rounds, (int64_t)e->history_rows))
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

// ---- epochs ----

static pp_status run_epoch(pp_workspace *w, pp_record *record, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    int64_t rounds = e->scenario->market.rounds;
    pp_stream stream = stream_of(w, w->epoch);
    pp_status status = PP_OK;
    pp_accounts_clear(&w->accounts);
    for (size_t f = 0; f < e->n_firms; f++)
        memset(w->firms[f].held, 0, e->n_categories * sizeof(double));
    if (!testing(w))
        pp_histories_epoch(w->histories);
    for (int64_t first = 0; first < rounds && status == PP_OK; first += PP_BLOCK) {
        w->customers.first_round = first;
        w->customers.n = (size_t)(rounds - first < PP_BLOCK ? rounds - first : PP_BLOCK);
        draw_customers(w, &stream);
        if (w->epoch == 0)
            first_bids(w, &stream);
        else
            draw_exploration(w, &stream);
        status = price_and_choose(w, error);
        if (status == PP_OK)
            settle(w, record);
    }
    return status;
}

static pp_status refit(pp_workspace *w, pp_error *error)
{
    pp_stream stream = stream_of(w, w->epoch);
    for (size_t f = 0; f < w->experiment->n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        pp_error detail = {0};
        pp_history history;
        pp_gsl_random random;
        pp_histories_view(w->histories, f, &history);
        pp_gsl_random_init(&random, &stream, PP_DRAW_REFIT, (uint32_t)f);
        pp_status status =
            pp_pipeline_fit(firm->pipeline, &history, w->fit_scratch, &random.rng, &detail);
        if (status != PP_OK)
            return pp_error_set(
                error, status, "trial %lld: refit after epoch %lld of firm '%s': %s",
                (long long)w->trial, (long long)w->epoch, firm->config->name, detail.message);
    }
    return PP_OK;
}

static void add_to_average(pp_workspace *w)
{
    double share = 1.0 / (double)burn_in_epochs(w);
    for (size_t f = 0; f < w->experiment->n_firms; f++)
        for (size_t k = 0; k < w->experiment->n_categories; k++)
            w->firms[f].average[k] += w->firms[f].held[k] * share;
}

/// Burn-in is over: aim the targets and let the agents prepare.
static pp_status train(pp_workspace *w, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    for (size_t f = 0; f < e->n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        pp_stream stream = stream_of(w, (int64_t)f);
        pp_gsl_random random;
        pp_history history;
        pp_gsl_random_init(&random, &stream, PP_DRAW_TARGET, 0);
        if (firm->has_portfolio)
            pp_portfolio_aim(&firm->portfolio, &e->scenario->portfolio, firm->average, &random.rng);
        pp_histories_view(w->histories, f, &history);
        pp_agent_setup setup = {.schema = e->schema,
                                .pipeline = firm->pipeline,
                                .history = &history,
                                .portfolio = firm->has_portfolio ? &firm->portfolio : NULL,
                                .burn_in_average = firm->average,
                                .rounds = e->scenario->market.rounds,
                                .stream = stream};
        firm->trained = true;
        pp_status status =
            firm->config->agent->train(firm->state, firm->config->agent_params, &setup, error);
        if (status != PP_OK)
            return status;
    }
    return PP_OK;
}

static void start_trial(pp_workspace *w, int64_t trial)
{
    const pp_experiment *e = w->experiment;
    w->trial = trial;
    w->quote_row = 0;
    pp_indices_start(&e->scenario->inflation, &w->indices);
    pp_histories_clear(w->histories);
    for (size_t f = 0; f < e->n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        pp_stream stream = stream_of(w, (int64_t)f);
        pp_gsl_random random;
        pp_pipeline_reset(firm->pipeline);
        memset(firm->average, 0, e->n_categories * sizeof(double));
        memset(firm->state, 0, firm->config->agent->state_size);
        firm->trained = false;
        pp_gsl_random_init(&random, &stream, PP_DRAW_PORTFOLIO, 0);
        if (e->named[f])
            firm->portfolio = *e->named[f];
        else if (firm->has_portfolio)
            pp_portfolio_random(e->schema, &e->scenario->portfolio, &random.rng, &firm->portfolio);
    }
}

static void release(pp_workspace *w)
{
    for (size_t f = 0; f < w->experiment->n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        if (firm->trained && firm->config->agent->release)
            firm->config->agent->release(firm->state);
        firm->trained = false;
    }
}

static pp_status run_epochs(pp_workspace *w, const volatile sig_atomic_t *stop, pp_record *record,
                            pp_error *error)
{
    int64_t burn_in = burn_in_epochs(w);
    for (w->epoch = 0; w->epoch < w->experiment->n_epochs; w->epoch++) {
        if (stop && *stop)
            return pp_error_set(error, PP_EINTERRUPTED, "interrupted in trial %lld",
                                (long long)w->trial);
        pp_status status = run_epoch(w, record, error);
        if (status != PP_OK)
            return status;
        pp_record_epoch(w, record);
        if (testing(w))
            continue;
        add_to_average(w);
        status = refit(w, error);
        if (status == PP_OK && w->epoch + 1 == burn_in)
            status = train(w, error);
        if (status != PP_OK)
            return status;
    }
    pp_record_scores(w, 0, w->experiment->n_epochs, record);
    pp_record_trial(w, record);
    return PP_OK;
}

pp_status pp_trial_run(pp_workspace *w, int64_t trial, const volatile sig_atomic_t *stop,
                       pp_record *record, pp_error *error)
{
    pp_record_clear(record);
    start_trial(w, trial);
    pp_status status = run_epochs(w, stop, record, error);
    release(w);
    return status;
}
