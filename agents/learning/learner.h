/// @file
/// @internal
/// Learning from rollouts without backward induction: what model-free `klq` and `ppo` share, so
/// that they differ in nothing but the update. Customers are resampled from the firm's own history,
/// sales drawn from the agent's model of them; an epoch runs from an empty portfolio to the end,
/// its loss within the last reward.
///
/// Function class. With V(held, t) linear in theta (agents/learning/basis.h) and d the value of a
/// sale by it,
///   Q_theta(s,a) = V(held, t + 1) + P(s,a)(C(a - k) + d)
///   V_theta(s)   = tau log sum_a pi_b(a) exp(Q_theta(s,a)/tau)
///   pi_theta(a)  = pi_b(a) exp((Q_theta(s,a) - V_theta(s))/tau),
/// which is Q_theta = tau log(pi_theta/pi_b) + V_theta (arXiv 2508.17000): one theta is policy,
/// value and action value at once, and Q is linear in it.
#ifndef PURSUIT_AGENTS_LEARNING_LEARNER_H
#define PURSUIT_AGENTS_LEARNING_LEARNER_H

#include "agents/learning/basis.h"
#include "agents/planning/pursuer.h"

typedef enum pp_learner_start { PP_START_PACE, PP_START_PROFIT } pp_learner_start;
extern const char *const pp_learner_starts[];

typedef struct pp_learner_config {
    int64_t iterations; ///< of rollouts and update
    int64_t rollouts;   ///< epochs per iteration
    double trace;       ///< lambda of the returns
    double alpha;       ///< share of the way to the return
    int start;          ///< pp_learner_start
} pp_learner_config;

/// Rows of an agent's parameter table, for a member `m` of type pp_learner_config.
/// @param when as of PP_VALUE_ROWS
#define PP_LEARNER_ROWS(m, when)                                                                   \
    INTEGER_IN(m, iterations, 30, 1, PP_LEARNING_UPDATES, "1",                                     \
               when "updates, each on fresh rollouts", DESIGN),                                    \
        INTEGER_IN(m, rollouts, 16, 1, 10000, "epochs", when "simulated epochs per update",        \
                   DESIGN),                                                                        \
        REAL_IN(m, trace, 0.99, 0, 1, 0, "1", when "lambda of the returns; gamma is 1", DESIGN),   \
        REAL_IN(m, alpha, 0.3, 0, 1, PP_OPEN_MIN, "1",                                             \
                when "how far an update goes towards the return", PP_KLQ_PAPER),                   \
        ENUM_IN(m, start, pp_learner_starts,                                                       \
                when "where learning starts: at the loss of where the portfolio ends at the "      \
                     "target's pace, or at profit only",                                           \
                DESIGN)

/// @return PP_OK, or PP_EINVAL if the temperature is 0
pp_status pp_learner_check(const pp_policy_config *policy, pp_error *error);

/// Rollouts of one iteration, row by row. Struct of arrays; a rollout is `rounds` rows in order.
typedef struct pp_rollouts {
    size_t n, rounds;
    uint32_t *customer;   ///< [n] into the learner's customers
    uint32_t *action;     ///< [n] into its candidates
    double *held;         ///< [n][n_categories] before the round
    uint8_t *piece;       ///< [n][2][n_categories] where `held` lies after the round: pp_place
    double *probability;  ///< [n] pi_old of the action
    double *conversion;   ///< [n] E of P(s, .) under pi_old
    double *slope;        ///< [n] dV/dd by the critic; `conversion` itself where theta is both
    double *value;        ///< [n] V(s) by the critic, GBP
    double *action_value; ///< [n] tau log(pi_old/pi_b) + V(s), GBP
    double *reward;       ///< [n] GBP
    double *delta;        ///< [n] reward + V(next s) - action_value; then the lambda sum of it
} pp_rollouts;

