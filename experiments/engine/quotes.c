// The columns of /quotes: everything needed to audit a customer's choice from the file alone.
#include "experiments/engine/workspace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Columns that every scenario has; the features follow.
enum {
    TRIAL,
    EPOCH,
    ROUND,
    CHOICE,
    PURE_PREMIUM,
    SENSITIVITY,
    WALK_AWAY,
    LOYAL_FIRM,
    LOYALTY,
    CHOICE_UNIFORM,
    BASE_INDEX,
    INSURER_INDEX,
    CUSTOMER_INDEX,
    ESTIMATE,
    OFFER,
    PROPENSITY,
    EXPECTED_CONVERSION,
    EXPECTED_ELASTICITY,
    FIXED
};

static const pp_quote_column fixed_columns[FIXED] = {
    [TRIAL] = {"trial_number", "1", "trial", PP_I32, false, NULL},
    [EPOCH] = {"epoch_number", "1", "epoch of the trial, from 0", PP_I32, false, NULL},
    [ROUND] = {"round", "1", "round of the epoch, from 0", PP_I32, false, NULL},
    [CHOICE] = {"choice", "1", "firm bought from, or the last value: walked away", PP_I32, false,
                NULL},
    [PURE_PREMIUM] = {"pure_premium", "GBP", "true expected cost at base prices (latent)", PP_F64,
                      false, NULL},
    [SENSITIVITY] = {"price_sensitivity", "1/GBP", "beta of the customer's choice (latent)", PP_F64,
                     false, NULL},
    [WALK_AWAY] = {"walk_away_price", "GBP", "price of walking away (latent)", PP_F64, false, NULL},
    [LOYAL_FIRM] = {"loyal_firm", "1", "firm the customer is loyal to (latent)", PP_I32, false,
                    NULL},
    [LOYALTY] = {"loyalty", "GBP", "by how much that firm's offer is felt lower (latent)", PP_F64,
                 false, NULL},
    [CHOICE_UNIFORM] =
        {"choice_uniform", "1",
         "uniform draw that decided: the first alternative whose cumulative probability "
         "exceeds it (latent)",
         PP_F64, false, NULL},
    [BASE_INDEX] = {"base_index", "1", "base price index", PP_F64, false, NULL},
    [INSURER_INDEX] = {"insurer_index", "1", "price index of insurers' costs", PP_F64, false, NULL},
    [CUSTOMER_INDEX] = {"customer_index", "1", "price index of customers' budgets", PP_F64, false,
                        NULL},
    [ESTIMATE] = {"estimate", "GBP", "the firm's own estimate of the expected claim cost", PP_F64,
                  true, NULL},
    [OFFER] = {"offer", "GBP", "price quoted", PP_F64, true, NULL},
    [PROPENSITY] =
        {"propensity", "1",
         "probability with which the firm quotes this multiple of its estimate; in the first "
         "epoch the density per unit multiple",
         PP_F64, true, NULL},
    [EXPECTED_CONVERSION] = {"expected_conversion", "1",
                             "probability of a sale at the price quoted by the firm's own "
                             "conversion model; none in the first epoch",
                             PP_F64, true, NULL},
    [EXPECTED_ELASTICITY] =
        {"expected_elasticity", "1",
         "price elasticity of that probability: percent for one percent of price", PP_F64, true,
         NULL},
};

/// A name as one word, so that words can be listed with spaces between.
static void one_word(const char *from, char *to, size_t size)
{
    snprintf(to, size, "%s", from);
    for (char *c = to; *c; c++)
        if (*c == ' ' || *c == '\t' || *c == '/')
            *c = '_';
}

static bool is_fixed(const char *name)
{
    for (size_t i = 0; i < FIXED; i++)
        if (strcmp(fixed_columns[i].name, name) == 0)
            return true;
    return strcmp(name, "quote") == 0 || strcmp(name, "firm") == 0;
}

/// Append words to a growing list with spaces between; frees the list and gives NULL if out of
/// memory.
static char *add_word(char *list, const char *name)
{
    char word[PP_NAME_MAX];
    one_word(name, word, sizeof word);
    size_t used = list ? strlen(list) + 1 : 0;
    char *longer = realloc(list, used + strlen(word) + 1);
    if (!longer) {
        free(list);
        return NULL;
    }
    if (used)
        longer[used - 1] = ' ';
    strcpy(longer + used, word);
    return longer;
}

/// Names of a categorical feature's levels, or of the firms and walking away.
static char *meanings(const pp_experiment *e, const pp_feature *feature)
{
    char *list = NULL;
    if (feature) {
        size_t skip = strlen(feature->name) + 1;
        for (int j = 0; j < feature->n_columns; j++)
            if (!(list = add_word(list, e->schema->columns[feature->first_column + j].name + skip)))
                return NULL;
        return list;
    }
    for (size_t i = 0; i < e->n_firms; i++)
        if (!(list = add_word(list, e->labels[i])))
            return NULL;
    return add_word(list, "walk_away");
}

static void feature_column(const pp_feature *feature, pp_quote_column *column)
{
    char word[sizeof column->name - sizeof "_feature"];
    one_word(feature->name, word, sizeof word);
    snprintf(column->name, sizeof column->name, "%s%s", word, is_fixed(word) ? "_feature" : "");
    snprintf(column->units, sizeof column->units, "%s", feature->unit);
    snprintf(column->long_name, sizeof column->long_name, "feature %s", feature->name);
    column->type = feature->kind == PP_CATEGORICAL ? PP_I32 : PP_F64;
}

