// The cost of a sale given that it sells: how kappa and the variance of estimates are found.
#include "pricing/break_even.h"

#include <math.h>
#include <stdlib.h>

#include "market/base/param_rows.h"

static const char *const correction_names[] = {"none", "load", "tilt", "offers", NULL};

#define CONFIG pp_correction_config
static const pp_param correction_rows[] = {
    {ROW(ENUM, kind), .names = correction_names, .unit = "",
     .doc =
         "what a sale is taken to cost: the estimate; that and a load; tilt, by the elasticity of "
         "the firm's own sales; offers, by what rivals' offers say of the policies sold",
     .citation = DESIGN},
    {ROW(REAL, load), .default_number = NAN, .min = -0.9, .max = 10, .flags = PP_OPTIONAL,
     .unit = "1", .doc = "load: share of the estimate by which a sale costs more",
     .citation = DESIGN, .derived = "none: kind load needs a number"},
    {ROW(REAL, variance), .default_number = NAN, .min = 0, .max = 4, .flags = PP_OPTIONAL | PP_AUTO,
     .unit = "1", .doc = "tilt: variance of the logarithm of the firm's own estimate",
     .citation = DESIGN, .derived = "auto: estimated from the offers that firms observe"},
};
const pp_param_table pp_correction_table = {"correction", "what a sale costs given that it sells",
                                            correction_rows, PP_COUNT(correction_rows),
                                            sizeof(CONFIG)};
#undef CONFIG

enum {
    CHUNK = 256,     ///< rows at a time
    KAPPA_MOST = 11, ///< as the greatest load has it
    TURNS = 12       ///< of bid, elasticity, kappa, at most
};

/// Relative change of kappa - 1 at which the turns end.
static const double settled = 1e-3;

/// What a firm expects of rivals, in multiples of its estimate, and how far off that can be, if it
/// is to be taken for serious.
static const double least_expected = 0.1, most_surprise = 4;

void pp_cost_start(const pp_correction_config *correction, const pp_economics *economics,
                   pp_cost *cost)
{
    *cost = (pp_cost){.correction = *correction,
                      .costs = {.variable = pp_economics_share(economics),
                                .handling = economics->handling,
                                .fixed = pp_economics_amount(economics)},
                      .kappa = 1,
                      .variance = NAN,
                      .elasticity = NAN};
}

void pp_price_units(const pp_sale_costs *costs, const double *estimate, size_t n, double *unit)
{
    for (size_t i = 0; i < n; i++)
        unit[i] = pp_price_unit(costs, estimate[i]);
}

void pp_break_even(const pp_cost *cost, const double *unit, size_t n, double *k)
{
    for (size_t i = 0; i < n; i++)
        k[i] = pp_stake_of(cost, unit[i]).break_even;
}

/// Claims and their handling by the firm's own estimate, GBP, of a price unit.
static double claims_of(const pp_cost *cost, double unit)
{
    return (1 - cost->costs.variable) * unit - cost->costs.fixed;
}

// ---- the firm's own bids, over its history

/// A chunk of the history's rows, priced.
typedef struct pricing {
    const pp_pipeline *pipeline;
    double *scratch,
        *values; ///< of the pipeline's stage for a chunk; the second in the first's block
    double bid[CHUNK], k[CHUNK], unit[CHUNK];
    const double *features[PP_MAX_FEATURES];
    pp_curves curves;
} pricing;

static pp_status open_pricing(const pp_pipeline *pipeline, pricing *p, pp_error *error)
{
    size_t scratch = pp_pipeline_scratch(pipeline), values = pp_pipeline_curve_size(pipeline);
    *p = (pricing){.pipeline = pipeline};
    p->scratch = malloc((scratch + values) * CHUNK * sizeof(double));
    if (!p->scratch)
        return pp_error_memory(error, "the cost of a firm's sales");
    p->values = p->scratch + scratch * CHUNK;
    return PP_OK;
}

