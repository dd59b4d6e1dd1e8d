// Rollouts, regression and the training loop of the agents that learn without induction.
#include "agents/learning/learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/maths.h"
#include "market/base/stop.h"

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

/// A state and what is looked up in it.
typedef struct state {
    pp_soft_rows choices;
    const pp_moment *after; ///< the round
    pp_place place;
    uint64_t categories;
} state;

/// What a policy over a state's candidates comes to.
typedef struct play_value {
    double base;   ///< V(s) = base + tau log total, GBP
    double change; ///< of a sale, GBP
    pp_choice_sums sums;
} play_value;

/// Sum of pi_b (e^x - 1), of which nothing is lost if all exponents are small.
static double excess_of(const pp_soft_rows *c, double temperature, double d, double most)
{
    double excess = 0;
    for (size_t j = 0; j < c->n; j++)
        excess += c->reference[j] * expm1((c->profit[j] + c->sale[j] * d - most) / temperature);
    return excess;
}

/// The total of a soft maximum, of which a kernel will take logarithms; or where it is near 1, as
/// sum pi_b = 1 at high temperatures, its logarithm, which is at most 0. See pp_soft_maximum.
static double total_or_log(const pp_learner *l, const pp_soft_rows *choices, double d,
                           const pp_choice_sums *sums)
{
    if (!(sums->total > 0.99))
        return sums->total;
    return log1p(excess_of(choices, l->temperature, d, sums->most));
}

/// V(s) by a function of portfolio and time.
/// @param weight [PP_CANDIDATES_ROOM] becomes total pi
/// @param nats what the logarithm is to be taken of
static play_value value_of(const pp_learner *l, const pp_function *f, const state *s,
                           double *weight, double *nats)
{
    play_value v = {.change = pp_function_change(&l->basis, f, s->after, &s->place, s->categories)};
    pp_learning_kernels_now()->soft(&s->choices, 1 / l->temperature, v.change, weight, &v.sums);
    v.base = pp_function_value(&l->basis, f, s->after, &s->place) + v.sums.most;
    *nats = total_or_log(l, &s->choices, v.change, &v.sums);
    return v;
}

/// The state of a row.
static state state_of(pp_learner *l, size_t row, size_t round, size_t customer, const double *held)
{
    size_t n = l->basis.n_categories;
    state s = {pp_learner_choices(l, customer), &l->moments[round], pp_learner_place(l, row),
               l->categories[customer]};
    memcpy(l->rollouts.held + row * n, held, n * sizeof(double));
    if (round > 0)
        memcpy(s.place.now, s.place.now - 2 * n, n); // nearby: pieces are looked for from here
    else
        memset(s.place.now, 0, n);
    pp_basis_place(&l->basis, s.after, &s.place);
    return s;
}

/// One round of a rollout, but for logarithms: value and action_value are without them, and what
/// they are to be taken of goes into nats, by policy and by critic; then E_pi x.
static void play(pp_learner *l, const pp_function *policy, const pp_function *critic, size_t row,
                 size_t round, double *held, gsl_rng *rng)
{
    pp_rollouts *r = &l->rollouts;
    double weight[PP_CANDIDATES_ROOM], other[PP_CANDIDATES_ROOM], *nats = l->nats + round;
    size_t customer = (size_t)(gsl_rng_uniform_pos(rng) * (double)l->n_customers);
    state s = state_of(l, row, round, customer, held);
    play_value v = value_of(l, policy, &s, weight, nats), judged = v;
    if (critic)
        judged = value_of(l, critic, &s, other, nats + r->rounds);
    size_t a = pp_policy_draw(weight, s.choices.n, gsl_rng_uniform_pos(rng) * v.sums.total);
    bool sold = gsl_rng_uniform_pos(rng) < s.choices.sale[a];
    nats[2 * r->rounds] = v.sums.mean / v.sums.total;
    r->customer[row] = (uint32_t)customer;
    r->action[row] = (uint32_t)a;
    r->probability[row] = weight[a] / v.sums.total;
    r->conversion[row] = v.sums.conversion / v.sums.total;
    r->slope[row] = judged.sums.conversion / judged.sums.total;
    r->value[row] = judged.base;
    // Q by theta is tau log(pi/pi_b) + V by theta.
    r->action_value[row] =
        judged.base + (s.choices.profit[a] + s.choices.sale[a] * v.change - v.sums.most);
    // What the action earns on average; whether it sold is chance, and only moves the portfolio.
    r->reward[row] = s.choices.profit[a];
    for (size_t k = 0; k < l->basis.n_categories && sold; k++)
        held[k] += (double)(s.categories >> k & 1);
}

