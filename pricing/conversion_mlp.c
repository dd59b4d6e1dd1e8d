// A small neural network whose conversion can only fall with price:
//   logit P = c + z'l - (floor + softplus(s)) u + sum_h softplus(v_h) bend(z'w_h + b_h -
//   softplus(q_h) u)
// with z the standardised inputs, u = (a - 1) * prior_slope and bend(x) = x/(1 + |x|). Every term
// falls with u by construction. Fitted by GSL's BFGS on the penalised likelihood, gradients by
// back-propagation over batches of rows, starting from the last fit where there is one.
#include <gsl/gsl_cblas.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pricing/conversion.h"
#include "pricing/linear.h"
#include "pricing/matrix_kernels.h"
#include "pricing/mlp_kernels.h"

enum {
    ROWS = PP_MATRIX_ROWS,
    GRID = 33,
    REFINE = 12,
    MAX_INPUTS = PP_MAX_FEATURES + 1,
    MAX_HIDDEN = 256
};

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

/// The fit under way. Batches of ROWS rows are as pricing/matrix_kernels.h has them. A linear map
/// leads from z, u and 1 to what goes into each hidden unit and, last, to the logit without them.
typedef struct fitting {
    mlp *model; ///< slope, fall and gain are those of the theta in hand
    const pp_conversion_data *data;
    double ridge;
    double *z;            ///< [batches][p + 2][ROWS] standardised inputs, u, 1
    double *sold;         ///< [batches][ROWS]
    double *unit, *delta; ///< [H + 1][ROWS] see pp_mlp_kernels
    double *weight;       ///< [H + 1][p + 1] of z and u
    double *start;        ///< [H + 1] of 1
    double *slope, *part; ///< [H + 1][p + 2] the loss's gradient in those: all batches', one's
    double *gain, *some;  ///< [H] the loss's gradient in the gains: all batches', one's
    double *storage;
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

/// The linear map of theta, whose positive quantities are unfolded.
static void lay_out(const fitting *f, const double *theta)
{
    const mlp *m = f->model;
    parts at = parts_of(m);
    size_t H = m->hidden, p = m->p;
    for (size_t h = 0; h <= H; h++) {
        double *w = f->weight + h * (p + 1);
        memcpy(w, theta + (h < H ? at.w + h * p : at.l), p * sizeof(double));
        w[p] = h < H ? -m->fall[h] : -m->slope;
        f->start[h] = theta[h < H ? at.b + h : at.c];
    }
}

/// Loss of batch i. Its gradient in the linear map and in the gains is added.
static double batch_loss(const fitting *f, size_t i, bool with_gradient)
{
    const mlp *m = f->model;
    const pp_matrix_kernels *matrices = pp_matrix_kernels_now();
    size_t H = m->hidden, p = m->p, columns = p + 2, left = f->data->n - i * ROWS;
    size_t n = left < ROWS ? left : ROWS, rows = pp_matrix_padded(n);
    const double *z = f->z + i * columns * ROWS;
    matrices->product(
        &(pp_matrix_product){rows, H + 1, p + 1, f->weight, p + 1, 1, f->start, z, f->unit});
    double loss = pp_mlp_kernels_now()->loss(H, m->gain, f->sold + i * ROWS, n, f->unit,
                                             with_gradient ? f->delta : NULL);
    if (!with_gradient)
        return loss;
    matrices->gradient(f->delta, H + 1, z, columns, rows, f->part);
    matrices->gradient(f->unit, H, f->delta + H * ROWS, 1, rows, f->some);
    for (size_t j = 0; j < (H + 1) * columns; j++)
        f->slope[j] += f->part[j];
    for (size_t h = 0; h < H; h++)
        f->gain[h] += f->some[h];
    return loss;
}

/// From the gradient in the linear map and in the gains to that in theta.
static void fold_gradient(const fitting *f, const double *theta, double *gradient)
{
    const mlp *m = f->model;
    parts at = parts_of(m);
    size_t H = m->hidden, p = m->p;
    for (size_t h = 0; h <= H; h++) {
        const double *g = f->slope + h * (p + 2);
        memcpy(gradient + (h < H ? at.w + h * p : at.l), g, p * sizeof(double));
        size_t fall = h < H ? at.q + h : at.s;
        gradient[fall] = -g[p] * sigmoid(theta[fall]);
        gradient[h < H ? at.b + h : at.c] = g[p + 1];
    }
    for (size_t h = 0; h < H; h++)
        gradient[at.v + h] = f->gain[h] * sigmoid(theta[at.v + h]);
}

/// @param gradient [n_theta]; NULL if not wanted
static double total_loss(const fitting *f, const double *theta, double *gradient)
{
    const mlp *m = f->model;
    double loss = 0;
    unfold(f->model, theta);
    lay_out(f, theta);
    memset(f->slope, 0, (m->hidden + 1) * (m->p + 2) * sizeof(double));
    memset(f->gain, 0, m->hidden * sizeof(double));
    for (size_t i = 0; i * ROWS < f->data->n; i++)
        loss += batch_loss(f, i, gradient);
    if (gradient)
        fold_gradient(f, theta, gradient);
    for (size_t j = 0; j < m->n_theta; j++) {
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
    total_loss(context, x->data, g->data);
}

static void loss_fdf(const gsl_vector *x, void *context, double *loss, gsl_vector *g)
{
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

/// The rows in batches, those of padding 0.
static void standardise(mlp *m, const pp_conversion_data *data, fitting *f)
{
    size_t p = m->p, columns = p + 2;
    for (size_t j = 0; j < p && !m->fitted; j++) // later fits keep the units that theta is in
        pp_standardise(data->inputs[j], data->n, &m->mean[j], &m->deviation[j]);
    for (size_t first = 0; first < data->n; first += ROWS) {
        double *z = f->z + first * columns, *sold = f->sold + first;
        for (size_t r = 0; r < ROWS; r++) {
            size_t i = first + r;
            bool there = i < data->n;
            for (size_t j = 0; j < p; j++)
                z[j * ROWS + r] = there ? (data->inputs[j][i] - m->mean[j]) / m->deviation[j] : 0;
            z[p * ROWS + r] = there ? (data->multiplier[i] - 1) * m->scale : 0;
            z[(p + 1) * ROWS + r] = there;
            sold[r] = there && data->sold[i];
        }
    }
}

/// Room for a fit of the model, freed with its `storage`, and the rows in it.
static pp_status fitting_start(mlp *m, const pp_pricing_config *config,
                               const pp_conversion_data *data, fitting *f, pp_error *error)
{
    size_t units = m->hidden + 1, columns = m->p + 2, line = 64 / sizeof(double);
    size_t rows = (data->n + ROWS - 1) / ROWS * ROWS;
    size_t numbers =
        rows * (columns + 1) + 2 * units * ROWS + units * (3 * columns - 1) + units + 2 * m->hidden;
    *f = (fitting){.model = m, .data = data, .ridge = config->mlp_ridge};
    f->storage = malloc((numbers + line) * sizeof(double));
    if (!f->storage)
        return pp_error_memory(error, "a neural network's fit");
    f->z = f->storage + (-(uintptr_t)f->storage / sizeof(double)) % line; // vectors in one line
    f->sold = f->z + rows * columns;
    f->unit = f->sold + rows;
    f->delta = f->unit + units * ROWS;
    f->weight = f->delta + units * ROWS;
    f->start = f->weight + units * (columns - 1);
    f->slope = f->start + units;
    f->part = f->slope + units * columns;
    f->gain = f->part + units * columns;
    f->some = f->gain + m->hidden;
    standardise(m, data, f);
    return PP_OK;
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
    fitting f;
    PP_TRY(fitting_start(m, config, data, &f, error));
    if (!m->fitted)
        first_guess(m, rng);
    pp_status status = minimise(m, &f, config->mlp_steps, error);
    m->fitted = status == PP_OK;
    unfold(m, m->theta);
    free(f.storage);
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

static void mlp_probabilities(const void *model, const double *curves, size_t n,
                              const double *multiplier, double *probability)
{
    const size_t size = 1 + ((const mlp *)model)->hidden;
    for (size_t i = 0; i < n; i++)
        probability[i] = mlp_probability(model, curves + i * size, multiplier[i]);
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
    .probabilities = mlp_probabilities,
    .bid = mlp_bid,
};
