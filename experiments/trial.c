// One trial: burn-in epochs with a refit after each, then test epochs with everything frozen.
#include <math.h>
#include <string.h>

#include "experiments/workspace.h"

static pp_stream stream_of(const pp_workspace *w, int64_t epoch)
{
    return (pp_stream){.seed = (uint64_t)w->experiment->scenario->run.seed,
                       .trial = (uint32_t)w->trial,
                       .epoch = (uint32_t)epoch};
}

/// Draws for a firm's agent. With the run's own seed it could draw what the market draws; this one
/// is itself drawn, and leads nowhere else.
static pp_stream agent_stream(const pp_workspace *w, size_t f)
{
    pp_gsl_random random;
    pp_stream stream = stream_of(w, (int64_t)f);
    pp_gsl_random_init(&random, &stream, PP_DRAW_AGENT, 0);
    uint64_t high = gsl_rng_get(&random.rng), low = gsl_rng_get(&random.rng);
    stream.seed = high << 32 | low;
    return stream;
}

static pp_status interrupted(const pp_workspace *w, const volatile sig_atomic_t *stop,
                             pp_error *error)
{
    if (!stop || !*stop)
        return PP_OK;
    return pp_error_set(error, PP_EINTERRUPTED, "interrupted in trial %lld", (long long)w->trial);
}

static pp_status run_epoch(pp_workspace *w, const volatile sig_atomic_t *stop, pp_record *record,
                           pp_error *error)
{
    const pp_experiment *e = w->experiment;
    int64_t rounds = e->scenario->market.rounds;
    pp_stream stream = stream_of(w, w->epoch);
    pp_status status = PP_OK;
    pp_accounts_clear(&w->accounts);
    for (size_t f = 0; f < e->n_firms; f++)
        memset(w->firms[f].held, 0, e->n_categories * sizeof(double));
    if (!pp_testing(w))
        pp_histories_epoch(w->histories);
    for (int64_t first = 0; first < rounds && status == PP_OK; first += PP_BLOCK) {
        w->customers.first_round = first;
        w->customers.n = (size_t)(rounds - first < PP_BLOCK ? rounds - first : PP_BLOCK);
        status = pp_block_run(w, &stream, record, error);
        if (status == PP_OK)
            status = interrupted(w, stop, error);
    }
    return status;
}

static pp_status refit(pp_workspace *w, const volatile sig_atomic_t *stop, pp_error *error)
{
    pp_stream stream = stream_of(w, w->epoch);
    for (size_t f = 0; f < w->experiment->n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        pp_error detail = {0};
        if (interrupted(w, stop, error) != PP_OK)
            return PP_EINTERRUPTED;
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
    for (size_t f = 0; f < w->experiment->n_firms; f++)
        for (size_t k = 0; k < w->experiment->n_categories; k++)
            w->firms[f].average[k] += w->firms[f].held[k];
}

/// Sums of counts are exact; one division keeps averages that are whole numbers whole, which the
/// rules for targets round by.
static void finish_average(pp_workspace *w)
{
    for (size_t f = 0; f < w->experiment->n_firms; f++)
        for (size_t k = 0; k < w->experiment->n_categories; k++)
            w->firms[f].average[k] /= (double)pp_burn_in_epochs(w);
}

/// What a failure of an agent's `train` is to the run: an agent cannot say that the run was
/// interrupted or that its output exists, nor what no status is.
static pp_status train_status(pp_status status)
{
    switch (status) {
    case PP_EINVAL:
    case PP_ENOMEM:
    case PP_EIO:
    case PP_EFORMAT:
        return status;
    default:
        return PP_ENUMERIC;
    }
}

static pp_status train_agent(const pp_workspace *w, pp_firm *firm, const pp_agent_setup *setup,
                             pp_error *error)
{
    const pp_agent_class *agent = firm->config->agent;
    pp_error detail = {0};
    firm->trained = true;
    pp_status status = agent->train(firm->state, firm->config->agent_params, setup, &detail);
    if (status == PP_OK)
        return PP_OK;
    if (interrupted(w, setup->stop, error) != PP_OK)
        return PP_EINTERRUPTED;
    return pp_error_set(error, train_status(status),
                        "trial %lld: agent '%s' of firm '%s' could not be trained: %s",
                        (long long)w->trial, agent->name, firm->config->name,
                        detail.message[0] ? detail.message : pp_status_text(status));
}

/// An empty log for the agent of firm f to write to.
static pp_learning empty_log(const pp_workspace *w, size_t f)
{
    size_t n = w->experiment->updates[f];
    pp_learning learning = {.n_updates = n};
    for (size_t s = 0; s < PP_LEARNING_COUNT; s++) {
        learning.series[s] = w->firms[f].learned + s * n;
        for (size_t u = 0; u < n; u++)
            learning.series[s][u] = NAN;
    }
    return learning;
}

/// Burn-in is over: aim the targets and let the agents prepare.
static pp_status train(pp_workspace *w, const volatile sig_atomic_t *stop, pp_record *record,
                       pp_error *error)
{
    const pp_experiment *e = w->experiment;
    for (size_t f = 0; f < e->n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        pp_stream stream = stream_of(w, (int64_t)f);
        pp_gsl_random random;
        pp_history history;
        pp_gsl_random_init(&random, &stream, PP_DRAW_TARGET, 0);
        if (firm->has_portfolio)
            pp_portfolio_aim(&firm->desk->portfolio, &e->scenario->portfolio, firm->average,
                             &random.rng);
        pp_histories_view(w->histories, f, &history);
        pp_learning learning = empty_log(w, f);
        pp_agent_setup setup = {.schema = e->schema,
                                .pipeline = firm->pipeline,
                                .history = &history,
                                .portfolio = firm->has_portfolio ? &firm->desk->portfolio : NULL,
                                .burn_in_average = firm->average,
                                .rounds = e->scenario->market.rounds,
                                .stream = agent_stream(w, f),
                                .stop = stop,
                                .learning = learning.n_updates > 0 ? &learning : NULL};
        pp_status status = train_agent(w, firm, &setup, error);
        if (status != PP_OK)
            return status;
        pp_record_learning(w, f, record);
    }
    return PP_OK;
}

/// A test epoch is over: hear what the agents say of it.
static void end_epoch(pp_workspace *w, pp_record *record)
{
    for (size_t f = 0; f < w->experiment->n_firms; f++) {
        const pp_firm *firm = &w->firms[f];
        pp_agent_epoch said = {.reference_kl = NAN};
        if (!firm->config->agent->end_epoch)
            continue;
        firm->config->agent->end_epoch(firm->state, &said);
        pp_record_said(w, f, &said, record);
    }
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
            firm->desk->portfolio = *e->named[f];
        else if (firm->has_portfolio)
            pp_portfolio_random(e->schema, &e->scenario->portfolio, &random.rng,
                                &firm->desk->portfolio);
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
    int64_t burn_in = pp_burn_in_epochs(w);
    for (w->epoch = 0; w->epoch < w->experiment->n_epochs; w->epoch++) {
        pp_status status = interrupted(w, stop, error);
        if (status == PP_OK)
            status = run_epoch(w, stop, record, error);
        if (status != PP_OK)
            return status;
        pp_record_epoch(w, record);
        if (pp_testing(w)) {
            end_epoch(w, record);
            continue;
        }
        add_to_average(w);
        status = refit(w, stop, error);
        if (status == PP_OK && w->epoch + 1 == burn_in) {
            finish_average(w);
            status = train(w, stop, record, error);
        }
        if (status != PP_OK)
            return status;
    }
    pp_record_scores(w, record);
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
