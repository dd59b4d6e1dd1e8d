// Logistic conversion: logit P = alpha(x) - beta a, alpha linear in the inputs. Fitted by Newton's
// method on the penalised likelihood. The prior pulls beta towards `prior_slope` with the weight of
// `slope_weight` rows and the rest towards 0 with the weight of `conversion_ridge` rows, so a firm
// that never sold still gets a finite, falling curve. A slope below `slope_min` is overruled: the
// prior's takes its place and the rest is fitted again.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pricing/bid.h"
#include "pricing/conversion.h"
#include "pricing/linear.h"
#include "pricing/pricing_kernels.h"

enum { STEPS = 60, HALVINGS = 30, MAX_INPUTS = PP_CONVERSION_INPUTS, BLOCK = 256 };

typedef struct logistic {
    int n_inputs;
    double beta;
    double alpha; ///< intercept, in raw units
    double weight[MAX_INPUTS];
} logistic;

/// A fit under way, in standardised inputs and in u = (mean multiplier - a) * prior_slope.
typedef struct fitting {
    const pp_conversion_data *data;
    double ridge, slope_ridge, slope_scale, centre;
    double slope_floor; ///< of the coefficient of u
    size_t n_free;      ///< coefficients fitted; the slope, the last, may be held
    size_t n_all;       ///< inputs, intercept, slope
    double *mean, *deviation, *coefficient, *gradient, *step; ///< [n_all]
    double *hessian;                                          ///< [n_free][n_free]
    double *column;                                           ///< [n_all][BLOCK] regressors
    double *weighted;                                         ///< [BLOCK]
} fitting;

static double prior_mean(const fitting *f, size_t j)
{
    return j == f->n_all - 1 ? 1 : 0;
}

static double prior_weight(const fitting *f, size_t j)
{
    return j == f->n_all - 1 ? f->slope_ridge : f->ridge;
}

/// Regressors of rows [first, first + n): standardised inputs, 1, and u.
static void load_block(const fitting *f, size_t first, size_t n)
{
    size_t p = f->n_all - 2;
    for (size_t j = 0; j < p; j++) {
        const double *x = f->data->inputs[j] + first;
        double mean = f->mean[j], scale = 1 / f->deviation[j];
        for (size_t i = 0; i < n; i++)
            f->column[j * BLOCK + i] = (x[i] - mean) * scale;
    }
    for (size_t i = 0; i < n; i++) {
        f->column[p * BLOCK + i] = 1;
        f->column[(p + 1) * BLOCK + i] =
            (f->centre - f->data->multiplier[first + i]) * f->slope_scale;
    }
}

/// Add a block's part of the gradient of the log-likelihood and of minus its Hessian.
static void add_block(const fitting *f, size_t first, size_t n)
{
    size_t q = f->n_free;
    double residual[BLOCK], weight[BLOCK] = {0};
    load_block(f, first, n);
    for (size_t j = 0; j < f->n_all; j++)
        for (size_t i = 0; i < n; i++)
            weight[i] += f->coefficient[j] * f->column[j * BLOCK + i];
    for (size_t i = 0; i < n; i++) {
        double p = 1 / (1 + exp(-weight[i]));
        residual[i] = f->data->sold[first + i] - p;
        weight[i] = p * (1 - p);
    }
    for (size_t j = 0; j < q; j++) {
        const double *x = f->column + j * BLOCK;
        f->gradient[j] += pp_dot(residual, x, n);
        for (size_t i = 0; i < n; i++)
            f->weighted[i] = weight[i] * x[i];
        for (size_t k = 0; k <= j; k++)
            f->hessian[j * q + k] += pp_dot(f->weighted, f->column + k * BLOCK, n);
    }
}

/// Gradient and Hessian of the penalised log-likelihood at the coefficients in hand.
/// @return squared length of the gradient
static double derivatives(const fitting *f)
{
    size_t q = f->n_free;
    double length = 0;
    memset(f->gradient, 0, q * sizeof(double));
    memset(f->hessian, 0, q * q * sizeof(double));
    for (size_t first = 0; first < f->data->n; first += BLOCK)
        add_block(f, first, f->data->n - first < BLOCK ? f->data->n - first : BLOCK);
    for (size_t j = 0; j < q; j++) {
        f->hessian[j * q + j] += prior_weight(f, j);
        f->gradient[j] -= prior_weight(f, j) * (f->coefficient[j] - prior_mean(f, j));
        length += f->gradient[j] * f->gradient[j];
    }
    return length;
}

/// Move by `scale` times the step, and take the derivatives there.
static double move(const fitting *f, double scale)
{
    for (size_t j = 0; j < f->n_free; j++)
        f->coefficient[j] += scale * f->step[j];
    return derivatives(f);
}

/// Newton's method. The penalised likelihood is strictly concave, so a Newton step shortens the
/// gradient if it is short enough: one that does not is halved.
static pp_status newton(const fitting *f, pp_error *error)
{
    double length = derivatives(f), small = 1e-20 * (double)(f->data->n * f->data->n);
    for (int i = 0; i < STEPS && length > small; i++) {
        PP_TRY(pp_solve_positive(f->hessian, f->n_free, f->gradient, 1, error));
        memcpy(f->step, f->gradient, f->n_free * sizeof(double));
        double next = move(f, 1), back = 0.5;
        for (int halving = 0; halving < HALVINGS && !(next < length); halving++) {
            next = move(f, -back);
            back /= 2;
        }
        if (!(next < length))
            break; // at the limit of precision
        length = next;
    }
    return isfinite(length) ? PP_OK : pp_error_set(error, PP_ENUMERIC, "a conversion fit failed");
}

