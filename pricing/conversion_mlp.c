// A small neural network whose conversion can only fall with price:
//   logit P = c + z'l - (floor + softplus(s)) u + sum_h softplus(v_h) bend(z'w_h + b_h -
//   softplus(q_h) u)
// with z the standardised inputs, u = (a - 1) * prior_slope and bend(x) = x/(1 + |x|). Every term
// falls with u by construction. Fitted by GSL's BFGS on the penalised likelihood, gradients by
// back-propagation with CBLAS, starting from the last fit where there is one.
#include <gsl/gsl_cblas.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pricing/conversion.h"
#include "pricing/linear.h"

enum { BLOCK = 256, GRID = 33, REFINE = 12, MAX_INPUTS = PP_MAX_FEATURES + 1, MAX_HIDDEN = 256 };

/// Parameters theta: c, s, l[p], then per hidden unit b[H], q[H], v[H], W[H][p].
typedef struct mlp {
    size_t p, hidden, n_theta;
    double scale; ///< u = (a - 1)*scale
    double slope_floor;
    int fitted;
    double mean[MAX_INPUTS], deviation[MAX_INPUTS];
    double slope;                              ///< floor + softplus(s)
    double fall[MAX_HIDDEN], gain[MAX_HIDDEN]; ///< softplus of q and v
    double theta[];                            ///< [n_theta]
} mlp;

typedef struct parts {
    size_t c, s, l, b, q, v, w;
} parts;

static parts parts_of(const mlp *m)
{
    size_t H = m->hidden, p = m->p;
    return (parts){0, 1, 2, 2 + p, 2 + p + H, 2 + p + 2 * H, 2 + p + 3 * H};
}

static double softplus(double x)
{
    return x > 30 ? x : log1p(exp(x));
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static size_t theta_count(const pp_pricing_config *config, int n_inputs)
{
    return 2 + (size_t)n_inputs + (size_t)config->mlp_hidden * (3 + (size_t)n_inputs);
}

static size_t mlp_model_size(const pp_pricing_config *config, int n_inputs)
{
    return sizeof(mlp) + theta_count(config, n_inputs) * sizeof(double);
}

/// A curve: the part of the logit that does not move with u, then each unit's activation at u = 0.
static size_t mlp_curve_size(const pp_pricing_config *config)
{
    return 1 + (size_t)config->mlp_hidden;
}

/// x/(1 + |x|): rises from -1 to 1, costs no exponential.
static double bend(double x)
{
    return x / (1 + fabs(x));
}

/// The fit under way: standardised inputs row-major, so that a block is one matrix.
typedef struct fitting {
    mlp *model; ///< slope, fall and gain are those of the theta in hand
    const pp_conversion_data *data;
    double ridge;
    double *z;          ///< [n][p]
    double *u;          ///< [n]
    double *activation; ///< [BLOCK][H]
    double *delta;      ///< [BLOCK][H] gradient of the loss in each unit's input
} fitting;

/// The positive quantities behind theta.
static void unfold(mlp *m, const double *theta)
{
    parts at = parts_of(m);
    m->slope = m->slope_floor + softplus(theta[at.s]);
    for (size_t h = 0; h < m->hidden; h++) {
        m->fall[h] = softplus(theta[at.q + h]);
        m->gain[h] = softplus(theta[at.v + h]);
    }
}

/// Loss of a block and its gradient with respect to theta, both added; the positive quantities'
/// gradients are with respect to themselves.
static double block_loss(const fitting *f, const double *theta, size_t first, size_t n,
                         double *gradient)
{
    const mlp *m = f->model;
    parts at = parts_of(m);
    size_t H = m->hidden, p = m->p;
    const double *z = f->z + first * p;
    double loss = 0;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)H, (int)p, 1, z, (int)p,
                theta + at.w, (int)p, 0, f->activation, (int)H);
    for (size_t i = 0; i < n; i++) {
        double *a = f->activation + i * H, *d = f->delta + i * H, u = f->u[first + i];
        double logit = theta[at.c] - m->slope * u;
        for (size_t j = 0; j < p; j++)
            logit += z[i * p + j] * theta[at.l + j];
        for (size_t h = 0; h < H; h++) {
            a[h] = bend(a[h] + theta[at.b + h] - m->fall[h] * u);
            logit += m->gain[h] * a[h];
        }
        int sold = f->data->sold[first + i];
        double error = sigmoid(logit) - sold;
        loss += softplus(sold ? -logit : logit);
        if (!gradient)
            continue;
        gradient[at.c] += error;
        gradient[at.s] -= error * u;
        for (size_t j = 0; j < p; j++)
            gradient[at.l + j] += error * z[i * p + j];
        for (size_t h = 0; h < H; h++) {
            double flat = 1 - fabs(a[h]); // bend' = (1 - |bend|)^2
            gradient[at.v + h] += error * a[h];
            d[h] = error * m->gain[h] * flat * flat;
            gradient[at.b + h] += d[h];
            gradient[at.q + h] -= d[h] * u;
        }
    }
    if (gradient)
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)H, (int)p, (int)n, 1, f->delta,
                    (int)H, z, (int)p, 1, gradient + at.w, (int)p);
    return loss;
}