static pp_status set_meanings(pp_experiment *e, size_t column, const pp_feature *feature,
                              pp_error *error)
{
    e->flag_meanings[column] = meanings(e, feature);
    if (!e->flag_meanings[column])
        return pp_error_set(error, PP_ENOMEM, "no memory for the columns of /quotes");
    e->quote_columns[column].flag_meanings = e->flag_meanings[column];
    return PP_OK;
}

pp_status pp_quote_columns_build(pp_experiment *e, pp_error *error)
{
    size_t n = FIXED + (size_t)e->schema->n_features;
    e->quote_columns = calloc(n, sizeof *e->quote_columns);
    e->flag_meanings = calloc(n, sizeof *e->flag_meanings);
    if (!e->quote_columns || !e->flag_meanings)
        return pp_error_set(error, PP_ENOMEM, "no memory for the columns of /quotes");
    e->n_quote_columns = n;
    memcpy(e->quote_columns, fixed_columns, sizeof fixed_columns);
    pp_status status = set_meanings(e, CHOICE, NULL, error);
    for (size_t f = 0; f + FIXED < n && status == PP_OK; f++) {
        const pp_feature *feature = &e->schema->features[f];
        feature_column(feature, &e->quote_columns[FIXED + f]);
        if (feature->kind == PP_CATEGORICAL)
            status = set_meanings(e, FIXED + f, feature, error);
    }
    return status;
}

static void put_features(const pp_experiment *e, const pp_block *block, size_t i, size_t row,
                         pp_record *record)
{
    double *const *columns = block->customers.features;
    for (int f = 0; f < e->schema->n_features; f++) {
        const pp_feature *feature = &e->schema->features[f];
        size_t to = FIXED + (size_t)f;
        if (feature->kind != PP_CATEGORICAL) {
            pp_record_quotes_f64(record, to)[row] = columns[feature->first_column][i];
            continue;
        }
        for (int j = 0; j < feature->n_columns; j++)
            if (columns[feature->first_column + j][i] != 0)
                pp_record_quotes_i32(record, to)[row] = j;
    }
}

/// d ln P/d ln price by a central difference, off by less than a part in 100,000 for slopes that
/// occur: any conversion model has it.
static double elasticity(const pp_curves *curves, size_t i, double multiplier)
{
    const double step = 1e-4;
    double dearer = pp_curve_probability(curves, i, multiplier * (1 + step));
    double cheaper = pp_curve_probability(curves, i, multiplier * (1 - step));
    return log(dearer / cheaper) / log((1 + step) / (1 - step));
}

/// One row of a firm's quote, with its conversion model's view of the price quoted.
static void put_quote(const pp_firm *firm, const pp_block *block, size_t f, size_t i, size_t at,
                      pp_record *record)
{
    size_t from = f * PP_BLOCK + i;
    double multiplier = block->offers[from] / block->estimates[from];
    const pp_curves *curves = &block->firms[f].view->curves;
    bool fitted = pp_pipeline_fitted(firm->pipeline);
    pp_record_quotes_f64(record, ESTIMATE)[at] = block->estimates[from];
    pp_record_quotes_f64(record, OFFER)[at] = block->offers[from];
    pp_record_quotes_f64(record, PROPENSITY)[at] = block->propensities[from];
    pp_record_quotes_f64(record, EXPECTED_CONVERSION)[at] =
        fitted ? pp_curve_probability(curves, i, multiplier) : NAN;
    pp_record_quotes_f64(record, EXPECTED_ELASTICITY)[at] =
        fitted ? elasticity(curves, i, multiplier) : NAN;
}

void pp_record_quote(const pp_workspace *w, const pp_block *block, size_t i, size_t row)
{
    const pp_customers *c = &block->customers;
    pp_record *record = w->record;
    size_t n = w->experiment->n_firms;
    pp_record_quotes_i32(record, TRIAL)[row] = (int32_t)w->trial;
    pp_record_quotes_i32(record, EPOCH)[row] = (int32_t)w->epoch;
    pp_record_quotes_i32(record, ROUND)[row] = (int32_t)(c->first_round + (int64_t)i);
    pp_record_quotes_i32(record, CHOICE)[row] = block->choice[i];
    pp_record_quotes_i32(record, LOYAL_FIRM)[row] = c->loyal_firm[i];
    pp_record_quotes_f64(record, PURE_PREMIUM)[row] = c->pure_premium[i];
    pp_record_quotes_f64(record, SENSITIVITY)[row] = c->sensitivity[i];
    pp_record_quotes_f64(record, WALK_AWAY)[row] = c->walk_away[i];
    pp_record_quotes_f64(record, LOYALTY)[row] = c->loyalty[i];
    pp_record_quotes_f64(record, CHOICE_UNIFORM)[row] = c->choice_uniform[i];
    pp_record_quotes_f64(record, BASE_INDEX)[row] = block->base[i];
    pp_record_quotes_f64(record, INSURER_INDEX)[row] = block->insurer[i];
    pp_record_quotes_f64(record, CUSTOMER_INDEX)[row] = block->customer[i];
    for (size_t f = 0; f < n; f++)
        put_quote(&w->firms[f], block, f, i, row * n + f, record);
    put_features(w->experiment, block, i, row, record);
}
