#include "experiments/workspace.h"

#include <math.h>
#include <stdlib.h>

/// What the firm's agent is handed lies beside nothing else.
static bool allocate_own(const pp_experiment *e, size_t f, pp_firm *firm)
{
    size_t log = PP_LEARNING_COUNT * e->updates[f], state = firm->config->agent->state_size;
    firm->state = calloc(1, state ? state : 1);
    firm->portfolio = calloc(1, sizeof *firm->portfolio);
    firm->own = calloc(2 * e->n_categories + log, sizeof(double));
    if (!firm->state || !firm->portfolio || !firm->own)
        return false;
    firm->held = firm->own;
    firm->average = firm->held + e->n_categories;
    firm->learned = firm->average + e->n_categories;
    return true;
}

static pp_status create_firm(const pp_experiment *e, size_t f, pp_firm *firm, pp_error *error)
{
    const pp_scenario *s = e->scenario;
    firm->config = &e->scenario->firms[f];
    firm->has_portfolio = firm->config->portfolio != PP_PORTFOLIO_NONE;
    pp_status status = pp_pipeline_create(&s->pricing, e->schema->n_columns,
                                          (pp_observe)s->market.observe, &firm->pipeline, error);
    if (status == PP_OK && !allocate_own(e, f, firm))
        status = pp_error_set(error, PP_ENOMEM, "no memory for firm '%s'", firm->config->name);
    return status;
}

static pp_status create_firms(pp_workspace *w, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    pp_status status = PP_OK;
    w->firms = calloc(e->n_firms, sizeof *w->firms);
    w->row = calloc((size_t)e->schema->n_columns, sizeof(double));
    w->open_offers = calloc(e->n_firms, sizeof(double));
    if (!w->firms || !w->row || !w->open_offers)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu firms", e->n_firms);
    for (size_t i = 0; i < e->n_firms && status == PP_OK; i++)
        status = create_firm(e, i, &w->firms[i], error);
    return status;
}

static pp_status create_lanes(pp_workspace *w, size_t n, pp_error *error)
{
    pp_status status = PP_OK;
    w->lanes = calloc(n, sizeof *w->lanes);
    if (!w->lanes)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu lanes", n);
    for (w->n_lanes = 0; w->n_lanes < n && status == PP_OK; w->n_lanes++)
        status = pp_lane_create(w, &w->lanes[w->n_lanes], error);
    return status;
}

pp_status pp_workspace_create(const pp_experiment *e, int lanes, pp_workspace **workspace,
                              pp_error *error)
{
    *workspace = NULL;
    size_t n = e->n_firms;
    pp_workspace *w = calloc(1, sizeof *w);
    if (!w)
        return pp_error_set(error, PP_ENOMEM, "no memory for a trial");
    w->experiment = e;
    pp_status status = create_firms(w, error);
    if (status == PP_OK)
        status = create_lanes(w, (size_t)lanes, error);
    if (status == PP_OK)
        status = pp_accounts_create(n, &w->accounts, error);
    if (status == PP_OK)
        status = pp_histories_create(e->schema->n_columns, n, e->history_epochs, e->history_rows,
                                     (pp_observe)e->scenario->market.observe, &w->histories, error);
    if (status != PP_OK) {
        pp_workspace_destroy(w);
        return status;
    }
    *workspace = w;
    return PP_OK;
}

void pp_workspace_destroy(pp_workspace *w)
{
    if (!w)
        return;
    for (size_t i = 0; w->firms && i < w->experiment->n_firms; i++) {
        pp_pipeline_destroy(w->firms[i].pipeline);
        free(w->firms[i].state);
        free(w->firms[i].portfolio);
        free(w->firms[i].own);
    }
    for (size_t i = 0; i < w->n_lanes; i++)
        pp_lane_destroy(w->experiment, &w->lanes[i]);
    free(w->firms);
    free(w->row);
    free(w->open_offers);
    free(w->lanes);
    pp_accounts_destroy(&w->accounts);
    pp_histories_destroy(w->histories);
    free(w);
}

pp_crew pp_crew_of(const pp_experiment *e, int threads)
{
    int64_t trials = e->scenario->run.trials, firms = (int64_t)e->n_firms;
    int64_t blocks = (e->scenario->market.rounds + PP_BLOCK - 1) / PP_BLOCK;
    int64_t most = blocks > firms ? blocks : firms;
    threads = threads < 1 ? 1 : threads;
    pp_crew crew = {.trials = trials < threads ? (int)trials : threads};
    crew.lanes = threads / crew.trials;
    if (crew.lanes > most)
        crew.lanes = (int)most;
    return crew;
}

int pp_experiment_threads(const pp_experiment *e, int threads)
{
    pp_crew crew = pp_crew_of(e, threads);
    return crew.trials * crew.lanes;
}

/// Bytes of what a trial needs besides its lanes.
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
    const double program = 16 << 20,
                 writer = 32 << 20; // libraries; the writer's and HDF5's buffers
    pp_results_layout layout = pp_experiment_layout(e);
    layout.history = layout.source = layout.scenario = ""; // of no weight, but wanted
    const pp_scenario *s = e->scenario;
    pp_pipeline *pipeline;
    double record = (double)pp_record_bytes(&layout), trials = (double)layout.n_trials;
    pp_crew crew = pp_crew_of(e, threads);
    if (pp_pipeline_create(&s->pricing, e->schema->n_columns, (pp_observe)s->market.observe,
                           &pipeline, NULL) != PP_OK)
        return NAN;
    double each = trial_bytes(e, pipeline) + crew.lanes * pp_lane_bytes(e, pipeline) + record;
    pp_pipeline_destroy(pipeline);
    // The writer holds at least one record, however large, and its checkpoint another.
    double buffer = fmin(fmax(writer, record), 2 * trials * record) + record;
    return program + 2 * pp_population_bytes(e->population) + buffer + crew.trials * each;
}
