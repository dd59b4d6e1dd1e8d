// Backward induction over every portfolio that can be held:
//   V(held, T) = -L(held),  V(held, t) = V(held, t + 1) + sum_p G_p(V(held + p, t + 1) - V(held, t
//   + 1))
// Exact where the gains are sums over rows; within the table's interpolation otherwise.
#include <math.h>
#include <stdlib.h>

#include "agents/planning/value.h"
#include "market/base/stop.h"

enum { STATES_MAX = 1 << 24 }; ///< portfolios times rounds; 128 MB

typedef struct table {
    size_t side;   ///< counts of a category: 0 .. rounds
    size_t states; ///< side^n_categories
    double *value; ///< [rounds + 1][states]
} table;

static pp_status table_check(size_t n_categories, int64_t rounds, pp_error *error)
{
    double side = (double)rounds + 1;
    if (pow(side, (double)n_categories + 1) <= STATES_MAX)
        return PP_OK;
    return pp_error_set(error, PP_EINVAL,
                        "value: a table over %zu categories and %lld rounds has more than %d "
                        "entries; 'resolve' has no such limit",
                        n_categories, (long long)rounds, (int)STATES_MAX);
}

static size_t offset_of(const table *t, uint64_t mask)
{
    size_t offset = 0, unit = 1;
    for (; mask; mask >>= 1, unit *= t->side)
        offset += mask & 1 ? unit : 0;
    return offset;
}

/// Does every category of the state hold at most `most` policies?
static bool reachable(const table *t, size_t n_categories, size_t state, size_t most)
{
    for (size_t k = 0; k < n_categories; k++, state /= t->side)
        if (state % t->side > most)
            return false;
    return true;
}

/// -L of the portfolio that is a state.
static double state_end(const pp_plan *plan, const table *t, size_t state)
{
    double held[PP_MAX_CATEGORIES];
    for (size_t k = 0; k < plan->n_categories; k++, state /= t->side)
        held[k] = (double)(state % t->side);
    return pp_plan_end(plan, held);
}

/// @return PP_OK, PP_EINTERRUPTED
static pp_status fill(const pp_plan *plan, table *t, size_t *offsets, pp_error *error)
{
    const pp_gain *gain = plan->gain;
    size_t rounds = (size_t)plan->rounds;
    for (size_t p = 0; p < gain->n_patterns; p++)
        offsets[p] = offset_of(t, gain->pattern[p]);
    for (size_t state = 0; state < t->states; state++)
        t->value[rounds * t->states + state] = state_end(plan, t, state);
    for (size_t round = rounds; round-- > 0;) {
        PP_TRY(pp_stop_check(plan->stop, error));
        const double *next = t->value + (round + 1) * t->states;
        double *value = t->value + round * t->states;
        for (size_t state = 0; state < t->states; state++) {
            if (!reachable(t, plan->n_categories, state, round))
                continue;
            value[state] = next[state];
            for (size_t p = 0; p < gain->n_patterns; p++)
                value[state] += pp_gain_at(gain, p, next[state + offsets[p]] - next[state]).value;
        }
    }
    return PP_OK;
}

static pp_status table_create(const pp_plan *plan, void **state, pp_error *error)
{
    table *t = *state = calloc(1, sizeof *t);
    if (!t)
        return pp_error_memory(error, "a table of values");
    PP_TRY(table_check(plan->n_categories, plan->rounds, error));
    t->side = (size_t)plan->rounds + 1;
    t->states = 1;
    for (size_t k = 0; k < plan->n_categories; k++)
        t->states *= t->side;
    size_t *offsets = calloc(plan->gain->n_patterns, sizeof *offsets);
    t->value = calloc(t->states * t->side, sizeof(double));
    if (!offsets || !t->value) {
        free(offsets);
        return pp_error_memory(error, "a table of values");
    }
    pp_status status = fill(plan, t, offsets, error);
    free(offsets);
    if (status == PP_OK && plan->learning && plan->learning->n_updates > 0)
        plan->learning->series[PP_LEARNING_VALUE][0] = t->value[0];
    return status;
}

static void table_destroy(void *state)
{
    if (state)
        free(((table *)state)->value);
    free(state);
}

static size_t state_of(const pp_plan *plan, const table *t, const double *held)
{
    size_t state = 0, unit = 1;
    for (size_t k = 0; k < plan->n_categories; k++, unit *= t->side)
        state += unit * (size_t)fmin(fmax(held[k], 0), (double)plan->rounds);
    return state;
}

static double table_sale_value(void *state, const pp_plan *plan, int64_t round, const double *held,
                               uint64_t categories)
{
    const table *t = state;
    double more[PP_MAX_CATEGORIES];
    pp_plan_sell(plan, held, categories, more);
    const double *next = t->value + (size_t)(round + 1) * t->states;
    return next[state_of(plan, t, more)] - next[state_of(plan, t, held)];
}

static double table_value(void *state, const pp_plan *plan, int64_t round, const double *held)
{
    const table *t = state;
    return t->value[(size_t)round * t->states + state_of(plan, t, held)];
}

const pp_value_class pp_value_table = {.check = table_check,
                                       .updates = pp_one_update,
                                       .create = table_create,
                                       .destroy = table_destroy,
                                       .sale_value = table_sale_value,
                                       .value = table_value};
