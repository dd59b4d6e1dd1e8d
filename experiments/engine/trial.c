// A trial from its first epoch to its record. Read it from the top: calls go down the page.
//
//   pp_trial_run       portfolios drawn, epochs run, targets scored
//     run_epoch        blocks of customers: dealt, priced, played, booked, merged
//     learn            after each burn-in epoch every firm refits its models; after the last one
//                      targets are aimed and agents trained, and everything is frozen
#include <math.h>
#include <string.h>

#include "experiments/engine/workspace.h"

static void start_trial(pp_workspace *w, int64_t trial);
static pp_status run_epochs(pp_workspace *w, pp_error *error);
static pp_status run_epoch(pp_workspace *w, pp_error *error);
static size_t deal_blocks(pp_workspace *w, int64_t first);
static pp_status run_rounds(pp_workspace *w, size_t n, pp_error *error);
static void merge_block(pp_workspace *w, pp_block *block);
static pp_status learn(pp_workspace *w, pp_error *error);
static pp_status for_each_firm(pp_workspace *w, pp_stage stage, pp_error *error);
static void refit(const pp_workspace *w, pp_block *block);
static void train(const pp_workspace *w, pp_block *block);
static pp_status train_agent(const pp_workspace *w, pp_firm *firm, const pp_agent_setup *setup,
                             pp_error *error);
static void hear_agents(pp_workspace *w);

pp_status pp_trial_run(pp_workspace *w, int64_t trial, const pp_stop_flag *stop, pp_record *record,
                       pp_error *error)
{
    pp_record_clear(record);
    w->stop = stop;
    w->record = record;
    start_trial(w, trial);
    pp_status status = run_epochs(w, error);
    for (size_t f = 0; f < w->experiment->n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        if (firm->trained && firm->config->agent->release)
            firm->config->agent->release(firm->state);
        firm->trained = false;
    }
    return status;
}

