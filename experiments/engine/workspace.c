// The memory of a trial and of its threads, made once, and the threads themselves.
#include "experiments/engine/workspace.h"

#include <math.h>
#include <stdlib.h>

#include "experiments/engine/hand_in.h"
#include "experiments/engine/run.h"
#include "market/base/array.h"

static double *take(double **at, size_t n)
{
    double *taken = *at;
    *at += n;
    return taken;
}

// ---- firms

/// Memory that the firm's agent is handed lies beside nothing else.
static pp_status create_firm(const pp_experiment *e, size_t f, pp_firm *firm, pp_error *error)
{
    const pp_scenario *s = e->scenario;
    firm->config = &s->firms[f];
    firm->has_portfolio = firm->config->portfolio != PP_PORTFOLIO_NONE;
    PP_TRY(pp_pipeline_create(&s->pricing, e->schema->n_columns, e->history_epochs,
                              (pp_observe)s->market.observe, &firm->pipeline, error));
    firm->limits = pp_limits_given(&firm->config->limits);
    firm->limited = pp_limits_any(&firm->limits);
    pp_pipeline_limit(firm->pipeline, &firm->limits);
    size_t log = PP_LEARNING_COUNT * e->updates[f], state = firm->config->agent->state_size;
    firm->state = calloc(1, state ? state : 1);
    firm->portfolio = calloc(1, sizeof *firm->portfolio);
    firm->own = calloc(2 * e->n_categories + log, sizeof(double));
    if (!firm->state || !firm->portfolio || !firm->own)
        return pp_error_set(error, PP_ENOMEM, "no memory for firm '%s'", firm->config->name);
    double *at = firm->own;
    firm->held = take(&at, e->n_categories);
    firm->average = take(&at, e->n_categories);
    firm->learned = take(&at, log);
    return PP_OK;
}

// ---- blocks

static bool create_firm_block(const pp_firm *firm, pp_firm_block *part)
{
    size_t curve = pp_pipeline_curve_size(firm->pipeline), prepared = firm->config->agent->prepared;
    part->view = calloc(1, sizeof *part->view);
    part->members = calloc(PP_BLOCK, sizeof *part->members);
    part->own = pp_array_reals(PP_BLOCK * (6 + curve + prepared));
    if (!part->view || !part->members || !part->own)
        return false;
    double *at = part->own;
    part->unit = take(&at, PP_BLOCK);
    part->null_bid = take(&at, PP_BLOCK);
    part->break_even = take(&at, PP_BLOCK);
    part->low = take(&at, PP_BLOCK);
    part->high = take(&at, PP_BLOCK);
    part->multiplier = take(&at, PP_BLOCK);
    part->curves = take(&at, PP_BLOCK * curve);
    part->prepared = take(&at, PP_BLOCK * prepared);
    for (size_t i = 0; i < PP_BLOCK; i++) { // of a firm that neither corrects nor has limits
        part->break_even[i] = 1;
        part->low[i] = 0;
        part->high[i] = INFINITY;
    }
    return true;
}

/// Arrays of numbers that no agent is handed. @param refits whether the block may be given a firm
static bool create_arrays(const pp_workspace *w, pp_block *block, bool refits)
{
    const pp_experiment *e = w->experiment;
    const pp_pipeline *pipeline = w->firms[0].pipeline;
    size_t n = e->n_firms, scratch = pp_pipeline_scratch(pipeline) * PP_BLOCK;
    size_t fit = pp_pipeline_fit_scratch(pipeline) * e->history_rows * e->history_epochs;
    fit = refits ? fit : 0;
    size_t units = e->has_economics ? n * PP_BLOCK : 0;
    size_t quotes = PP_BLOCK * (3 + 6 * n) + units + scratch;
    block->reals = pp_array_reals(quotes + fit);
    block->integers = calloc(PP_BLOCK * (1 + n), sizeof(int32_t));
    if (!block->reals || !block->integers)
        return false;
    double *at = block->reals;
    block->base = take(&at, PP_BLOCK);
    block->insurer = take(&at, PP_BLOCK);
    block->customer = take(&at, PP_BLOCK);
    block->estimates = take(&at, n * PP_BLOCK);
    block->multipliers = take(&at, n * PP_BLOCK);
    block->offers = take(&at, n * PP_BLOCK);
    block->propensities = take(&at, n * PP_BLOCK);
    block->factors = take(&at, n * PP_BLOCK);
    block->expected = take(&at, n * PP_BLOCK);
    block->units = e->has_economics ? take(&at, units) : block->estimates;
    block->scratch = take(&at, scratch);
    block->fit_scratch = take(&at, fit);
    block->choice = block->integers;
    block->ranks = block->choice + PP_BLOCK;
    return true;
}

