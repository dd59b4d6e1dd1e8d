// Lanes: what one thread needs for a block of customers, and the threads themselves.
#include <stdlib.h>
#include <string.h>

#include "experiments/workspace.h"

static double *take(double **at, size_t n)
{
    double *taken = *at;
    *at += n;
    return taken;
}

static bool create_desk(const pp_firm *firm, pp_desk *desk)
{
    size_t curve = pp_pipeline_curve_size(firm->pipeline), prepared = firm->config->agent->prepared;
    desk->papers = calloc(1, sizeof *desk->papers);
    desk->members = calloc(PP_BLOCK, sizeof *desk->members);
    desk->own = calloc(PP_BLOCK * (3 + curve + prepared), sizeof(double));
    if (!desk->papers || !desk->members || !desk->own)
        return false;
    double *at = desk->own;
    desk->estimate = take(&at, PP_BLOCK);
    desk->null_bid = take(&at, PP_BLOCK);
    desk->multiplier = take(&at, PP_BLOCK);
    desk->curves = take(&at, PP_BLOCK * curve);
    desk->prepared = take(&at, PP_BLOCK * prepared);
    return true;
}

static bool create_desks(const pp_workspace *w, pp_lane *lane)
{
    size_t n = w->experiment->n_firms;
    lane->desks = calloc(n, sizeof *lane->desks);
    bool enough = lane->desks;
    for (size_t f = 0; f < n && enough; f++)
        enough = create_desk(&w->firms[f], &lane->desks[f]);
    return enough;
}

static bool create_numbers(const pp_workspace *w, pp_lane *lane)
{
    const pp_experiment *e = w->experiment;
    const pp_pipeline *pipeline = w->firms[0].pipeline;
    size_t n = e->n_firms, scratch = pp_pipeline_scratch(pipeline) * PP_BLOCK;
    size_t fit = pp_pipeline_fit_scratch(pipeline) * e->history_rows * e->history_epochs;
    if ((size_t)(lane - w->lanes) >= n)
        fit = 0; // a firm is one lane's to refit
    lane->reals = calloc(PP_BLOCK * (3 + 5 * n) + n + scratch + fit, sizeof(double));
    lane->integers = calloc(PP_BLOCK * (1 + n) + 2 * n, sizeof(int32_t));
    if (!lane->reals || !lane->integers)
        return false;
    double *at = lane->reals;
    lane->base = take(&at, PP_BLOCK);
    lane->insurer = take(&at, PP_BLOCK);
    lane->customer = take(&at, PP_BLOCK);
    lane->estimates = take(&at, n * PP_BLOCK);
    lane->multipliers = take(&at, n * PP_BLOCK);
    lane->offers = take(&at, n * PP_BLOCK);
    lane->propensities = take(&at, n * PP_BLOCK);
    lane->factors = take(&at, n * PP_BLOCK);
    lane->ranking.price = take(&at, n);
    lane->scratch = take(&at, scratch);
    lane->fit_scratch = take(&at, fit);
    lane->choice = lane->integers;
    lane->ranks = lane->choice + PP_BLOCK;
    lane->ranking.order = lane->ranks + n * PP_BLOCK;
    lane->ranking.rank = lane->ranking.order + n;
    return true;
}

static pp_status create_customers(int n_columns, pp_lane *lane, pp_error *error)
{
    lane->columns = calloc((size_t)n_columns, sizeof *lane->columns);
    if (!lane->columns)
        return pp_error_set(error, PP_ENOMEM, "no memory for %d columns", n_columns);
    pp_status status = pp_customers_create(PP_BLOCK, n_columns, &lane->customers, error);
    for (int j = 0; j < n_columns && status == PP_OK; j++)
        lane->columns[j] = lane->customers.features[j];
    return status;
}

pp_status pp_lane_create(const pp_workspace *w, pp_lane *lane, pp_error *error)
{
    const pp_experiment *e = w->experiment;
    if (!create_numbers(w, lane) || !create_desks(w, lane))
        return pp_error_set(error, PP_ENOMEM, "no memory for a block of %zu firms' quotes",
                            e->n_firms);
    pp_status status = create_customers(e->schema->n_columns, lane, error);
    return status == PP_OK ? pp_accounts_create(e->n_firms, &lane->accounts, error) : status;
}

void pp_lane_destroy(const pp_experiment *e, pp_lane *lane)
{
    for (size_t f = 0; lane->desks && f < e->n_firms; f++) {
        free(lane->desks[f].papers);
        free(lane->desks[f].members);
        free(lane->desks[f].own);
    }
    free(lane->desks);
    free(lane->reals);
    free(lane->integers);
    free(lane->columns);
    pp_customers_destroy(&lane->customers);
    pp_accounts_destroy(&lane->accounts);
}

double pp_lane_bytes(const pp_experiment *e, const pp_pipeline *pipeline)
{
    double n = (double)e->n_firms, columns = e->schema->n_columns, real = sizeof(double);
    double rows = (double)(e->history_rows * e->history_epochs);
    double refit = rows * (double)pp_pipeline_fit_scratch(pipeline) * real;
    double desk = 3 + (double)pp_pipeline_curve_size(pipeline) + 1 + 1; // prepared, members
    double block = columns + 10 + (double)pp_pipeline_scratch(pipeline) + n * (5.5 + desk);
    double firm = (double)(sizeof(pp_desk) + sizeof(pp_papers)) + 2 * n * sizeof(int64_t);
    return refit + PP_BLOCK * real * block + n * firm;
}

void pp_lanes_run(const pp_workspace *w, size_t n, pp_stage stage)
{
    if (n == 1) {
        stage(w, w->lanes);
        return;
    }
#pragma omp parallel for num_threads((int)n) schedule(static, 1)
    for (size_t i = 0; i < n; i++)
        stage(w, &w->lanes[i]);
}

pp_status pp_lanes_failure(const pp_workspace *w, size_t n, pp_error *error)
{
    for (size_t i = 0; i < n; i++) {
        const pp_lane *lane = &w->lanes[i];
        if (lane->status != PP_OK)
            return pp_error_set(error, lane->status, "%s", lane->error.message);
    }
    return PP_OK;
}
