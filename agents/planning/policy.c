// Candidate multipliers of the reference policy, their soft maximum, and draws from it.
#include "agents/planning/policy.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "agents/planning/planning_kernels.h"
#include "market/base/lanes.h"

const char *const pp_act_names[] = {"mean", "mode", "sample", NULL};

void pp_policy_caps(const pp_policy_config *config, double bid_min, double bid_max, double *low,
                    double *high)
{
    *low = isnan(config->cap_min) ? bid_min : config->cap_min;
    *high = isnan(config->cap_max) ? bid_max : config->cap_max;
}

pp_status pp_policy_check(const pp_policy_config *config, double bid_min, double bid_max,
                          pp_error *error)
{
    double low, high;
    pp_policy_caps(config, bid_min, bid_max, &low, &high);
    if (!(low > high)) // either may be NaN, not known
        return PP_OK;
    if (isnan(config->cap_min) && isnan(config->cap_max))
        return PP_OK; // nothing of ours: the pipeline refuses such a range
    if (isnan(config->cap_min))
        return pp_error_set(error, PP_EINVAL,
                            "cap_max: %g is below the bid's range, which begins at %g", high, low);
    if (isnan(config->cap_max))
        return pp_error_set(error, PP_EINVAL,
                            "cap_min: %g is above the bid's range, which ends at %g", low, high);
    return pp_error_set(error, PP_EINVAL, "cap_min: %g is above cap_max, %g", low, high);
}

pp_status pp_policy_check_outline(const pp_policy_config *config, const pp_agent_outline *outline,
                                  pp_error *error)
{
    PP_TRY(pp_policy_check(config, outline->bid_min, outline->bid_max, error));
    if (outline->max_multiple > 0 && config->cap_min > outline->max_multiple)
        return pp_error_set(error, PP_EINVAL,
                            "cap_min: %g is above the firm's limits.max_multiple, %g",
                            config->cap_min, outline->max_multiple);
    if (outline->min_multiple > 0 && config->cap_max < outline->min_multiple)
        return pp_error_set(error, PP_EINVAL,
                            "cap_max: %g is below the firm's limits.min_multiple, %g",
                            config->cap_max, outline->min_multiple);
    return PP_OK;
}

void pp_candidates_make(const pp_policy_config *config, const pp_sale_model *model,
                        const double *curve, double null_bid, pp_price_range range,
                        pp_candidates *candidates)
{
    pp_candidates *c = candidates;
    double low, high, centre = config->centre * null_bid, sum = 0;
    size_t points = config->support > 0 ? (size_t)config->candidates : 1, n = 0;
    pp_policy_caps(config, model->low, model->high, &low, &high);
    pp_planning_kernels_now()->grid(centre, config->support, config->spread, points, c->multiplier,
                                    c->reference);
    for (size_t j = 0; j < points; j++) {
        double a = c->multiplier[j], weight = c->reference[j];
        if (a < low || a > high || !(weight > 0))
            continue;
        sum += weight;
        a = pp_within(a, range.low, range.high);
        if (n > 0 && a == c->multiplier[n - 1]) {
            c->reference[n - 1] += weight; // both at a limit
            continue;
        }
        c->multiplier[n] = a;
        c->reference[n++] = weight;
    }
    if (n == 0) {
        c->multiplier[0] = pp_within(pp_within(centre, low, high), range.low, range.high);
        c->reference[0] = sum = 1;
        n = 1;
    }
    c->n = n;
    for (size_t j = 0; j < n; j++)
        c->reference[j] /= sum;
    pp_sale_probabilities(model, curve, n, c->multiplier, c->sale);
}

static double action_value(const pp_candidates *c, size_t j, pp_stake stake, double d)
{
    return c->sale[j] * (stake.size * (c->multiplier[j] - stake.break_even) + d);
}

/// Temperature 0: all weight on the best; on the first of several.
static pp_soft hard_maximum(const pp_candidates *c, pp_stake stake, double d, double *policy)
{
    size_t best = 0;
    double most = action_value(c, 0, stake, d);
    for (size_t j = 1; j < c->n; j++) {
        double q = action_value(c, j, stake, d);
        if (q > most) {
            most = q;
            best = j;
        }
    }
    for (size_t j = 0; j < c->n && policy; j++)
        policy[j] = j == best;
    return (pp_soft){most, c->sale[best], -log(c->reference[best])};
}

// V = most + tau log(1 + sum pi_b (exp((Q - most)/tau) - 1)): nothing is lost at either end of the
// temperatures, as sum pi_b = 1. What is unlikely keeps its digits too: weights are exponentials
// themselves, and where the best has next to no weight in pi_b the logarithm is of their sum.

/// Report whether all exponents are so small that exp(x) - 1 would swallow them. A `least` above
/// the true one does no harm: sums by expm1 are right for every exponent, and only slower.
static bool is_flat(double most, double least, double temperature)
{
    return most - least < 0.01 * temperature;
}

/// Sum of pi_b (e^x - 1) where exponents are small.
static double small_excess(const pp_candidates *c, double temperature, pp_stake stake, double d,
                           double most)
{
    double excess = 0;
    for (size_t j = 0; j < c->n; j++)
        excess += c->reference[j] * expm1((action_value(c, j, stake, d) - most) / temperature);
    return excess;
}