static void close_pricing(pricing *p)
{
    free(p->scratch);
}

/// Bids for profit only of rows [first, first + n), their estimates multiplied.
static void price(pricing *p, const pp_history *h, const pp_cost *cost, size_t first, size_t n,
                  double times)
{
    for (int j = 0; j < h->n_columns; j++)
        p->features[j] = h->features[j] + first;
    for (size_t i = 0; i < n; i++)
        p->unit[i] = h->unit[first + i] +
                     (times - 1) * claims_of(cost, h->unit[first + i]) / (1 - cost->costs.variable);
    pp_pipeline_prepare(p->pipeline, p->features, p->unit, n, p->scratch, p->values, &p->curves);
    pp_break_even(cost, p->unit, n, p->k);
    pp_curves_bid(&p->curves, p->k, p->bid);
}

// ---- kappa

/// Sums over quotes of claims expected to be sold, GBP, as far as the firm's own curves tell.
typedef struct sales {
    double claims;
    double shifted;    ///< the same at prices lower by v theta in their logarithm
    double elasticity; ///< claims times |eps|
} sales;

static void add_sales(const pricing *p, const pp_cost *cost, size_t n, sales *sum)
{
    for (size_t i = 0; i < n; i++) {
        double bid = p->bid[i], chance = pp_curve_probability(&p->curves, i, bid);
        double claims = cost->kappa * claims_of(cost, p->unit[i]);
        double shift = cost->variance * claims / (claims + cost->costs.fixed);
        if (!(chance > 1e-12))
            continue; // it has no elasticity to speak of
        sum->claims += claims * chance;
        sum->shifted += claims * pp_curve_probability(&p->curves, i, bid * exp(-shift));
        sum->elasticity -= claims * chance * pp_curve_elasticity(&p->curves, i, bid);
    }
}

/// E[m | C, sells]/E[m | C]. The firm's curve is a mean over m given C of a chance that depends on
/// price over m. Weighting by m, where its error is lognormal, shifts that mean by v: the ratio is
/// that of the curve at prices lower by v in their logarithm, exp(v |eps|) to first order. The
/// error of the published law, C = m Gamma(1/v, v), also widens it by v^2, which adds half the
/// square.
static double kappa_of(const sales *sum)
{
    double x = log(sum->shifted / sum->claims);
    return fmin(exp(x) * (1 + 0.5 * x * x), KAPPA_MOST);
}

/// kappa with eps and theta at the bids that it itself leads to.
static pp_status tilt(const pp_pipeline *pipeline, const pp_history *h, pp_cost *cost,
                      pp_error *error)
{
    pricing p;
    if (isnan(cost->correction.variance) && h->epoch == 1)
        return PP_OK; // firms have bid at random so far
    cost->variance = cost->correction.variance;
    if (isnan(cost->variance))
        PP_TRY(pp_estimate_variance(pipeline, h, cost, &cost->variance, error));
    PP_TRY(open_pricing(pipeline, &p, error));
    for (int turn = 0; turn < TURNS; turn++) {
        sales sum = {0};
        for (size_t first = 0, n; first < h->n; first += n) {
            n = h->n - first < CHUNK ? h->n - first : CHUNK;
            price(&p, h, cost, first, n, 1);
            add_sales(&p, cost, n, &sum);
        }
        if (!(sum.claims > 0))
            break; // it expects no sale, and nothing to correct
        double last = cost->kappa;
        cost->elasticity = sum.elasticity / sum.claims;
        cost->kappa = kappa_of(&sum);
        if (fabs(cost->kappa - last) <= settled * (cost->kappa - 1))
            break;
    }
    close_pricing(&p);
    return PP_OK;
}

