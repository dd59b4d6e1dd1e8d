// The record of a trial: accounts and portfolios by epoch, logs of agents, a sample of quotes.
#include <assert.h>
#include <math.h>
#include <string.h>

#include "experiments/engine/workspace.h"
#include "experiments/setup/quote_columns.h"

/// Where each series of an agent's log is in the file.
static const pp_variable_id learning_variables[] = {
    [PP_LEARNING_VALUE] = PP_VAR_learning_value,
    [PP_LEARNING_RETURN] = PP_VAR_learning_return,
    [PP_LEARNING_TD_ERROR] = PP_VAR_learning_td_error,
    [PP_LEARNING_KL] = PP_VAR_learning_kl,
};
// reference_kl is of epochs, not a series; the others are one each.
#define ONE(...) +1
static_assert(PP_COUNT(learning_variables) == PP_LEARNING_COUNT &&
                  PP_LEARNING_VARIABLES(ONE) == PP_LEARNING_COUNT + 1,
              "every series has its variable");
#undef ONE

static double ratio(double numerator, double denominator)
{
    return denominator > 0 ? numerator / denominator : NAN;
}

/// The type of each result variable, to hold accounts to it.
enum {
#define TYPE_OF(name, type, ...) TYPE_##name = type,
    PP_RESULT_VARIABLES(TYPE_OF) PP_ECONOMICS_VARIABLES(TYPE_OF)
#undef TYPE_OF
};
#define COUNT_HAS_VARIABLE(name, description)                                                      \
    static_assert((int)TYPE_##name == (int)PP_I64, "the result variable of a count is PP_I64");
#define SUM_HAS_VARIABLE(name, description)                                                        \
    static_assert((int)TYPE_##name == (int)PP_F64, "the result variable of a sum is PP_F64");
PP_ACCOUNT_COUNTS(COUNT_HAS_VARIABLE)
PP_ACCOUNT_SUMS(SUM_HAS_VARIABLE)

/// Some variables are not in every file.
static void put(double *values, size_t at, double value)
{
    if (values)
        values[at] = value;
}

/// To the nearest 1/4096: the bits behind are rounding's, and would only make files longer.
static double rounded(double x)
{
    return nearbyint(x * 4096) / 4096;
}

/// Quotes are not counted, and their probabilities not summed up, in every view.
static void record_breakdown(const pp_breakdown *b, const pp_results_band *bands, pp_record *record)
{
    for (size_t i = 0; i < b->n_firms * b->n_bands; i++) {
        const pp_band_account *a = &b->account[i];
#define PUT(name, description)                                                                     \
    if ((int)TYPE_band_##name == (int)PP_I64)                                                      \
        pp_record_i64(record, PP_VAR_band_##name)[i] = (int64_t)a->name;                           \
    else                                                                                           \
        pp_record_f64(record, PP_VAR_band_##name)[i] = rounded(a->name);
        PP_BAND_SUMS(PUT)
#undef PUT
        if (bands[i % b->n_bands].view != PP_VIEW_conversion)
            pp_record_f64(record, PP_VAR_band_expected_policies)[i] = NAN;
        if (bands[i % b->n_bands].view == PP_VIEW_price)
            pp_record_f64(record, PP_VAR_band_quotes)[i] = NAN;
    }
}

static void record_firm(const pp_account *a, int64_t sold_by_all, size_t at, pp_record *record)
{
#define PUT_COUNT(name, description) pp_record_i64(record, PP_VAR_##name)[at] = a->name;
#define PUT_SUM(name, description)   put(pp_record_f64(record, PP_VAR_##name), at, a->name);
    PP_ACCOUNT_COUNTS(PUT_COUNT)
    PP_ACCOUNT_SUMS(PUT_SUM)
#undef PUT_COUNT
#undef PUT_SUM
    double quotes = (double)a->quote_count, policies = (double)a->policies;
    pp_record_f64(record, PP_VAR_conversion)[at] = ratio(policies, quotes);
    pp_record_f64(record, PP_VAR_market_share)[at] = ratio(policies, (double)sold_by_all);
    pp_record_f64(record, PP_VAR_mean_multiplier)[at] = ratio(a->multiplier_sum, quotes);
    pp_record_f64(record, PP_VAR_mean_rank)[at] = ratio((double)a->rank_sum, quotes);
    pp_record_f64(record, PP_VAR_top1_share)[at] = ratio((double)a->top1_quotes, quotes);
    pp_record_f64(record, PP_VAR_top5_share)[at] = ratio((double)a->top5_quotes, quotes);
}

void pp_record_epoch(const pp_workspace *w)
{
    pp_record *record = w->record;
    const pp_experiment *e = w->experiment;
    size_t n = e->n_firms, K = e->n_categories, epoch = (size_t)w->epoch;
    int64_t sold = 0;
    for (size_t f = 0; f < n; f++)
        sold += w->accounts.firm[f].policies;
    pp_record_i64(record, PP_VAR_walk_away)[epoch] = w->accounts.walk_away;
    for (size_t f = 0; f < n; f++) {
        const pp_firm *firm = &w->firms[f];
        size_t at = epoch * n + f,
               categories = firm->has_portfolio ? firm->portfolio->n_categories : 0;
        pp_account account = w->accounts.firm[f];
        pp_account_settle(&e->economics[f], &account);
        record_firm(&account, sold, at, record);
        for (size_t r = 0; r < n; r++) {
            pp_record_i64(record, PP_VAR_rank_histogram)[at * n + r] =
                w->accounts.rank_histogram[f * n + r];
            pp_record_i64(record, PP_VAR_sales_by_rank)[at * n + r] =
                w->accounts.sales_by_rank[f * n + r];
        }
        for (size_t k = 0; k < categories; k++)
            pp_record_f64(record, PP_VAR_portfolio)[at * K + k] = firm->held[k];
    }
}

void pp_record_learning(const pp_workspace *w, size_t f)
{
    const pp_experiment *e = w->experiment;
    size_t n = e->updates[f];
    for (size_t s = 0; s < PP_LEARNING_COUNT && n > 0; s++)
        memcpy(pp_record_f64(w->record, learning_variables[s]) + f * e->n_updates,
               w->firms[f].learned + s * n, n * sizeof(double));
}

void pp_record_agent_epoch(const pp_workspace *w, size_t f, const pp_agent_epoch *report)
{
    size_t at = (size_t)w->epoch * w->experiment->n_firms + f;
    pp_record_f64(w->record, PP_VAR_learning_reference_kl)[at] = report->reference_kl;
}

void pp_record_scores(const pp_workspace *w)
{
    pp_record *record = w->record;
    const pp_experiment *e = w->experiment;
    size_t n = e->n_firms;
    for (size_t at = 0; at < (size_t)e->n_epochs * n; at++) {
        const pp_firm *firm = &w->firms[at % n];
        const double *held = pp_record_f64(record, PP_VAR_portfolio) + at * e->n_categories;
        double loss = firm->has_portfolio ? pp_portfolio_loss(firm->portfolio, held) : 0;
        pp_record_f64(record, PP_VAR_portfolio_loss)[at] = loss;
        pp_record_f64(record, PP_VAR_reward)[at] =
            pp_record_f64(record, PP_VAR_booked_profit)[at] - loss;
        pp_record_f64(record, PP_VAR_true_reward)[at] =
            pp_record_f64(record, PP_VAR_true_profit)[at] - loss;
    }
}

void pp_record_trial(const pp_workspace *w)
{
    pp_record *record = w->record;
    const pp_experiment *e = w->experiment;
    char text[2048];
    record_breakdown(&w->breakdown, e->bands, record);
    for (size_t f = 0; f < e->n_firms; f++) {
        const pp_firm *firm = &w->firms[f];
        size_t categories = firm->has_portfolio ? firm->portfolio->n_categories : 0;
        pp_record_i32(record, PP_VAR_constrained_refits)[f] =
            pp_pipeline_constrained(firm->pipeline);
        pp_record_f64(record, PP_VAR_cost_given_sale)[f] = firm->cost.kappa;
        for (size_t k = 0; k < categories; k++) {
            size_t at = f * e->n_categories + k;
            pp_record_f64(record, PP_VAR_target)[at] = firm->portfolio->target[k];
            pp_record_f64(record, PP_VAR_burn_in_average)[at] = firm->average[k];
            pp_category_text(&firm->portfolio->categories[k], e->schema, text, sizeof text);
            pp_record_set_string(record, PP_VAR_category_description, at, text);
        }
    }
}

// ---- /quotes

static void put_features(const pp_experiment *e, const pp_block *block, size_t i, size_t row,
                         pp_record *record)
{
    double *const *columns = block->customers.features;
    for (int f = 0; f < e->schema->n_features; f++) {
        const pp_feature *feature = &e->schema->features[f];
        size_t to = PP_QUOTE_FIXED + (size_t)f;
        if (feature->kind != PP_CATEGORICAL) {
            pp_record_quotes_f64(record, to)[row] = columns[feature->first_column][i];
            continue;
        }
        for (int j = 0; j < feature->n_columns; j++)
            if (columns[feature->first_column + j][i] != 0)
                pp_record_quotes_i32(record, to)[row] = j;
    }
}

/// One row of a firm's quote, with its conversion model's view of the price quoted.
static void put_quote(const pp_firm *firm, const pp_block *block, size_t f, size_t i, size_t at,
                      pp_record *record)
{
    size_t from = f * PP_BLOCK + i;
    double multiplier = block->offers[from] / block->units[from];
    const pp_curves *curves = &block->firms[f].view->curves;
    bool fitted = pp_pipeline_fitted(firm->pipeline);
    pp_record_quotes_f64(record, PP_QUOTE_ESTIMATE)[at] = block->estimates[from];
    pp_record_quotes_f64(record, PP_QUOTE_OFFER)[at] = block->offers[from];
    pp_record_quotes_f64(record, PP_QUOTE_PROPENSITY)[at] = block->propensities[from];
    pp_record_quotes_f64(record, PP_QUOTE_EXPECTED_CONVERSION)[at] =
        fitted ? pp_curve_probability(curves, i, multiplier) : NAN;
    pp_record_quotes_f64(record, PP_QUOTE_EXPECTED_ELASTICITY)[at] =
        fitted ? pp_curve_elasticity(curves, i, multiplier) : NAN;
}

void pp_record_quote(const pp_workspace *w, const pp_block *block, size_t i, size_t row)
{
    const pp_customers *c = &block->customers;
    pp_record *record = w->record;
    size_t n = w->experiment->n_firms;
    pp_record_quotes_i32(record, PP_QUOTE_TRIAL)[row] = (int32_t)w->trial;
    pp_record_quotes_i32(record, PP_QUOTE_EPOCH)[row] = (int32_t)w->epoch;
    pp_record_quotes_i32(record, PP_QUOTE_ROUND)[row] = (int32_t)(c->first_round + (int64_t)i);
    pp_record_quotes_i32(record, PP_QUOTE_CHOICE)[row] = block->choice[i];
    pp_record_quotes_i32(record, PP_QUOTE_LOYAL_FIRM)[row] = c->loyal_firm[i];
    pp_record_quotes_f64(record, PP_QUOTE_PURE_PREMIUM)[row] = c->pure_premium[i];
    pp_record_quotes_f64(record, PP_QUOTE_SENSITIVITY)[row] = c->sensitivity[i];
    pp_record_quotes_f64(record, PP_QUOTE_WALK_AWAY)[row] = c->walk_away[i];
    pp_record_quotes_f64(record, PP_QUOTE_LOYALTY)[row] = c->loyalty[i];
    pp_record_quotes_f64(record, PP_QUOTE_CHOICE_UNIFORM)[row] = c->choice_uniform[i];
    pp_record_quotes_f64(record, PP_QUOTE_BASE_INDEX)[row] = block->base[i];
    pp_record_quotes_f64(record, PP_QUOTE_INSURER_INDEX)[row] = block->insurer[i];
    pp_record_quotes_f64(record, PP_QUOTE_CUSTOMER_INDEX)[row] = block->customer[i];
    for (size_t f = 0; f < n; f++)
        put_quote(&w->firms[f], block, f, i, row * n + f, record);
    put_features(w->experiment, block, i, row, record);
}