static void start_trial(pp_workspace *w, int64_t trial)
{
    const pp_experiment *e = w->experiment;
    w->trial = trial;
    pp_indices_start(&e->scenario->inflation, &w->indices);
    pp_histories_clear(w->histories);
    pp_breakdown_clear(&w->breakdown);
    for (size_t f = 0; f < e->n_firms; f++) {
        pp_firm *firm = &w->firms[f];
        pp_stream stream = pp_trial_stream(w, (int64_t)f);
        pp_gsl_random random;
        pp_pipeline_reset(firm->pipeline);
        pp_cost_start(&firm->config->correction, &e->economics[f], &firm->cost);
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

static pp_status run_epochs(pp_workspace *w, pp_error *error)
{
    for (w->epoch = 0; w->epoch < w->experiment->n_epochs; w->epoch++) {
        PP_TRY(run_epoch(w, error));
        pp_record_epoch(w);
        if (pp_testing(w))
            hear_agents(w);
        else
            PP_TRY(learn(w, error));
    }
    pp_breakdown_settle(w->experiment->economics, &w->breakdown);
    pp_record_scores(w);
    pp_record_trial(w);
    return PP_OK;
}

// ---- an epoch

/// Run the rounds of the current epoch, as many blocks at a time as there are threads. Work that
/// blocks have in common is done on one thread in their order: price indices, the round loop, sums.
/// @return PP_OK; PP_ENUMERIC naming trial, epoch and round if an index or a quote is impossible:
/// of several the first in the order of blocks; PP_EINTERRUPTED
static pp_status run_epoch(pp_workspace *w, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    PP_TRY(pp_trial_interrupted(w, error));
    pp_accounts_clear(&w->accounts);
    w->sequential = false;
    for (size_t f = 0; f < e->n_firms; f++) {
        memset(w->firms[f].held, 0, e->n_categories * sizeof(double));
        w->sequential |= pp_firm_is_sequential(w, f);
    }
    if (!pp_testing(w))
        pp_histories_epoch(w->histories);
    for (int64_t first = 0; first < e->scenario->market.rounds;) {
        size_t n = deal_blocks(w, first);
        pp_blocks_run(w, n, pp_block_price);
        if (w->sequential)
            PP_TRY(run_rounds(w, n, error));
        PP_TRY(pp_blocks_failure(w, n, error));
        if (w->sequential)
            pp_blocks_run(w, n, pp_block_book);
        for (size_t i = 0; i < n; i++)
            merge_block(w, &w->blocks[i]);
        PP_TRY(pp_trial_interrupted(w, error));
        first += (int64_t)n * PP_BLOCK;
    }
    return PP_OK;
}

/// Give each block its rounds, from this one on, and run the price indices, a recurrence, through
/// them. @return how many blocks have rounds; the last has a failure if an index is impossible
static size_t deal_blocks(pp_workspace *w, int64_t first)
{
    const pp_experiment *e = w->experiment;
    int64_t rounds = e->scenario->market.rounds;
    pp_stream stream = pp_trial_stream(w, w->epoch);
    pp_status status = PP_OK;
    size_t n = 0;
    for (; n < w->n_blocks && first < rounds && status == PP_OK; n++, first += PP_BLOCK) {
        pp_block *block = &w->blocks[n];
        block->customers.first_round = first;
        block->customers.n = (size_t)(rounds - first < PP_BLOCK ? rounds - first : PP_BLOCK);
        block->error = (pp_error){0};
        status = pp_indices_run(&e->scenario->inflation, e->normal, &stream, (uint32_t)first,
                                block->customers.n, &w->indices, block->base, block->insurer,
                                block->customer, &block->error);
        block->status = status;
    }
    return n;
}

/// The round loop through the first n blocks, up to the first that fails. Failures stay in blocks.
/// @return PP_OK, PP_EINTERRUPTED
static pp_status run_rounds(pp_workspace *w, size_t n, pp_error *error)
{
    for (size_t i = 0; i < n && w->blocks[i].status == PP_OK; i++) {
        PP_TRY(pp_trial_interrupted(w, error)); // rounds take long, however many the blocks
        pp_block_run_rounds(w, &w->blocks[i]);
        if (w->blocks[i].status != PP_OK)
            break; // no agent is called in rounds after one that failed
    }
    return PP_OK;
}

/// Is this round among the `kept` of `rounds` that go into the history, evenly spread?
static bool is_kept(int64_t round, int64_t rounds, int64_t kept)
{
    return (round + 1) * kept / rounds > round * kept / rounds;
}

/// Add the rounds of a block that histories keep, run after run of them.
static void remember_block(pp_workspace *w, const pp_block *block)
{
    const pp_customers *c = &block->customers;
    int64_t rounds = w->experiment->scenario->market.rounds;
    int64_t kept = (int64_t)w->experiment->history_rows;
    const pp_history_block history = {.stride = PP_BLOCK,
                                      .features = block->columns,
                                      .unit = block->units,
                                      .multiplier = block->multipliers,
                                      .propensity = block->propensities,
                                      .offer = block->offers,
                                      .rank = block->ranks,
                                      .choice = block->choice};
    for (size_t i = 0, first; i < c->n; i++) {
        for (first = i; i < c->n && is_kept(c->first_round + (int64_t)i, rounds, kept);)
            i++;
        pp_histories_add(w->histories, &history, first, i - first);
    }
}

/// Add a booked block to the trial's accounts, breakdown, portfolios held and histories. Blocks
/// take their turn.
static void merge_block(pp_workspace *w, pp_block *block)
{
    bool holds = false; // does any firm hold a portfolio that the round loop has not added to?
    for (size_t f = 0; f < w->experiment->n_firms && !w->sequential; f++)
        holds |= w->firms[f].has_portfolio;
    pp_accounts_merge(&w->accounts, &block->accounts);
    for (size_t i = 0; holds && i < block->customers.n; i++)
        pp_portfolio_add_sale(w, block, i);
    if (pp_testing(w))
        pp_breakdown_merge(&w->breakdown, &block->breakdown);
    else
        remember_block(w, block);
}

/// A test epoch is over: record the agents' reports.
static void hear_agents(pp_workspace *w)
{
    for (size_t f = 0; f < w->experiment->n_firms; f++) {
        const pp_firm *firm = &w->firms[f];
        pp_agent_epoch report = {.reference_kl = NAN};
        if (!firm->config->agent->end_epoch)
            continue;
        firm->config->agent->end_epoch(firm->state, &report);
        pp_record_agent_epoch(w, f, &report);
    }
}

// ---- learning, after a burn-in epoch

static pp_status learn(pp_workspace *w, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    bool last = w->epoch + 1 == pp_burn_in_epochs(w);
    PP_TRY(for_each_firm(w, refit, error));
    // Sums of counts are exact; one division keeps averages that are whole numbers whole, which the
    // rules for targets round by.
    for (size_t f = 0; f < e->n_firms; f++)
        for (size_t k = 0; k < e->n_categories; k++) {
            double *average = &w->firms[f].average[k];
            *average += w->firms[f].held[k];
            *average /= last ? (double)pp_burn_in_epochs(w) : 1;
        }
    return last ? for_each_firm(w, train, error) : PP_OK;
}

/// Run a stage for every firm, one firm a block at a time.
/// @return the first failure in the order of firms
static pp_status for_each_firm(pp_workspace *w, pp_stage stage, pp_error *error)
{
    size_t n_firms = w->experiment->n_firms;
    for (size_t first = 0; first < n_firms; first += w->n_blocks) {
        size_t n = n_firms - first < w->n_blocks ? n_firms - first : w->n_blocks;
        for (size_t i = 0; i < n; i++) {
            w->blocks[i].firm = first + i;
            w->blocks[i].error = (pp_error){0};
        }
        pp_blocks_run(w, n, stage);
        PP_TRY(pp_blocks_failure(w, n, error));
    }
    return PP_OK;
}

/// Is this refit's cost of a sale the one that counts from the next epoch on?
static bool corrects(const pp_workspace *w)
{
    return w->experiment->scenario->market.cost_from == PP_COST_FROM_BURN_IN ||
           w->epoch + 1 == pp_burn_in_epochs(w);
}

/// Fit the firm's models anew to its history. A stage.
static void refit(const pp_workspace *w, pp_block *block)
{
    pp_firm *firm = &w->firms[block->firm];
    pp_stream stream = pp_trial_stream(w, w->epoch);
    pp_history history;
    pp_gsl_random random;
    pp_error detail = {0};
    block->status = pp_trial_interrupted(w, &block->error);
    if (block->status != PP_OK)
        return;
    pp_histories_view(w->histories, block->firm, &history);
    pp_gsl_random_init(&random, &stream, PP_DRAW_REFIT, (uint32_t)block->firm);
    block->status =
        pp_pipeline_fit(firm->pipeline, &history, block->fit_scratch, &random.rng, &detail);
    if (block->status == PP_OK && corrects(w))
        block->status = pp_cost_fit(firm->pipeline, &history, &firm->cost, &detail);
    if (block->status != PP_OK)
        pp_error_set(&block->error, block->status,
                     "trial %lld: refit after epoch %lld of firm '%s': %s", (long long)w->trial,
                     (long long)w->epoch, firm->config->name, detail.message);
}

/// The stream of a firm's agent. With the run's own seed it could draw what the market draws; this
/// seed is itself drawn, and leads nowhere else.
static pp_stream agent_stream(const pp_workspace *w, size_t f)
{
    pp_gsl_random random;
    pp_stream stream = pp_trial_stream(w, (int64_t)f);
    pp_gsl_random_init(&random, &stream, PP_DRAW_AGENT, 0);
    uint64_t high = gsl_rng_get(&random.rng), low = gsl_rng_get(&random.rng);
    stream.seed = high << 32 | low;
    return stream;
}

/// Aim the firm's target and train its agent. A stage.
static void train(const pp_workspace *w, pp_block *block)
{
    const pp_experiment *e = w->experiment;
    size_t f = block->firm, n_updates = e->updates[f];
    pp_firm *firm = &w->firms[f];
    pp_stream stream = pp_trial_stream(w, (int64_t)f);
    pp_gsl_random random;
    pp_history history;
    pp_gsl_random_init(&random, &stream, PP_DRAW_TARGET, 0);
    if (firm->has_portfolio)
        pp_portfolio_aim(firm->portfolio, &e->scenario->portfolio, firm->average, &random.rng);
    pp_histories_view(w->histories, f, &history);
    pp_learning log = {.n_updates = n_updates};
    for (size_t s = 0; s < PP_LEARNING_COUNT; s++) {
        log.series[s] = firm->learned + s * n_updates;
        for (size_t u = 0; u < n_updates; u++)
            log.series[s][u] = NAN;
    }
    pp_agent_setup setup = {.schema = e->schema,
                            .pipeline = firm->pipeline,
                            .cost = &firm->cost,
                            .history = &history,
                            .portfolio = firm->has_portfolio ? firm->portfolio : NULL,
                            .burn_in_average = firm->average,
                            .rounds = e->scenario->market.rounds,
                            .stream = agent_stream(w, f),
                            .stop = w->stop,
                            .learning = n_updates > 0 ? &log : NULL};
    block->status = train_agent(w, firm, &setup, &block->error);
    if (block->status == PP_OK)
        pp_record_learning(w, f);
}

/// The run's status when an agent's `train` fails: an agent cannot claim that the run was
/// interrupted or that its output exists, nor return anything that is no status.
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
