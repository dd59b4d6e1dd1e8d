#include "experiments/workspace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *take(double **at, size_t n)
{
    double *taken = *at;
    *at += n;
    return taken;
}

/// What the firm's agent is handed lies beside nothing else.
static bool allocate_own(const pp_experiment *e, size_t f, pp_firm *firm)
{
    size_t log = PP_LEARNING_COUNT * e->updates[f];
    size_t curve = pp_pipeline_curve_size(firm->pipeline), prepared = firm->config->agent->prepared;
    firm->desk = calloc(1, sizeof *firm->desk);
    firm->members = calloc(PP_BLOCK, sizeof *firm->members);
    firm->own =
        calloc(2 * e->n_categories + PP_BLOCK * (3 + curve + prepared) + log, sizeof(double));
    if (!firm->desk || !firm->members || !firm->own)
        return false;
    double *at = firm->own;
    firm->held = take(&at, e->n_categories);
    firm->average = take(&at, e->n_categories);
    firm->estimate = take(&at, PP_BLOCK);
    firm->null_bid = take(&at, PP_BLOCK);
    firm->multiplier = take(&at, PP_BLOCK);
    firm->curves = take(&at, PP_BLOCK * curve);
    firm->prepared = take(&at, PP_BLOCK * prepared);
    firm->learned = take(&at, log);
    return true;
}

static pp_status create_firm(const pp_experiment *e, size_t f, pp_firm *firm, pp_error *error)
{
    const pp_scenario *s = e->scenario;
    firm->config = &e->scenario->firms[f];
    firm->has_portfolio = firm->config->portfolio != PP_PORTFOLIO_NONE;
    size_t state = firm->config->agent->state_size;
    firm->state = calloc(1, state ? state : 1);
    pp_status status = pp_pipeline_create(&s->pricing, e->schema->n_columns,
                                          (pp_observe)s->market.observe, &firm->pipeline, error);
    if (status == PP_OK && (!firm->state || !allocate_own(e, f, firm)))
        status = pp_error_set(error, PP_ENOMEM, "no memory for firm '%s'", firm->config->name);
    return status;
}

static void share_out(pp_workspace *w, size_t scratch, size_t fit_scratch)
{
    size_t n = w->experiment->n_firms;
    double *at = w->reals;
    w->base = take(&at, PP_BLOCK);
    w->insurer = take(&at, PP_BLOCK);
    w->customer = take(&at, PP_BLOCK);
    w->estimates = take(&at, n * PP_BLOCK);
    w->multipliers = take(&at, n * PP_BLOCK);
    w->offers = take(&at, n * PP_BLOCK);
    w->propensities = take(&at, n * PP_BLOCK);
    w->ranking.price = take(&at, n);
    w->scratch = take(&at, scratch);
    w->fit_scratch = take(&at, fit_scratch);
    for (size_t i = 0; i < n; i++)
        w->firms[i].factor = take(&at, PP_BLOCK);
}

static pp_status allocate(pp_workspace *w, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    size_t n = e->n_firms, rows = e->history_rows * e->history_epochs;
    size_t scratch = pp_pipeline_scratch(w->firms[0].pipeline) * PP_BLOCK;
    size_t fit_scratch = pp_pipeline_fit_scratch(w->firms[0].pipeline) * rows;
    size_t columns = (size_t)e->schema->n_columns;
    w->reals = calloc(PP_BLOCK * (3 + 5 * n) + n + scratch + fit_scratch, sizeof(double));
    w->integers = calloc(PP_BLOCK + 2 * n, sizeof(int32_t));
    w->row = calloc(columns, sizeof(double));
    w->columns = calloc(columns, sizeof *w->columns);
    w->open_offers = calloc(n, sizeof(double));
    if (!w->reals || !w->integers || !w->row || !w->columns || !w->open_offers)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu firms", n);
    w->choice = w->integers;
    w->ranking.order = w->choice + PP_BLOCK;
    w->ranking.rank = w->ranking.order + n;
    share_out(w, scratch, fit_scratch);
    return PP_OK;
}

static pp_status create_firms(pp_workspace *w, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    pp_status status = PP_OK;
    w->firms = calloc(e->n_firms, sizeof *w->firms);
    if (!w->firms)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu firms", e->n_firms);
    for (size_t i = 0; i < e->n_firms && status == PP_OK; i++)
        status = create_firm(e, i, &w->firms[i], error);
    return status;
}

static pp_status create_customers(pp_workspace *w, pp_error *error)
{
    int n = w->experiment->schema->n_columns;
    pp_status status = pp_customers_create(PP_BLOCK, n, &w->customers, error);
    for (int j = 0; j < n && status == PP_OK; j++)
        w->columns[j] = w->customers.features[j];
    return status;
}

pp_status pp_workspace_create(const pp_experiment *e, pp_workspace **workspace, pp_error *error)
{
    *workspace = NULL;
    size_t n = e->n_firms;
    pp_workspace *w = calloc(1, sizeof *w);
    if (!w)
        return pp_error_set(error, PP_ENOMEM, "no memory for a trial");
    w->experiment = e;
    pp_status status = create_firms(w, error);
    if (status == PP_OK)
        status = allocate(w, error);
    if (status == PP_OK)
        status = create_customers(w, error);
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
        free(w->firms[i].members);
        free(w->firms[i].desk);
        free(w->firms[i].own);
    }
    free(w->firms);
    free(w->reals);
    free(w->integers);
    free(w->row);
    free(w->columns);
    free(w->open_offers);
    pp_customers_destroy(&w->customers);
    pp_accounts_destroy(&w->accounts);
    pp_histories_destroy(w->histories);
    free(w);
}

/// Bytes of one thread's workspace; the sizes are those of `allocate` and of what it calls.
static double workspace_bytes(const pp_experiment *e, const pp_pipeline *pipeline)
{
    double n = (double)e->n_firms, columns = e->schema->n_columns, real = sizeof(double);
    double rows = (double)(e->history_rows * e->history_epochs);
    double history = rows * (columns + n * (4 + PP_RIVALS)) * real + rows * n;
    double refit = rows * (double)pp_pipeline_fit_scratch(pipeline) * real;
    double curve = (double)pp_pipeline_curve_size(pipeline);
    double scratch = (double)pp_pipeline_scratch(pipeline);
    double block = PP_BLOCK * real * (columns + 10 + scratch + n * (5 + 3 + curve + 1));
    double firm = (double)(sizeof(pp_firm) + sizeof(pp_desk) + pp_pipeline_bytes(pipeline)) +
                  2 * n * sizeof(int64_t);
    return history + refit + block + n * firm;
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
    if (pp_pipeline_create(&s->pricing, e->schema->n_columns, (pp_observe)s->market.observe,
                           &pipeline, NULL) != PP_OK)
        return NAN;
    double each = workspace_bytes(e, pipeline) + record;
    pp_pipeline_destroy(pipeline);
    double working = trials < threads ? trials : threads;
    // The writer holds at least one record, however large.
    double buffer = fmin(fmax(writer, record), 2 * trials * record);
    return program + 2 * pp_population_bytes(e->population) + buffer + working * each;
}
