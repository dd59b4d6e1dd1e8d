// Rollouts, regression and the training loop of the agents that learn without induction.
#include "agents/learning/learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/stop.h"
#include "pricing/linear.h"

const char *const pp_learner_starts[] = {"pace", "profit", NULL};

enum { CUSTOMERS = 1024 }; // of history at most, evenly spread

pp_status pp_learner_check(const pp_policy_config *policy, pp_error *error)
{
    if (policy->temperature > 0)
        return PP_OK;
    return pp_error_set(error, PP_EINVAL, "temperature: learning from rollouts needs one above 0");
}

double pp_learner_sale_value(const pp_learner *l, const double *theta, int64_t round,
                             const double *held, uint64_t categories)
{
    pp_sparse change;
    pp_basis_sale(&l->basis, held, round + 1, categories, &change);
    return pp_sparse_dot(&change, theta);
}

double pp_learner_quote(const pp_learner *l, pp_pursuer *pursuer, const pp_agent_quote *quote,
                        const double *held)
{
    return pp_pursuer_quote(
        pursuer, quote, pp_learner_sale_value(l, l->theta, quote->round, held, quote->categories));
}

void pp_lambda_sum(double *delta, size_t n, double decay)
{
    for (size_t i = n; i-- > 1;)
        delta[i - 1] += decay * delta[i];
}

/// The soft maximum over a customer's candidates, by coefficients: V(s) less V(held, t + 1).
static pp_soft customer_soft(const pp_learner *l, const double *theta, size_t customer,
                             const double *held, int64_t round, double *policy)
{
    double d = pp_learner_sale_value(l, theta, round, held, l->categories[customer]);
    return pp_soft_maximum(&l->candidates[customer], l->temperature, l->estimate[customer], d,
                           policy);
}

pp_soft pp_learner_row_soft(const pp_learner *l, const double *theta, size_t row, double *policy)
{
    const pp_rollouts *r = &l->rollouts;
    return customer_soft(l, theta, r->customer[row], r->held + row * l->basis.n_categories,
                         (int64_t)(row % r->rounds), policy);
}

/// V(s) with s a customer, a portfolio and a round, by coefficients.
static pp_soft state_value(const pp_learner *l, const double *theta, size_t customer,
                           const double *held, int64_t round, double *policy)
{
    pp_sparse now;
    pp_basis_at(&l->basis, held, round + 1, 0, 0, &now);
    pp_soft soft = customer_soft(l, theta, customer, held, round, policy);
    soft.value += pp_sparse_dot(&now, theta);
    return soft;
}

/// One round of a rollout. @return nats of departure from the reference
static double play(pp_learner *l, size_t row, int64_t round, double *held, gsl_rng *rng)
{
    pp_rollouts *r = &l->rollouts;
    double policy[PP_CANDIDATES_MAX];
    size_t n = l->basis.n_categories;
    size_t customer = (size_t)(gsl_rng_uniform_pos(rng) * (double)l->n_customers);
    const pp_candidates *c = &l->candidates[customer];
    memcpy(r->held + row * n, held, n * sizeof(double));
    pp_soft soft = state_value(l, l->theta, customer, held, round, policy);
    size_t a = pp_policy_draw(policy, c->n, gsl_rng_uniform_pos(rng));
    bool sold = gsl_rng_uniform_pos(rng) < c->sale[a];
    r->customer[row] = customer;
    r->action[row] = a;
    r->probability[row] = policy[a];
    r->conversion[row] = soft.conversion;
    r->value[row] =
        l->critic ? state_value(l, l->critic, customer, held, round, NULL).value : soft.value;
    r->action_value[row] =
        r->value[row] + l->temperature * log(fmax(policy[a], 1e-300) / c->reference[a]);
    // What the action earns on average; whether it sold is chance, and only moves the portfolio.
    r->reward[row] = c->sale[a] * l->estimate[customer] * (c->multiplier[a] - 1);
    for (size_t k = 0; k < n && sold; k++)
        held[k] += (double)(l->categories[customer] >> k & 1);
    return soft.kl;
}

/// What an iteration comes to, per epoch.
typedef struct tally {
    double reward, kl, value, squares;
} tally;

