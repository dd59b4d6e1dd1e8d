// Profit only until a category has met its target; from then on its customers pay a loading.
#include <string.h>

#include <pursuit/agents/agent.h>
#include <pursuit/market/base/param_rows.h>

typedef struct full_config {
    double loading;
} full_config;

#define CONFIG full_config
static const pp_param full_rows[] = {
    REAL(loading, 0.05, 0, 1, 0, "1", "added to the price for each category that is full", DESIGN),
};
static const pp_param_table full_table = {"full", "a loading for full categories", full_rows,
                                          PP_COUNT(full_rows), sizeof(CONFIG)};
#undef CONFIG

typedef struct full_state {
    size_t n_categories;
    double target[PP_MAX_CATEGORIES], loading;
} full_state;

static pp_status full_train(void *state, const void *params, const pp_agent_setup *setup,
                            pp_error *error)
{
    full_state *s = state;
    const pp_portfolio *portfolio = setup->portfolio;
    (void)error; // nothing here can fail
    s->loading = ((const full_config *)params)->loading;
    s->n_categories = portfolio->n_categories;
    memcpy(s->target, portfolio->target, s->n_categories * sizeof(double));
    return PP_OK;
}

static double full_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    const full_state *s = state;
    double multiplier = quote->null_bid;
    for (size_t k = 0; k < s->n_categories; k++)
        if (quote->categories >> k & 1 && held[k] >= s->target[k])
            multiplier *= 1 + s->loading;
    return multiplier;
}

const pp_agent_class pp_agent_full = {
    .abi = PP_AGENT_ABI,
    .name = "full",
    .doc = "profit only, with a loading for categories that have met their target",
    .params = &full_table,
    .state_size = sizeof(full_state),
    .needs_portfolio = true,
    .train = full_train,
    .quote = full_quote,
};

PP_AGENT_PLUGIN(pp_agent_full);
