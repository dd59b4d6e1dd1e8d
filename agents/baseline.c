// The industry's way (arXiv 2408.00713): the null bid, loaded or discounted by a fixed factor for
// every category the customer is in, according to whether the category came out above or below its
// target. `conversion: own` gives it the planners' model of sales for that bid: what their plan is
// worth beyond their model.
#include <math.h>
#include <string.h>

#include "agents/planning/sale_model.h"
#include "market/base/param_rows.h"

typedef struct baseline_config {
    double b, h;
    pp_sale_config sale;
} baseline_config;

#define CONFIG baseline_config
static const pp_param baseline_rows[] = {
    REAL(b, 0.02, 0, 1, PP_OPEN_MAX, "1", "greatest loading or discount per category", PAPER),
    REAL(h, 1, 0, 100, PP_OPEN_MIN, "1",
         "how sharply the factor answers to the ratio of average to target", PAPER),
    {.name = "conversion",
     .offset = offsetof(CONFIG, sale.conversion),
     .type = PP_PARAM_ENUM,
     .default_number = PP_SALE_PIPELINE,
     .names = pp_sale_sources,
     .unit = "",
     .doc =
         "the chance of a sale that the bid for profit is made with: the pipeline's, as published, "
         "or a model of the agent's own on every feature",
     .citation = DESIGN},
    PP_SALE_OWN_ROWS(sale),
};
static const pp_param_table baseline_table = {"baseline", "loadings by category", baseline_rows,
                                              PP_COUNT(baseline_rows), sizeof(CONFIG)};
#undef CONFIG

typedef struct baseline_state {
    pp_sale_model model;
    size_t n_categories;
    double factor[PP_MAX_CATEGORIES]; ///< of a customer in the category
} baseline_state;

/// (x^h - y^h)/(x^h + y^h), for any h without overflow; 0 where both are 0.
static double relative_excess(double x, double y, double h)
{
    double greatest = fmax(x, y);
    if (!(greatest > 0))
        return 0;
    double p = pow(x / greatest, h), q = pow(y / greatest, h);
    return (p - q) / (p + q);
}

static pp_status baseline_train(void *state, const void *params, const pp_agent_setup *setup,
                                pp_error *error)
{
    baseline_state *s = state;
    const baseline_config *config = params;
    s->n_categories = setup->portfolio->n_categories;
    for (size_t k = 0; k < s->n_categories; k++)
        s->factor[k] = 1 + config->b * relative_excess(setup->burn_in_average[k],
                                                       setup->portfolio->target[k], config->h);
    return pp_sale_model_fit(&config->sale, setup, &s->model, error);
}

static void baseline_release(void *state)
{
    pp_sale_model_release(&((baseline_state *)state)->model);
}

/// Bids for profit only, by the agent's own model of sales, in the place of its curves.
static void own_bids(const pp_sale_model *model, const pp_agent_batch *batch, double *bid)
{
    pp_sale_curves(model, batch->features, batch->unit, batch->curves, bid);
    for (size_t i = 0; i < batch->n; i++) {
        pp_price_range range = {batch->low[i], batch->high[i]};
        bid[i] = pp_sale_bid(model, &bid[i], batch->break_even[i], range);
    }
}

static void baseline_quote_batch(const void *state, const pp_agent_batch *batch, double *multiplier)
{
    const baseline_state *s = state;
    if (s->model.own)
        own_bids(&s->model, batch, multiplier);
    else
        memcpy(multiplier, batch->null_bid, batch->n * sizeof(double));
    for (size_t i = 0; i < batch->n; i++) {
        for (size_t k = 0; k < s->n_categories; k++)
            if (batch->categories[i] >> k & 1)
                multiplier[i] *= s->factor[k];
    }
}

const pp_agent_class pp_agent_baseline = {
    .abi = PP_AGENT_ABI,
    .name = "baseline",
    .doc = "the industry's way: fixed loadings and discounts by category",
    .params = &baseline_table,
    .state_size = sizeof(baseline_state),
    .needs_portfolio = true,
    .train = baseline_train,
    .release = baseline_release,
    .quote_batch = baseline_quote_batch,
};
