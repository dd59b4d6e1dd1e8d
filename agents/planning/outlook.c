// Poisson expectations of a category's loss, carried from round to round by a power series.
#include "agents/planning/outlook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/planning/planning_kernels.h"
#include "market/base/array.h"

/// What the last terms of a series may be, as a share of a category's loss.
static const double negligible = 1e-10;

/// Counts that a sum takes on either side of its mean, and those that an expectation is of.
enum { SUMMED = 8, COUNTED = 7, SKEW = 2 }; // standard deviations; counts more, for small means

static double reach(double mean)
{
    return SUMMED * sqrt(mean) + SKEW;
}

pp_status pp_outlook_create(const pp_plan *plan, pp_outlook *outlook, pp_error *error)
{
    size_t width = (plan->n_categories + 7) / 8 * 8;
    size_t room = (size_t)(2 * reach((double)plan->rounds)) + PP_OUTLOOK_TERMS + 64;
    pp_outlook *o = outlook;
    *o = (pp_outlook){.width = width};
    o->terms = pp_array_reals(width * (PP_OUTLOOK_TERMS + 8) + 2 * room);
    if (!o->terms)
        return pp_error_memory(error, "expectations of losses");
    double **columns[] = {&o->loss, &o->first, &o->second, &o->held,
                          &o->mean, &o->sold,  &o->drift,  &o->rest};
    for (size_t i = 0; i < 8; i++)
        *columns[i] = o->terms + (PP_OUTLOOK_TERMS + i) * width;
    o->room = o->terms + (PP_OUTLOOK_TERMS + 8) * width;
    for (size_t k = 0; k < width; k++)
        o->held[k] = NAN;
    return PP_OK;
}

void pp_outlook_release(pp_outlook *outlook)
{
    free(outlook->terms);
    memset(outlook, 0, sizeof *outlook);
}

/// The sums themselves, of all orders or of order 0. @param c c[order width]
static void sum(const pp_plan *plan, pp_outlook *o, size_t k, double held, double mean, bool all,
                double *c)
{
    double m = fmax(mean, 1e-12),
           low = fmax(0, floor(m - reach(m))); // none to come is next to none
    size_t n = (size_t)(ceil(m + reach(m)) - low);
    n += all ? PP_OUTLOOK_TERMS : 1; // order j requires j counts more
    pp_planning_kernels_now()->expect(held, plan->target[k], plan->loss_each, low, m, n, o->room,
                                      all, c, o->width);
}

/// Does the series give the expectation? It must have converged, and what counts now must have been
/// in the sum. What is not a number, or a shift by a part of a policy, has not.
static bool is_good(const pp_plan *plan, const pp_outlook *o, size_t k, double mean)
{
    double most = negligible * plan->loss_each, shift = fabs(o->sold[k] + o->drift[k]);
    return o->rest[k] <= most * most && o->sold[k] == floor(o->sold[k]) &&
           shift + COUNTED * sqrt(mean) <= SUMMED * sqrt(o->mean[k]);
}

void pp_outlook_at(const pp_plan *plan, pp_outlook *outlook, const double *held, const double *mean,
                   bool anchor)
{
    pp_outlook *o = outlook;
    for (size_t k = 0; k < plan->n_categories; k++) {
        o->sold[k] = held[k] - o->held[k];
        o->drift[k] = mean[k] - o->mean[k];
    }
    pp_planning_kernels_now()->move(o->terms, o->sold, o->drift, o->width, o->loss, o->rest);
    for (size_t k = 0; k < plan->n_categories; k++) {
        if (is_good(plan, o, k, mean[k]))
            continue;
        if (!anchor) {
            sum(plan, o, k, held[k], mean[k], false, &o->loss[k]);
            continue;
        }
        sum(plan, o, k, held[k], mean[k], true, &o->terms[k]);
        o->held[k] = held[k];
        o->mean[k] = mean[k];
        o->loss[k] = o->terms[k];
        o->first[k] = o->terms[o->width + k];
        o->second[k] = o->terms[2 * o->width + k];
    }
}
