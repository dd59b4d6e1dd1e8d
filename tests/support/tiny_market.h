/// @file
/// A market small enough to enumerate, and its dynamic program in plain code, for tests of what is
/// to be exact: eight rounds, four types of customer, five multipliers, one or two categories.
#ifndef PURSUIT_TESTS_SUPPORT_TINY_MARKET_H
#define PURSUIT_TESTS_SUPPORT_TINY_MARKET_H

#include "tests/support/agent_fixture.h"

#include "agents/planning/policy.h"

enum { TYPES = 4, TINY_ROUNDS = 8, ACTIONS = 5, SIDE = TINY_ROUNDS + 1 };

/// Young in town, young in the country, and the same of the old; once, twice or three times in the
/// history.
static const double type_age[TYPES] = {25, 25, 50, 50}, type_town[TYPES] = {1, 0, 1, 0};
static const double type_estimate[TYPES] = {750, 640, 330, 260};
static const size_t type_rows[TYPES] = {2, 1, 3, 2};
enum { TINY_ROWS = 8 };

/// The reference policy. The cap takes the cheapest multiplier from some types.
#define TINY_SPREAD  0.05
#define TINY_SUPPORT 0.08
#define TINY_CAP     0.97

typedef struct tiny {
    double column[SIM_COLUMNS][TINY_ROWS], unit[TINY_ROWS], multiplier[TINY_ROWS];
    unsigned char sold[TINY_ROWS];
    const double *features[SIM_COLUMNS];
    pp_history history;
    pp_portfolio portfolio;
    double average[2];
    pp_agent_setup setup;
    pp_sale_model model; ///< the pipeline's; nothing to release
    // By type:
    double share[TYPES];
    double *values, *curve[TYPES], null_bid[TYPES];
    pp_curves curves;
    size_t row[TYPES]; ///< the type's first
} tiny;

static inline void tiny_rows(tiny *m)
{
    size_t row = 0;
    for (size_t i = 0; i < TYPES; i++) {
        m->share[i] = (double)type_rows[i] / TINY_ROWS;
        m->row[i] = row;
        for (size_t j = 0; j < type_rows[i]; j++, row++) {
            m->column[0][row] = type_age[i];
            m->column[1][row] = 8;
            m->column[2][row] = type_town[i];
            m->column[3][row] = 1 - type_town[i];
            m->unit[row] = type_estimate[i];
            m->multiplier[row] = 1.1;
        }
    }
    for (size_t j = 0; j < SIM_COLUMNS; j++)
        m->features[j] = m->column[j];
    m->history = (pp_history){.n = TINY_ROWS,
                              .n_columns = SIM_COLUMNS,
                              .features = m->features,
                              .unit = m->unit,
                              .multiplier = m->multiplier,
                              .sold = m->sold};
}

/// @param n_categories 1: the young; 2: and those in town, who may be young
static inline tiny *tiny_create(const firm *f, size_t n_categories)
{
    const pp_sale_config pipeline = {.conversion = PP_SALE_PIPELINE};
    const double target[] = {2, 3};
    tiny *m = zeroed(sizeof *m);
    double bids[TINY_ROWS], *scratch = reals(pp_pipeline_scratch(f->pipeline) * TINY_ROWS);
    tiny_rows(m);
    m->portfolio = f->portfolio;
    m->portfolio.n_categories = n_categories;
    m->portfolio.loss_scale = 120;
    memcpy(m->portfolio.target, target, sizeof target);
    m->average[0] = m->average[1] = 1;
    m->setup = f->setup;
    m->setup.history = &m->history;
    m->setup.portfolio = &m->portfolio;
    m->setup.burn_in_average = m->average;
    m->setup.rounds = TINY_ROUNDS;
    assert_int_equal(pp_sale_model_fit(&pipeline, &m->setup, &m->model, NULL), PP_OK);
    m->values = reals(pp_pipeline_curve_size(f->pipeline) * TINY_ROWS);
    pp_pipeline_prepare(f->pipeline, m->features, m->unit, TINY_ROWS, scratch, m->values,
                        &m->curves);
    pp_curves_bid(&m->curves, NULL, bids);
    for (size_t i = 0; i < TYPES; i++) {
        m->curve[i] = m->values + m->row[i] * m->curves.size;
        m->null_bid[i] = bids[m->row[i]];
    }
    free(scratch);
    return m;
}

static inline void tiny_destroy(tiny *m)
{
    free(m->values);
    free(m);
}

static inline pp_policy_config tiny_policy(double temperature)
{
    return (pp_policy_config){.temperature = temperature,
                              .candidates = ACTIONS,
                              .centre = 1,
                              .spread = TINY_SPREAD,
                              .support = TINY_SUPPORT,
                              .cap_min = TINY_CAP,
                              .cap_max = NAN};
}

static inline uint64_t tiny_categories(const tiny *m, size_t type)
{
    uint64_t all = (uint64_t)(type_age[type] < 30) | (uint64_t)(type_town[type] > 0) << 1;
    return all & ((1U << m->portfolio.n_categories) - 1);
}

static inline double tiny_sale(const tiny *m, size_t type, double multiplier)
{
    return pp_sale_probability(&m->model, m->curve[type], multiplier);
}

/// What a round with a customer of a type comes to.
typedef struct outcome {
    double value;      ///< soft, hard, or best of all, GBP
    double sale;       ///< chance
    double profit;     ///< of the policy, without the portfolio's, GBP
    double multiplier; ///< mean of the policy
} outcome;