static void roll_out(pp_learner *l, size_t first, gsl_rng *rng, tally *sum)
{
    pp_rollouts *r = &l->rollouts;
    double held[PP_MAX_CATEGORIES] = {0};
    for (size_t t = 0; t < r->rounds; t++)
        sum->kl += play(l, first + t, (int64_t)t, held, rng);
    r->reward[first + r->rounds - 1] -= pp_portfolio_loss(&l->portfolio, held);
    sum->value += r->value[first];
    for (size_t i = first; i < first + r->rounds; i++) {
        double next = i + 1 < first + r->rounds ? r->value[i + 1] : 0;
        r->delta[i] = r->reward[i] + next - r->action_value[i];
        sum->squares += r->delta[i] * r->delta[i];
        sum->reward += r->reward[i];
    }
    pp_lambda_sum(r->delta + first, r->rounds, l->config.trace);
}

/// All of an iteration. @return PP_OK, PP_EINTERRUPTED
static pp_status roll_out_all(pp_learner *l, const pp_agent_setup *setup, gsl_rng *rng, tally *sum,
                              pp_error *error)
{
    pp_status status = PP_OK;
    for (size_t i = 0; i < l->rollouts.n && status == PP_OK; i += l->rollouts.rounds) {
        roll_out(l, i, rng, sum);
        status = pp_stop_check(setup->stop, error);
    }
    return status;
}

static void log_iteration(const pp_learning *learning, size_t i, const tally *sum, double epochs,
                          double rows)
{
    if (!learning || i >= learning->n_updates)
        return;
    learning->series[PP_LEARNING_VALUE][i] = sum->value / epochs;
    learning->series[PP_LEARNING_RETURN][i] = sum->reward / epochs;
    learning->series[PP_LEARNING_KL][i] = sum->kl / epochs;
    learning->series[PP_LEARNING_TD_ERROR][i] = sqrt(sum->squares / rows);
}

/// Gradient of Q(s,a) or, with the policy's mean conversion in place of P(s,a), of V(s).
static void row_gradient(const pp_learner *l, size_t row, double conversion, pp_sparse *x)
{
    const pp_rollouts *r = &l->rollouts;
    const double *held = r->held + row * l->basis.n_categories;
    pp_basis_at(&l->basis, held, (int64_t)(row % r->rounds) + 1, l->categories[r->customer[row]],
                conversion, x);
}

pp_status pp_learner_regress(pp_learner *l, bool value, double scale, double *coefficients,
                             pp_error *error)
{
    size_t n = l->basis.size;
    pp_sparse x;
    memset(l->gram, 0, n * n * sizeof(double));
    memset(l->right, 0, n * sizeof(double));
    for (size_t row = 0; row < l->rollouts.n; row++) {
        const pp_candidates *c = &l->candidates[l->rollouts.customer[row]];
        double conversion = value ? pp_learner_row_soft(l, coefficients, row, NULL).conversion
                                  : c->sale[l->rollouts.action[row]];
        row_gradient(l, row, conversion, &x);
        for (size_t i = 0; i < x.n; i++) {
            double *line = l->gram + (size_t)x.at[i] * n;
            l->right[x.at[i]] += x.value[i] * scale * l->rollouts.delta[row];
            for (size_t j = 0; j < x.n; j++) // the lower triangle is all that is read
                if (x.at[j] <= x.at[i])
                    line[x.at[j]] += x.value[i] * x.value[j];
        }
    }
    for (size_t i = 0; i < n; i++)
        l->gram[i * n + i] += 1;
    pp_status status = pp_solve_positive(l->gram, n, l->right, 1, error);
    for (size_t i = 0; i < n && status == PP_OK; i++)
        coefficients[i] += l->right[i];
    return status;
}

static pp_status allocate(pp_learner *l, size_t rounds, pp_error *error)
{
    size_t n = l->basis.size, rows, reals, K = l->basis.n_categories;
    pp_rollouts *r = &l->rollouts;
    if (__builtin_mul_overflow(rounds, (size_t)l->config.rollouts, &rows) ||
        __builtin_mul_overflow(rows, 6 + K, &reals) || reals > SIZE_MAX / 64)
        return pp_error_set(error, PP_EINVAL, "rollouts: %lld epochs of %zu rounds are too many",
                            (long long)l->config.rollouts, rounds);
    r->n = rows;
    r->rounds = rounds;
    r->customer = calloc(2 * rows, sizeof *r->customer);
    r->held = calloc(reals, sizeof(double));
    l->theta = calloc(n * (n + 3), sizeof(double));
    l->candidates = calloc(l->n_customers, sizeof *l->candidates);
    l->estimate = calloc(l->n_customers, sizeof *l->estimate);
    l->categories = calloc(l->n_customers, sizeof *l->categories);
    if (!r->customer || !r->held || !l->theta || !l->candidates || !l->estimate || !l->categories)
        return pp_error_memory(error, "rollouts");
    r->action = r->customer + rows;
    r->probability = r->held + rows * K;
    r->conversion = r->probability + rows;
    r->value = r->conversion + rows;
    r->action_value = r->value + rows;
    r->reward = r->action_value + rows;
    r->delta = r->reward + rows;
    l->gram = l->theta + 2 * n;
    l->right = l->gram + n * n;
    return PP_OK;
}

