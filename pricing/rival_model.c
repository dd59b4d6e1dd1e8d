// Fits and predictions of the market model, one kind for each way to observe rivals.
#include "pricing/rival_model.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pricing/fit_kernels.h"
#include "pricing/linear.h"
#include "pricing/pricing_kernels.h"

enum { MOMENTS_MAX = 1 << 14 }; ///< doubles of a model's moments that are kept

/// Of one epoch: means of the inputs and of the rivals, then the lower triangle of their products.
static size_t moments_size(const pp_rival_model *model)
{
    size_t q = (size_t)model->n_inputs + PP_RIVALS;
    return q + q * (q + 1) / 2;
}

static size_t storage_size(const pp_rival_model *model)
{
    // mean, deviation, weights, and a system [p + 2][p + 2] with PP_RIVALS right-hand sides
    size_t p = (size_t)model->n_inputs, q = p + 2;
    return 2 * p + PP_RIVALS * q + q * q + PP_RIVALS * q;
}

pp_status pp_rival_model_create(int n_columns, size_t epochs, pp_observe observe,
                                pp_rival_model *model, pp_error *error)
{
    int p = n_columns + 1;
    *model = (pp_rival_model){.n_inputs = p, .observe = observe};
    model->n_outputs = observe == PP_OBSERVE_ALL        ? PP_RIVALS
                       : observe == PP_OBSERVE_OWN_RANK ? 1
                                                        : p;
    bool kept = observe == PP_OBSERVE_ALL && epochs <= MOMENTS_MAX / moments_size(model);
    model->n_parts = kept ? epochs : 0;
    size_t parts = observe == PP_OBSERVE_ALL ? model->n_parts + 2 : 0; // one read, one for the sum
    size_t size = storage_size(model);
    model->storage = calloc(size + parts * moments_size(model), sizeof(double));
    if (!model->storage)
        return pp_error_memory(error, "a market model");
    model->mean = model->storage;
    model->deviation = model->mean + p;
    model->weight = model->deviation + p;
    model->moments = model->storage + size;
    return PP_OK;
}

void pp_rival_model_destroy(pp_rival_model *model)
{
    free(model->storage);
    memset(model, 0, sizeof *model);
}

void pp_rival_model_reset(pp_rival_model *model)
{
    model->last_epoch = 0;
}

size_t pp_rival_model_bytes(const pp_rival_model *model)
{
    size_t parts = model->observe == PP_OBSERVE_ALL ? model->n_parts + 2 : 0;
    return (storage_size(model) + parts * moments_size(model)) * sizeof(double);
}

static double *system_of(const pp_rival_model *model)
{
    return model->weight + PP_RIVALS * ((size_t)model->n_inputs + 2);
}

static const double *input_column(const pp_rival_model *model, const double *const *features,
                                  const double *log_estimate, int j)
{
    return j < model->n_inputs - 1 ? features[j] : log_estimate;
}

/// Standardised inputs of the history. @param z [n_inputs][n]
static void standardise_inputs(pp_rival_model *model, const pp_history *history, double *z)
{
    size_t n = history->n;
    double *logs = z + (size_t)(model->n_inputs - 1) * n;
    pp_pricing_kernels_now()->log(history->unit, n, logs);
    for (int j = 0; j < model->n_inputs; j++) {
        const double *x = input_column(model, history->features, logs, j);
        pp_standardise(x, n, &model->mean[j], &model->deviation[j]);
        pp_fit_kernels_now()->scale(x, n, model->mean[j], 1 / model->deviation[j],
                                    z + (size_t)j * n);
    }
}

/// Moments of rows [first, first + n). @param z [n_inputs + PP_RIVALS][n] the centred columns
static void read_rows(const pp_rival_model *model, const pp_history *history, size_t first,
                      size_t n, double *z, double *moments)
{
    const pp_fit_kernels *kernels = pp_fit_kernels_now();
    size_t p = (size_t)model->n_inputs, q = p + PP_RIVALS;
    memset(moments, 0, moments_size(model) * sizeof(double));
    pp_pricing_kernels_now()->log(history->unit + first, n, z + (p - 1) * n);
    for (size_t j = 0; j < q; j++) {
        const double *x = j < p - 1    ? history->features[j] + first
                          : j == p - 1 ? z + j * n
                                       : history->rivals[j - p] + first;
        moments[j] = kernels->centre(x, n, z + j * n);
    }
    kernels->gram(z, n, n, q, moments + q);
}