/// Scratch of a regression; see agents/learning/regression.c.
typedef struct pp_regression {
    double *gram, *right; ///< [basis.size]^2, [basis.size]
    double *products;     ///< [4][n_products] of a round, and of a piece of time three times
    double *round_right;  ///< [knots + 1] of a round, by knots of the portfolio
    double **row;         ///< [knots + 1] rows of the products of a round
    pp_pair *pairs;       ///< [2 n_categories]
    size_t knots;         ///< n_categories n_held
    size_t n_products;
} pp_regression;

typedef struct pp_learner pp_learner;

/// One update from the rollouts. `theta` and `critic` of the learner are what it changes.
typedef pp_status (*pp_learner_update)(pp_learner *learner, pp_error *error);

struct pp_learner {
    pp_learner_config config;
    double temperature;
    pp_basis basis;
    double *theta;  ///< [basis.size] policy, and value where critic is NULL
    double *critic; ///< [basis.size] value; NULL if theta is both
    double *slope;  ///< [2][basis.size] scratch: pp_function's of theta and of critic
    size_t n_customers;
    size_t *n_choices;    ///< [n_customers] candidates of each
    size_t width;         ///< room for a row of them
    double *choices;      ///< [n_customers][PP_CHOICE_ROWS][width] the rows of pp_soft_rows
    uint64_t *categories; ///< [n_customers]
    pp_portfolio portfolio;
    pp_moment *moments; ///< [rounds] after each round
    double *nats;       ///< [3][rounds] scratch of a rollout: see play
    pp_rollouts rollouts;
    pp_regression regression;
    void *own; ///< the update's
};

/// Roll out and update, `iterations` times.
/// @param pursuer trained without a plan
/// @param critic whether value and policy are apart
pp_status pp_learner_train(const pp_learner_config *config, const pp_pursuer *pursuer, bool critic,
                           pp_learner_update update, void *own, const pp_agent_setup *setup,
                           pp_learner *learner, pp_error *error);
void pp_learner_release(pp_learner *learner);

/// Value of a sale in a round by theta, GBP.
double pp_learner_sale_value(const pp_learner *learner, const double *theta, int64_t round,
                             const double *held, uint64_t categories);

/// The multiplier to quote by theta.
double pp_learner_quote(const pp_learner *learner, pp_pursuer *pursuer, const pp_agent_quote *quote,
                        const double *held);

/// Candidates of a customer.
static inline pp_soft_rows pp_learner_choices(const pp_learner *l, size_t customer)
{
    size_t width = l->width;
    const double *row = l->choices + PP_CHOICE_ROWS * width * customer;
    return (pp_soft_rows){
        l->n_choices[customer], row, row + width, row + 2 * width, row + 3 * width,
        row + 4 * width};
}

/// Where the portfolio of a row of the rollouts lies.
static inline pp_place pp_learner_place(const pp_learner *l, size_t row)
{
    size_t n = l->basis.n_categories;
    uint8_t *piece = l->rollouts.piece + 2 * n * row;
    return (pp_place){l->rollouts.held + n * row, piece, piece + n};
}

/// Generalised advantage estimation: Delta_t = delta_t + decay Delta_{t+1}, in place, for one
/// rollout. @param decay gamma lambda
void pp_lambda_sum(double *delta, size_t n, double decay);

/// Scratch for the regressions of a learner that has its basis.
/// @return PP_OK, PP_ENOMEM
pp_status pp_regression_create(const pp_basis *basis, pp_regression *regression, pp_error *error);
void pp_regression_release(pp_regression *regression); ///< safe on a zeroed one

/// Regress: change coefficients by argmin of sum_i (x_i . change - scale y_i)^2 + |change|^2 with
/// x_i the gradient at row i of V(s) if `value`, of Q(s,a) if not, and y_i = rollouts.delta. V(s)
/// is that of the rollouts: no coefficients may have changed since.
/// @return PP_OK, PP_ENUMERIC if a number is not finite (coefficients untouched)
pp_status pp_learner_regress(pp_learner *learner, bool value, double scale, double *coefficients,
                             pp_error *error);

#endif