/// True cost over estimate of the policies sold, as the mean of the N estimates that offers reveal:
/// the own, and rivals' whose offers stand above or below what the market model expects.
static pp_status from_offers(const pp_pipeline *pipeline, const pp_history *h, pp_cost *cost,
                             pp_error *error)
{
    const size_t top = PP_RIVALS - 1; // the mean of as many rivals as are observed
    double n_rivals = h->n_firms - 1 < 5 ? h->n_firms - 1 : 5, revealed = 0, booked = 0;
    // In the first epoch of all firms have bid at random: its rows, where they are kept, do not
    // count.
    bool has_first = h->rows > 0 && h->epoch <= (int64_t)(h->n / h->rows);
    if (h->observe != PP_OBSERVE_ALL || h->n_firms < 2)
        return pp_error_set(error, PP_EINVAL,
                            "kind: offers needs market.observe: all, and other firms");
    double *predicted = malloc((PP_RIVALS + 1) * h->n * sizeof(double) + 1);
    if (!predicted)
        return pp_error_memory(error, "the cost of a firm's sales");
    pp_pipeline_rivals(pipeline, h->features, h->unit, h->n, predicted + PP_RIVALS * h->n,
                       predicted);
    for (size_t i = has_first ? h->rows : 0; i < h->n; i++) {
        if (!h->sold[i])
            continue;
        // Far from all others a linear model may expect anything.
        double expected = fmax(predicted[top * h->n + i], least_expected);
        double surprise =
            fmin(fmax(h->rivals[top][i] / expected, 1 / most_surprise), most_surprise);
        // Prices are surprising as units are: of a unit, claims are all that is estimated.
        double claims = claims_of(cost, h->unit[i]);
        revealed += claims + h->unit[i] * n_rivals * (surprise - 1) / (1 + n_rivals) *
                                 (1 - cost->costs.variable);
        booked += claims;
    }
    cost->kappa = booked > 0 ? revealed / booked : 1;
    free(predicted);
    return PP_OK;
}

pp_status pp_cost_fit(const pp_pipeline *pipeline, const pp_history *history, pp_cost *cost,
                      pp_error *error)
{
    switch ((pp_correction)cost->correction.kind) {
    case PP_CORRECTION_NONE:
        cost->kappa = 1;
        break;
    case PP_CORRECTION_LOAD:
        cost->kappa = 1 + cost->correction.load;
        break;
    case PP_CORRECTION_TILT:
        return tilt(pipeline, history, cost, error);
    case PP_CORRECTION_OFFERS:
        return from_offers(pipeline, history, cost, error);
    }
    return PP_OK;
}

// ---- the variance of estimates

/// How far the firm's price follows its estimate: the mean square of d ln price/d ln C.
static void add_pass_through(pricing *p, const pp_history *h, const pp_cost *cost, size_t first,
                             size_t n, double *sum)
{
    const double step = 1e-3;
    double cheaper[CHUNK];
    price(p, h, cost, first, n, 1 - step);
    for (size_t i = 0; i < n; i++)
        cheaper[i] = log(p->bid[i] * p->unit[i]);
    price(p, h, cost, first, n, 1 + step);
    for (size_t i = 0; i < n; i++) {
        double slope = (log(p->bid[i] * p->unit[i]) - cheaper[i]) / log((1 + step) / (1 - step));
        *sum += slope * slope;
    }
}

pp_status pp_estimate_variance(const pp_pipeline *pipeline, const pp_history *h,
                               const pp_cost *cost, double *variance, pp_error *error)
{
    pricing p;
    double sum = 0;
    if (isnan(h->offer_variance))
        return pp_error_set(error, PP_EINVAL,
                            "variance: nothing tells it where firms do not observe all offers, or "
                            "for one epoch only; give a number");
    PP_TRY(open_pricing(pipeline, &p, error));
    for (size_t first = 0, n; first < h->n; first += n) {
        n = h->n - first < CHUNK ? h->n - first : CHUNK;
        add_pass_through(&p, h, cost, first, n, &sum);
    }
    close_pricing(&p);
    double left = h->offer_variance - pp_pipeline_exploration_variance(pipeline);
    *variance = sum > 0 ? fmax(0, left) * (double)h->n / sum : 0;
    return PP_OK;
}
