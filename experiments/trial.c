// One trial: burn-in epochs with a refit after each, then test epochs with everything frozen.
#include <math.h>
#include <string.h>

#include "experiments/workspace.h"

pp_stream pp_trial_stream(const pp_workspace *w, int64_t epoch)
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
    pp_stream stream = pp_trial_stream(w, (int64_t)f);
    pp_gsl_random_init(&random, &stream, PP_DRAW_AGENT, 0);
    uint64_t high = gsl_rng_get(&random.rng), low = gsl_rng_get(&random.rng);
    stream.seed = high << 32 | low;
    return stream;
}

pp_status pp_trial_interrupted(const pp_workspace *w, pp_error *error)
{
    if (!pp_stopped(w->stop))
        return PP_OK;
    return pp_error_set(error, PP_EINTERRUPTED, "interrupted in trial %lld", (long long)w->trial);
}

/// Let the lanes do something for every firm, one firm each at a time.
/// @return the first failure in the order of firms
static pp_status for_firms(pp_workspace *w, pp_stage stage, pp_error *error)
{
    size_t n_firms = w->experiment->n_firms;
    pp_status status = PP_OK;
    for (size_t first = 0; first < n_firms && status == PP_OK; first += w->n_lanes) {
        size_t n = n_firms - first < w->n_lanes ? n_firms - first : w->n_lanes;
        for (size_t i = 0; i < n; i++) {
            w->lanes[i].firm = first + i;
            w->lanes[i].error = (pp_error){0};
        }
        pp_lanes_run(w, n, stage);
        status = pp_lanes_failure(w, n, error);
    }
    return status;
}

static void refit(const pp_workspace *w, pp_lane *lane)
{
    const pp_firm *firm = &w->firms[lane->firm];
    pp_stream stream = pp_trial_stream(w, w->epoch);
    pp_history history;
    pp_gsl_random random;
    pp_error detail = {0};
    lane->status = pp_trial_interrupted(w, &lane->error);
    if (lane->status != PP_OK)
        return;
    pp_histories_view(w->histories, lane->firm, &history);
    pp_gsl_random_init(&random, &stream, PP_DRAW_REFIT, (uint32_t)lane->firm);
    lane->status =
        pp_pipeline_fit(firm->pipeline, &history, lane->fit_scratch, &random.rng, &detail);
    if (lane->status != PP_OK)
        pp_error_set(&lane->error, lane->status,
                     "trial %lld: refit after epoch %lld of firm '%s': %s", (long long)w->trial,
                     (long long)w->epoch, firm->config->name, detail.message);
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
    if (pp_trial_interrupted(w, error) != PP_OK)
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

/// Burn-in is over: aim the firm's target and let its agent prepare.
static void train(const pp_workspace *w, pp_lane *lane)
{
    const pp_experiment *e = w->experiment;
    size_t f = lane->firm;
    pp_firm *firm = &w->firms[f];
    pp_stream stream = pp_trial_stream(w, (int64_t)f);
    pp_gsl_random random;
    pp_history history;
    pp_gsl_random_init(&random, &stream, PP_DRAW_TARGET, 0);
    if (firm->has_portfolio)
        pp_portfolio_aim(firm->portfolio, &e->scenario->portfolio, firm->average, &random.rng);
    pp_histories_view(w->histories, f, &history);
    pp_learning learning = empty_log(w, f);
    pp_agent_setup setup = {.schema = e->schema,
                            .pipeline = firm->pipeline,
                            .history = &history,
                            .portfolio = firm->has_portfolio ? firm->portfolio : NULL,
                            .burn_in_average = firm->average,
                            .rounds = e->scenario->market.rounds,
                            .stream = agent_stream(w, f),
                            .stop = w->stop,
                            .learning = learning.n_updates > 0 ? &learning : NULL};
    lane->status = train_agent(w, firm, &setup, &lane->error);
    if (lane->status == PP_OK)
        pp_record_learning(w, f);
}

/// A test epoch is over: hear what the agents say of it.
static void end_epoch(pp_workspace *w)
{
    for (size_t f = 0; f < w->experiment->n_firms; f++) {
        const pp_firm *firm = &w->firms[f];
        pp_agent_epoch said = {.reference_kl = NAN};
        if (!firm->config->agent->end_epoch)
            continue;
        firm->config->agent->end_epoch(firm->state, &said);
        pp_record_said(w, f, &said);
    }
}

static void start_trial(pp_workspace *w, int64_t trial)
{
    const pp_experiment *e = w->experiment;
    w->trial = trial;
    pp_indices_start(&e->scenario->inflation, &w->indices);
    pp_histories_clear(w->histories);
    for (size_t f = 0; f < e->n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        pp_stream stream = pp_trial_stream(w, (int64_t)f);
        pp_gsl_random random;
        pp_pipeline_reset(firm->pipeline);
        memset(firm->average, 0, e->n_categories * sizeof(double));
        memset(firm->state, 0, firm->config->agent->state_size);
        firm->trained = false;
        pp_gsl_random_init(&random, &stream, PP_DRAW_PORTFOLIO, 0);
        if (e->named[f])
            *firm->portfolio = *e->named[f];
        else if (firm->has_portfolio)
            pp_portfolio_random(e->schema, &e->scenario->portfolio, &random.rng, firm->portfolio);
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

/// What follows a burn-in epoch.
static pp_status learn(pp_workspace *w, pp_error *error)
{
    add_to_average(w);
    pp_status status = for_firms(w, refit, error);
    if (status != PP_OK || w->epoch + 1 < pp_burn_in_epochs(w))
        return status;
    finish_average(w);
    return for_firms(w, train, error);
}

static pp_status run_epochs(pp_workspace *w, pp_error *error)
{
    for (w->epoch = 0; w->epoch < w->experiment->n_epochs; w->epoch++) {
        pp_status status = pp_trial_interrupted(w, error);
        if (status == PP_OK)
            status = pp_epoch_run(w, error);
        if (status != PP_OK)
            return status;
        pp_record_epoch(w);
        if (pp_testing(w))
            end_epoch(w);
        else
            status = learn(w, error);
        if (status != PP_OK)
            return status;
    }
    pp_record_scores(w);
    pp_record_trial(w);
    return PP_OK;
}

pp_status pp_trial_run(pp_workspace *w, int64_t trial, const pp_stop_flag *stop, pp_record *record,
                       pp_error *error)
{
    pp_record_clear(record);
    w->stop = stop;
    w->record = record;
    start_trial(w, trial);
    pp_status status = run_epochs(w, error);
    release(w);
    return status;
}
