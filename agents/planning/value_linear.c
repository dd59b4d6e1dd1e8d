// The published way (arXiv 2408.00713): backwards in time, on sampled portfolios, with a linear
// model of the next step's value; and a network fitted to all of it. The expectation over customers
// is the table of gains' instead of a sample of 500.
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/planning/network.h"
#include "agents/planning/value.h"
#include "market/base/stop.h"
#include "pricing/linear.h"

enum {
    FITTED = 24,       ///< portfolios that a step's model is fitted on; published
    SAMPLED = 120,     ///< portfolios sampled from it for the network; published
    STEPS_KEPT = 1000, ///< steps at most whose samples the network sees; all of the published 1000
    SEQUENCE = -1,     ///< round of the stream from which portfolios are drawn
};
#define PORTFOLIO_SCALE 100.0 // policies; published

typedef struct linear {
    double *weight; ///< [rounds + 1][n_categories + 1] GBP per policy; the constant last
    // for the network
    pp_network *network;
    size_t rows, kept; ///< kept so far
    double *x, *y;     ///< [rows][n_categories + 1], [rows] in units of the loss's scale
    double scale;      ///< GBP
} linear;

/// Portfolio i of a sample of n. The first third lies on a line from far below average and target
/// towards far above them: the steps are of half the sample, so the line ends at two thirds of its
/// length, at 7/11 where n is 24. The rest is binomial around one or the other (arXiv 2408.00713
/// and its authors' code).
static void sample(const pp_plan *plan, int64_t t, size_t i, size_t n, gsl_rng *rng, double *held)
{
    double all = (double)plan->rounds, along = (double)i / ((double)n / 2 - 1);
    for (size_t k = 0; k < plan->n_categories; k++) {
        double average = plan->average[k], target = plan->target[k];
        if (i < n / 3) {
            double low = 0.1 * fmin(average, target), high = 1.9 * fmax(average, target);
            held[k] = floor((low + (high - low) * along) * (double)t / all + gsl_rng_uniform(rng));
        } else {
            double p = fmin(((i % 2 == 0 ? average : target) + 1) / all, 1);
            held[k] = gsl_ran_binomial(rng, p, (unsigned)t);
        }
    }
}

static double model_value(const pp_plan *plan, const linear *l, int64_t t, const double *held)
{
    size_t n = plan->n_categories;
    const double *w = l->weight + (size_t)t * (n + 1);
    double value = w[n];
    for (size_t k = 0; k < n; k++)
        value += w[k] * held[k];
    return value;
}

/// V(held, t) by the model; at the end as it is.
static double linear_value(void *state, const pp_plan *plan, int64_t t, const double *held)
{
    return t >= plan->rounds ? pp_plan_end(plan, held) : model_value(plan, state, t, held);
}

/// Value of a sale in the last round: no model is needed.
static double last_sale_value(const pp_plan *plan, const double *held, uint64_t categories)
{
    double more[PP_MAX_CATEGORIES];
    pp_plan_sell(plan, held, categories, more);
    return pp_plan_end(plan, more) - pp_plan_end(plan, held);
}

static double linear_sale_value(void *state, const pp_plan *plan, int64_t round, const double *held,
                                uint64_t categories)
{
    const linear *l = state;
    if (round + 1 >= plan->rounds)
        return last_sale_value(plan, held, categories);
    return pp_masked_sum(l->weight + (size_t)(round + 1) * (plan->n_categories + 1), categories);
}

/// Bellman's backup of V(., t + 1) at a portfolio.
static double backup(const pp_plan *plan, linear *l, int64_t t, const double *held)
{
    double value = linear_value(l, plan, t + 1, held);
    for (size_t p = 0; p < plan->gain->n_patterns; p++) {
        double d = linear_sale_value(l, plan, t, held, plan->gain->pattern[p]);
        value += pp_gain_at(plan->gain, p, d).value;
    }
    return value;
}

/// Scratch of a fit.
typedef struct fitting {
    double held[FITTED][PP_MAX_CATEGORIES], value[FITTED];
    double gram[PP_MAX_CATEGORIES * PP_MAX_CATEGORIES], right[PP_MAX_CATEGORIES];
} fitting;

