/// @file
/// A plugin that calls functions of the program which loads it: the bid it asks for is the null
/// bid.
#include <pursuit/agents/agent.h>

#include <gsl/gsl_rng.h>

static const pp_param_table caller_table = {"caller", "no parameters", NULL, 0, 0};

static pp_status caller_train(void *state, const void *params, const pp_agent_setup *setup,
                              pp_error *error)
{
    pp_gsl_random random;
    (void)state, (void)params;
    if (!pp_pipeline_fitted(setup->pipeline))
        return pp_error_set(error, PP_EINVAL, "the pipeline is not fitted");
    pp_gsl_random_init(&random, &setup->stream, PP_DRAW_AGENT, 0);
    return gsl_rng_uniform(&random.rng) < 1 ? PP_OK : PP_ENUMERIC;
}

static double caller_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    (void)state, (void)held;
    return pp_curve_bid(&quote->curve, 0, 1);
}

static const pp_agent_class caller = {
    .abi = PP_AGENT_ABI,
    .name = "caller",
    .doc = "asks the firm's models for the null bid",
    .params = &caller_table,
    .train = caller_train,
    .quote = caller_quote,
};
PP_AGENT_PLUGIN(caller);
