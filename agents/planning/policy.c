// Candidate multipliers of the reference policy, their soft maximum, and draws from it.
#include "agents/planning/policy.h"

#include <math.h>

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

void pp_candidates_make(const pp_policy_config *config, const pp_sale_model *model,
                        const double *curve, double null_bid, pp_candidates *candidates)
{
    double low, high, centre = config->centre * null_bid, sum = 0;
    size_t points = config->support > 0 ? (size_t)config->candidates : 1, n = 0;
    pp_policy_caps(config, model->low, model->high, &low, &high);
    for (size_t j = 0; j < points; j++) {
        // From -1 to 1; exactly 0 in the middle, so that the centre itself is on the grid.
        double x = points > 1 ? (2 * (double)j - (double)(points - 1)) / (double)(points - 1) : 0;
        double a = centre * (1 + config->support * x), z = config->support * x / config->spread;
        double weight = exp(-z * z / 2);
        if (a < low || a > high || !(weight > 0))
            continue;
        candidates->multiplier[n] = a;
        candidates->reference[n++] = weight;
        sum += weight;
    }
    if (n == 0) {
        candidates->multiplier[0] = fmin(fmax(centre, low), high);
        candidates->reference[0] = sum = 1;
        n = 1;
    }
    candidates->n = n;
    for (size_t j = 0; j < n; j++) {
        candidates->reference[j] /= sum;
        candidates->sale[j] = pp_sale_probability(model, curve, candidates->multiplier[j]);
    }
}

static double action_value(const pp_candidates *c, size_t j, double estimate, double d)
{
    return c->sale[j] * (estimate * (c->multiplier[j] - 1) + d);
}

/// Temperature 0: all weight on the best; on the first of several.
static pp_soft hard_maximum(const pp_candidates *c, double estimate, double d, double *policy)
{
    size_t best = 0;
    double most = action_value(c, 0, estimate, d);
    for (size_t j = 1; j < c->n; j++) {
        double q = action_value(c, j, estimate, d);
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
pp_soft pp_soft_maximum(const pp_candidates *c, double temperature, double estimate, double d,
                        double *policy)
{
    double q[PP_CANDIDATES_MAX], most = -INFINITY, least = INFINITY;
    double total = 0, excess = 0, conversion = 0, mean = 0;
    if (!(temperature > 0))
        return hard_maximum(c, estimate, d, policy);
    for (size_t j = 0; j < c->n; j++) {
        q[j] = action_value(c, j, estimate, d);
        most = fmax(most, q[j]);
        least = fmin(least, q[j]);
    }
    bool close = most - least < 0.01 * temperature; // exp(x) - 1 would swallow such exponents
    for (size_t j = 0; j < c->n; j++) {
        double x = (q[j] - most) / temperature, factor = exp(x);
        double weight = c->reference[j] * factor;
        total += weight;
        excess += c->reference[j] * (close ? expm1(x) : factor - 1);
        conversion += weight * c->sale[j];
        mean += weight * (q[j] - most);
        if (policy)
            policy[j] = weight;
    }
    double above = temperature * (excess > -0.5 ? log1p(excess) : log(total));
    for (size_t j = 0; j < c->n && policy; j++)
        policy[j] /= total;
    double kl = (mean / total - above) / temperature;
    return (pp_soft){most + above, conversion / total, fmax(kl, 0)};
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