/// sum += part, moments of n and of m rows about their own means (Chan, Golub and LeVeque 1983).
static void add_moments(double *sum, double n, const double *part, double m, size_t q)
{
    double *to = sum + q;
    const double *from = part + q;
    for (size_t j = 0; j < q; to += ++j, from += j)
        for (size_t k = 0; k <= j; k++)
            to[k] += from[k] + (part[j] - sum[j]) * (part[k] - sum[k]) * (n * m / (n + m));
    for (size_t j = 0; j < q; j++)
        sum[j] += (part[j] - sum[j]) * (m / (n + m));
}

/// Moments of the whole history, epoch after epoch; those of epochs seen before are at hand.
/// @return [moments_size]
static const double *sum_moments(pp_rival_model *model, const pp_history *history, double *scratch)
{
    size_t size = moments_size(model), rows = history->rows,
           q = (size_t)model->n_inputs + PP_RIVALS;
    size_t parts = rows ? history->n / rows : 1;
    bool kept = rows && parts <= model->n_parts;
    double *sum = model->moments + model->n_parts * size;
    if (!rows)
        rows = history->n;
    for (size_t e = 0; e < parts; e++) {
        int64_t epoch = history->epoch - (int64_t)(parts - 1 - e); // oldest first
        size_t slot = kept ? (size_t)(epoch - 1) % parts : e;
        double *part =
            kept ? model->moments + (size_t)(epoch - 1) % model->n_parts * size : sum + size;
        if (!kept || epoch > model->last_epoch)
            read_rows(model, history, slot * rows, rows, scratch, part);
        if (e == 0)
            memcpy(sum, part, size * sizeof(double));
        else
            add_moments(sum, (double)(e * rows), part, (double)rows, q);
    }
    model->last_epoch = history->epoch;
    return sum;
}

/// Ridge regressions of the three rival multiples on one Gram matrix. Inputs are centred, so the
/// intercept is the mean and is not shrunk.
static pp_status fit_offers(pp_rival_model *model, double ridge, const pp_history *history,
                            double *scratch, pp_error *error)
{
    size_t p = (size_t)model->n_inputs;
    double n = (double)history->n, *gram = system_of(model), *right = gram + p * p;
    const double *mean = sum_moments(model, history, scratch), *product = mean + p + PP_RIVALS;
    for (size_t j = 0; j < p; j++) {
        const double *row = product + j * (j + 1) / 2;
        model->mean[j] = mean[j];
        model->deviation[j] = pp_deviation(row[j], n, mean[j]);
        for (size_t k = 0; k <= j; k++)
            gram[j * p + k] = row[k] / (model->deviation[j] * model->deviation[k]);
        gram[j * p + j] += ridge * n;
    }
    for (size_t r = 0; r < PP_RIVALS; r++) {
        const double *row = product + (p + r) * (p + r + 1) / 2;
        model->weight[r * (p + 1) + p] = mean[p + r];
        for (size_t j = 0; j < p; j++)
            right[r * p + j] = row[j] / model->deviation[j];
    }
    pp_status status = pp_solve_positive(gram, p, right, PP_RIVALS, error);
    for (size_t r = 0; r < PP_RIVALS && status == PP_OK; r++)
        memcpy(model->weight + r * (p + 1), right + r * p, p * sizeof(double));
    return status;
}

/// One Newton step of the rank regression, logit of "a rival is cheaper" = c0 + slope (a - 1) +
/// z'c.
/// @param x            [p + 3][n]: z, ones, a - 1, and the share of rivals that were cheaper
/// @param coefficients [p + 2]: c, c0, slope
/// @return size of the step, negative if the system cannot be solved
static double rank_step(pp_rival_model *model, double ridge, const pp_history *history,
                        const double *x, double *coefficients)
{
    size_t q = (size_t)model->n_inputs + 2, n = history->n;
    double *h = system_of(model), *g = h + q * q, trials = history->n_firms - 1;
    double pull = ridge * (double)n + 1e-6;
    memset(h, 0, (q * q + q) * sizeof(double));
    pp_fit_kernels_now()->logistic(x, n, x + q * n, n, q, q, coefficients, g, h);
    for (size_t j = 0; j < q; j++) {
        for (size_t k = 0; k <= j; k++)
            h[j * q + k] *= trials;
        h[j * q + j] += pull;
        g[j] = trials * g[j] - pull * coefficients[j];
    }
    if (pp_solve_positive(h, q, g, 1, NULL) != PP_OK)
        return -1;
    double size = 0;
    for (size_t j = 0; j < q; j++) {
        double step = fmax(-5, fmin(5, g[j]));
        coefficients[j] += step;
        size = fmax(size, fabs(step));
    }
    return size;
}

