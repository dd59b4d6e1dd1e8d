// What a trial leaves in its record.
#include <assert.h>
#include <math.h>
#include <string.h>

#include "experiments/engine/workspace.h"

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
    PP_RESULT_VARIABLES(TYPE_OF)
#undef TYPE_OF
};
#define COUNT_HAS_VARIABLE(name, description)                                                      \
    static_assert((int)TYPE_##name == (int)PP_I64, "the result variable of a count is PP_I64");
#define SUM_HAS_VARIABLE(name, description)                                                        \
    static_assert((int)TYPE_##name == (int)PP_F64, "the result variable of a sum is PP_F64");
PP_ACCOUNT_COUNTS(COUNT_HAS_VARIABLE)
PP_ACCOUNT_SUMS(SUM_HAS_VARIABLE)

static void record_firm(const pp_account *a, int64_t sold_by_all, size_t at, pp_record *record)
{
#define PUT_COUNT(name, description) pp_record_i64(record, PP_VAR_##name)[at] = a->name;
#define PUT_SUM(name, description)   pp_record_f64(record, PP_VAR_##name)[at] = a->name;
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
        record_firm(&w->accounts.firm[f], sold, at, record);
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
    }
}

void pp_record_trial(const pp_workspace *w)
{
    pp_record *record = w->record;
    const pp_experiment *e = w->experiment;
    char text[2048];
    for (size_t f = 0; f < e->n_firms; f++) {
        const pp_firm *firm = &w->firms[f];
        size_t categories = firm->has_portfolio ? firm->portfolio->n_categories : 0;
        pp_record_i32(record, PP_VAR_constrained_refits)[f] =
            pp_pipeline_constrained(firm->pipeline);
        for (size_t k = 0; k < categories; k++) {
            size_t at = f * e->n_categories + k;
            pp_record_f64(record, PP_VAR_target)[at] = firm->portfolio->target[k];
            pp_record_f64(record, PP_VAR_burn_in_average)[at] = firm->average[k];
            pp_category_text(&firm->portfolio->categories[k], e->schema, text, sizeof text);
            pp_record_set_string(record, PP_VAR_category_description, at, text);
        }
    }
}