/// The customers that rollouts draw from, with their candidates.
static pp_status load_customers(pp_learner *l, const pp_pursuer *pursuer,
                                const pp_agent_setup *setup, pp_error *error)
{
    pp_gain all = {.model = &pursuer->model};
    pp_status status = pp_gain_rows_load(setup, &all, l->n_customers, error);
    for (size_t i = 0; i < l->n_customers && status == PP_OK; i++) {
        const double *curve = all.rows.curves + i * pursuer->model.curve_size;
        l->estimate[i] = all.rows.estimate[i];
        l->categories[i] = all.pattern[all.rows.pattern[i]];
        pp_candidates_make(&pursuer->policy, &pursuer->model, curve, all.rows.null_bid[i],
                           &l->candidates[i]);
    }
    pp_gain_release(&all);
    return status;
}

/// Soft maximum of the profit alone, GBP per round.
static double reference_profit(const pp_learner *l)
{
    double sum = 0;
    for (size_t i = 0; i < l->n_customers; i++)
        sum += pp_soft_maximum(&l->candidates[i], l->temperature, l->estimate[i], 0, NULL).value;
    return sum / (double)l->n_customers;
}

static pp_status create(const pp_learner_config *config, const pp_pursuer *pursuer, bool critic,
                        const pp_agent_setup *setup, pp_learner *l, pp_error *error)
{
    size_t rows = setup->history->n;
    *l = (pp_learner){.config = *config,
                      .temperature = pursuer->policy.temperature,
                      .n_customers = rows < CUSTOMERS ? rows : CUSTOMERS,
                      .portfolio = *setup->portfolio};
    PP_TRY(pp_learner_check(&pursuer->policy, error));
    pp_basis_make(&l->portfolio, setup->burn_in_average, setup->rounds, &l->basis);
    PP_TRY(allocate(l, (size_t)setup->rounds, error));
    PP_TRY(load_customers(l, pursuer, setup, error));
    pp_basis_start(&l->basis, config->start == PP_START_PACE ? &l->portfolio : NULL,
                   reference_profit(l), l->theta);
    if (critic) {
        l->critic = l->theta + l->basis.size;
        memcpy(l->critic, l->theta, l->basis.size * sizeof(double));
    }
    return PP_OK;
}

/// What only learning needs.
static void release_scratch(pp_learner *l)
{
    free(l->candidates);
    free(l->estimate);
    free(l->categories);
    free(l->rollouts.customer);
    free(l->rollouts.held);
    l->candidates = NULL;
    l->estimate = NULL;
    l->categories = NULL;
    memset(&l->rollouts, 0, sizeof l->rollouts);
}

pp_status pp_learner_train(const pp_learner_config *config, const pp_pursuer *pursuer, bool critic,
                           pp_learner_update update, void *own, const pp_agent_setup *setup,
                           pp_learner *l, pp_error *error)
{
    pp_gsl_random random;
    pp_status status = create(config, pursuer, critic, setup, l, error);
    l->own = own;
    for (int64_t i = 0; i < config->iterations && status == PP_OK; i++) {
        tally sum = {0};
        pp_gsl_random_init(&random, &setup->stream, PP_DRAW_AGENT, (uint32_t)i);
        status = roll_out_all(l, setup, &random.rng, &sum, error);
        if (status != PP_OK)
            break;
        log_iteration(setup->learning, (size_t)i, &sum, (double)config->rollouts,
                      (double)l->rollouts.n);
        status = update(l, error);
    }
    l->own = NULL;
    release_scratch(l);
    return status;
}

void pp_learner_release(pp_learner *l)
{
    release_scratch(l);
    free(l->theta);
    l->theta = NULL;
}
