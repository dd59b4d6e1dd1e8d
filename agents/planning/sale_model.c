// The chance of a sale by the pipeline's model or by a planner's own logistic fit.
#include "agents/planning/sale_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/planning/planning_kernels.h"
#include "pricing/bid.h"
#include "pricing/pricing_kernels.h"

const char *const pp_sale_sources[] = {"own", "pipeline", NULL};

enum { BLOCK = 256, EXTRA = 2, INPUTS_MAX = PP_MAX_FEATURES + EXTRA };
_Static_assert((int)INPUTS_MAX <= (int)PP_CONVERSION_INPUTS, "every input has a weight");

/// Regressors of rows [first, first + n): the pipeline's logit at a = 1, log C; then the features.
static void load_inputs(const pp_sale_model *model, const double *const *features,
                        const double *unit, const pp_curves *pipeline, size_t first, size_t n,
                        double *extra, size_t stride, const double **inputs)
{
    const pp_pricing_kernels *kernels = pp_pricing_kernels_now();
    const double least = 1e-9, most = 1 - 1e-9;
    for (size_t i = 0; i < n; i++) {
        double p = pp_curve_probability(pipeline, first + i, 1), high = p > least ? p : least;
        double clipped = high < most ? high : most;
        extra[stride + i] = clipped / (1 - clipped);
    }
    kernels->log(extra + stride, n, extra);
    kernels->log(unit + first, n, extra + stride);
    inputs[0] = extra;
    inputs[1] = extra + stride;
    for (int j = 0; j < model->n_columns; j++)
        inputs[EXTRA + j] = features[j] + first;
}

static double logit(const pp_curves *curves, size_t i, double multiplier)
{
    double p = fmin(fmax(pp_curve_probability(curves, i, multiplier), 1e-9), 1 - 1e-9);
    return log(p / (1 - p));
}

/// How steep the pipeline's own curves are, where bids are: the fall of the logit per unit
/// multiplier, over some hundreds of rows. Of a logistic model it is the same everywhere.
static double pipeline_slope(const pp_curves *curves)
{
    const double cheap = 1.05, dear = 1.15;
    size_t n = curves->n < 512 ? curves->n : 512;
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        size_t i = j * curves->n / n;
        sum += (logit(curves, i, cheap) - logit(curves, i, dear)) / (dear - cheap);
    }
    return sum / (double)n;
}

static pp_status fit_rows(const pp_sale_config *config, const pp_agent_setup *setup,
                          pp_sale_model *model, const pp_curves *curves, double *extra,
                          pp_error *error)
{
    const pp_history *h = setup->history;
    const double *inputs[INPUTS_MAX];
    pp_pricing_config pricing;
    bool constrained;
    pp_param_defaults(&pp_pricing_table, &pricing);
    pricing.conversion_ridge = config->ridge;
    pricing.prior_slope =
        isnan(config->prior_slope) ? fmax(pipeline_slope(curves), 1) : config->prior_slope;
    pricing.slope_weight = config->prior_weight;
    load_inputs(model, h->features, h->unit, curves, 0, h->n, extra, h->n, inputs);
    pp_conversion_data data = {.n = h->n,
                               .n_inputs = model->n_columns + EXTRA,
                               .inputs = inputs,
                               .multiplier = h->multiplier,
                               .sold = h->sold};
    model->own = calloc(1, pp_conversion_logistic.model_size(&pricing, data.n_inputs));
    if (!model->own)
        return pp_error_memory(error, "a model of sales");
    return pp_conversion_logistic.fit(model->own, &pricing, &data, NULL, &constrained, error);
}

static pp_status fit_own(const pp_sale_config *config, const pp_agent_setup *setup,
                         pp_sale_model *model, pp_error *error)
{
    const pp_history *h = setup->history;
    size_t scratch = pp_pipeline_scratch(setup->pipeline) * h->n;
    size_t values = pp_pipeline_curve_size(setup->pipeline) * h->n;
    double *room = malloc((scratch + values + EXTRA * h->n) * sizeof(double));
    pp_curves curves;
    if (!room)
        return pp_error_memory(error, "a model of sales");
    pp_pipeline_prepare(setup->pipeline, h->features, h->unit, h->n, room, room + scratch, &curves);
    pp_status status = fit_rows(config, setup, model, &curves, room + scratch + values, error);
    free(room);
    return status;
}

