/// @file
/// @internal
/// Between the planner and the ways to have a value function.
#ifndef PURSUIT_AGENTS_PLANNING_VALUE_H
#define PURSUIT_AGENTS_PLANNING_VALUE_H

#include "agents/planning/planner.h"

/// What is planned for.
typedef struct pp_plan {
    size_t n_categories;
    double target[PP_MAX_CATEGORIES];  ///< policies
    double average[PP_MAX_CATEGORIES]; ///< of the burn-in, policies
    double loss_each;                  ///< GBP; loss scale over the number of categories
    int64_t rounds;                    ///< T
    const pp_gain *gain;
    const pp_learning *learning; ///< may be NULL; during create only
    const pp_stop_flag *stop;    ///< see pp_agent_setup; during create only
    pp_stream stream;
    pp_value_config config;
} pp_plan;

typedef struct pp_value_class {
    bool needs_table; ///< of gains: their curvature
    /// Is the market small enough? NULL if every one is.
    pp_status (*check)(size_t n_categories, int64_t rounds, pp_error *error);
    /// Updates that `create` logs.
    size_t (*updates)(const pp_value_config *config);
    /// @param state becomes the value function; freed by `destroy` even if `create` fails
    pp_status (*create)(const pp_plan *plan, void **state, pp_error *error);
    void (*destroy)(void *state); ///< NULL-safe
    double (*sale_value)(void *state, const pp_plan *plan, int64_t round, const double *held,
                         uint64_t categories);
    double (*value)(void *state, const pp_plan *plan, int64_t t, const double *held);
} pp_value_class;

extern const pp_value_class pp_value_shadow_price, pp_value_linear, pp_value_network,
    pp_value_table;

/// `updates` of a way that logs its outcome alone.
static inline size_t pp_one_update(const pp_value_config *config)
{
    (void)config;
    return 1;
}

/// L of one category, GBP.
static inline double pp_plan_loss(const pp_plan *plan, size_t k, double held)
{
    return plan->loss_each * pp_category_loss(held, plan->target[k]);
}

/// V(held, T) = -L(held), GBP.
static inline double pp_plan_end(const pp_plan *plan, const double *held)
{
    double loss = 0;
    for (size_t k = 0; k < plan->n_categories; k++)
        loss += pp_plan_loss(plan, k, held[k]);
    return -loss;
}

/// The portfolio after a sale. @param more [n_categories]
static inline void pp_plan_sell(const pp_plan *plan, const double *held, uint64_t categories,
                                double *more)
{
    for (size_t k = 0; k < plan->n_categories; k++)
        more[k] = held[k] + (double)(categories >> k & 1);
}

/// Sum of x over the categories of a mask.
static inline double pp_masked_sum(const double *x, uint64_t mask)
{
    double sum = 0;
    for (size_t k = 0; mask; mask >>= 1, k++)
        sum += mask & 1 ? x[k] : 0;
    return sum;
}

#endif
