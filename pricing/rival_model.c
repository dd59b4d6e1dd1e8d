// Fits and predictions of the market model, one kind for each way to observe rivals.
#include "pricing/rival_model.h"

#include <stdlib.h>
#include <string.h>

#include "pricing/linear.h"
#include "pricing/pricing_kernels.h"

pp_status pp_rival_model_create(int n_columns, pp_observe observe, pp_rival_model *model,
                                pp_error *error)
{
    int p = n_columns + 1;
    *model = (pp_rival_model){.n_inputs = p, .observe = observe};
    model->n_outputs = observe == PP_OBSERVE_ALL        ? PP_RIVALS
                       : observe == PP_OBSERVE_OWN_RANK ? 1
                                                        : p;
    // mean, deviation, weights, and a system [p + 2][p + 2] with PP_RIVALS right-hand sides
    size_t q = (size_t)p + 2;
    model->storage = calloc(2 * (size_t)p + PP_RIVALS * q + q * q + PP_RIVALS * q, sizeof(double));
    if (!model->storage)
        return pp_error_memory(error, "a market model");
    model->mean = model->storage;
    model->deviation = model->mean + p;
    model->weight = model->deviation + p;
    return PP_OK;
}

void pp_rival_model_destroy(pp_rival_model *model)
{
    free(model->storage);
    memset(model, 0, sizeof *model);
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
    pp_pricing_kernels_now()->log(history->estimate, n, logs);
    for (int j = 0; j < model->n_inputs; j++) {
        const double *x = input_column(model, history->features, logs, j);
        double *to = z + (size_t)j * n;
        pp_standardise(x, n, &model->mean[j], &model->deviation[j]);
        for (size_t i = 0; i < n; i++)
            to[i] = (x[i] - model->mean[j]) / model->deviation[j];
    }
}

/// Ridge regressions of the three rival multiples on one Gram matrix. Inputs are centred, so the
/// intercept is the mean and is not shrunk.
static pp_status fit_offers(pp_rival_model *model, double ridge, const pp_history *history,
                            const double *z, pp_error *error)
{
    size_t p = (size_t)model->n_inputs, n = history->n;
    double *gram = system_of(model), *right = gram + p * p;
    for (size_t j = 0; j < p; j++) {
        for (size_t k = 0; k <= j; k++)
            gram[j * p + k] = pp_dot(z + j * n, z + k * n, n);
        gram[j * p + j] += ridge * (double)n;
    }
    for (size_t r = 0; r < PP_RIVALS; r++) {
        double mean, deviation;
        pp_standardise(history->rivals[r], n, &mean, &deviation);
        model->weight[r * (p + 1) + p] = mean;
        for (size_t j = 0; j < p; j++) // z is centred: no need to centre the response too
            right[r * p + j] = pp_dot(z + j * n, history->rivals[r], n);
    }
    pp_status status = pp_solve_positive(gram, p, right, PP_RIVALS, error);
    for (size_t r = 0; r < PP_RIVALS && status == PP_OK; r++)
        memcpy(model->weight + r * (p + 1), right + r * p, p * sizeof(double));
    return status;
}

/// One Newton step of the rank regression, logit of "a rival is cheaper" = c0 + slope (a - 1) +
/// z'c.
/// @param coefficients [p + 2]: c, c0, slope
/// @return size of the step, negative if the system cannot be solved
static double rank_step(pp_rival_model *model, double ridge, const pp_history *history,
                        const double *z, double *row, double *coefficients)
{
    size_t p = (size_t)model->n_inputs, q = p + 2, n = history->n;
    double *h = system_of(model), *g = h + q * q, trials = history->n_firms - 1;
    memset(h, 0, (q * q + q) * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        double logit = 0;
        for (size_t j = 0; j < p; j++)
            row[j] = z[j * n + i];
        row[p] = 1;
        row[p + 1] = history->multiplier[i] - 1;
        for (size_t j = 0; j < q; j++)
            logit += coefficients[j] * row[j];
        double share = 1 / (1 + exp(-logit)), weight = trials * share * (1 - share);
        double residual = history->rank[i] - 1 - trials * share;
        for (size_t j = 0; j < q; j++) {
            g[j] += residual * row[j];
            for (size_t k = 0; k <= j; k++)
                h[j * q + k] += weight * row[j] * row[k];
        }
    }
    for (size_t j = 0; j < q; j++) {
        double pull = ridge * (double)n + 1e-6;
        h[j * q + j] += pull;
        g[j] -= pull * coefficients[j];
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
static pp_status fit_rank(pp_rival_model *model, double ridge, const pp_history *history,
                          const double *z, pp_error *error)
{
    enum { STEPS = 50 };
    size_t p = (size_t)model->n_inputs;
    double row[PP_MAX_FEATURES + 3], coefficients[PP_MAX_FEATURES + 3] = {0};
    double size = 1;
    coefficients[p + 1] = 20;
    for (int step = 0; step < STEPS && size > 1e-8; step++)
        size = rank_step(model, ridge, history, z, row, coefficients);
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
    standardise_inputs(model, history, scratch);
    if (model->observe == PP_OBSERVE_ALL && history->n_firms > 1)
        return fit_offers(model, ridge, history, scratch, error);
    if (model->observe == PP_OBSERVE_OWN_RANK && history->n_firms > 1)
        return fit_rank(model, ridge, history, scratch, error);
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

void pp_rival_model_predict(const pp_rival_model *model, const double *const *features,
                            const double *estimate, size_t n, double *scratch, double *outputs)
{
    size_t p = (size_t)model->n_inputs;
    bool hand_on = model->observe == PP_OBSERVE_OWN_SALE;
    pp_pricing_kernels_now()->log(estimate, n, scratch);
    for (size_t r = 0; !hand_on && r < (size_t)model->n_outputs; r++)
        for (size_t i = 0; i < n; i++)
            outputs[r * n + i] = model->weight[r * (p + 1) + p];
    for (size_t j = 0; j < p; j++) {
        const double *x = input_column(model, features, scratch, (int)j);
        double mean = model->mean[j], scale = 1 / model->deviation[j];
        for (size_t i = 0; hand_on && i < n; i++)
            outputs[j * n + i] = (x[i] - mean) * scale;
        for (size_t r = 0; !hand_on && r < (size_t)model->n_outputs; r++) {
            double weight = model->weight[r * (p + 1) + j] * scale, *to = outputs + r * n;
            for (size_t i = 0; i < n; i++)
                to[i] += weight * (x[i] - mean);
        }
    }
}
