// Tables of the expected gain of a round for each pattern of categories.
#include "agents/planning/gain.h"

#include <stdlib.h>
#include <string.h>

#include "market/base/lanes.h"
#include "market/base/stop.h"

/// Index of a pattern, appended if it is new.
static size_t find_pattern(pp_gain *gain, uint64_t mask)
{
    for (size_t p = 0; p < gain->n_patterns; p++)
        if (gain->pattern[p] == mask)
            return p;
    gain->pattern[gain->n_patterns] = mask;
    return gain->n_patterns++;
}

static pp_status allocate_rows(pp_gain *gain, size_t n, pp_error *error)
{
    pp_gain_rows *rows = &gain->rows;
    rows->n = n;
    rows->pattern = calloc(n, sizeof *rows->pattern);
    rows->stake = calloc(n, sizeof *rows->stake);
    rows->range = calloc(n, sizeof *rows->range);
    rows->null_bid = calloc(n * (1 + gain->model->curve_size), sizeof(double));
    gain->pattern = calloc(n, sizeof *gain->pattern);
    if (!rows->pattern || !rows->stake || !rows->range || !rows->null_bid || !gain->pattern)
        return pp_error_memory(error, "a table of gains");
    rows->curves = rows->null_bid + n;
    return PP_OK;
}

/// Buffers of the length of the whole history.
typedef struct whole {
    double *scratch, *values, *break_even, *bids, *curves;
    uint64_t *members;
} whole;

static void fill_rows(pp_gain *gain, const pp_agent_setup *setup, whole *w)
{
    const pp_history *h = setup->history;
    const pp_limits *limits = pp_pipeline_limits(setup->pipeline);
    pp_gain_rows *rows = &gain->rows;
    size_t size = gain->model->curve_size;
    pp_curves curves;
    pp_pipeline_prepare(setup->pipeline, h->features, h->unit, h->n, w->scratch, w->values,
                        &curves);
    pp_break_even(setup->cost, h->unit, h->n, w->break_even);
    pp_curves_bid(&curves, w->break_even, w->bids);
    pp_sale_curves(gain->model, h->features, h->unit, &curves, w->curves);
    if (setup->portfolio)
        pp_portfolio_members(setup->portfolio, h->features, h->n, w->members);
    for (size_t i = 0; i < rows->n; i++) {
        size_t from = i * h->n / rows->n;
        rows->pattern[i] = find_pattern(gain, w->members[from]);
        rows->stake[i] = pp_stake_of(setup->cost, h->unit[from]);
        rows->range[i] = pp_limits_range(limits, h->unit[from]);
        rows->null_bid[i] = w->bids[from];
        memcpy(rows->curves + i * size, w->curves + from * size, size * sizeof(double));
    }
}

pp_status pp_gain_rows_load(const pp_agent_setup *setup, pp_gain *gain, size_t most,
                            pp_error *error)
{
    size_t n = setup->history->n, size = gain->model->curve_size;
    size_t scratch = pp_pipeline_scratch(setup->pipeline),
           values = pp_pipeline_curve_size(setup->pipeline);
    PP_TRY(allocate_rows(gain, n < most ? n : most, error));
    double *room = malloc(n * (scratch + values + 2 + size) * sizeof(double));
    uint64_t *members = calloc(n, sizeof *members);
    bool found = room && members;
    if (found) {
        whole w = {.scratch = room, .members = members};
        w.values = w.scratch + n * scratch;
        w.break_even = w.values + n * values;
        w.bids = w.break_even + n;
        w.curves = w.bids + n;
        fill_rows(gain, setup, &w);
    }
    free(room);
    free(members);
    return found ? PP_OK : pp_error_memory(error, "a table of gains");
}

enum { CHUNK = 72 }; ///< values of a sale at a time: a multiple of 8 that holds a default table

/// Best expected gain and chance of a sale of one row, for m values of a sale.
/// @param d, value, slope [m], at most CHUNK
static void row_gains(const pp_gain *gain, size_t i, const pp_candidates *candidates,
                      const double *d, size_t m, double *value, double *slope)
{
    pp_stake stake = gain->rows.stake[i];
    double k[CHUNK] = {0}, a[CHUNK];
    if (gain->policy) {
        pp_soft_maxima(candidates, gain->policy->temperature, stake, d, m, value, slope);
        return;
    }
    for (size_t j = 0; j < m; j++)
        k[j] = stake.break_even - d[j] * (1 / stake.size);
    pp_sale_bids(gain->model, gain->rows.curves + i * gain->model->curve_size, m, k,
                 gain->rows.range[i], a, slope);
    for (size_t j = 0; j < m; j++)
        value[j] = slope[j] * (stake.size * (a[j] - stake.break_even) + d[j]);
}