/// Least squares on the sample, centred; a hair of ridge where a category does not vary.
static pp_status fit(const pp_plan *plan, linear *l, int64_t t, fitting *f, pp_error *error)
{
    size_t n = plan->n_categories;
    double mean[PP_MAX_CATEGORIES] = {0}, level = 0;
    for (size_t i = 0; i < FITTED; i++) {
        level += f->value[i] / FITTED;
        for (size_t k = 0; k < n; k++)
            mean[k] += f->held[i][k] / FITTED;
    }
    memset(f->gram, 0, sizeof f->gram);
    memset(f->right, 0, sizeof f->right);
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < FITTED; i++) {
            double x = f->held[i][k] - mean[k];
            f->right[k] += x * (f->value[i] - level);
            for (size_t j = 0; j <= k; j++)
                f->gram[k * n + j] += x * (f->held[i][j] - mean[j]);
        }
        f->gram[k * n + k] += 1e-9 * (1 + f->gram[k * n + k]);
    }
    pp_status status = pp_solve_positive(f->gram, n, f->right, 1, error);
    double *w = l->weight + (size_t)t * (n + 1);
    w[n] = level;
    for (size_t k = 0; k < n && status == PP_OK; k++) {
        w[k] = f->right[k];
        w[n] -= w[k] * mean[k];
    }
    return status;
}

/// Remember a step's portfolios and their values for the network, centred.
static void keep(const pp_plan *plan, linear *l, int64_t t, const fitting *f, gsl_rng *rng)
{
    size_t n = plan->n_categories, first = l->kept;
    double held[PP_MAX_CATEGORIES], mean = 0;
    for (size_t i = 0; i < FITTED + SAMPLED; i++, l->kept++) {
        if (i < FITTED)
            memcpy(held, f->held[i], n * sizeof(double));
        else
            sample(plan, t, i - FITTED, SAMPLED, rng, held);
        double *x = l->x + l->kept * (n + 1);
        for (size_t k = 0; k < n; k++)
            x[k] = held[k] / PORTFOLIO_SCALE;
        x[n] = (double)t / (double)plan->rounds;
        l->y[l->kept] = (i < FITTED ? f->value[i] : model_value(plan, l, t, held)) / l->scale;
        mean += l->y[l->kept] / (FITTED + SAMPLED);
    }
    for (size_t i = first; i < l->kept; i++)
        l->y[i] -= mean;
}

/// Fit every step's model, the last first. @param every rounds between steps kept; 0: none are
static pp_status induce(const pp_plan *plan, linear *l, int64_t every, gsl_rng *rng,
                        pp_error *error)
{
    pp_status status = PP_OK;
    fitting *f = calloc(1, sizeof *f);
    if (!f)
        return pp_error_memory(error, "a linear value function");
    for (int64_t t = plan->rounds - 1; t >= 0 && status == PP_OK; t--) {
        for (size_t i = 0; i < FITTED; i++) {
            sample(plan, t, i, FITTED, rng, f->held[i]);
            f->value[i] = backup(plan, l, t, f->held[i]);
        }
        status = pp_stop_check(plan->stop, error);
        if (status == PP_OK)
            status = fit(plan, l, t, f, error);
        if (status == PP_OK && every > 0 && t % every == 0)
            keep(plan, l, t, f, rng);
    }
    free(f);
    return status;
}

static pp_status allocate(const pp_plan *plan, void **state, pp_error *error)
{
    linear *l = *state = calloc(1, sizeof *l);
    if (l)
        l->weight = calloc((size_t)(plan->rounds + 1) * (plan->n_categories + 1), sizeof(double));
    return l && l->weight ? PP_OK : pp_error_memory(error, "a linear value function");
}

static void log_value(const pp_plan *plan, const linear *l)
{
    if (plan->learning && plan->learning->n_updates > 0)
        plan->learning->series[PP_LEARNING_VALUE][0] = l->weight[plan->n_categories];
}

