// Shadow prices. With lambda_k the value of one more policy in category k, a sale to pattern p is
// worth d_p = sum of lambda_k over p, n further rounds bring m_k = n sum_{p in k} G_p'(d_p)
// policies of category k, and at the end
//   lambda_k = -E[L_k(held_k + N_k + 1) - L_k(held_k + N_k)],   N_k by Poisson's law of mean m_k,
// which is the stationary point of n sum_p (G_p(d_p) - d_p G_p'(d_p)) - E[L]: the constants that
// maximise the profit of the rounds to come less the expected loss. Solved by Newton's method in
// every round, from the portfolio then held: what chance has brought is taken into account, the
// kink at the target is smoothed by the sales still to come, and categories share customers through
// the patterns. (Certainty-equivalent re-solving of a fluid problem; see docs/agents.md.)
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "agents/planning/value.h"

enum {
    FIRST_STEPS = 60, ///< at the start of an epoch, at most
    WHOLE_STEPS = 20, ///< of them
    STEPS = 2,        ///< in a round: prices move little from one to the next
    LOOK_EVERY = 20,  ///< rounds between looks for lower prices
    TRIED = 16        ///< prices at a look
};
#define FAR     2.0  // times its target: a category that a look is for
#define CLEARLY 1.0  // GBP, the least rise of the objective for which prices are left
#define ENOUGH  1e-3 // GBP, the largest change of a price at which Newton's method stops

typedef struct resolve {
    double lambda[PP_MAX_CATEGORIES]; ///< GBP per policy
    double rate[PP_MAX_CATEGORIES];   ///< sales per round
    double *jacobian;                 ///< [n_categories][n_categories]
    double *response;                 ///< [n_categories][n_categories] d rate_k / d lambda_j
    double *residual;                 ///< [n_categories]
    const pp_learning *learning;      ///< NULL but in create
    size_t logged;                    ///< updates so far
} resolve;

/// Expectations over the sales still to come in one category.
typedef struct outlook {
    double loss;   ///< E[L]
    double first;  ///< E of the rise of L with one more policy
    double second; ///< E of the second difference
} outlook;

/// N by Poisson's law of mean m, cut 6 s.d. away. @param m in [0, rounds]
static outlook expect(const pp_plan *plan, size_t k, double held, double m)
{
    double reach = 6 * sqrt(m) + 1;
    double low = fmax(0, floor(m - reach)), weight = 0, z = 1;
    double now = pp_plan_loss(plan, k, held + low), next = pp_plan_loss(plan, k, held + low + 1);
    outlook sum = {0};
    size_t terms = (size_t)(ceil(m + reach) - low) + 2;
    for (size_t i = 0; i < terms; i++) {
        double after = pp_plan_loss(plan, k, held + low + (double)i + 2);
        weight += z;
        sum.loss += z * now;
        sum.first += z * (next - now);
        sum.second += z * (after - 2 * next + now);
        now = next;
        next = after;
        z *= m / (low + (double)i + 1);
    }
    return (outlook){sum.loss / weight, sum.first / weight, sum.second / weight};
}

/// Sales per round of each category at the prices in hand.
/// Between the points of its table the slope of a gain may leave [0, 1] by a hair, or by more where
/// points are far apart: the rates are kept within.
/// @param response NULL, or becomes how the rates answer to prices
/// @return profit per round, GBP
static double respond(resolve *r, const pp_plan *plan, double *response)
{
    size_t n = plan->n_categories;
    double profit = 0;
    memset(r->rate, 0, n * sizeof(double));
    if (response)
        memset(response, 0, n * n * sizeof(double));
    for (size_t p = 0; p < plan->gain->n_patterns; p++) {
        uint64_t mask = plan->gain->pattern[p];
        double d = pp_masked_sum(r->lambda, mask);
        pp_gain_value g = pp_gain_at(plan->gain, p, d);
        profit += g.value - d * g.slope;
        for (uint64_t left = mask; left; left &= left - 1) {
            size_t k = (size_t)__builtin_ctzll(left);
            r->rate[k] += g.slope;
            for (uint64_t with = response ? mask : 0; with; with &= with - 1)
                response[k * n + (size_t)__builtin_ctzll(with)] += g.curvature;
        }
    }
    for (size_t k = 0; k < n; k++)
        r->rate[k] = fmin(fmax(r->rate[k], 0), 1);
    return profit;
}

