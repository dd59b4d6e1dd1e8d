// Logistic conversion: logit P = alpha(x) - beta a, alpha linear in the inputs. Fitted by Newton's
// method on the penalised likelihood. The prior pulls beta towards `prior_slope` with the weight of
// `slope_weight` rows and the rest towards 0 with the weight of `conversion_ridge` rows, so a firm
// that never sold still gets a finite, falling curve. A slope below `slope_min` is held there, or
// at the prior's if next to nothing was sold or all but everything, and the rest is fitted again.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pricing/bid.h"
#include "pricing/conversion.h"
#include "pricing/fit_kernels.h"
#include "pricing/linear.h"
#include "pricing/pricing_kernels.h"

enum { STEPS = 60, HALVINGS = 30, FEW = 10, MAX_INPUTS = PP_CONVERSION_INPUTS };

/// The error left after a step so small is of the order of its square.
static const double last_step = 3e-5;

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
    double *column;                                           ///< [n_all][n] regressors, sales
    double *allocated;                                        ///< the columns, or NULL
} fitting;

static double prior_mean(const fitting *f, size_t j)
{
    return j == f->n_all - 1 ? 1 : 0;
}

static double prior_weight(const fitting *f, size_t j)
{
    return j == f->n_all - 1 ? f->slope_ridge : f->ridge;
}

/// Regressors: standardised inputs, 1, and u. After them the sales.
static void load_columns(fitting *f)
{
    const pp_fit_kernels *kernels = pp_fit_kernels_now();
    size_t p = f->n_all - 2, n = f->data->n;
    double *one = f->column + p * n, *sold = one + 2 * n, unused;
    for (size_t j = 0; j < p; j++) {
        pp_standardise(f->data->inputs[j], n, &f->mean[j], &f->deviation[j]);
        kernels->scale(f->data->inputs[j], n, f->mean[j], 1 / f->deviation[j], f->column + j * n);
    }
    pp_standardise(f->data->multiplier, n, &f->centre, &unused);
    kernels->scale(f->data->multiplier, n, f->centre, -f->slope_scale, one + n);
    for (size_t i = 0; i < n; i++) {
        one[i] = 1;
        sold[i] = f->data->sold[i];
    }
}

/// Gradient and Hessian of the penalised log-likelihood at the coefficients in hand.
/// @return squared length of the gradient
static double derivatives(const fitting *f)
{
    size_t q = f->n_free, n = f->data->n;
    double length = 0;
    memset(f->gradient, 0, q * sizeof(double));
    memset(f->hessian, 0, q * q * sizeof(double));
    pp_fit_kernels_now()->logistic(f->column, n, f->column + f->n_all * n, n, q, f->n_all,
                                   f->coefficient, f->gradient, f->hessian);
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

/// Take the step without a look at where it leads, if it is small enough.
static bool take_last(const fitting *f)
{
    for (size_t j = 0; j < f->n_free; j++)
        if (!(fabs(f->step[j]) < last_step))
            return false;
    for (size_t j = 0; j < f->n_free; j++)
        f->coefficient[j] += f->step[j];
    return true;
}

/// Newton's method. The penalised likelihood is strictly concave, so a Newton step shortens the
/// gradient if it is short enough: one that does not is halved.
static pp_status newton(const fitting *f, pp_error *error)
{
    double length = derivatives(f), small = 1e-20 * (double)(f->data->n * f->data->n);
    for (int i = 0; i < STEPS && length > small; i++) {
        PP_TRY(pp_solve_positive(f->hessian, f->n_free, f->gradient, 1, error));
        memcpy(f->step, f->gradient, f->n_free * sizeof(double));
        if (take_last(f))
            break;
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
    double *at = calloc(q * (5 + q), sizeof(double));
    f->column = data->work;
    if (!f->column)
        f->column = f->allocated = malloc((q + 1) * data->n * sizeof(double) + 1);
    f->mean = at;
    if (!at || !f->column)
        return pp_error_memory(error, "a conversion fit");
    f->deviation = f->mean + q;
    f->coefficient = f->deviation + q;
    f->gradient = f->coefficient + q;
    f->step = f->gradient + q;
    f->hessian = f->step + q;
    load_columns(f);
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

/// Start from the last fit, if there is one. The way back is finish's.
static void start_from(fitting *f, const logistic *last)
{
    size_t p = f->n_all - 2;
    if (last->n_inputs != (int)p || !(last->beta > 0))
        return;
    f->coefficient[p + 1] = last->beta / f->slope_scale;
    f->coefficient[p] = last->alpha - last->beta * f->centre;
    for (size_t j = 0; j < p; j++) {
        f->coefficient[j] = last->weight[j] * f->deviation[j];
        f->coefficient[p] += last->weight[j] * f->mean[j];
    }
}

/// Did all but a few quotes sell, or none but a few? Such a history says little of how price
/// matters.
static bool is_one_sided(const pp_conversion_data *data)
{
    size_t sold = 0;
    for (size_t i = 0; i < data->n; i++)
        sold += data->sold[i];
    return sold < FEW || data->n - sold < FEW;
}

/// A slope that is too flat is held at the least that is accepted, and the rest is fitted again:
/// the best fit under that condition, since the likelihood is concave. Where the history says
/// nothing, it is held at the prior's: a firm that sold nothing must not answer by asking more.
static pp_status fit(fitting *f, bool *constrained, pp_error *error)
{
    double *slope = &f->coefficient[f->n_all - 1];
    PP_TRY(newton(f, error));
    if (*slope >= f->slope_floor)
        return PP_OK;
    *constrained = true;
    *slope = is_one_sided(f->data) ? fmax(1, f->slope_floor) : f->slope_floor;
    f->n_free = f->n_all - 1;
    return newton(f, error);
}

static pp_status logistic_fit(void *model, const pp_pricing_config *config,
                              const pp_conversion_data *data, gsl_rng *rng, bool *constrained,
                              pp_error *error)
{
    (void)rng;
    fitting f = {0};
    *constrained = false;
    pp_status status = start(&f, config, data, error);
    if (status == PP_OK) {
        start_from(&f, model);
        status = fit(&f, constrained, error);
    }
    if (status == PP_OK)
        finish(&f, model);
    free(f.mean); // the first of the one block
    free(f.allocated);
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

static void logistic_probabilities(const void *model, const double *curves, size_t n,
                                   const double *multiplier, double *probability)
{
    const logistic *m = model;
    pp_pricing_kernels_now()->probability(curves, m->beta, multiplier, n, probability);
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
    .probabilities = logistic_probabilities,
    .bid = logistic_bid,
};

const pp_conversion_class *const pp_conversion_classes[] = {&pp_conversion_logistic,
                                                            &pp_conversion_mlp, NULL};