/// From the gradient in softplus(x) to that in x.
static void fold_gradient(const mlp *m, const double *theta, double *gradient)
{
    parts at = parts_of(m);
    gradient[at.s] *= sigmoid(theta[at.s]);
    for (size_t h = 0; h < m->hidden; h++) {
        gradient[at.q + h] *= sigmoid(theta[at.q + h]);
        gradient[at.v + h] *= sigmoid(theta[at.v + h]);
    }
}

static double total_loss(const fitting *f, const double *theta, double *gradient)
{
    size_t n = f->data->n;
    double loss = 0;
    unfold(f->model, theta);
    for (size_t first = 0; first < n; first += BLOCK)
        loss += block_loss(f, theta, first, n - first < BLOCK ? n - first : BLOCK, gradient);
    if (gradient)
        fold_gradient(f->model, theta, gradient);
    for (size_t j = 0; j < f->model->n_theta; j++) {
        loss += 0.5 * f->ridge * theta[j] * theta[j];
        if (gradient)
            gradient[j] += f->ridge * theta[j];
    }
    return loss;
}

static double loss_f(const gsl_vector *x, void *context)
{
    return total_loss(context, x->data, NULL);
}

static void loss_df(const gsl_vector *x, void *context, gsl_vector *g)
{
    gsl_vector_set_zero(g);
    total_loss(context, x->data, g->data);
}

static void loss_fdf(const gsl_vector *x, void *context, double *loss, gsl_vector *g)
{
    gsl_vector_set_zero(g);
    *loss = total_loss(context, x->data, g->data);
}

static void first_guess(mlp *m, gsl_rng *rng)
{
    parts at = parts_of(m);
    memset(m->theta, 0, m->n_theta * sizeof(double));
    m->theta[at.s] = 0.5;
    for (size_t h = 0; h < m->hidden; h++)
        m->theta[at.v + h] = -1;
    for (size_t j = 0; j < m->hidden * m->p; j++)
        m->theta[at.w + j] = gsl_ran_gaussian(rng, 0.5);
    for (size_t h = 0; h < m->hidden; h++)
        m->theta[at.b + h] = gsl_ran_gaussian(rng, 0.5);
}

/// GSL ends the program when there is no memory for a minimizer of n numbers, so look first.
static bool has_room(size_t n)
{
    const size_t vectors = 16, vector = n * sizeof(double) + 128; // it has 10
    void *volatile room = malloc(vectors * vector);
    bool found = room != NULL;
    free(room);
    return found;
}

static pp_status minimise(mlp *m, fitting *f, int64_t steps, pp_error *error)
{
    if (!has_room(m->n_theta))
        return pp_error_memory(error, "a neural network's fit");
    gsl_multimin_function_fdf function = {loss_f, loss_df, loss_fdf, m->n_theta, f};
    gsl_multimin_fdfminimizer *minimizer =
        gsl_multimin_fdfminimizer_alloc(gsl_multimin_fdfminimizer_vector_bfgs2, m->n_theta);
    gsl_vector_view start = gsl_vector_view_array(m->theta, m->n_theta);
    gsl_multimin_fdfminimizer_set(minimizer, &function, &start.vector, 0.1, 0.1);
    for (int64_t i = 0; i < steps; i++) {
        if (gsl_multimin_fdfminimizer_iterate(minimizer) != 0)
            break; // no further descent at the limit of precision
        if (gsl_multimin_test_gradient(minimizer->gradient, 1e-4 * (double)f->data->n) == 0)
            break;
    }
    bool finite = isfinite(minimizer->f);
    if (finite)
        memcpy(m->theta, minimizer->x->data, m->n_theta * sizeof(double));
    gsl_multimin_fdfminimizer_free(minimizer);
    return finite ? PP_OK : pp_error_set(error, PP_ENUMERIC, "a neural network's fit diverged");
}

static void standardise(mlp *m, const pp_conversion_data *data, fitting *f)
{
    for (size_t j = 0; j < m->p; j++) {
        if (!m->fitted) // later fits keep the units that theta is in
            pp_standardise(data->inputs[j], data->n, &m->mean[j], &m->deviation[j]);
        for (size_t i = 0; i < data->n; i++)
            f->z[i * m->p + j] = (data->inputs[j][i] - m->mean[j]) / m->deviation[j];
    }
    for (size_t i = 0; i < data->n; i++)
        f->u[i] = (data->multiplier[i] - 1) * m->scale;
}

