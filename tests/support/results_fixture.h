/// @file
/// A results layout and records full of values that can be checked: every value is a function of
/// (trial, variable, index).
#ifndef PURSUIT_TESTS_SUPPORT_RESULTS_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_RESULTS_FIXTURE_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/results/results.h"

enum { FIXTURE_COLUMNS = 6, FIXTURE_BANDS = 3 };

static const char *const fixture_firms[] = {"null-1", "klq", "Société Générale",
                                            "b-3",    "b-4", "b-5"};

static const pp_quote_column fixture_columns[FIXTURE_COLUMNS] = {
    {"trial", "1", "number of the trial", PP_I32, false, NULL},
    {"round", "1", "number of the round", PP_I32, false, NULL},
    {"location=2", "1", "feature", PP_F64, false, NULL},
    {"estimate", "GBP", "own cost estimate", PP_F64, true, NULL},
    {"rank_of_offer", "1", "rank", PP_I32, true, NULL},
    {"choice", "1", "what the customer chose", PP_I32, false,
     "null-1 klq sg b-3 b-4 b-5 walk_away"},
};

static const pp_results_band fixture_bands[FIXTURE_BANDS] = {
    {0, -INFINITY, 0.25}, {0, 0.25, INFINITY}, {1, -INFINITY, INFINITY}};

static inline pp_results_layout fixture_layout(int64_t n_trials, int64_t first_trial,
                                               int64_t n_quote_rows)
{
    return (pp_results_layout){.n_trials = n_trials,
                               .first_trial = first_trial,
                               .n_burn_in = 6,
                               .n_test = 8,
                               .n_firms = 6,
                               .n_categories = 5,
                               .firm_labels = fixture_firms,
                               .n_quote_rows = n_quote_rows,
                               .quote_columns = fixture_columns,
                               .n_quote_columns = FIXTURE_COLUMNS,
                               .economics = true,
                               .learning = true,
                               .n_updates = 4,
                               .n_bands = FIXTURE_BANDS,
                               .bands = fixture_bands,
                               .view_names = "price rank",
                               .title = "a test",
                               .command_line = "pursuit run test.yaml -o run.h5",
                               .program = "pursuit 0.1.0 (test)",
                               .scenario = "title: a test\nseed: 7\n# naïve\n",
                               .seed = 9007199254740992u,
                               .rng = "Philox4x32-10",
                               .threads = 2};
}

/// Elements of variable `id` in one trial of that layout; 0 if it is without it.
static inline size_t fixture_count(const pp_results_layout *layout, size_t id)
{
    const int64_t lengths[PP_DIM_COUNT] = {1,
                                           1,
                                           layout->n_burn_in + layout->n_test,
                                           layout->n_firms,
                                           layout->n_categories,
                                           layout->n_firms,
                                           layout->n_updates,
                                           layout->n_quote_rows,
                                           layout->n_bands};
    size_t n = pp_variables[id].economics
                   ? layout->economics
                   : pp_variables[id].group == PP_GROUP_ROOT || layout->learning;
    for (size_t d = 1; pp_variables[id].dims[d] != PP_DIM_NONE; d++)
        n *= (size_t)lengths[pp_variables[id].dims[d]];
    return n;
}

static inline double fixture_value(int64_t trial, size_t id, size_t index)
{
    if (pp_variables[id].type == PP_F64 && index % 7 == 3)
        return NAN;
    double whole = (double)(trial * 100000 + (int64_t)id * 1000 + (int64_t)index);
    return pp_variables[id].type == PP_F64 ? whole + 0.25 : whole;
}

static inline void fixture_text(int64_t trial, size_t index, char *text, size_t size)
{
    if (index % 5 == 4)
        text[0] = '\0'; // a firm without a portfolio
    else
        snprintf(text, size, "trial %lld: âge in [%zu, 29]", (long long)trial, index);
}

static inline void fixture_fill_quotes(pp_record *record, const pp_results_layout *layout,
                                       int64_t trial)
{
    for (size_t c = 0; c < FIXTURE_COLUMNS && layout->n_quote_rows > 0; c++) {
        size_t n = (size_t)layout->n_quote_rows;
        n *= fixture_columns[c].per_firm ? (size_t)layout->n_firms : 1;
        for (size_t i = 0; i < n; i++) {
            if (fixture_columns[c].type == PP_F64)
                pp_record_quotes_f64(record, c)[i] = (double)trial + 0.001 * (double)i;
            else
                pp_record_quotes_i32(record, c)[i] = c == 0   ? (int32_t)trial
                                                     : c == 5 ? (int32_t)(i % 7)
                                                              : (int32_t)i;
        }
    }
}

static inline void fixture_fill(pp_record *record, const pp_results_layout *layout, int64_t trial)
{
    pp_record_clear(record);
    for (size_t id = 0; id < PP_VAR_COUNT; id++) {
        for (size_t i = 0; i < fixture_count(layout, id); i++) {
            char text[128];
            fixture_text(trial, i, text, sizeof text);
            if (pp_variables[id].type == PP_F64)
                pp_record_f64(record, (pp_variable_id)id)[i] = fixture_value(trial, id, i);
            else if (pp_variables[id].type == PP_I64)
                pp_record_i64(record, (pp_variable_id)id)[i] = (int64_t)fixture_value(trial, id, i);
            else if (pp_variables[id].type == PP_I32)
                pp_record_i32(record, (pp_variable_id)id)[i] = (int32_t)fixture_value(trial, id, i);
            else
                pp_record_set_string(record, (pp_variable_id)id, i, text);
        }
    }
    fixture_fill_quotes(record, layout, trial);
}

/// Write a whole file of fixture records.
static inline pp_status fixture_write(const char *path, bool force, const pp_results_layout *layout,
                                      pp_error *error)
{
    pp_record *record;
    pp_results *results = NULL;
    pp_status status = pp_record_create(layout, &record, error);
    if (status != PP_OK)
        return status;
    status = pp_results_create(path, force, layout, &results, error);
    for (int64_t t = 0; t < layout->n_trials && status == PP_OK; t++) {
        fixture_fill(record, layout, layout->first_trial + t);
        status = pp_results_append(results, record, error);
    }
    pp_record_destroy(record);
    if (status == PP_OK)
        return pp_results_commit(results, error);
    pp_results_abandon(results);
    return status;
}

#endif
