// Profit only: the bid at k = 1, whatever the portfolio.
#include <string.h>

#include "agents/agent.h"

static const pp_param_table null_table = {"null", "no parameters", NULL, 0, 0};

static pp_status null_train(void *state, const void *params, const pp_agent_setup *setup,
                            pp_error *error)
{
    (void)state, (void)params, (void)setup, (void)error;
    return PP_OK;
}

static void null_quote_batch(const void *state, const pp_agent_batch *batch, double *multiplier)
{
    (void)state;
    memcpy(multiplier, batch->null_bid, batch->n * sizeof(double));
}

const pp_agent_class pp_agent_null = {
    .abi = PP_AGENT_ABI,
    .name = "null",
    .doc = "quotes for profit only and ignores the portfolio",
    .params = &null_table,
    .train = null_train,
    .quote_batch = null_quote_batch,
};
