// An upper bound that no firm can reach: it sees the customer's latent variables, the rivals' open
// offers of the round, or both, and bids the best price for what it sees.
//
//   both      P(a) is the market's own law of choice, averaged over loyalty: exact
//   customer  the same law, averaged over scenarios of what rivals may offer: what the market model
//             predicts for this pure premium, plus what it was off by in rows of the own history
//   rivals    a logistic curve in the actual offers and in every feature, fitted to the own history
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/oracle.h"
#include "agents/planning/choice_curve.h"
#include "agents/planning/pursuer.h"
#include "market/base/param_rows.h"

enum { SEES_CUSTOMER, SEES_RIVALS, SEES_BOTH };
enum { SCENARIOS = 16, SETS = 4, TOP = 5 };
enum { MAX_INPUTS = PP_RIVALS + 1 + PP_MAX_FEATURES };
_Static_assert((int)MAX_INPUTS <= (int)PP_CONVERSION_INPUTS, "every input has a weight");

typedef struct oracle_config {
    int sees;
    pp_value_config value;
    pp_sale_config sale; ///< of the value function's customers to come
} oracle_config;

static const char *const sees_choices[] = {"customer", "rivals", "both", NULL};

#define CONFIG oracle_config
static const pp_param oracle_rows[] = {
    {ROW(ENUM, sees), .names = sees_choices, .default_number = SEES_BOTH, .unit = "",
     .doc = "what it sees that no firm can: the customer's latent variables, the rivals' open "
            "offers, or both",
     .citation = DESIGN},
    PP_VALUE_ROWS(value, ""),
    PP_SALE_ROWS(sale),
};
static const pp_param_table oracle_table = {"oracle", "sees what no firm can", oracle_rows,
                                            PP_COUNT(oracle_rows), sizeof(CONFIG)};
#undef CONFIG

unsigned pp_oracle_sees(const void *params)
{
    static const unsigned parts[] = {
        [SEES_CUSTOMER] = PP_SEES_CUSTOMER,
        [SEES_RIVALS] = PP_SEES_RIVALS,
        [SEES_BOTH] = PP_SEES_CUSTOMER | PP_SEES_RIVALS,
    };
    return parts[((const oracle_config *)params)->sees];
}

typedef struct oracle_state {
    int sees, n_columns;
    const pp_pipeline *pipeline;
    pp_cost cost;
    double low, high; ///< range of the bid
    pp_choice_curve curve;
    pp_rival_offer *offers;                ///< [n_firms]
    double surprise[SCENARIOS][PP_RIVALS]; ///< customer: of rivals' offers over m
    void *conversion;                      ///< rivals: a logistic model
    pp_pursuer pursuer;                    ///< its plan is NULL without a portfolio
} oracle_state;

/// Columns of a customer's features, one row long.
static void point_columns(const pp_agent_quote *quote, int n, const double **columns)
{
    for (int j = 0; j < n; j++)
        columns[j] = quote->features + j;
}

// ---- rivals: a curve on their actual offers

/// Inputs of the curve in the order: offers over C, log C, features.
static pp_status fit_conversion(oracle_state *s, const pp_agent_setup *setup, pp_error *error)
{
    const pp_history *h = setup->history;
    const double *inputs[MAX_INPUTS];
    double *logs = malloc(h->n * sizeof *logs);
    pp_pricing_config config;
    bool constrained;
    pp_param_defaults(&pp_pricing_table, &config);
    pp_conversion_data data = {.n = h->n,
                               .n_inputs = PP_RIVALS + 1 + h->n_columns,
                               .inputs = inputs,
                               .multiplier = h->multiplier,
                               .sold = h->sold};
    s->conversion = calloc(1, pp_conversion_logistic.model_size(&config, data.n_inputs));
    if (!logs || !s->conversion) {
        free(logs);
        return pp_error_memory(error, "an oracle's conversion model");
    }
    for (size_t i = 0; i < h->n; i++)
        logs[i] = log(h->unit[i]);
    memcpy(inputs, h->rivals, sizeof h->rivals);
    inputs[PP_RIVALS] = logs;
    for (int j = 0; j < h->n_columns; j++)
        inputs[PP_RIVALS + 1 + j] = h->features[j];
    pp_status status =
        pp_conversion_logistic.fit(s->conversion, &config, &data, NULL, &constrained, error);
    free(logs);
    return status;
}

/// Means of the 1, 3 and 5 cheapest offers over C. @return false if there is none
static bool mean_offers(const pp_oracle_view *view, double estimate, double top[PP_RIVALS])
{
    static const size_t sizes[PP_RIVALS] = {1, 3, TOP};
    double cheapest[TOP], sum = 0;
    size_t n = view->n_rivals < TOP ? view->n_rivals : TOP;
    if (n == 0)
        return false;
    gsl_sort_smallest(cheapest, n, view->rivals, 1, view->n_rivals);
    for (size_t i = 0, r = 0; i < n; i++) {
        sum += cheapest[i];
        for (; r < PP_RIVALS && (i + 1 == sizes[r] || i + 1 == n); r++)
            top[r] = sum / (double)(i + 1) / estimate;
    }
    return true;
}

