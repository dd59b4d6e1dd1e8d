// Training and quotes that the planning agents share.
#include "agents/planning/pursuer.h"

#include <math.h>

enum { EPOCH_BITS = 14, FIRM_BITS = 10 }; // of a stream's 24-bit epoch

pp_status pp_pursuer_train(pp_pursuer *c, const pp_sale_config *sale,
                           const pp_policy_config *policy, bool continuous,
                           const pp_value_config *value, const pp_agent_setup *setup,
                           pp_error *error)
{
    c->stream = setup->stream;
    c->continuous = continuous;
    c->policy = *policy;
    PP_TRY(pp_sale_model_fit(sale, setup, &c->model, error));
    PP_TRY(pp_policy_check(policy, c->model.low, c->model.high, error));
    if (!value)
        return PP_OK;
    pp_policy_caps(policy, c->model.low, c->model.high, &c->model.low, &c->model.high);
    PP_TRY(pp_gain_create(setup, &c->model, continuous ? NULL : &c->policy, (size_t)value->grid,
                          pp_planner_reach(setup), &c->gain, error));
    return pp_planner_create(value, setup, &c->gain, &c->planner, error);
}

void pp_pursuer_release(pp_pursuer *c)
{
    pp_planner_destroy(c->planner);
    c->planner = NULL;
    pp_gain_release(&c->gain);
    pp_sale_model_release(&c->model);
}

void pp_pursuer_prepare(const pp_pursuer *c, const pp_agent_batch *batch, double *prepared)
{
    if (c->model.own)
        pp_sale_curves(&c->model, batch->features, batch->estimate, batch->curves, prepared);
}

const double *pp_pursuer_curve(const pp_pursuer *c, const pp_agent_quote *quote)
{
    return c->model.own ? quote->prepared : quote->curve.values;
}

/// For PP_ACT_SAMPLE: a draw of this firm, this test epoch and this round.
static double uniform(const pp_pursuer *c, int64_t round)
{
    double u[4];
    pp_stream stream = c->stream;
    stream.epoch = (stream.epoch & ((1U << FIRM_BITS) - 1)) | (c->epoch & ((1U << EPOCH_BITS) - 1))
                                                                  << FIRM_BITS;
    pp_random_uniform(&stream, PP_DRAW_AGENT, (uint32_t)round, 1, 0, 4, 1, u);
    return u[0];
}

double pp_pursuer_quote(pp_pursuer *c, const pp_agent_quote *quote, double d)
{
    const double *curve = pp_pursuer_curve(c, quote);
    if (quote->round == 0) {
        c->epoch++;
        c->kl = 0;
    }
    if (c->continuous)
        return pp_sale_bid(&c->model, curve, 1 - d / quote->estimate);
    pp_candidates_make(&c->policy, &c->model, curve, quote->null_bid, &c->candidates);
    pp_soft soft =
        pp_soft_maximum(&c->candidates, c->policy.temperature, quote->estimate, d, c->probability);
    c->kl += soft.kl;
    double u = c->policy.act == PP_ACT_SAMPLE ? uniform(c, quote->round) : 0;
    return pp_policy_act(&c->candidates, c->probability, (pp_act)c->policy.act, u);
}

double pp_pursuer_plan_quote(pp_pursuer *c, const pp_agent_quote *quote, const double *held)
{
    return pp_pursuer_quote(
        c, quote, pp_planner_sale_value(c->planner, quote->round, held, quote->categories));
}

void pp_pursuer_end_epoch(pp_pursuer *c, pp_agent_epoch *epoch)
{
    epoch->reference_kl = c->continuous ? NAN : c->kl;
}