/// Take a rollout's logarithms. @return nats of departure from the reference
static double take_logs(pp_learner *l, size_t first)
{
    pp_rollouts *r = &l->rollouts;
    size_t n = r->rounds;
    const double *policy = l->nats, *critic = l->critic ? policy + n : policy,
                 *mean = policy + 2 * n;
    double kl = 0;
    pp_learning_kernels_now()->log(l->nats, l->critic ? 2 * n : n);
    for (size_t t = 0; t < n; t++) {
        r->value[first + t] += l->temperature * critic[t];
        r->action_value[first + t] += l->temperature * (critic[t] - policy[t]);
        kl += fmax(mean[t] - policy[t], 0);
    }
    return kl;
}

/// What an iteration comes to, per epoch.
typedef struct tally {
    double reward, kl, value, squares;
} tally;

static void roll_out(pp_learner *l, const pp_function *policy, const pp_function *critic,
                     size_t first, gsl_rng *rng, tally *sum)
{
    pp_rollouts *r = &l->rollouts;
    double held[PP_MAX_CATEGORIES] = {0};
    for (size_t t = 0; t < r->rounds; t++)
        play(l, policy, critic, first + t, t, held, rng);
    sum->kl += take_logs(l, first);
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
    pp_function policy = {l->theta, l->slope}, critic = {l->critic, l->slope + l->basis.size};
    pp_function_slopes(&l->basis, &policy);
    if (l->critic)
        pp_function_slopes(&l->basis, &critic);
    for (size_t i = 0; i < l->rollouts.n && status == PP_OK; i += l->rollouts.rounds) {
        roll_out(l, &policy, l->critic ? &critic : NULL, i, rng, sum);
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

static pp_status allocate_rollouts(pp_learner *l, bool critic, size_t rounds, pp_error *error)
{
    size_t rows, reals, K = l->basis.n_categories, columns = critic ? 7 : 6;
    pp_rollouts *r = &l->rollouts;
    if (__builtin_mul_overflow(rounds, (size_t)l->config.rollouts, &rows) ||
        __builtin_mul_overflow(rows, columns + K, &reals) || reals > SIZE_MAX / 64)
        return pp_error_set(error, PP_EINVAL, "rollouts: %lld epochs of %zu rounds are too many",
                            (long long)l->config.rollouts, rounds);
    r->n = rows;
    r->rounds = rounds;
    r->customer = calloc(2 * rows, sizeof *r->customer);
    r->piece = calloc(2 * rows, K);
    r->held = calloc(reals, sizeof(double));
    if (!r->customer || !r->piece || !r->held)
        return pp_error_memory(error, "rollouts");
    r->action = r->customer + rows;
    r->probability = r->held + rows * K;
    r->conversion = r->probability + rows;
    r->slope = critic ? r->conversion + rows : r->conversion;
    r->value = r->slope + rows;
    r->action_value = r->value + rows;
    r->reward = r->action_value + rows;
    r->delta = r->reward + rows;
    return PP_OK;
}

static pp_status allocate(pp_learner *l, const pp_pursuer *pursuer, bool critic, size_t rounds,
                          pp_error *error)
{
    // The largest first: it fits where the last trial's was, before anything smaller is put there.
    PP_TRY(pp_regression_create(&l->basis, &l->regression, error));
    PP_TRY(allocate_rollouts(l, critic, rounds, error));
    l->width = ((size_t)pursuer->policy.candidates + 7) / 8 * 8;
    l->theta = calloc(4 * l->basis.size, sizeof(double));
    l->moments = calloc(rounds, sizeof *l->moments);
    l->nats = calloc(3 * rounds, sizeof(double));
    l->n_choices = calloc(l->n_customers, sizeof *l->n_choices);
    l->choices = calloc(l->n_customers * PP_CHOICE_ROWS * l->width, sizeof(double));
    l->categories = calloc(l->n_customers, sizeof *l->categories);
    if (!l->theta || !l->moments || !l->nats || !l->n_choices || !l->choices || !l->categories)
        return pp_error_memory(error, "rollouts");
    l->slope = l->theta + 2 * l->basis.size;
    for (size_t t = 0; t < rounds; t++)
        l->moments[t] = pp_basis_moment(&l->basis, (int64_t)t + 1);
    return PP_OK;
}

/// A customer's candidates, eight at a time: the last once more, without a weight.
static void load_choices(pp_learner *l, size_t customer, const pp_candidates *c, pp_stake stake)
{
    double *reference = l->choices + PP_CHOICE_ROWS * l->width * customer;
    double *sale = reference + l->width, *profit = sale + l->width, *level = profit + l->width;
    double *slope = level + l->width;
    l->n_choices[customer] = c->n;
    for (size_t j = 0; j < c->n || j % 8; j++) {
        size_t i = j < c->n ? j : c->n - 1;
        reference[j] = i == j ? c->reference[j] : 0;
        sale[j] = c->sale[i];
        profit[j] = c->sale[i] * stake.size * (c->multiplier[i] - stake.break_even);
        level[j] = pp_log(reference[j]) + profit[j] / l->temperature;
        slope[j] = sale[j] / l->temperature;
    }
}

/// The customers that rollouts draw from, with their candidates.
static pp_status load_customers(pp_learner *l, const pp_pursuer *pursuer,
                                const pp_agent_setup *setup, pp_error *error)
{
    pp_candidates candidates;
    pp_gain all = {.model = &pursuer->model};
    pp_status status = pp_gain_rows_load(setup, &all, l->n_customers, error);
    for (size_t i = 0; i < l->n_customers && status == PP_OK; i++) {
        const double *curve = all.rows.curves + i * pursuer->model.curve_size;
        l->categories[i] = all.pattern[all.rows.pattern[i]];
        pp_candidates_make(&pursuer->policy, &pursuer->model, curve, all.rows.null_bid[i],
                           all.rows.range[i], &candidates);
        load_choices(l, i, &candidates, all.rows.stake[i]);
    }
    pp_gain_release(&all);
    return status;
}

/// Soft maximum of the profit alone, GBP per round.
static double reference_profit(const pp_learner *l)
{
    double sum = 0, weight[PP_CANDIDATES_ROOM];
    for (size_t i = 0; i < l->n_customers; i++) {
        const pp_soft_rows choices = pp_learner_choices(l, i);
        pp_choice_sums s;
        pp_learning_kernels_now()->soft(&choices, 1 / l->temperature, 0, weight, &s);
        double nats = total_or_log(l, &choices, 0, &s);
        sum += s.most + l->temperature * (nats > 0 ? log(nats) : nats);
    }
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
    PP_TRY(allocate(l, pursuer, critic, (size_t)setup->rounds, error));
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
    free(l->n_choices);
    free(l->choices);
    free(l->categories);
    free(l->moments);
    free(l->nats);
    free(l->rollouts.customer);
    free(l->rollouts.piece);
    free(l->rollouts.held);
    pp_regression_release(&l->regression);
    l->n_choices = NULL;
    l->choices = NULL;
    l->categories = NULL;
    l->moments = NULL;
    l->nats = NULL;
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
