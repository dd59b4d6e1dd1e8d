// KL-regularised Q-learning (Brown, Wells, Young, Bacallado, arXiv 2508.17000) around the firm's
// null bid. Model-based: soft backward induction, agents/planning/policy.h for the soft maximum and
// agents/planning/planner.h for the value. Model-free: regression of Q on lambda returns of
// rollouts, agents/learning/learner.h.
#include <math.h>

#include "agents/learning/learner.h"
#include "market/base/param_rows.h"

typedef enum klq_method { KLQ_MODEL_BASED, KLQ_MODEL_FREE } klq_method;
static const char *const klq_methods[] = {"model_based", "model_free", NULL};

typedef struct klq_config {
    int method;
    pp_policy_config policy;
    pp_value_config value;
    pp_sale_config sale;
    pp_learner_config learner;
} klq_config;

#define CONFIG klq_config
static const pp_param klq_rows[] = {
    {ROW(ENUM, method), .names = klq_methods, .unit = "",
     .doc = "soft backward induction, or learning from rollouts", .citation = PP_KLQ_PAPER},
    PP_POLICY_ROWS(policy, 0.1),
    PP_VALUE_ROWS(value, "model_based: "),
    PP_SALE_ROWS(sale),
    PP_LEARNER_ROWS(learner, "model_free: "),
};
static const pp_param_table klq_table = {"klq", "temperature, reference policy and value function",
                                         klq_rows, PP_COUNT(klq_rows), sizeof(CONFIG)};
#undef CONFIG

typedef struct klq_state {
    pp_pursuer pursuer;
    pp_learner learner;
    bool learned; ///< model-free
} klq_state;

/// Q_theta is linear in theta: the exact minimum of E[(Q_theta - G)^2] with the target
/// G = Q_old + alpha Delta frozen, held near the old theta by one row's weight.
static pp_status klq_update(pp_learner *learner, pp_error *error)
{
    return pp_learner_regress(learner, false, learner->config.alpha, learner->theta, error);
}

static pp_status klq_check(const void *params, const pp_agent_outline *outline, pp_error *error)
{
    const klq_config *config = params;
    PP_TRY(pp_policy_check_outline(&config->policy, outline, error));
    if (config->method == KLQ_MODEL_FREE)
        return pp_learner_check(&config->policy, error);
    return pp_value_check(&config->value, outline, error);
}

static pp_status klq_train(void *state, const void *params, const pp_agent_setup *setup,
                           pp_error *error)
{
    klq_state *s = state;
    const klq_config *config = params;
    s->learned = config->method == KLQ_MODEL_FREE;
    pp_status status = pp_pursuer_train(&s->pursuer, &config->sale, &config->policy, false,
                                        s->learned ? NULL : &config->value, setup, error);
    if (status == PP_OK && s->learned)
        status = pp_learner_train(&config->learner, &s->pursuer, false, klq_update, NULL, setup,
                                  &s->learner, error);
    return status;
}

static void klq_release(void *state)
{
    klq_state *s = state;
    pp_learner_release(&s->learner);
    pp_pursuer_release(&s->pursuer);
}

static void klq_prepare(const void *state, const pp_agent_batch *batch, double *prepared)
{
    pp_pursuer_prepare(&((const klq_state *)state)->pursuer, batch, prepared);
}

static double klq_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    klq_state *s = state;
    if (!s->learned)
        return pp_pursuer_plan_quote(&s->pursuer, quote, held);
    return pp_learner_quote(&s->learner, &s->pursuer, quote, held);
}

static void klq_end_epoch(void *state, pp_agent_epoch *epoch)
{
    pp_pursuer_end_epoch(&((klq_state *)state)->pursuer, epoch);
}

static size_t klq_updates(const void *params)
{
    const klq_config *config = params;
    return config->method == KLQ_MODEL_FREE ? (size_t)config->learner.iterations
                                            : pp_value_updates(&config->value);
}

const pp_agent_class pp_agent_klq = {
    .abi = PP_AGENT_ABI,
    .name = "klq",
    .doc = "KL-regularised Q-learning around the null bid",
    .params = &klq_table,
    .state_size = sizeof(klq_state),
    .needs_portfolio = true,
    .check = klq_check,
    .train = klq_train,
    .release = klq_release,
    .prepared = 1,
    .prepare = klq_prepare,
    .quote = klq_quote,
    .end_epoch = klq_end_epoch,
    .updates = klq_updates,
};
