// The shared pricing pipeline: fit, fold into one pass over the features, predict and bid.
#include "pricing/pipeline.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pricing/pricing_kernels.h"
#include "pricing/rival_model.h"

struct pp_pipeline {
    pp_pricing_config config;
    const pp_conversion_class *class;
    pp_rival_model market;
    void *model;
    size_t model_size;
    double
        *folded; ///< [market.n_inputs + 1] curve of a quote from features and log C; class->affine
    bool fitted;
    int constrained;
    pp_limits limits;
    bool limited; ///< there are any
};

pp_status pp_pipeline_create(const pp_pricing_config *config, int n_columns, size_t epochs,
                             pp_observe observe, pp_pipeline **pipeline, pp_error *error)
{
    *pipeline = NULL;
    PP_TRY(pp_param_check(&pp_pricing_table, config, error));
    for (size_t rule = 0; rule < PP_PRICING_RULES; rule++) {
        char text[PP_PRICING_TEXT];
        const char *keys = pp_pricing_problem(config, rule, text);
        if (keys)
            return pp_error_set(error, PP_EINVAL, "%.*s: %s", (int)strcspn(keys, " "), keys, text);
    }
    pp_pipeline *p = calloc(1, sizeof *p);
    if (!p)
        return pp_error_memory(error, "a pricing pipeline");
    p->config = *config;
    p->limits = PP_NO_LIMITS;
    p->class = pp_conversion_classes[config->conversion];
    pp_status status = pp_rival_model_create(n_columns, epochs, observe, &p->market, error);
    if (status == PP_OK) {
        p->model_size = p->class->model_size(config, p->market.n_outputs);
        p->model = calloc(1, p->model_size);
        p->folded = calloc((size_t)p->market.n_inputs + 1, sizeof(double));
        if (!p->model || !p->folded)
            status = pp_error_memory(error, "a conversion model");
    }
    if (status != PP_OK) {
        pp_pipeline_destroy(p);
        return status;
    }
    *pipeline = p;
    return PP_OK;
}

void pp_pipeline_destroy(pp_pipeline *pipeline)
{
    if (!pipeline)
        return;
    pp_rival_model_destroy(&pipeline->market);
    free(pipeline->model);
    free(pipeline->folded);
    free(pipeline);
}

void pp_pipeline_reset(pp_pipeline *pipeline)
{
    pp_rival_model_reset(&pipeline->market);
    memset(pipeline->model, 0, pipeline->model_size);
    pipeline->fitted = false;
    pipeline->constrained = 0;
}

bool pp_pipeline_fitted(const pp_pipeline *pipeline)
{
    return pipeline->fitted;
}

int pp_pipeline_constrained(const pp_pipeline *pipeline)
{
    return pipeline->constrained;
}

void pp_pipeline_limit(pp_pipeline *pipeline, const pp_limits *limits)
{
    pipeline->limits = pp_limits_given(limits);
    pipeline->limited = pp_limits_any(&pipeline->limits);
}

const pp_limits *pp_pipeline_limits(const pp_pipeline *pipeline)
{
    return &pipeline->limits;
}

void pp_pipeline_bid_range(const pp_pipeline *pipeline, double *low, double *high)
{
    *low = pipeline->config.bid_min;
    *high = pipeline->config.bid_max;
}

double pp_pipeline_exploration_variance(const pp_pipeline *pipeline)
{
    const pp_pricing_config *c = &pipeline->config;
    double mean = 0, square = 0;
    for (size_t i = 0; i < c->exploration_factors.n; i++) {
        double x = log(c->exploration_factors.value[i]);
        mean += c->exploration_rate * x;
        square += c->exploration_rate * x * x;
    }
    return square - mean * mean;
}

size_t pp_pipeline_curve_size(const pp_pipeline *pipeline)
{
    return pipeline->class->curve_size(&pipeline->config);
}

/// The market model's inputs and its outputs are never alive in the same columns.
size_t pp_pipeline_scratch(const pp_pipeline *pipeline)
{
    return 1 + (size_t)pipeline->market.n_outputs;
}

size_t pp_pipeline_fit_scratch(const pp_pipeline *pipeline)
{
    size_t rivals = (size_t)pipeline->market.n_inputs + PP_RIVALS;
    size_t conversion = pp_pipeline_scratch(pipeline) + (size_t)pipeline->market.n_outputs + 3;
    return rivals > conversion ? rivals : conversion;
}

size_t pp_pipeline_bytes(const pp_pipeline *pipeline)
{
    size_t inputs = (size_t)pipeline->market.n_inputs;
    return sizeof *pipeline + pipeline->model_size + (inputs + 1) * sizeof(double) +
           pp_rival_model_bytes(&pipeline->market);
}