/// The rank regression solved for the multiplier at which half the rivals are cheaper.
static pp_status fit_rank(pp_rival_model *model, double ridge, const pp_history *history, double *x,
                          pp_error *error)
{
    enum { STEPS = 50 };
    size_t p = (size_t)model->n_inputs, n = history->n;
    double coefficients[PP_MAX_FEATURES + 3] = {0};
    double size = 1, *one = x + p * n, *multiplier = one + n, *cheaper = multiplier + n;
    standardise_inputs(model, history, x);
    for (size_t i = 0; i < n; i++) {
        one[i] = 1;
        multiplier[i] = history->multiplier[i] - 1;
        cheaper[i] = (history->rank[i] - 1) / (history->n_firms - 1);
    }
    coefficients[p + 1] = 20;
    for (int step = 0; step < STEPS && size > 1e-8; step++)
        size = rank_step(model, ridge, history, x, coefficients);
    double slope = fmax(coefficients[p + 1], 1); // a dearer offer ranks no better
    if (size < 0 || !isfinite(slope))
        return pp_error_set(error, PP_ENUMERIC, "the rank regression has no solution");
    for (size_t j = 0; j < p; j++)
        model->weight[j] = -coefficients[j] / slope;
    model->weight[p] = 1 - coefficients[p] / slope;
    return PP_OK;
}

pp_status pp_rival_model_fit(pp_rival_model *model, double ridge, const pp_history *history,
                             double *scratch, pp_error *error)
{
    if (model->observe == PP_OBSERVE_ALL && history->n_firms > 1)
        return fit_offers(model, ridge, history, scratch, error);
    if (model->observe == PP_OBSERVE_OWN_RANK && history->n_firms > 1)
        return fit_rank(model, ridge, history, scratch, error);
    standardise_inputs(model, history, scratch);
    memset(model->weight, 0, PP_RIVALS * ((size_t)model->n_inputs + 1) * sizeof(double));
    return PP_OK;
}

void pp_rival_model_fold(const pp_rival_model *model, double level, const double *slope,
                         double *weight)
{
    size_t p = (size_t)model->n_inputs;
    bool hand_on = model->observe == PP_OBSERVE_OWN_SALE;
    for (size_t r = 0; !hand_on && r < (size_t)model->n_outputs; r++)
        level += slope[r] * model->weight[r * (p + 1) + p];
    for (size_t j = 0; j < p; j++) {
        double sum = hand_on ? slope[j] : 0;
        for (size_t r = 0; !hand_on && r < (size_t)model->n_outputs; r++)
            sum += slope[r] * model->weight[r * (p + 1) + j];
        weight[j] = sum / model->deviation[j];
        level -= weight[j] * model->mean[j];
    }
    weight[p] = level;
}

/// Rows [first, first + m) of all outputs. Strip by strip, features are read from memory once.
static void predict_strip(const pp_rival_model *model, const double *const *features,
                          const double *log_estimate, const double *weight, size_t first, size_t m,
                          size_t n, double *outputs)
{
    const double *columns[PP_MAX_FEATURES];
    size_t p = (size_t)model->n_inputs;
    for (size_t j = 0; j + 1 < p; j++)
        columns[j] = features[j] + first;
    for (size_t r = 0; r < (size_t)model->n_outputs; r++)
        pp_pricing_kernels_now()->affine(weight + r * (p + 1), (int)p - 1, columns,
                                         log_estimate + first, m, outputs + r * n + first);
}

void pp_rival_model_predict(const pp_rival_model *model, const double *const *features,
                            const double *estimate, size_t n, double *scratch, double *outputs)
{
    double weight[PP_RIVALS * (PP_MAX_FEATURES + 2)];
    int p = model->n_inputs;
    pp_pricing_kernels_now()->log(estimate, n, scratch);
    if (model->observe == PP_OBSERVE_OWN_SALE) {
        for (int j = 0; j < p; j++)
            pp_fit_kernels_now()->scale(input_column(model, features, scratch, j), n,
                                        model->mean[j], 1 / model->deviation[j],
                                        outputs + (size_t)j * n);
        return;
    }
    for (int r = 0; r < model->n_outputs; r++) {
        double slope[PP_RIVALS] = {0};
        slope[r] = 1;
        pp_rival_model_fold(model, 0, slope, weight + r * (p + 1));
    }
    for (size_t first = 0; first < n; first += PP_FIT_STRIP)
        predict_strip(model, features, scratch, weight, first,
                      n - first < PP_FIT_STRIP ? n - first : PP_FIT_STRIP, n, outputs);
}
