/// @file
/// @internal
/// What every planning agent shares: a model of sales, tables of gains, a plan, and a quote made of
/// them.
#ifndef PURSUIT_AGENTS_PLANNING_PURSUER_H
#define PURSUIT_AGENTS_PLANNING_PURSUER_H

#include "agents/planning/planner.h"

typedef struct pp_pursuer {
    pp_sale_model model;
    pp_policy_config policy;
    bool continuous; ///< the best bid of all instead of a policy over candidates
    pp_gain gain;
    pp_planner *planner;
    pp_cost cost; ///< the firm's
    pp_stream stream;
    uint32_t epoch;           ///< test epochs begun
    double kl;                ///< nats, of the epoch in hand
    pp_candidates candidates; ///< scratch
    double probability[PP_CANDIDATES_MAX];
} pp_pursuer;

/// Fit and plan.
/// @param continuous the best bid of all between the policy's caps, instead of the policy
/// @param value NULL: no plan yet; the caller has its own way to the value of a sale
pp_status pp_pursuer_train(pp_pursuer *pursuer, const pp_sale_config *sale,
                           const pp_policy_config *policy, bool continuous,
                           const pp_value_config *value, const pp_agent_setup *setup,
                           pp_error *error);
void pp_pursuer_release(pp_pursuer *pursuer);

/// `prepare` of an agent with prepared = 1.
void pp_pursuer_prepare(const pp_pursuer *pursuer, const pp_agent_batch *batch, double *prepared);
/// Conversion curve of a quote, by the pursuer's model.
const double *pp_pursuer_curve(const pp_pursuer *pursuer, const pp_agent_quote *quote);
/// The multiplier to quote if a sale is worth d to the portfolio, GBP.
double pp_pursuer_quote(pp_pursuer *pursuer, const pp_agent_quote *quote, double d);
/// The same by the pursuer's own plan.
double pp_pursuer_plan_quote(pp_pursuer *pursuer, const pp_agent_quote *quote, const double *held);
void pp_pursuer_end_epoch(pp_pursuer *pursuer, pp_agent_epoch *epoch);

#endif
