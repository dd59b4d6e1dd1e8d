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

#include "agents/planning/outlook.h"
#include "agents/planning/planning_kernels.h"
#include "market/base/array.h"

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
#define CLOSE   0.05 // GBP, the same in a round: a second step would be a twentieth as long

typedef struct resolve {
    double lambda[PP_MAX_CATEGORIES]; ///< GBP per policy
    double rate[PP_MAX_CATEGORIES];   ///< sales per round
    double mean[PP_MAX_CATEGORIES];   ///< sales of the rounds to come
    pp_gain_table table;
    pp_outlook outlook;
    double *member;              ///< of the table
    double *room;                ///< [10][n_patterns rounded up to 8]
    double *jacobian;            ///< [width][width]
    double *response;            ///< [width][width] d rate_k / d lambda_j
    double *residual;            ///< [width]
    const pp_learning *learning; ///< NULL but in create
    size_t logged;               ///< updates so far
} resolve;

/// Sales per round of each category at the prices in hand.
/// Between the points of its table the slope of a gain may leave [0, 1] by a hair, or by more where
/// points are far apart: the rates are kept within.
/// @param response NULL, or becomes how the rates answer to prices
/// @return profit per round, GBP
static double respond(resolve *r, size_t n, double *response)
{
    double profit =
        pp_planning_kernels_now()->respond(&r->table, r->lambda, r->room, r->rate, response);
    for (size_t k = 0; k < n; k++)
        r->rate[k] = r->rate[k] < 0 ? 0 : r->rate[k] > 1 ? 1 : r->rate[k];
    return profit;
}

/// Expected losses of the rounds to come, into r->outlook.
static void look_ahead(resolve *r, const pp_plan *plan, double rounds, const double *held,
                       bool anchor)
{
    for (size_t k = 0; k < plan->n_categories; k++)
        r->mean[k] = rounds * r->rate[k];
    pp_outlook_at(plan, &r->outlook, held, r->mean, anchor);
}

static void swap(double *a, double *b)
{
    double kept = *a;
    *a = *b;
    *b = kept;
}

/// One step of Gauss's elimination: column k becomes 0 below the greatest entry, which row k gets.
/// @param a [n][width]; the pivot becomes its inverse
/// @return false if there is none but 0
static bool eliminate(double *a, double *x, size_t n, size_t width, size_t k)
{
    size_t pivot = k;
    for (size_t i = k + 1; i < n; i++)
        if (fabs(a[i * width + k]) > fabs(a[pivot * width + k]))
            pivot = i;
    if (!(fabs(a[pivot * width + k]) >= DBL_MIN))
        return false;
    for (size_t j = k; j < n && pivot != k; j++)
        swap(&a[k * width + j], &a[pivot * width + j]);
    swap(&x[k], &x[pivot]);
    double inverse = 1 / a[k * width + k];
    for (size_t i = k + 1; i < n; i++) {
        double factor = a[i * width + k] * inverse;
        for (size_t j = k + 1; j < n; j++)
            a[i * width + j] -= factor * a[k * width + j];
        x[i] -= factor * x[k];
    }
    a[k * width + k] = inverse;
    return true;
}

/// Newton's step in `residual`; false if there is none. GSL's decomposition takes memory in each
/// call and ends the program when there is none.
static bool solve_step(resolve *r, size_t n)
{
    double *a = r->jacobian, *x = r->residual;
    size_t width = r->table.width;
    for (size_t k = 0; k < n; k++)
        if (!eliminate(a, x, n, width, k))
            return false;
    for (size_t k = n; k-- > 0;) {
        for (size_t j = k + 1; j < n; j++)
            x[k] -= a[k * width + j] * x[j];
        x[k] *= a[k * width + k];
        if (!isfinite(x[k]))
            return false;
    }
    return true;
}

/// Clamp a number to [-most, most]. Comparisons compile to instructions, fmin and fmax to calls.
static double within(double x, double most)
{
    return x < -most ? -most : x > most ? most : x;
}

/// One step of Newton's method on lambda + E[rise of L] = 0; without one the prices stand.
/// @param share of the step that is taken
/// @return the largest change, GBP
static double step(resolve *r, const pp_plan *plan, double rounds, const double *held, double share)
{
    size_t n = plan->n_categories, width = r->table.width;
    double largest = 0, most = plan->loss_each;
    respond(r, n, r->response);
    look_ahead(r, plan, rounds, held, true);
    for (size_t k = 0; k < n; k++) {
        // Convex parts only: the matrix stays regular.
        double second = r->outlook.second[k], slope = second > 0 ? rounds * second : 0;
        for (size_t j = 0; j < n; j++)
            r->jacobian[k * width + j] = (double)(k == j) + slope * r->response[k * width + j];
        r->residual[k] = -(r->lambda[k] + r->outlook.first[k]);
    }
    if (!solve_step(r, n))
        return 0;
    for (size_t k = 0; k < n; k++) {
        double change = share * r->residual[k];
        // No policy moves a category's loss by more than all of it.
        r->lambda[k] = within(r->lambda[k] + change, most);
        largest = fabs(change) > largest ? fabs(change) : largest;
    }
    return largest;
}

/// Expected profit of the rounds to come less the expected loss, at the prices in hand, GBP.
static double objective(resolve *r, const pp_plan *plan, double rounds, const double *held)
{
    double value = rounds * respond(r, plan->n_categories, NULL);
    look_ahead(r, plan, rounds, held, false);
    for (size_t k = 0; k < plan->n_categories; k++)
        value -= r->outlook.loss[k];
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
        respond(r, plan->n_categories, NULL);
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

/// Tables of gains in the form of the kernels. @param stride patterns, rounded up to 8
static void load_table(resolve *r, const pp_plan *plan, size_t stride)
{
    const pp_gain *gain = plan->gain;
    r->table = (pp_gain_table){.n_patterns = gain->n_patterns,
                               .n_points = gain->n_points,
                               .least = gain->least,
                               .step = gain->step,
                               .value = gain->value,
                               .slope = gain->slope,
                               .n_categories = plan->n_categories,
                               .width = r->outlook.width,
                               .member = r->member};
    for (size_t k = 0; k < plan->n_categories; k++)
        for (size_t p = 0; p < gain->n_patterns; p++)
            r->member[k * stride + p] = (double)(gain->pattern[p] >> k & 1);
}

static pp_status resolve_create(const pp_plan *plan, void **state, pp_error *error)
{
    const double nothing[PP_MAX_CATEGORIES] = {0};
    resolve *r = *state = calloc(1, sizeof *r);
    if (!r)
        return pp_error_memory(error, "shadow prices");
    PP_TRY(pp_outlook_create(plan, &r->outlook, error));
    size_t width = r->outlook.width, stride = (plan->gain->n_patterns + 7) / 8 * 8;
    r->member = pp_array_reals((plan->n_categories + 10) * stride + (2 * width + 1) * width);
    if (!r->member)
        return pp_error_memory(error, "shadow prices");
    r->room = r->member + plan->n_categories * stride;
    r->jacobian = r->room + 10 * stride;
    r->response = r->jacobian + width * width;
    r->residual = r->response + width * width;
    load_table(r, plan, stride);
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
    pp_outlook_release(&r->outlook);
    free(r->member);
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
        for (int i = 0; i < STEPS && step(r, plan, rounds, held, 1) >= CLOSE; i++)
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
