// Proximal policy optimisation with a penalty (Schulman et al., arXiv 1707.06347): the yardstick
// for model-free klq, with the same function class, rollouts, lambda sums and number of updates
// (agents/learning/learner.h). Its policy and its critic have coefficients of their own. Rewards
// carry the KL penalty to the same reference, and the penalty on a step, tau/alpha, is the one at
// which the two methods' exact updates agree (arXiv 2508.17000).
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/learning/learner.h"
#include "agents/planning/network.h"
#include "market/base/param_rows.h"

typedef struct ppo_config {
    pp_policy_config policy;
    pp_sale_config sale;
    pp_learner_config learner;
    int64_t passes;
    int64_t batches;
    double step;
} ppo_config;

#define CONFIG ppo_config
static const pp_param ppo_rows[] = {
    PP_POLICY_ROWS(policy, 0.3),
    PP_SALE_ROWS(sale),
    PP_LEARNER_ROWS(learner, ""),
    INTEGER(passes, 4, 1, 10000, "1", "passes over the rollouts in an update", DESIGN),
    INTEGER(batches, 4, 1, 10000, "1", "gradient steps per pass", DESIGN),
    REAL(step, 0.5, 0, 1e6, PP_OPEN_MIN, "GBP", "Adam's step in the policy's coefficients", DESIGN),
};
static const pp_param_table ppo_table = {"ppo", "temperature, reference policy and updates",
                                         ppo_rows, PP_COUNT(ppo_rows), sizeof(CONFIG)};
#undef CONFIG

typedef struct ppo_state {
    pp_pursuer pursuer;
    pp_learner learner;
} ppo_state;

/// Of one update.
typedef struct ppo_work {
    const ppo_config *config;
    double *gradient, *first, *second; ///< [size] Adam's
    double steps;
} ppo_work;

/// d/dd of ratio Delta - (tau/alpha) KL(pi_old || pi) at a row, with d the value of a sale; as
/// d log pi(a)/dd = (P(a) - E_pi P)/tau.
static double row_slope(const pp_learner *l, size_t row, double d)
{
    const pp_rollouts *r = &l->rollouts;
    const pp_soft_rows choices = pp_learner_choices(l, r->customer[row]);
    size_t a = r->action[row];
    pp_choice_odds now = pp_learning_kernels_now()->odds(&choices, d, a);
    double ratio = now.probability / fmax(r->probability[row], 1e-300);
    double gain = ratio * r->delta[row] * (choices.slope[a] - now.slope);
    return gain + (r->conversion[row] - l->temperature * now.slope) / l->config.alpha;
}

/// One gradient step on every `batches`-th row.
static void step_batch(pp_learner *l, ppo_work *w, size_t batch)
{
    const pp_rollouts *r = &l->rollouts;
    size_t stride = (size_t)w->config->batches, rounds = r->rounds, round = batch % rounds;
    double share = (double)stride / (double)r->n;
    pp_function policy = {l->theta, l->slope};
    pp_function_slopes(&l->basis, &policy);
    memset(w->gradient, 0, l->basis.size * sizeof(double));
    for (size_t row = batch; row < r->n; row += stride) {
        const pp_moment *after = &l->moments[round];
        uint64_t categories = l->categories[r->customer[row]];
        round += stride % rounds;
        round -= round < rounds ? 0 : rounds;
        if (!categories)
            continue; // a sale to them moves nothing
        const pp_place place = pp_learner_place(l, row);
        double d = pp_function_change(&l->basis, &policy, after, &place, categories);
        pp_basis_add_change(&l->basis, after, &place, categories, -share * row_slope(l, row, d),
                            w->gradient);
    }
    pp_basis_gradient_of_slopes(&l->basis, w->gradient);
    pp_adam(l->theta, w->gradient, w->first, w->second, l->basis.size, w->config->step, ++w->steps);
}

static pp_status ppo_update(pp_learner *l, pp_error *error)
{
    ppo_work *w = l->own;
    pp_status status = pp_learner_regress(l, true, l->config.alpha, l->critic, error);
    for (int64_t pass = 0; pass < w->config->passes && status == PP_OK; pass++)
        for (int64_t batch = 0; batch < w->config->batches && batch < (int64_t)l->rollouts.n;
             batch++)
            step_batch(l, w, (size_t)batch);
    return status;
}

/// Scratch of the updates, which depends on the size of the basis.
static pp_status learn(ppo_state *s, const ppo_config *config, const pp_agent_setup *setup,
                       pp_error *error)
{
    pp_basis basis;
    pp_basis_make(setup->portfolio, setup->burn_in_average, setup->rounds, &basis);
    double *room = calloc(3 * basis.size, sizeof(double));
    if (!room)
        return pp_error_memory(error, "an update");
    ppo_work work = {config, room, room + basis.size, room + 2 * basis.size, 0};
    pp_status status = pp_learner_train(&config->learner, &s->pursuer, true, ppo_update, &work,
                                        setup, &s->learner, error);
    free(room);
    return status;
}

static pp_status ppo_check(const void *params, const pp_agent_outline *outline, pp_error *error)
{
    const ppo_config *config = params;
    pp_status status = pp_policy_check_outline(&config->policy, outline, error);
    return status == PP_OK ? pp_learner_check(&config->policy, error) : status;
}

static pp_status ppo_train(void *state, const void *params, const pp_agent_setup *setup,
                           pp_error *error)
{
    ppo_state *s = state;
    const ppo_config *config = params;
    pp_status status =
        pp_pursuer_train(&s->pursuer, &config->sale, &config->policy, false, NULL, setup, error);
    return status == PP_OK ? learn(s, config, setup, error) : status;
}

static void ppo_release(void *state)
{
    ppo_state *s = state;
    pp_learner_release(&s->learner);
    pp_pursuer_release(&s->pursuer);
}

static void ppo_prepare(const void *state, const pp_agent_batch *batch, double *prepared)
{
    pp_pursuer_prepare(&((const ppo_state *)state)->pursuer, batch, prepared);
}

static double ppo_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    ppo_state *s = state;
    return pp_learner_quote(&s->learner, &s->pursuer, quote, held);
}

static void ppo_end_epoch(void *state, pp_agent_epoch *epoch)
{
    pp_pursuer_end_epoch(&((ppo_state *)state)->pursuer, epoch);
}

static size_t ppo_updates(const void *params)
{
    return (size_t)((const ppo_config *)params)->learner.iterations;
}

const pp_agent_class pp_agent_ppo = {
    .abi = PP_AGENT_ABI,
    .name = "ppo",
    .doc = "proximal policy optimisation with a KL penalty, the yardstick for klq",
    .params = &ppo_table,
    .state_size = sizeof(ppo_state),
    .needs_portfolio = true,
    .check = ppo_check,
    .train = ppo_train,
    .release = ppo_release,
    .prepared = 1,
    .prepare = ppo_prepare,
    .quote = ppo_quote,
    .end_epoch = ppo_end_epoch,
    .updates = ppo_updates,
};