/// Candidates as the kernels want them: eight at a time, the last once more without a weight.
typedef struct padded {
    double reference[PP_CANDIDATES_ROOM], sale[PP_CANDIDATES_ROOM], profit[PP_CANDIDATES_ROOM];
} padded;

static void pad(const pp_candidates *c, pp_stake stake, padded *to)
{
    memcpy(to->reference, c->reference, c->n * sizeof(double));
    memcpy(to->sale, c->sale, c->n * sizeof(double));
    for (size_t j = 0; j < c->n; j++)
        to->profit[j] = stake.size * (c->multiplier[j] - stake.break_even);
    for (size_t j = c->n; j % PP_LANES; j++) {
        to->reference[j] = 0;
        to->sale[j] = to->sale[c->n - 1];
        to->profit[j] = to->profit[c->n - 1];
    }
}

pp_soft pp_soft_maximum(const pp_candidates *c, double temperature, pp_stake stake, double d,
                        double *policy)
{
    double weight[PP_CANDIDATES_ROOM];
    padded p;
    pp_soft_sums s;
    if (!(temperature > 0))
        return hard_maximum(c, stake, d, policy);
    pad(c, stake, &p);
    pp_planning_kernels_now()->soft(p.reference, p.sale, p.profit, c->n, temperature, d, &s,
                                    weight);
    if (is_flat(s.most, s.least, temperature))
        s.excess = small_excess(c, temperature, stake, d, s.most);
    double above = temperature * (s.excess > -0.5 ? log1p(s.excess) : log(s.total));
    for (size_t j = 0; j < c->n && policy; j++)
        policy[j] = weight[j] / s.total;
    double kl = (s.mean / s.total - above) / temperature;
    return (pp_soft){s.most + above, s.conversion / s.total, fmax(kl, 0)};
}

/// The exponent below which a candidate adds nothing that the total could hold: the best alone adds
/// its reference weight.
static double never(const pp_candidates *c)
{
    double least = 1;
    for (size_t j = 0; j < c->n; j++)
        least = c->reference[j] < least ? c->reference[j] : least;
    return log(least) - 40;
}

enum { CHUNK = 72 }; ///< values of a sale at a time: a multiple of 8 that holds a default table

static void soft_chunk(const pp_candidates *c, double temperature, pp_stake stake, const padded *p,
                       double least, const double *d, size_t m, double *value, double *slope)
{
    double room[5][CHUNK], at[CHUNK], rise[CHUNK];
    pp_soft_columns s = {.most = room[0],
                         .total = room[1],
                         .excess = room[2],
                         .conversion = room[3],
                         .least = room[4]};
    memcpy(at, d, m * sizeof(double));
    for (size_t j = m; j % PP_LANES; j++)
        at[j] = d[m - 1];
    pp_planning_kernels_now()->soft_table(p->reference, p->sale, p->profit, c->n, temperature,
                                          least, at, m, &s);
    for (size_t j = 0; j < m; j++) {
        if (is_flat(s.most[j], s.least[j], temperature))
            s.excess[j] = small_excess(c, temperature, stake, d[j], s.most[j]);
        rise[j] = s.excess[j] > -0.5 ? s.excess[j] : s.total[j] - 1;
    }
    pp_planning_kernels_now()->log1p(rise, m, rise);
    for (size_t j = 0; j < m; j++) {
        // 1 + (total - 1) is not the total where that is small.
        double above = s.total[j] < 1e-3 ? log(s.total[j]) : rise[j];
        value[j] = s.most[j] + temperature * above;
        slope[j] = s.conversion[j] / s.total[j];
    }
}

void pp_soft_maxima(const pp_candidates *candidates, double temperature, pp_stake stake,
                    const double *d, size_t m, double *value, double *slope)
{
    bool single = m == 1 || !(temperature > 0); // one value alone would cost as much as eight
    double least = never(candidates);
    padded p;
    pad(candidates, stake, &p);
    for (size_t j = 0; j < m && single; j++) {
        pp_soft soft = pp_soft_maximum(candidates, temperature, stake, d[j], NULL);
        value[j] = soft.value;
        slope[j] = soft.conversion;
    }
    for (size_t j = 0; j < m && !single; j += CHUNK)
        soft_chunk(candidates, temperature, stake, &p, least, d + j, m - j < CHUNK ? m - j : CHUNK,
                   value + j, slope + j);
}

size_t pp_policy_draw(const double *policy, size_t n, double u)
{
    double sum = 0;
    for (size_t j = 0; j + 1 < n; j++)
        if ((sum += policy[j]) > u)
            return j;
    return n - 1;
}

double pp_policy_act(const pp_candidates *c, const double *policy, pp_act act, double u)
{
    double mean = 0;
    size_t best = 0;
    if (act == PP_ACT_SAMPLE)
        return c->multiplier[pp_policy_draw(policy, c->n, u)];
    for (size_t j = 0; j < c->n; j++) {
        mean += policy[j] * c->multiplier[j];
        if (policy[j] > policy[best])
            best = j;
    }
    return act == PP_ACT_MODE ? c->multiplier[best] : mean;
}