static pp_status create_block(const pp_workspace *w, pp_block *block, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    size_t n = e->n_firms, n_columns = (size_t)e->schema->n_columns;
    block->firms = calloc(n, sizeof *block->firms);
    block->columns = calloc(n_columns, sizeof *block->columns);
    bool enough =
        block->firms && block->columns && create_arrays(w, block, (size_t)(block - w->blocks) < n);
    for (size_t f = 0; f < n && enough; f++)
        enough = create_firm_block(&w->firms[f], &block->firms[f]);
    if (!enough)
        return pp_error_set(error, PP_ENOMEM, "no memory for a block of %zu firms' quotes", n);
    PP_TRY(pp_customers_create(PP_BLOCK, e->schema->n_columns, &block->customers, error));
    for (size_t j = 0; j < n_columns; j++)
        block->columns[j] = block->customers.features[j];
    PP_TRY(pp_breakdown_create(n, PP_BLOCK, &block->breakdown, error));
    return pp_accounts_create(n, &block->accounts, error);
}

static void destroy_block(const pp_experiment *e, pp_block *block)
{
    for (size_t f = 0; block->firms && f < e->n_firms; f++) {
        free(block->firms[f].view);
        free(block->firms[f].members);
        free(block->firms[f].own);
    }
    free(block->firms);
    free(block->reals);
    free(block->integers);
    free(block->columns);
    pp_customers_destroy(&block->customers);
    pp_accounts_destroy(&block->accounts);
    pp_breakdown_destroy(&block->breakdown);
}

// ---- the workspace

static pp_status create_parts(pp_workspace *w, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    w->firms = calloc(e->n_firms, sizeof *w->firms);
    w->row = calloc((size_t)e->schema->n_columns, sizeof(double));
    w->open_offers = calloc(e->n_firms, sizeof(double));
    w->blocks = calloc(w->n_blocks, sizeof *w->blocks);
    if (!w->firms || !w->row || !w->open_offers || !w->blocks)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu firms", e->n_firms);
    for (size_t f = 0; f < e->n_firms; f++)
        PP_TRY(create_firm(e, f, &w->firms[f], error));
    for (size_t i = 0; i < w->n_blocks; i++)
        PP_TRY(create_block(w, &w->blocks[i], error));
    PP_TRY(pp_accounts_create(e->n_firms, &w->accounts, error));
    PP_TRY(pp_breakdown_create(e->n_firms, 0, &w->breakdown, error));
    PP_TRY(pp_histories_create(e->schema->n_columns, e->n_firms, e->history_epochs, e->history_rows,
                               (pp_observe)e->scenario->market.observe, &w->histories, error));
    for (size_t f = 0; f < e->n_firms; f++) {
        const pp_correction_config *c = &e->scenario->firms[f].correction;
        if (c->kind == PP_CORRECTION_TILT && isnan(c->variance))
            pp_histories_watch(w->histories);
    }
    return PP_OK;
}

pp_status pp_workspace_create(const pp_experiment *e, int blocks, pp_workspace **workspace,
                              pp_error *error)
{
    pp_workspace *w = calloc(1, sizeof *w);
    *workspace = NULL;
    if (!w)
        return pp_error_set(error, PP_ENOMEM, "no memory for a trial");
    w->experiment = e;
    w->n_blocks = (size_t)blocks;
    pp_status status = create_parts(w, error);
    if (status == PP_OK)
        *workspace = w;
    else
        pp_workspace_destroy(w);
    return status;
}

void pp_workspace_destroy(pp_workspace *w)
{
    if (!w)
        return;
    for (size_t f = 0; w->firms && f < w->experiment->n_firms; f++) {
        pp_pipeline_destroy(w->firms[f].pipeline);
        free(w->firms[f].state);
        free(w->firms[f].portfolio);
        free(w->firms[f].own);
    }
    for (size_t i = 0; w->blocks && i < w->n_blocks; i++)
        destroy_block(w->experiment, &w->blocks[i]);
    free(w->firms);
    free(w->row);
    free(w->open_offers);
    free(w->blocks);
    pp_accounts_destroy(&w->accounts);
    pp_breakdown_destroy(&w->breakdown);
    pp_histories_destroy(w->histories);
    free(w);
}

pp_stream pp_trial_stream(const pp_workspace *w, int64_t epoch)
{
    return (pp_stream){.seed = (uint64_t)w->experiment->scenario->run.seed,
                       .trial = (uint32_t)w->trial,
                       .epoch = (uint32_t)epoch};
}