static pp_status linear_create(const pp_plan *plan, void **state, pp_error *error)
{
    pp_gsl_random random;
    PP_TRY(allocate(plan, state, error));
    pp_gsl_random_init(&random, &plan->stream, PP_DRAW_AGENT, (uint32_t)SEQUENCE);
    PP_TRY(induce(plan, *state, 0, &random.rng, error));
    log_value(plan, *state);
    return PP_OK;
}

static pp_status train_network(const pp_plan *plan, linear *l, gsl_rng *rng, pp_error *error)
{
    const pp_value_config *c = &plan->config;
    if (l->kept == 0)
        return pp_error_set(error, PP_EINVAL, "a network needs rounds to learn from");
    pp_network_data data = {l->kept, l->x, l->y, calloc(l->kept, sizeof *data.order)};
    if (!data.order)
        return pp_error_memory(error, "a network's data");
    for (size_t i = 0; i < l->kept; i++)
        data.order[i] = i;
    pp_status status = pp_network_create(plan->n_categories + 1, (size_t)c->layers,
                                         (size_t)c->width, rng, &l->network, error);
    for (int64_t i = 0; i < c->passes && status == PP_OK; i++) {
        double square;
        status =
            pp_network_pass(l->network, &data, c->learning_rate, rng, plan->stop, &square, error);
        if (status == PP_OK && plan->learning && (size_t)i < plan->learning->n_updates)
            plan->learning->series[PP_LEARNING_TD_ERROR][i] = l->scale * sqrt(square);
    }
    free(data.order);
    return status;
}

static pp_status network_create(const pp_plan *plan, void **state, pp_error *error)
{
    pp_gsl_random random;
    PP_TRY(allocate(plan, state, error));
    linear *l = *state;
    int64_t every = (plan->rounds - 1) / STEPS_KEPT + 1;
    l->rows = (FITTED + SAMPLED) * (size_t)((plan->rounds - 1) / every + 1);
    l->scale = plan->loss_each * (double)plan->n_categories;
    if (!(l->scale > 0))
        l->scale = 1;
    l->x = malloc(l->rows * (plan->n_categories + 2) * sizeof(double));
    if (!l->x)
        return pp_error_memory(error, "a network's data");
    l->y = l->x + l->rows * (plan->n_categories + 1);
    pp_gsl_random_init(&random, &plan->stream, PP_DRAW_AGENT, (uint32_t)SEQUENCE);
    pp_status status = induce(plan, l, every, &random.rng, error);
    if (status == PP_OK)
        status = train_network(plan, l, &random.rng, error);
    if (status == PP_OK)
        log_value(plan, l);
    free(l->x);
    l->x = l->y = NULL;
    return status;
}

static double network_sale_value(void *state, const pp_plan *plan, int64_t round,
                                 const double *held, uint64_t categories)
{
    linear *l = state;
    double x[2 * (PP_MAX_CATEGORIES + 1)], value[2]; // without the sale and with it
    size_t n = plan->n_categories;
    if (round + 1 >= plan->rounds)
        return last_sale_value(plan, held, categories);
    double *with = x + n + 1;
    for (size_t k = 0; k < n; k++) {
        x[k] = held[k] / PORTFOLIO_SCALE;
        with[k] = x[k] + (double)(categories >> k & 1) / PORTFOLIO_SCALE;
    }
    x[n] = with[n] = (double)(round + 1) / (double)plan->rounds;
    pp_network_predict(l->network, x, 2, value);
    return l->scale * (value[1] - value[0]);
}

static void linear_destroy(void *state)
{
    linear *l = state;
    if (!l)
        return;
    pp_network_destroy(l->network);
    free(l->weight);
    free(l->x);
    free(l);
}

static size_t passes(const pp_value_config *config)
{
    return (size_t)config->passes;
}

const pp_value_class pp_value_linear = {.updates = pp_one_update,
                                        .create = linear_create,
                                        .destroy = linear_destroy,
                                        .sale_value = linear_sale_value,
                                        .value = linear_value};
// The network knows differences only, its data being centred; a level is the linear model's.
const pp_value_class pp_value_network = {.updates = passes,
                                         .create = network_create,
                                         .destroy = linear_destroy,
                                         .sale_value = network_sale_value,
                                         .value = linear_value};