static void swap(double *a, double *b)
{
    double kept = *a;
    *a = *b;
    *b = kept;
}

/// One step of Gauss's elimination: column k becomes 0 below the greatest entry, which row k gets.
/// @return false if there is none but 0
static bool eliminate(double *a, double *x, size_t n, size_t k)
{
    size_t pivot = k;
    for (size_t i = k + 1; i < n; i++)
        if (fabs(a[i * n + k]) > fabs(a[pivot * n + k]))
            pivot = i;
    if (!(fabs(a[pivot * n + k]) >= DBL_MIN))
        return false;
    for (size_t j = k; j < n && pivot != k; j++)
        swap(&a[k * n + j], &a[pivot * n + j]);
    swap(&x[k], &x[pivot]);
    double inverse = 1 / a[k * n + k];
    for (size_t i = k + 1; i < n; i++) {
        double factor = a[i * n + k] * inverse;
        for (size_t j = k + 1; j < n; j++)
            a[i * n + j] -= factor * a[k * n + j];
        x[i] -= factor * x[k];
    }
    return true;
}

/// Newton's step in `residual`; false if there is none. GSL's decomposition takes memory in each
/// call and ends the program when there is none.
static bool solve_step(resolve *r, size_t n)
{
    double *a = r->jacobian, *x = r->residual;
    for (size_t k = 0; k < n; k++)
        if (!eliminate(a, x, n, k))
            return false;
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++)
            x[k] -= a[k * n + j] * x[j];
        x[k] /= a[k * n + k];
        if (!isfinite(x[k]))
            return false;
    }
    return true;
}

/// One step of Newton's method on lambda + E[rise of L] = 0; without one the prices stand.
/// @param share of the step that is taken
/// @return the largest change, GBP
static double step(resolve *r, const pp_plan *plan, double rounds, const double *held, double share)
{
    size_t n = plan->n_categories;
    double largest = 0, most = plan->loss_each;
    respond(r, plan, r->response);
    for (size_t k = 0; k < n; k++) {
        outlook o = expect(plan, k, held[k], rounds * r->rate[k]);
        double slope = rounds * fmax(o.second, 0); // convex parts only: the matrix stays regular
        for (size_t j = 0; j < n; j++)
            r->jacobian[k * n + j] = (double)(k == j) + slope * r->response[k * n + j];
        r->residual[k] = -(r->lambda[k] + o.first);
    }
    if (!solve_step(r, n))
        return 0;
    for (size_t k = 0; k < n; k++) {
        double change = share * r->residual[k];
        // No policy moves a category's loss by more than all of it.
        r->lambda[k] = fmin(fmax(r->lambda[k] + change, -most), most);
        largest = fmax(largest, fabs(change));
    }
    return largest;
}

/// Expected profit of the rounds to come less the expected loss, at the prices in hand, GBP.
static double objective(resolve *r, const pp_plan *plan, double rounds, const double *held)
{
    double value = rounds * respond(r, plan, NULL);
    for (size_t k = 0; k < plan->n_categories; k++)
        value -= expect(plan, k, held[k], rounds * r->rate[k]).loss;
    return value;
}

