// One firm's curve of conversion against its price for a customer whose latents are known.
#include "agents/planning/choice_curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = PP_LOYALTY_NODES };

/// Powers of e are kept within these, so that sums and products of two are finite and no weight is
/// 0: where all are, none is of any use.
static const double least_power = -700, greatest_power = 300;

/// loyalty = -mean log u, u uniform, u = x^bend: cells narrow towards great loyalties, where a sale
/// turns on little.
static const double bend = 3;

/// The Gauss-Legendre rule of 24 nodes on [-1, 1]: those above 0, and their weights.
static const struct node {
    double x, weight;
} rule[] = {
    {0.064056892862605616, 0.12793819534675208}, {0.19111886747361631, 0.12583745634682822},
    {0.3150426796961634, 0.12167047292780335},   {0.43379350762604513, 0.11550566805372545},
    {0.54542147138883956, 0.10744427011596543},  {0.64809365193697555, 0.097618652104113995},
    {0.74012419157855436, 0.086190161531953219}, {0.82000198597390295, 0.073346481411080355},
    {0.88641552700440107, 0.059298584915436749}, {0.9382745520027328, 0.044277438817419773},
    {0.97472855597130947, 0.028531388628933656}, {0.99518721999702142, 0.0123412297999871},
};

// Not by GSL's tables, whose allocation ends the program when there is no memory.
static void set_node(pp_choice_curve *curve, size_t i)
{
    const size_t half = NODES / 2;
    const struct node *node = &rule[i < half ? half - 1 - i : i - half];
    double x = 0.5 + (i < half ? -0.5 : 0.5) * node->x;
    curve->loyalty[i] = -bend * log(x);
    curve->weight[i] = 0.5 * node->weight * bend * pow(x, bend - 1);
}

pp_status pp_choice_curve_create(size_t capacity, pp_choice_curve *curve, pp_error *error)
{
    *curve = (pp_choice_curve){.capacity = capacity};
    curve->share = calloc(capacity, sizeof *curve->share);
    curve->place = calloc(capacity, sizeof *curve->place);
    if (!curve->share || !curve->place) {
        pp_choice_curve_destroy(curve);
        return pp_error_memory(error, "choice curves of %zu terms", capacity);
    }
    for (size_t i = 0; i < NODES; i++)
        set_node(curve, i);
    return PP_OK;
}

void pp_choice_curve_destroy(pp_choice_curve *curve)
{
    free(curve->share);
    free(curve->place);
    curve->share = NULL;
    curve->place = NULL;
}

static double bounded_exp(double x)
{
    return exp(fmax(least_power, fmin(x, greatest_power)));
}

static double weight_of(const pp_choice_curve *curve, double price)
{
    return bounded_exp(-curve->sensitivity * (price - curve->reference));
}

void pp_choice_curve_start(pp_choice_curve *curve, double unit, double sensitivity,
                           double walk_away, double loyalty_mean, double reference)
{
    curve->n = 0;
    curve->unit = unit;
    curve->slope = sensitivity * unit;
    curve->reference = reference;
    curve->sensitivity = sensitivity;
    curve->walk_away = weight_of(curve, walk_away);
    for (size_t i = 0; i < NODES; i++)
        curve->boost[i] = bounded_exp(sensitivity * loyalty_mean * curve->loyalty[i]);
}

void pp_choice_curve_add(pp_choice_curve *curve, const pp_rival_offer *offers, size_t n,
                         size_t n_firms, double probability)
{
    double others = curve->walk_away, each = probability / (double)n_firms;
    double *own = curve->place[curve->n];
    curve->share[curve->n++] = each;
    for (size_t j = 0; j < n; j++)
        others += (double)offers[j].firms * weight_of(curve, offers[j].price);
    for (size_t i = 0; i < NODES; i++)
        own[i] = others / curve->boost[i];
    for (size_t j = 0; j < n; j++) {
        double weight = weight_of(curve, offers[j].price), *place = curve->place[curve->n];
        curve->share[curve->n++] = each * (double)offers[j].firms;
        for (size_t i = 0; i < NODES; i++)
            place[i] = others + weight * (curve->boost[i] - 1);
    }
}

double pp_choice_curve_probability(const pp_choice_curve *curve, double multiplier, double *fall)
{
    double own = weight_of(curve, multiplier * curve->unit);
    double sum[NODES] = {0}, spread[NODES] = {0}, p = 0, variance = 0;
    for (size_t t = 0; t < curve->n; t++) {
        const double *place = curve->place[t], share = curve->share[t];
        for (size_t i = 0; i < NODES; i++) {
            double sold = own / (own + place[i]);
            sum[i] += share * sold;
            spread[i] += share * sold * (1 - sold);
        }
    }
    for (size_t i = 0; i < NODES; i++) {
        p += curve->weight[i] * sum[i];
        variance += curve->weight[i] * spread[i];
    }
    *fall = curve->slope * variance;
    return p;
}

/// The search for a bid.
typedef struct search {
    const pp_choice_curve *curve;
    double k, high, step;
    double best, profit; ///< the best multiplier so far and its expected profit over C
} search;

/// Look at a multiplier and keep it if it is the best. @param p becomes P(a)
/// @return minus the slope of the expected profit there
static double try_bid(search *s, double multiplier, double *p)
{
    double fall;
    *p = pp_choice_curve_probability(s->curve, multiplier, &fall);
    double profit = *p * (multiplier - s->k);
    if (profit > s->profit) {
        s->profit = profit;
        s->best = multiplier;
    }
    return fall * (multiplier - s->k) - *p; // minus the slope of the profit
}

/// Walk up the range in steps shorter than any curve is wide. P falls, so no multiplier from here
/// up to k + best/P(here) is better than the best, and those are passed over.
static void scan(search *s, double low)
{
    double p, from = low;
    while (from <= s->high) {
        try_bid(s, from, &p);
        if (from >= s->high || !(p > 0))
            return;
        double reach = s->k + s->profit / p, next = from + s->step;
        if (reach > s->high)
            return;
        from = fmin(fmax(next, reach), s->high);
    }
}

/// The best place's neighbourhood: the root of the profit's slope by regula falsi, in which an end
/// that stays is given half its weight (Illinois).
static void refine(search *s, double low, double high)
{
    const double enough = 1e-9;
    enum { STEPS = 60 };
    double p, left = try_bid(s, low, &p), right = try_bid(s, high, &p), last = low;
    int side = 0;
    for (int i = 0; i < STEPS && left < 0 && right > 0; i++) {
        double middle = low + (high - low) * left / (left - right);
        double slope = try_bid(s, middle, &p);
        if (fabs(middle - last) < enough)
            return;
        last = middle;
        if (slope < 0) {
            right /= side == -1 ? 2 : 1;
            low = middle, left = slope, side = -1;
        } else {
            left /= side == 1 ? 2 : 1;
            high = middle, right = slope, side = 1;
        }
    }
}

double pp_choice_curve_bid(const pp_choice_curve *curve, double k, double low, double high,
                           double guess)
{
    const double least_steps = 16, most_steps = 4096, widths_per_step = 0.5;
    double step = fmin(widths_per_step / curve->slope, (high - low) / least_steps);
    double p, start = fmax(low, k);
    if (!(start < high))
        return high; // every sale loses: the fewer the better
    search s = {.curve = curve,
                .k = k,
                .high = high,
                .step = fmax(step, (high - low) / most_steps),
                .best = high,
                .profit = 0};
    try_bid(&s, fmin(fmax(guess, start), high), &p);
    scan(&s, start);
    refine(&s, fmax(start, s.best - s.step), fmin(high, s.best + s.step));
    return s.best;
}
