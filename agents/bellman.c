// The paper's method (arXiv 2408.00713): the bid at k = 1 - (V(held + s, t + 1) - V(held, t +
// 1))/C.
#include <math.h>

#include "agents/planning/pursuer.h"
#include "market/base/param_rows.h"

typedef enum bids { BIDS_BEST, BIDS_GRID } bids;
static const char *const bids_names[] = {"best", "grid", NULL};

typedef struct bellman_config {
    pp_sale_config sale;
    pp_value_config value;
    int bids;
    pp_policy_config grid; ///< that of klq at temperature 0
} bellman_config;

#define CONFIG bellman_config
static const pp_param bellman_rows[] = {
    PP_VALUE_ROWS(value, ""),
    PP_SALE_ROWS(sale),
    {ROW(ENUM, bids), .names = bids_names, .unit = "",
     .doc = "the best multiplier of all, or the best on klq's grid around the null bid",
     .citation = DESIGN},
    PP_POLICY_GRID_ROWS(grid, "bids on the grid: "),
};
static const pp_param_table bellman_table = {"bellman", "value function and model of sales",
                                             bellman_rows, PP_COUNT(bellman_rows), sizeof(CONFIG)};
#undef CONFIG

static pp_status bellman_check(const void *params, const pp_agent_outline *outline, pp_error *error)
{
    const bellman_config *config = params;
    PP_TRY(pp_value_check(&config->value, outline, error));
    return pp_policy_check_outline(&config->grid, outline, error);
}

static pp_status bellman_train(void *state, const void *params, const pp_agent_setup *setup,
                               pp_error *error)
{
    const bellman_config *config = params;
    pp_policy_config grid = config->grid;
    grid.temperature = 0;
    grid.spread = 1; // of no account at temperature 0, where only the grid counts
    grid.act = PP_ACT_MODE;
    return pp_pursuer_train(state, &config->sale, &grid, config->bids == BIDS_BEST, &config->value,
                            setup, error);
}

static void bellman_release(void *state)
{
    pp_pursuer_release(state);
}

static void bellman_prepare(const void *state, const pp_agent_batch *batch, double *prepared)
{
    pp_pursuer_prepare(state, batch, prepared);
}

static double bellman_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    return pp_pursuer_plan_quote(state, quote, held);
}

static size_t bellman_updates(const void *params)
{
    return pp_value_updates(&((const bellman_config *)params)->value);
}

const pp_agent_class pp_agent_bellman = {
    .abi = PP_AGENT_ABI,
    .name = "bellman",
    .doc = "bids for profit plus the change in value of the portfolio",
    .params = &bellman_table,
    .state_size = sizeof(pp_pursuer),
    .needs_portfolio = true,
    .check = bellman_check,
    .train = bellman_train,
    .release = bellman_release,
    .prepared = 1,
    .prepare = bellman_prepare,
    .quote = bellman_quote,
    .updates = bellman_updates,
};
