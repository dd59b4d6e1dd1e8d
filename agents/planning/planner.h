/// @file
/// @internal
/// The value of holding a portfolio, V(held, t) with t rounds played, and so the value of a sale,
/// V(held + s, t + 1) - V(held, t + 1). V(held, T) = -L(held). Several ways to have it, one
/// interface:
///
///   resolve  shadow prices of the categories, solved again in every round from the portfolio held
///   linear   linear in the portfolio, fitted backwards on sampled portfolios (arXiv 2408.00713)
///   network  a neural network fitted to the values along that path, as published
///   table    backward induction over every portfolio: exact, for small markets
#ifndef PURSUIT_AGENTS_PLANNING_PLANNER_H
#define PURSUIT_AGENTS_PLANNING_PLANNER_H

#include "agents/planning/gain.h"

typedef struct pp_value_config {
    int method;            ///< key `value`: index into pp_value_names
    int64_t grid;          ///< points of the tables of gains; 0: exact sums
    int64_t layers, width; ///< network: hidden layers and units of each
    int64_t passes;        ///< network: over the data
    double learning_rate;  ///< network: Adam's
} pp_value_config;

extern const char *const pp_value_names[];

/// Rows of an agent's parameter table, for a member `m` of type pp_value_config.
/// @param when text before each description: "model_based: " if they count in that method alone
#define PP_VALUE_ROWS(m, when)                                                                     \
    ENUM_IN_AS(m, method, "value", pp_value_names,                                                 \
               when                                                                                \
               "value function: shadow prices solved again each round, linear and network as in "  \
               "the paper, or an exact table for small markets",                                   \
               DESIGN),                                                                            \
        INTEGER_IN(m, grid, 65, 0, 100000, "1",                                                    \
                   when "points of the table of gains over the value of a sale; 0: exact sums",    \
                   DESIGN),                                                                        \
        INTEGER_IN(m, layers, 2, 1, 16, "1", when "network: hidden layers; published 4", DESIGN),  \
        INTEGER_IN(m, width, 32, 1, 4096, "1",                                                     \
                   when "network: units of a hidden layer; published 1024", DESIGN),               \
        INTEGER_IN(m, passes, 6, 1, PP_LEARNING_UPDATES, "1",                                      \
                   when "network: passes over the data", PAPER),                                   \
        REAL_IN(m, learning_rate, 1e-3, 1e-12, 1, 0, "1",                                          \
                when "network: Adam's step; published 1e-5", DESIGN)

/// @return PP_OK, or PP_EINVAL if a grid has one point, or none where a table is needed, or if a
/// table of values would be too large for what the outline says
pp_status pp_value_check(const pp_value_config *config, const pp_agent_outline *outline,
                         pp_error *error);

typedef struct pp_planner pp_planner;

/// @param gain borrowed for the planner's life; must have been made with `grid` points for the
///             policy that will act
/// @return PP_OK; PP_EINVAL if a table would be too large; PP_ENOMEM; PP_ENUMERIC
pp_status pp_planner_create(const pp_value_config *config, const pp_agent_setup *setup,
                            const pp_gain *gain, pp_planner **planner, pp_error *error);
void pp_planner_destroy(pp_planner *planner); ///< NULL-safe

/// Value of a sale in this round to a customer with these categories, GBP. Rounds of an epoch are
/// to be asked for in order: some ways start from the last round's answer.
/// @param held [n_categories] before the round
double pp_planner_sale_value(pp_planner *planner, int64_t round, const double *held,
                             uint64_t categories);
/// V(held, t), GBP: what is expected of the rest of the epoch, t rounds played. With shadow prices,
/// at the ones last solved; with a network, by the linear models it was fitted to.
double pp_planner_value(pp_planner *planner, int64_t t, const double *held);

/// Updates that a plan logs: Newton's steps, the network's passes, or one.
size_t pp_value_updates(const pp_value_config *config);

/// Distance of a table of gains from 0 to its ends, GBP: a fifth of the loss's scale, but between a
/// quarter and twice of the mean estimate. Assumed; beyond it bids are at the end of their range
/// and the tangent is as good.
double pp_planner_reach(const pp_agent_setup *setup);

#endif
