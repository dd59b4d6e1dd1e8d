// The industry's way (arXiv 2408.00713): the null bid, loaded or discounted by a fixed factor for
// every category the customer is in, according to whether the category came out above or below its
// target.
#include <math.h>

#include "agents/agent.h"
#include "market/base/param_rows.h"

typedef struct baseline_config {
    double b, h;
} baseline_config;

#define CONFIG baseline_config
static const pp_param baseline_rows[] = {
    REAL(b, 0.02, 0, 1, PP_OPEN_MAX, "1", "greatest loading or discount per category", PAPER),
    REAL(h, 1, 0, 100, PP_OPEN_MIN, "1",
         "how sharply the factor answers to the ratio of average to target", PAPER),
};
static const pp_param_table baseline_table = {"baseline", "loadings by category", baseline_rows,
                                              PP_COUNT(baseline_rows), sizeof(CONFIG)};
#undef CONFIG

typedef struct baseline_state {
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
    (void)error;
    baseline_state *s = state;
    const baseline_config *config = params;
    s->n_categories = setup->portfolio->n_categories;
    for (size_t k = 0; k < s->n_categories; k++)
        s->factor[k] = 1 + config->b * relative_excess(setup->burn_in_average[k],
                                                       setup->portfolio->target[k], config->h);
    return PP_OK;
}

static void baseline_quote_batch(const void *state, const pp_agent_batch *batch, double *multiplier)
{
    const baseline_state *s = state;
    for (size_t i = 0; i < batch->n; i++) {
        multiplier[i] = batch->null_bid[i];
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
    .quote_batch = baseline_quote_batch,
};