pp_status pp_sale_model_fit(const pp_sale_config *config, const pp_agent_setup *setup,
                            pp_sale_model *model, pp_error *error)
{
    *model = (pp_sale_model){.pipeline = setup->pipeline, .n_columns = setup->schema->n_columns};
    pp_pipeline_bid_range(setup->pipeline, &model->low, &model->high);
    model->curve_size = pp_pipeline_curve_size(setup->pipeline);
    if (config->conversion == PP_SALE_PIPELINE)
        return PP_OK;
    model->curve_size = 1;
    return fit_own(config, setup, model, error);
}

void pp_sale_model_release(pp_sale_model *model)
{
    free(model->own);
    model->own = NULL;
}

void pp_sale_curves(const pp_sale_model *model, const double *const *features, const double *unit,
                    const pp_curves *pipeline, double *curves)
{
    if (!model->own) {
        memcpy(curves, pipeline->values, pipeline->n * pipeline->size * sizeof(double));
        return;
    }
    for (size_t first = 0; first < pipeline->n; first += BLOCK) {
        const double *inputs[INPUTS_MAX];
        double extra[EXTRA * BLOCK];
        size_t n = pipeline->n - first < BLOCK ? pipeline->n - first : BLOCK;
        load_inputs(model, features, unit, pipeline, first, n, extra, BLOCK, inputs);
        pp_conversion_logistic.prepare(model->own, inputs, n, curves + first);
    }
}

double pp_sale_probability(const pp_sale_model *model, const double *curve, double multiplier)
{
    if (model->own)
        return pp_conversion_logistic.probability(model->own, curve, multiplier);
    pp_curves one = {model->pipeline, 1, model->curve_size, curve, NULL};
    return pp_curve_probability(&one, 0, multiplier);
}

static double free_bid(const pp_sale_model *model, const double *curve, double k)
{
    if (model->own) // a kernel costs more than one bid does
        return pp_logistic_bid(curve[0], pp_logistic_slope(model->own), k, model->low, model->high);
    pp_curves one = {model->pipeline, 1, model->curve_size, curve, NULL};
    return pp_within(pp_curve_bid(&one, 0, k), model->low, model->high);
}

double pp_sale_bid(const pp_sale_model *model, const double *curve, double k, pp_price_range range)
{
    return pp_within(free_bid(model, curve, k), range.low, range.high);
}

void pp_sale_probabilities(const pp_sale_model *model, const double *curve, size_t n,
                           const double *multiplier, double *p)
{
    if (model->own) {
        pp_planning_kernels_now()->probability(curve[0], pp_logistic_slope(model->own), multiplier,
                                               n, p);
        return;
    }
    for (size_t i = 0; i < n; i++)
        p[i] = pp_sale_probability(model, curve, multiplier[i]);
}

void pp_sale_bids(const pp_sale_model *model, const double *curve, size_t n, const double *k,
                  pp_price_range range, double *bid, double *p)
{
    double curves[BLOCK];
    for (size_t i = 0; i < BLOCK && i < n && model->own; i++)
        curves[i] = curve[0];
    for (size_t first = 0, m; first < n && model->own; first += m) {
        m = n - first < BLOCK ? n - first : BLOCK;
        pp_conversion_logistic.bid(model->own, curves, m, k + first, model->low, model->high,
                                   bid + first);
    }
    for (size_t i = 0; i < n && !model->own; i++)
        bid[i] = free_bid(model, curve, k[i]);
    for (size_t i = 0; i < n; i++)
        bid[i] = pp_within(bid[i], range.low, range.high);
    pp_sale_probabilities(model, curve, n, bid, p);
}
