/// @file
/// @internal
/// What every planning agent shares: a model of sales, tables of gains, a plan, and a quote made of
/// them.
#ifndef PURSUIT_AGENTS_PLANNING_PURSUER_H
#define PURSUIT_AGENTS_PLANNING_PURSUER_H

#include "agents/planning/planner.h"

typedef struct pp_chaser {
    pp_sale_model model;
    pp_policy_config policy;
    bool continuous; ///< the best bid of all instead of a policy over candidates
    pp_gain gain;
    pp_planner *planner;
    pp_stream stream;
    uint32_t epoch;           ///< test epochs begun
    double kl;                ///< nats, of the epoch in hand
    pp_candidates candidates; ///< scratch
    double probability[PP_CANDIDATES_MAX];
} pp_chaser;

/// Fit and plan.
/// @param continuous the best bid of all between the policy's caps, instead of the policy
/// @param value NULL: no plan yet; the caller has its own way to the value of a sale
pp_status pp_chaser_train(pp_chaser *chaser, const pp_sale_config *sale,
                          const pp_policy_config *policy, bool continuous,
                          const pp_value_config *value, const pp_agent_setup *setup,
                          pp_error *error);
void pp_chaser_release(pp_chaser *chaser);

/// `prepare` of an agent with prepared = 1.
void pp_chaser_prepare(const pp_chaser *chaser, const pp_agent_batch *batch, double *prepared);
/// Conversion curve of a quote, by the chaser's model.
const double *pp_chaser_curve(const pp_chaser *chaser, const pp_agent_quote *quote);
/// The multiplier to quote if a sale is worth d to the portfolio, GBP.
double pp_chaser_quote(pp_chaser *chaser, const pp_agent_quote *quote, double d);
/// The same by the chaser's own plan.
double pp_chaser_plan_quote(pp_chaser *chaser, const pp_agent_quote *quote, const double *held);
void pp_chaser_end_epoch(pp_chaser *chaser, pp_agent_epoch *epoch);

#endif