/// Conversion inputs of a batch: where each column of the outputs starts.
static void predict(const pp_pipeline *pipeline, const double *const *features, const double *unit,
                    size_t n, double *scratch, const double **inputs)
{
    double *outputs = scratch + n;
    pp_rival_model_predict(&pipeline->market, features, unit, n, scratch, outputs);
    for (int j = 0; j < pipeline->market.n_outputs; j++)
        inputs[j] = outputs + (size_t)j * n;
}

/// Both models in one form, where the second is affine too.
static void fold(pp_pipeline *pipeline)
{
    double level, slope[PP_MAX_FEATURES + 1];
    pipeline->class->affine(pipeline->model, &level, slope);
    pp_rival_model_fold(&pipeline->market, level, slope, pipeline->folded);
}

static pp_status fit_models(pp_pipeline *pipeline, const pp_history *history, double *scratch,
                            gsl_rng *rng, bool *constrained, pp_error *error)
{
    const double *inputs[PP_MAX_FEATURES + 1];
    PP_TRY(pp_rival_model_fit(&pipeline->market, pipeline->config.market_ridge, history, scratch,
                              error));
    predict(pipeline, history->features, history->unit, history->n, scratch, inputs);
    pp_conversion_data data = {.n = history->n,
                               .n_inputs = pipeline->market.n_outputs,
                               .inputs = inputs,
                               .multiplier = history->multiplier,
                               .sold = history->sold,
                               .work = scratch + pp_pipeline_scratch(pipeline) * history->n};
    return pipeline->class->fit(pipeline->model, &pipeline->config, &data, rng, constrained, error);
}

pp_status pp_pipeline_fit(pp_pipeline *pipeline, const pp_history *history, double *scratch,
                          gsl_rng *rng, pp_error *error)
{
    bool constrained;
    pp_status status = fit_models(pipeline, history, scratch, rng, &constrained, error);
    if (status != PP_OK) {
        pp_rival_model_reset(&pipeline->market);
        return status;
    }
    pipeline->fitted = true;
    pipeline->constrained += constrained;
    if (pipeline->class->affine)
        fold(pipeline);
    return PP_OK;
}

void pp_pipeline_prepare(const pp_pipeline *pipeline, const double *const *features,
                         const double *unit, size_t n, double *scratch, double *values,
                         pp_curves *curves)
{
    const double *inputs[PP_MAX_FEATURES + 1];
    if (pipeline->class->affine) {
        const pp_pricing_kernels *kernels = pp_pricing_kernels_now();
        kernels->log(unit, n, scratch);
        kernels->affine(pipeline->folded, pipeline->market.n_inputs - 1, features, scratch, n,
                        values);
    } else {
        predict(pipeline, features, unit, n, scratch, inputs);
        pipeline->class->prepare(pipeline->model, inputs, n, values);
    }
    *curves = (pp_curves){pipeline, n, pp_pipeline_curve_size(pipeline), values, unit};
}

void pp_pipeline_rivals(const pp_pipeline *pipeline, const double *const *features,
                        const double *unit, size_t n, double *scratch, double *rivals)
{
    assert(pipeline->market.observe == PP_OBSERVE_ALL);
    pp_rival_model_predict(&pipeline->market, features, unit, n, scratch, rivals);
}

double pp_curve_probability(const pp_curves *curves, size_t i, double multiplier)
{
    const pp_pipeline *p = curves->pipeline;
    return p->class->probability(p->model, curves->values + i * curves->size, multiplier);
}

void pp_curves_probability(const pp_curves *curves, const double *multiplier, double *probability)
{
    const pp_pipeline *p = curves->pipeline;
    p->class->probabilities(p->model, curves->values, curves->n, multiplier, probability);
}

/// By a central difference, off by less than a part in 100,000 for slopes that occur: any
/// conversion model has it.
double pp_curve_elasticity(const pp_curves *curves, size_t i, double multiplier)
{
    const double step = 1e-4;
    double dearer = pp_curve_probability(curves, i, multiplier * (1 + step));
    double cheaper = pp_curve_probability(curves, i, multiplier * (1 - step));
    return log(dearer / cheaper) / log((1 + step) / (1 - step));
}

double pp_curve_bid(const pp_curves *curves, size_t i, double k)
{
    const pp_pipeline *p = curves->pipeline;
    double bid;
    p->class->bid(p->model, curves->values + i * curves->size, 1, &k, p->config.bid_min,
                  p->config.bid_max, &bid);
    if (p->limited && curves->unit)
        pp_limits_hold(&p->limits, curves->unit + i, 1, &bid);
    return bid;
}

void pp_curves_bid(const pp_curves *curves, const double *k, double *bid)
{
    const pp_pipeline *p = curves->pipeline;
    p->class->bid(p->model, curves->values, curves->n, k, p->config.bid_min, p->config.bid_max,
                  bid);
    if (p->limited && curves->unit)
        pp_limits_hold(&p->limits, curves->unit, curves->n, bid);
}