/// The five multipliers around the null bid, those below the cap left out.
static inline outcome tiny_soft(const tiny *m, size_t type, double temperature, double d)
{
    double q[ACTIONS], a[ACTIONS], weight[ACTIONS], most = -INFINITY, all = 0, sum = 0;
    outcome o = {0};
    for (int j = 0; j < ACTIONS; j++) {
        double x = (j - 2) / 2.0 * TINY_SUPPORT, p;
        a[j] = m->null_bid[type] * (1 + x);
        p = tiny_sale(m, type, a[j]);
        q[j] = p * (type_estimate[type] * (a[j] - 1) + d);
        weight[j] = a[j] < TINY_CAP ? 0 : exp(-x * x / (2 * TINY_SPREAD * TINY_SPREAD));
        all += weight[j];
        if (weight[j] > 0 && q[j] > most) {
            most = q[j];
            o = (outcome){q[j], p, q[j] - p * d, a[j]};
        }
    }
    if (!(temperature > 0))
        return o;
    o = (outcome){0};
    for (int j = 0; j < ACTIONS; j++)
        sum += weight[j] *= weight[j] > 0 ? exp((q[j] - most) / temperature) : 0;
    for (int j = 0; j < ACTIONS; j++) {
        double p = tiny_sale(m, type, a[j]);
        o.sale += weight[j] / sum * p;
        o.profit += weight[j] / sum * p * type_estimate[type] * (a[j] - 1);
        o.multiplier += weight[j] / sum * a[j];
    }
    o.value = most + temperature * log(sum / all);
    return o;
}

/// The best multiplier of the whole range, by a grid and golden sections.
static inline outcome tiny_best(const tiny *m, size_t type, double d)
{
    double low = m->model.low, high = m->model.high, c = type_estimate[type], best = -INFINITY;
    double at = low, step = (high - low) / 200;
    for (int j = 0; j <= 200; j++) {
        double a = low + step * j, q = tiny_sale(m, type, a) * (c * (a - 1) + d);
        at = q > best ? a : at;
        best = fmax(q, best);
    }
    double from = fmax(low, at - step), to = fmin(high, at + step);
    for (int i = 0; i < 60; i++) {
        double x = to - 0.618 * (to - from), y = from + 0.618 * (to - from);
        if (tiny_sale(m, type, x) * (c * (x - 1) + d) > tiny_sale(m, type, y) * (c * (y - 1) + d))
            to = y;
        else
            from = x;
    }
    at = from < low + 1e-9 ? low : to > high - 1e-9 ? high : (from + to) / 2;
    double p = tiny_sale(m, type, at), profit = p * c * (at - 1);
    return (outcome){profit + p * d, p, profit, at};
}

/// The whole dynamic program. [t][held of category 0][held of category 1]
typedef struct solution {
    double value[SIDE][SIDE][SIDE];  ///< V, GBP
    double chance[SIDE][SIDE][SIDE]; ///< of being there under the policy
} solution;

static inline double tiny_loss(const tiny *m, size_t k, size_t held)
{
    double h = (double)held, target = m->portfolio.target[k];
    return m->portfolio.loss_scale / (double)m->portfolio.n_categories * fabs(h - target) /
           fmax(h, target);
}

/// @param temperature NaN: the best multiplier of all
static inline outcome tiny_outcome(const tiny *m, size_t type, double temperature, double d)
{
    return isnan(temperature) ? tiny_best(m, type, d) : tiny_soft(m, type, temperature, d);
}

/// Value of a sale to these categories when `t` rounds will have been played, GBP.
static inline double tiny_change(const solution *s, size_t t, size_t i, size_t j,
                                 uint64_t categories)
{
    return s->value[t][i + (categories & 1)][j + (categories >> 1)] - s->value[t][i][j];
}

/// Both counts at most t; the second 0 with one category.
static inline bool tiny_can_hold(const tiny *m, size_t t, size_t i, size_t j)
{
    return i <= t && j <= (m->portfolio.n_categories > 1 ? t : 0);
}

static inline solution *tiny_solve(const tiny *m, double temperature)
{
    solution *s = zeroed(sizeof *s);
    for (size_t i = 0; i < SIDE; i++)
        for (size_t j = 0; j < SIDE; j++)
            s->value[TINY_ROUNDS][i][j] =
                -tiny_loss(m, 0, i) - (m->portfolio.n_categories > 1 ? tiny_loss(m, 1, j) : 0);
    for (size_t t = TINY_ROUNDS; t-- > 0;)
        for (size_t i = 0; i <= t; i++)
            for (size_t j = 0; tiny_can_hold(m, t, i, j); j++) {
                s->value[t][i][j] = s->value[t + 1][i][j];
                for (size_t c = 0; c < TYPES; c++) {
                    double d = tiny_change(s, t + 1, i, j, tiny_categories(m, c));
                    s->value[t][i][j] += m->share[c] * tiny_outcome(m, c, temperature, d).value;
                }
            }
    return s;
}

/// Fill in how likely each portfolio is.
static inline void tiny_play(const tiny *m, double temperature, solution *s)
{
    s->chance[0][0][0] = 1;
    for (size_t t = 0; t < TINY_ROUNDS; t++)
        for (size_t i = 0; i <= t; i++)
            for (size_t j = 0; tiny_can_hold(m, t, i, j); j++)
                for (size_t c = 0; c < TYPES; c++) {
                    uint64_t mask = tiny_categories(m, c);
                    double d = tiny_change(s, t + 1, i, j, mask);
                    double sale = tiny_outcome(m, c, temperature, d).sale;
                    double here = s->chance[t][i][j] * m->share[c];
                    s->chance[t + 1][i][j] += here * (1 - sale);
                    s->chance[t + 1][i + (mask & 1)][j + (mask >> 1)] += here * sale;
                }
}

#endif