static double bid_on_offers(const oracle_state *s, const pp_agent_quote *quote,
                            const pp_oracle_view *view, double k)
{
    double top[PP_RIVALS], logs = log(quote->unit), curve, bid;
    const double *inputs[MAX_INPUTS] = {&top[0], &top[1], &top[2], &logs};
    if (!mean_offers(view, quote->unit, top))
        return pp_curve_bid(&quote->curve, 0, k); // nothing to see
    point_columns(quote, s->n_columns, inputs + PP_RIVALS + 1);
    pp_conversion_logistic.prepare(s->conversion, inputs, 1, &curve);
    pp_conversion_logistic.bid(s->conversion, &curve, 1, &k, s->low, s->high, &bid);
    return pp_within(bid, quote->low, quote->high); // its curve has one peak
}

// ---- customer: what rivals may offer to one whose pure premium is known

/// How far rivals' offers over m are from the market model's prediction, in SCENARIOS rows of the
/// history, evenly spaced in the order of the cheapest. In history they are over C, whose own error
/// is in all three alike. All firms estimate equally well, so of the variance of the mean of n
/// rivals over C, 1 + 1/n times that of an estimate, 1/n is the rivals': the mean's surprise is
/// taken sqrt(1/(n + 1)) times.
static void choose_surprises(oracle_state *s, const pp_history *h, double *scratch, size_t *order)
{
    double *logs = scratch, *surprise = scratch + h->n;
    double n = fmin(TOP, h->n_firms - 1), share = sqrt(1 / (n + 1));
    const double *level = surprise + (PP_RIVALS - 1) * h->n;
    pp_pipeline_rivals(s->pipeline, h->features, h->unit, h->n, logs, surprise);
    for (size_t r = 0; r < PP_RIVALS; r++)
        for (size_t i = 0; i < h->n; i++)
            surprise[r * h->n + i] = h->rivals[r][i] - surprise[r * h->n + i];
    for (size_t r = 0; r < PP_RIVALS; r++) // the level itself last
        for (size_t i = 0; i < h->n; i++)
            surprise[r * h->n + i] -= (1 - share) * level[i];
    gsl_sort_index(order, surprise, 1, h->n);
    for (size_t c = 0; c < SCENARIOS; c++) {
        size_t row = order[(2 * c + 1) * h->n / (2 * SCENARIOS)];
        for (size_t r = 0; r < PP_RIVALS; r++)
            s->surprise[c][r] = surprise[r * h->n + row];
    }
}

static pp_status find_surprises(oracle_state *s, const pp_history *h, pp_error *error)
{
    double *scratch = malloc((1 + PP_RIVALS) * h->n * sizeof *scratch);
    size_t *order = malloc(h->n * sizeof *order);
    pp_status status = PP_OK;
    if (scratch && order)
        choose_surprises(s, h, scratch, order);
    else
        status = pp_error_memory(error, "an oracle's scenarios");
    free(scratch);
    free(order);
    return status;
}

/// Offers of n rivals that have these means of the cheapest 1, 3 and 5: the cheapest, two alike,
/// two alike, and any others as dear as the last two.
static size_t make_offers(const double top[PP_RIVALS], size_t n, pp_rival_offer *offers)
{
    static const size_t sizes[PP_RIVALS] = {1, 3, TOP};
    size_t made = 0, sets = 0;
    double sum = 0;
    for (size_t r = 0; r < PP_RIVALS && made < n; r++) {
        size_t upto = sizes[r] < n ? sizes[r] : n, firms = upto - made;
        double price = ((double)upto * top[r] - sum) / (double)firms;
        offers[sets++] = (pp_rival_offer){price, firms};
        sum = (double)upto * top[r];
        made = upto;
    }
    if (made < n)
        offers[sets - 1].firms += n - made;
    return sets;
}

static void start_curve(oracle_state *s, const pp_agent_quote *quote, const pp_oracle_view *view,
                        double cheapest)
{
    pp_choice_curve_start(&s->curve, quote->unit, view->sensitivity, view->walk_away,
                          view->loyalty_mean, fmin(cheapest, view->walk_away));
}

/// The customer's curve, averaged over the scenarios, of which the first has the cheapest offer.
static void imagine_rivals(oracle_state *s, const pp_agent_quote *quote, const pp_oracle_view *view)
{
    const double *columns[PP_MAX_FEATURES];
    double expected[PP_RIVALS], scratch, m = view->pure_premium;
    size_t n_rivals = view->n_firms - 1;
    point_columns(quote, s->n_columns, columns);
    pp_pipeline_rivals(s->pipeline, columns, &m, 1, &scratch, expected);
    start_curve(s, quote, view, n_rivals ? m * (expected[0] + s->surprise[0][0]) : INFINITY);
    for (size_t c = 0; c < SCENARIOS; c++) {
        double top[PP_RIVALS];
        for (size_t r = 0; r < PP_RIVALS; r++)
            top[r] = m * (expected[r] + s->surprise[c][r]);
        pp_choice_curve_add(&s->curve, s->offers, make_offers(top, n_rivals, s->offers),
                            view->n_firms, 1.0 / SCENARIOS);
    }
}