static void row_candidates(const pp_gain *gain, size_t i, pp_candidates *candidates)
{
    if (gain->policy)
        pp_candidates_make(gain->policy, gain->model,
                           gain->rows.curves + i * gain->model->curve_size, gain->rows.null_bid[i],
                           gain->rows.range[i], candidates);
}

/// Points of the table, rounded up to a multiple of 8. One point alone costs as much as eight.
static size_t filled(const pp_gain *gain)
{
    return (gain->n_points + PP_LANES - 1) / PP_LANES * PP_LANES;
}

/// Add a row's share to its pattern's table. @param d [filled] the points
static void add_row(pp_gain *gain, size_t i, const pp_candidates *candidates, const double *d)
{
    double share = 1 / (double)gain->rows.n, value[CHUNK], slope[CHUNK];
    size_t at = gain->rows.pattern[i] * gain->n_points, n = filled(gain);
    for (size_t first = 0; first < n; first += CHUNK) {
        size_t m = n - first < CHUNK ? n - first : CHUNK;
        row_gains(gain, i, candidates, d + first, m, value, slope);
        for (size_t j = 0; j < m && first + j < gain->n_points; j++) {
            gain->value[at + first + j] += share * value[j];
            gain->slope[at + first + j] += share * slope[j];
        }
    }
}

static pp_status tabulate(pp_gain *gain, double reach, const pp_stop_flag *stop, pp_error *error)
{
    size_t size = gain->n_patterns * gain->n_points, n = filled(gain);
    pp_candidates candidates;
    gain->least = -reach;
    gain->step = 2 * reach / (double)(gain->n_points - 1);
    gain->value = calloc(2 * size + n, sizeof(double));
    if (!gain->value)
        return pp_error_memory(error, "a table of gains");
    gain->slope = gain->value + size;
    double *d = gain->slope + size;
    for (size_t j = 0; j < n; j++)
        d[j] = gain->least + gain->step * (double)j;
    for (size_t i = 0; i < gain->rows.n; i++) {
        PP_TRY(pp_stop_check(stop, error));
        row_candidates(gain, i, &candidates);
        add_row(gain, i, &candidates, d);
    }
    return PP_OK;
}

static void release_rows(pp_gain_rows *rows)
{
    free(rows->pattern);
    free(rows->stake);
    free(rows->range);
    free(rows->null_bid);
    memset(rows, 0, sizeof *rows);
}

pp_status pp_gain_create(const pp_agent_setup *setup, const pp_sale_model *model,
                         const pp_policy_config *policy, size_t points, double reach, pp_gain *gain,
                         pp_error *error)
{
    *gain = (pp_gain){.n_points = points, .model = model, .policy = policy};
    pp_status status = pp_gain_rows_load(setup, gain, PP_GAIN_ROWS, error);
    if (status == PP_OK && points > 0) {
        status = tabulate(gain, reach, setup->stop, error);
        release_rows(&gain->rows);
    }
    return status;
}

void pp_gain_release(pp_gain *gain)
{
    release_rows(&gain->rows);
    free(gain->pattern);
    free(gain->value);
    memset(gain, 0, sizeof *gain);
}

static pp_gain_value exact_sum(const pp_gain *gain, size_t pattern, double d)
{
    pp_gain_value sum = {0};
    pp_candidates candidates;
    double value, slope, share = 1 / (double)gain->rows.n;
    for (size_t i = 0; i < gain->rows.n; i++) {
        if (gain->rows.pattern[i] != pattern)
            continue;
        row_candidates(gain, i, &candidates);
        row_gains(gain, i, &candidates, &d, 1, &value, &slope);
        sum.value += share * value;
        sum.slope += share * slope;
    }
    return sum;
}

pp_gain_value pp_gain_at(const pp_gain *gain, size_t pattern, double d)
{
    if (gain->n_points == 0)
        return exact_sum(gain, pattern, d);
    const double *v = gain->value + pattern * gain->n_points;
    const double *s = gain->slope + pattern * gain->n_points;
    double h = gain->step, x = (d - gain->least) / h, last = (double)(gain->n_points - 1);
    if (!(x > 0) || x >= last) {
        size_t end = x >= last ? gain->n_points - 1 : 0;
        double beyond = d - (gain->least + h * (double)end);
        return (pp_gain_value){v[end] + s[end] * beyond, s[end], 0};
    }
    size_t j = (size_t)x;
    double t = x - (double)j, rise = v[j + 1] - v[j], first = s[j] * h, second = s[j + 1] * h;
    double c2 = 3 * rise - 2 * first - second, c3 = first + second - 2 * rise;
    return (pp_gain_value){.value = v[j] + t * (first + t * (c2 + t * c3)),
                           .slope = (first + t * (2 * c2 + t * 3 * c3)) / h,
                           .curvature = (2 * c2 + 6 * c3 * t) / (h * h)};
}
