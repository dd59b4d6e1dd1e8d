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
enum { SUMMED = 7, COUNTED = 6 }; // standard deviations

static double reach(double mean)
{
    return SUMMED * sqrt(mean) + 1;
}

pp_status pp_outlook_create(const pp_plan *plan, pp_outlook *outlook, pp_error *error)
{
    size_t width = (plan->n_categories + 7) / 8 * 8;
    size_t room = (size_t)(2 * reach((double)plan->rounds)) + PP_OUTLOOK_TERMS + 8;
    pp_outlook *o = outlook;
    *o = (pp_outlook){.width = width, .room = room};
    o->terms = pp_array_reals(width * (PP_OUTLOOK_TERMS + 8) + 2 * room);
    if (!o->terms)
        return pp_error_memory(error, "expectations of losses");
    double **columns[] = {&o->loss, &o->first, &o->second, &o->held,
                          &o->mean, &o->sold,  &o->drift,  &o->rest};
    for (size_t i = 0; i < 8; i++)
        *columns[i] = o->terms + (PP_OUTLOOK_TERMS + i) * width;
    o->chance = o->terms + (PP_OUTLOOK_TERMS + 8) * width;
    o->losses = o->chance + room;
    for (size_t k = 0; k < width; k++)
        o->held[k] = NAN;
    return PP_OK;
}

void pp_outlook_release(pp_outlook *outlook)
{
    free(outlook->terms);
    memset(outlook, 0, sizeof *outlook);
}

/// The sums themselves. @param c [terms][stride]
static void sum(const pp_plan *plan, pp_outlook *o, size_t k, double held, double mean,
                size_t terms, double *c, size_t stride)
{
    double low = fmax(0, floor(mean - reach(mean))), z = 1;
    size_t n = (size_t)(ceil(mean + reach(mean)) - low) + 2;
    for (size_t i = 0; i < n; i++) {
        o->chance[i] = z;
        z *= mean / (low + (double)i + 1);
    }
    for (size_t i = 0; i < n + terms - 1; i++)
        o->losses[i] = pp_plan_loss(plan, k, held + low + (double)i);
    pp_planning_kernels_now()->differences(o->chance, o->losses, n, terms, c, stride);
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
            sum(plan, o, k, held[k], mean[k], 3, o->loss + k, o->width);
            continue;
        }
        sum(plan, o, k, held[k], mean[k], PP_OUTLOOK_TERMS, o->terms + k, o->width);
        o->held[k] = held[k];
        o->mean[k] = mean[k];
        o->loss[k] = o->terms[k];
        o->first[k] = o->terms[o->width + k];
        o->second[k] = o->terms[2 * o->width + k];
    }
}