// ---- both: the offers are there

static void see_rivals(oracle_state *s, const pp_agent_quote *quote, const pp_oracle_view *view)
{
    double cheapest = INFINITY;
    for (size_t j = 0; j < view->n_rivals; j++) {
        s->offers[j] = (pp_rival_offer){view->rivals[j], 1};
        cheapest = fmin(cheapest, view->rivals[j]);
    }
    start_curve(s, quote, view, cheapest);
    pp_choice_curve_add(&s->curve, s->offers, view->n_rivals, view->n_firms, 1);
}

static double bid_on_latents(oracle_state *s, const pp_agent_quote *quote,
                             const pp_oracle_view *view, double k)
{
    if (s->sees == SEES_BOTH)
        see_rivals(s, quote, view);
    else
        imagine_rivals(s, quote, view);
    // This curve may have several peaks, so the search is over what can be quoted.
    double low = pp_within(s->low, quote->low, quote->high);
    double high = pp_within(s->high, quote->low, quote->high);
    return pp_choice_curve_bid(&s->curve, k, low, high, quote->null_bid);
}

// ---- the agent

/// GBP that a sale is worth to the portfolio, by the firm's own plan: what a customer yet to come
/// will be like nobody sees.
static double value_of_sale(const oracle_state *s, const pp_agent_quote *quote, const double *held)
{
    return s->pursuer.planner
               ? pp_planner_sale_value(s->pursuer.planner, quote->round, held, quote->categories)
               : 0;
}

/// What the law of choice needs.
static pp_status make_curve(oracle_state *s, const pp_history *h, pp_error *error)
{
    size_t n_firms = (size_t)h->n_firms;
    size_t terms = s->sees == SEES_BOTH ? n_firms : (size_t)SCENARIOS * SETS;
    s->offers = calloc(n_firms > SETS ? n_firms : SETS, sizeof *s->offers);
    if (!s->offers)
        return pp_error_memory(error, "an oracle of %zu firms", n_firms);
    pp_status status = pp_choice_curve_create(terms, &s->curve, error);
    if (status == PP_OK && s->sees == SEES_CUSTOMER)
        status = find_surprises(s, h, error);
    return status;
}

/// The whole of the bid's range.
static const pp_policy_config uncapped = {.cap_min = NAN, .cap_max = NAN};

static pp_status oracle_train(void *state, const void *params, const pp_agent_setup *setup,
                              pp_error *error)
{
    const oracle_config *config = params;
    oracle_state *s = state;
    s->sees = config->sees;
    s->n_columns = setup->history->n_columns;
    s->pipeline = setup->pipeline;
    s->cost = *setup->cost;
    pp_pipeline_bid_range(s->pipeline, &s->low, &s->high);
    PP_TRY(s->sees == SEES_RIVALS ? fit_conversion(s, setup, error)
                                  : make_curve(s, setup->history, error));
    if (!setup->portfolio)
        return PP_OK;
    return pp_pursuer_train(&s->pursuer, &config->sale, &uncapped, true, &config->value, setup,
                            error);
}

static void oracle_release(void *state)
{
    oracle_state *s = state;
    pp_pursuer_release(&s->pursuer);
    pp_choice_curve_destroy(&s->curve);
    free(s->offers);
    free(s->conversion);
}

static double oracle_quote(void *state, const pp_agent_quote *quote, const double *held,
                           const pp_oracle_view *view)
{
    oracle_state *s = state;
    pp_stake stake = pp_stake_of(&s->cost, quote->unit);
    double k = stake.break_even - value_of_sale(s, quote, held) / stake.size;
    return s->sees == SEES_RIVALS ? bid_on_offers(s, quote, view, k)
                                  : bid_on_latents(s, quote, view, k);
}

static pp_status oracle_check(const void *params, const pp_agent_outline *outline, pp_error *error)
{
    const oracle_config *config = params;
    // Without sight of rivals' offers, or of the customer, it learns from its own history.
    if (config->sees != SEES_BOTH && outline->observe != PP_OBSERVE_ALL)
        return pp_error_set(error, PP_EINVAL, "sees: %s requires market.observe: all",
                            sees_choices[config->sees]);
    return pp_value_check(&config->value, outline, error);
}

const pp_agent_class pp_agent_oracle = {
    .abi = PP_AGENT_ABI,
    .name = "oracle",
    .doc = "sees latent variables and rivals' offers: an upper bound that no firm can reach",
    .params = &oracle_table,
    .state_size = sizeof(oracle_state),
    .check = oracle_check,
    .train = oracle_train,
    .release = oracle_release,
    .quote_seeing = oracle_quote,
};