pp_status pp_trial_interrupted(const pp_workspace *w, pp_error *error)
{
    if (!pp_stopped(w->stop))
        return PP_OK;
    return pp_error_set(error, PP_EINTERRUPTED, "interrupted in trial %lld", (long long)w->trial);
}

// ---- threads

void pp_blocks_run(const pp_workspace *w, size_t n, pp_stage stage)
{
    if (n == 1) {
        stage(w, w->blocks);
        return;
    }
#pragma omp parallel for num_threads((int)n) schedule(static, 1)
    for (size_t i = 0; i < n; i++)
        stage(w, &w->blocks[i]);
}

pp_status pp_blocks_failure(const pp_workspace *w, size_t n, pp_error *error)
{
    for (size_t i = 0; i < n; i++) {
        const pp_block *block = &w->blocks[i];
        if (block->status != PP_OK)
            return pp_error_set(error, block->status, "%s", block->error.message);
    }
    return PP_OK;
}

pp_thread_plan pp_thread_plan_of(const pp_experiment *e, int threads)
{
    int64_t trials = e->scenario->run.trials, firms = (int64_t)e->n_firms;
    int64_t blocks = (e->scenario->market.rounds + PP_BLOCK - 1) / PP_BLOCK;
    int64_t most = blocks > firms ? blocks : firms;
    threads = threads < 1 ? 1 : threads;
    pp_thread_plan plan = {.trials = trials < threads ? (int)trials : threads};
    plan.blocks = threads / plan.trials;
    if (plan.blocks > most)
        plan.blocks = (int)most;
    return plan;
}

int pp_experiment_threads(const pp_experiment *e, int threads)
{
    pp_thread_plan plan = pp_thread_plan_of(e, threads);
    return plan.trials * plan.blocks;
}

// ---- memory

static double block_bytes(const pp_experiment *e, const pp_pipeline *pipeline)
{
    double n = (double)e->n_firms, columns = e->schema->n_columns, real = sizeof(double);
    double rows = (double)(e->history_rows * e->history_epochs);
    double refit = rows * (double)pp_pipeline_fit_scratch(pipeline) * real;
    double part = 4 + (double)pp_pipeline_curve_size(pipeline) + 1 + 1; // prepared, members
    double numbers = columns + 17 + (double)pp_pipeline_scratch(pipeline) + n * (7.5 + part);
    double firm = (double)(sizeof(pp_firm_block) + sizeof(pp_agent_view)) + 2 * n * sizeof(int64_t);
    return refit + PP_BLOCK * real * numbers + n * firm;
}

/// Bytes of a trial besides its blocks.
static double trial_bytes(const pp_experiment *e, const pp_pipeline *pipeline)
{
    double n = (double)e->n_firms, columns = e->schema->n_columns, real = sizeof(double);
    double rows = (double)(e->history_rows * e->history_epochs);
    double history = rows * (columns + n * (4 + PP_RIVALS)) * real + rows * n;
    double firm = (double)(sizeof(pp_firm) + sizeof(pp_portfolio) + pp_pipeline_bytes(pipeline)) +
                  2 * n * sizeof(int64_t);
    return history + n * firm;
}

double pp_experiment_memory(const pp_experiment *e, int threads)
{
    const double program = 16 << 20, writer = 32 << 20; // libraries; the writer's, HDF5's buffers
    pp_results_layout layout = pp_experiment_layout(e);
    layout.command_line = layout.program = layout.scenario = ""; // of no weight, but wanted
    const pp_scenario *s = e->scenario;
    pp_pipeline *pipeline;
    double record = (double)pp_record_bytes(&layout), trials = (double)layout.n_trials;
    pp_thread_plan plan = pp_thread_plan_of(e, threads);
    if (pp_pipeline_create(&s->pricing, e->schema->n_columns, e->history_epochs,
                           (pp_observe)s->market.observe, &pipeline, NULL) != PP_OK)
        return NAN;
    double each = trial_bytes(e, pipeline) + plan.blocks * block_bytes(e, pipeline);
    double waiting = record * (double)pp_hand_in_records(pp_record_bytes(&layout), plan.trials);
    pp_pipeline_destroy(pipeline);
    // The writer holds at least one record, however large, and its checkpoint another.
    double buffer = fmin(fmax(writer, record), 2 * trials * record) + record;
    return program + 2 * pp_population_bytes(e->population) + buffer + waiting + plan.trials * each;
}