/// Newton's method from the prices in hand. Where whole steps go to and fro, as they may where the
/// loss is large against what customers pay, ever smaller shares of them do not.
/// @return the objective, GBP
static double settle(resolve *r, const pp_plan *plan, double rounds, const double *held)
{
    double change = INFINITY;
    for (size_t i = 0; i < FIRST_STEPS && change >= ENOUGH; i++) {
        double share = i < WHOLE_STEPS ? 1 : (double)WHOLE_STEPS / (double)(i + 1);
        change = step(r, plan, rounds, held, share);
        if (r->learning && r->logged < r->learning->n_updates) {
            r->learning->series[PP_LEARNING_VALUE][r->logged] = objective(r, plan, rounds, held);
            r->learning->series[PP_LEARNING_TD_ERROR][r->logged++] = change;
        }
    }
    return objective(r, plan, rounds, held);
}

/// Far above its target a category's loss is all but flat: a price of nothing, giving the target
/// up, is then a solution, and turning customers away until few enough come may be another and
/// better one. So lower prices of each such category are tried by the objective, and Newton's
/// method starts again from a better one.
static void look_lower(resolve *r, const pp_plan *plan, double rounds, const double *held)
{
    double best[PP_MAX_CATEGORIES], most = objective(r, plan, rounds, held);
    memcpy(best, r->lambda, sizeof best);
    for (size_t k = 0; k < plan->n_categories; k++) {
        double lowest = fmax(plan->gain->least, -plan->loss_each), price = 0, found = most;
        if (held[k] + rounds * r->rate[k] < FAR * plan->target[k])
            continue;
        for (int i = 1; i <= TRIED; i++) {
            r->lambda[k] = lowest * i / TRIED;
            double value = objective(r, plan, rounds, held);
            if (value > found + CLEARLY) {
                price = r->lambda[k];
                found = value;
            }
        }
        if (found > most) {
            r->lambda[k] = price;
            found = settle(r, plan, rounds, held);
        }
        if (found > most + CLEARLY) {
            most = found;
            memcpy(best, r->lambda, sizeof best);
        }
        memcpy(r->lambda, best, sizeof best);
        respond(r, plan, NULL);
    }
}

/// Prices from scratch, for an epoch that starts.
static void solve_first(resolve *r, const pp_plan *plan, double rounds, const double *held)
{
    memset(r->lambda, 0, sizeof r->lambda);
    settle(r, plan, rounds, held);
    look_lower(r, plan, rounds, held);
}

static double resolve_value(void *state, const pp_plan *plan, int64_t t, const double *held)
{
    return objective(state, plan, (double)(plan->rounds - t), held);
}

static pp_status resolve_create(const pp_plan *plan, void **state, pp_error *error)
{
    size_t n = plan->n_categories;
    const double nothing[PP_MAX_CATEGORIES] = {0};
    resolve *r = *state = calloc(1, sizeof *r);
    if (!r || !(r->jacobian = calloc(2 * n * n + n, sizeof(double))))
        return pp_error_memory(error, "shadow prices");
    r->response = r->jacobian + n * n;
    r->residual = r->response + n * n;
    r->learning = plan->learning;
    solve_first(r, plan, (double)plan->rounds, nothing);
    r->learning = NULL; // borrowed for the call
    return PP_OK;
}

static void resolve_destroy(void *state)
{
    resolve *r = state;
    if (!r)
        return;
    free(r->jacobian);
    free(r);
}

static double resolve_sale_value(void *state, const pp_plan *plan, int64_t round,
                                 const double *held, uint64_t categories)
{
    resolve *r = state;
    double rounds = (double)(plan->rounds - round - 1);
    if (round == 0)
        solve_first(r, plan, rounds, held);
    else
        for (int i = 0; i < STEPS && step(r, plan, rounds, held, 1) >= ENOUGH; i++)
            ;
    if (round > 0 && round % LOOK_EVERY == 0)
        look_lower(r, plan, rounds, held);
    return pp_masked_sum(r->lambda, categories);
}

static size_t resolve_updates(const pp_value_config *config)
{
    (void)config;
    return FIRST_STEPS;
}

const pp_value_class pp_value_shadow_price = {.needs_table = true,
                                              .updates = resolve_updates,
                                              .create = resolve_create,
                                              .destroy = resolve_destroy,
                                              .sale_value = resolve_sale_value,
                                              .value = resolve_value};