static pp_status start(fitting *f, const pp_pricing_config *config, const pp_conversion_data *data,
                       pp_error *error)
{
    size_t q = (size_t)data->n_inputs + 2;
    if (data->n_inputs < 0 || data->n_inputs > MAX_INPUTS)
        return pp_error_set(error, PP_EINVAL, "a conversion model of %d inputs; %d are possible",
                            data->n_inputs, (int)MAX_INPUTS);
    *f = (fitting){.data = data,
                   .ridge = config->conversion_ridge,
                   .slope_ridge = config->slope_weight,
                   .slope_scale = config->prior_slope,
                   .slope_floor = config->slope_min / config->prior_slope,
                   .n_free = q,
                   .n_all = q};
    double unused, *at = calloc(q * (5 + q + BLOCK) + BLOCK, sizeof(double));
    if (!at)
        return pp_error_memory(error, "a conversion fit");
    f->mean = at;
    f->deviation = f->mean + q;
    f->coefficient = f->deviation + q;
    f->gradient = f->coefficient + q;
    f->step = f->gradient + q;
    f->hessian = f->step + q;
    f->column = f->hessian + q * q;
    f->weighted = f->column + q * BLOCK;
    for (int j = 0; j < data->n_inputs; j++)
        pp_standardise(data->inputs[j], data->n, &f->mean[j], &f->deviation[j]);
    pp_standardise(data->multiplier, data->n, &f->centre, &unused);
    f->coefficient[q - 1] = fmax(1, f->slope_floor);
    return PP_OK;
}

/// Undo the standardisation.
static void finish(const fitting *f, logistic *model)
{
    size_t p = f->n_all - 2;
    model->n_inputs = (int)p;
    model->beta = f->coefficient[p + 1] * f->slope_scale;
    model->alpha = f->coefficient[p] + model->beta * f->centre;
    for (size_t j = 0; j < p; j++) {
        model->weight[j] = f->coefficient[j] / f->deviation[j];
        model->alpha -= model->weight[j] * f->mean[j];
    }
}

static pp_status logistic_fit(void *model, const pp_pricing_config *config,
                              const pp_conversion_data *data, gsl_rng *rng, bool *constrained,
                              pp_error *error)
{
    (void)rng;
    fitting f;
    *constrained = false;
    PP_TRY(start(&f, config, data, error));
    double *slope = &f.coefficient[f.n_all - 1];
    pp_status status = newton(&f, error);
    if (status == PP_OK && !(*slope >= f.slope_floor)) {
        *constrained = true;
        *slope = fmax(1, f.slope_floor); // the prior's
        f.n_free = f.n_all - 1;
        status = newton(&f, error);
    }
    if (status == PP_OK)
        finish(&f, model);
    free(f.mean); // the first of the one block
    return status;
}

static size_t logistic_model_size(const pp_pricing_config *config, int n_inputs)
{
    (void)config, (void)n_inputs;
    return sizeof(logistic);
}

static size_t logistic_curve_size(const pp_pricing_config *config)
{
    (void)config;
    return 1;
}

static void logistic_affine(const void *model, double *level, double *weight)
{
    const logistic *m = model;
    *level = m->alpha;
    memcpy(weight, m->weight, (size_t)m->n_inputs * sizeof(double));
}

static void logistic_prepare(const void *model, const double *const *inputs, size_t n,
                             double *curves)
{
    const logistic *m = model;
    for (size_t i = 0; i < n; i++)
        curves[i] = m->alpha;
    for (int j = 0; j < m->n_inputs; j++)
        for (size_t i = 0; i < n; i++)
            curves[i] += m->weight[j] * inputs[j][i];
}

static double logistic_probability(const void *model, const double *curve, double multiplier)
{
    const logistic *m = model;
    return 1 / (1 + exp(m->beta * multiplier - curve[0]));
}

static void logistic_bid(const void *model, const double *curves, size_t n, const double *k,
                         double bid_min, double bid_max, double *bid)
{
    const logistic *m = model;
    pp_pricing_kernels_now()->bid(curves, m->beta, k, bid_min, bid_max, n, bid);
}

double pp_logistic_slope(const void *model)
{
    return ((const logistic *)model)->beta;
}

const pp_conversion_class pp_conversion_logistic = {
    .name = "logistic",
    .doc = "logistic regression on the predicted rival offers and the own multiplier",
    .model_size = logistic_model_size,
    .curve_size = logistic_curve_size,
    .fit = logistic_fit,
    .affine = logistic_affine,
    .prepare = logistic_prepare,
    .probability = logistic_probability,
    .bid = logistic_bid,
};

const pp_conversion_class *const pp_conversion_classes[] = {&pp_conversion_logistic,
                                                            &pp_conversion_mlp, NULL};