static pp_status mlp_fit(void *model, const pp_pricing_config *config,
                         const pp_conversion_data *data, gsl_rng *rng, bool *constrained,
                         pp_error *error)
{
    mlp *m = model;
    m->p = (size_t)data->n_inputs;
    m->hidden = (size_t)config->mlp_hidden;
    m->n_theta = theta_count(config, data->n_inputs);
    m->scale = config->prior_slope;
    m->slope_floor = config->slope_min / config->prior_slope;
    *constrained = false; // by construction
    fitting f = {.model = m, .data = data, .ridge = config->mlp_ridge};
    double *storage = malloc((data->n * (m->p + 1) + 2 * BLOCK * m->hidden) * sizeof(double));
    if (!storage)
        return pp_error_memory(error, "a neural network's fit");
    f.z = storage;
    f.u = f.z + data->n * m->p;
    f.activation = f.u + data->n;
    f.delta = f.activation + BLOCK * m->hidden;
    standardise(m, data, &f);
    if (!m->fitted)
        first_guess(m, rng);
    pp_status status = minimise(m, &f, config->mlp_steps, error);
    m->fitted = status == PP_OK;
    unfold(m, m->theta);
    free(storage);
    return status;
}

static void mlp_prepare(const void *model, const double *const *inputs, size_t n, double *curves)
{
    const mlp *m = model;
    parts at = parts_of(m);
    size_t H = m->hidden, p = m->p;
    double z[MAX_INPUTS];
    for (size_t i = 0; i < n; i++) {
        double *curve = curves + i * (H + 1);
        for (size_t j = 0; j < p; j++)
            z[j] = (inputs[j][i] - m->mean[j]) / m->deviation[j];
        curve[0] = m->theta[at.c] + cblas_ddot((int)p, z, 1, m->theta + at.l, 1);
        memcpy(curve + 1, m->theta + at.b, H * sizeof(double));
        cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)H, (int)p, 1, m->theta + at.w, (int)p, z, 1,
                    1, curve + 1, 1);
    }
}

static double mlp_probability(const void *model, const double *curve, double multiplier)
{
    const mlp *m = model;
    double u = (multiplier - 1) * m->scale;
    double logit = curve[0] - m->slope * u;
    for (size_t h = 0; h < m->hidden; h++)
        logit += m->gain[h] * bend(curve[1 + h] - m->fall[h] * u);
    return sigmoid(logit);
}

static double gain(const void *model, const double *curve, double k, double a)
{
    return mlp_probability(model, curve, a) * (a - k);
}

/// Where the gain is greatest within [low, high], if it has one maximum there.
static double golden_section(const void *model, const double *curve, double k, double low,
                             double high)
{
    const double share = 0.61803398874989485;
    double a = high - share * (high - low), b = low + share * (high - low);
    double at_a = gain(model, curve, k, a), at_b = gain(model, curve, k, b);
    for (int i = 0; i < REFINE; i++)
        if (at_a >= at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - share * (high - low);
            at_a = gain(model, curve, k, a);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + share * (high - low);
            at_b = gain(model, curve, k, b);
        }
    return at_a >= at_b ? a : b;
}

/// Grid search, since the curve may have several maxima, then golden section around the best point.
static double best_bid(const void *model, const double *curve, double k, double low, double high)
{
    double step = (high - low) / (GRID - 1), best = low, most = -INFINITY;
    for (int g = 0; g < GRID; g++) {
        double a = g == GRID - 1 ? high : low + g * step, value = gain(model, curve, k, a);
        if (value > most) {
            most = value;
            best = a;
        }
    }
    double a = golden_section(model, curve, k, fmax(best - step, low), fmin(best + step, high));
    return gain(model, curve, k, a) > most ? a : best;
}

static void mlp_bid(const void *model, const double *curves, size_t n, const double *k,
                    double bid_min, double bid_max, double *bid)
{
    const mlp *m = model;
    for (size_t i = 0; i < n; i++)
        bid[i] = best_bid(model, curves + i * (m->hidden + 1), k ? k[i] : 1, bid_min, bid_max);
}

const pp_conversion_class pp_conversion_mlp = {
    .name = "mlp",
    .doc = "a small neural network whose conversion falls with price by construction",
    .model_size = mlp_model_size,
    .curve_size = mlp_curve_size,
    .fit = mlp_fit,
    .prepare = mlp_prepare,
    .probability = mlp_probability,
    .bid = mlp_bid,
};
