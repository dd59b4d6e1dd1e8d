// Training and quotes that the planning agents share.
#include "agents/planning/pursuer.h"

#include <math.h>

enum { EPOCH_BITS = 14, FIRM_BITS = 10 }; // of a stream's 24-bit epoch

pp_status pp_pursuer_train(pp_pursuer *p, const pp_sale_config *sale,
                           const pp_policy_config *policy, bool continuous,
                           const pp_value_config *value, const pp_agent_setup *setup,
                           pp_error *error)
{
    p->stream = setup->stream;
    p->cost = *setup->cost;
    p->continuous = continuous;
    p->policy = *policy;
    PP_TRY(pp_sale_model_fit(sale, setup, &p->model, error));
    PP_TRY(pp_policy_check(policy, p->model.low, p->model.high, error));
    if (!value)
        return PP_OK;
    pp_policy_caps(policy, p->model.low, p->model.high, &p->model.low, &p->model.high);
    PP_TRY(pp_gain_create(setup, &p->model, continuous ? NULL : &p->policy, (size_t)value->grid,
                          pp_planner_reach(setup), &p->gain, error));
    return pp_planner_create(value, setup, &p->gain, &p->planner, error);
}

void pp_pursuer_release(pp_pursuer *p)
{
    pp_planner_destroy(p->planner);
    p->planner = NULL;
    pp_gain_release(&p->gain);
    pp_sale_model_release(&p->model);
}

void pp_pursuer_prepare(const pp_pursuer *p, const pp_agent_batch *batch, double *prepared)
{
    if (p->model.own)
        pp_sale_curves(&p->model, batch->features, batch->unit, batch->curves, prepared);
}

const double *pp_pursuer_curve(const pp_pursuer *p, const pp_agent_quote *quote)
{
    return p->model.own ? quote->prepared : quote->curve.values;
}

/// For PP_ACT_SAMPLE: a draw of this firm, this test epoch and this round.
static double uniform(const pp_pursuer *p, int64_t round)
{
    double u[4];
    pp_stream stream = p->stream;
    stream.epoch = (stream.epoch & ((1U << FIRM_BITS) - 1)) | (p->epoch & ((1U << EPOCH_BITS) - 1))
                                                                  << FIRM_BITS;
    pp_random_uniform(&stream, PP_DRAW_AGENT, (uint32_t)round, 1, 0, 4, 1, u);
    return u[0];
}

double pp_pursuer_quote(pp_pursuer *p, const pp_agent_quote *quote, double d)
{
    const double *curve = pp_pursuer_curve(p, quote);
    if (quote->round == 0) {
        p->epoch++;
        p->kl = 0;
    }
    pp_stake stake = pp_stake_of(&p->cost, quote->unit);
    pp_price_range range = {quote->low, quote->high};
    if (p->continuous)
        return pp_sale_bid(&p->model, curve, stake.break_even - d / stake.size, range);
    pp_candidates_make(&p->policy, &p->model, curve, quote->null_bid, range, &p->candidates);
    pp_soft soft = pp_soft_maximum(&p->candidates, p->policy.temperature, stake, d, p->probability);
    p->kl += soft.kl;
    double u = p->policy.act == PP_ACT_SAMPLE ? uniform(p, quote->round) : 0;
    return pp_policy_act(&p->candidates, p->probability, (pp_act)p->policy.act, u);
}

double pp_pursuer_plan_quote(pp_pursuer *p, const pp_agent_quote *quote, const double *held)
{
    return pp_pursuer_quote(
        p, quote, pp_planner_sale_value(p->planner, quote->round, held, quote->categories));
}

void pp_pursuer_end_epoch(pp_pursuer *p, pp_agent_epoch *epoch)
{
    epoch->reference_kl = p->continuous ? NAN : p->kl;
}
