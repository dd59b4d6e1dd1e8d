// The columns of /quotes, laid out for a scenario's features.
#include "experiments/setup/quote_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const pp_quote_column fixed_columns[PP_QUOTE_FIXED] = {
    [PP_QUOTE_TRIAL] = {"trial_number", "1", "trial", PP_I32, false, NULL},
    [PP_QUOTE_EPOCH] = {"epoch_number", "1", "epoch of the trial, from 0", PP_I32, false, NULL},
    [PP_QUOTE_ROUND] = {"round", "1", "round of the epoch, from 0", PP_I32, false, NULL},
    [PP_QUOTE_CHOICE] = {"choice", "1", "firm bought from, or the last value: walked away", PP_I32,
                         false, NULL},
    [PP_QUOTE_PURE_PREMIUM] = {"pure_premium", "GBP", "true expected cost at base prices (latent)",
                               PP_F64, false, NULL},
    [PP_QUOTE_SENSITIVITY] = {"price_sensitivity", "1/GBP",
                              "beta of the customer's choice (latent)", PP_F64, false, NULL},
    [PP_QUOTE_WALK_AWAY] = {"walk_away_price", "GBP", "price of walking away (latent)", PP_F64,
                            false, NULL},
    [PP_QUOTE_LOYAL_FIRM] = {"loyal_firm", "1", "firm the customer is loyal to (latent)", PP_I32,
                             false, NULL},
    [PP_QUOTE_LOYALTY] = {"loyalty", "GBP", "by how much that firm's offer is felt lower (latent)",
                          PP_F64, false, NULL},
    [PP_QUOTE_CHOICE_UNIFORM] =
        {"choice_uniform", "1",
         "uniform draw that decided: the first alternative whose cumulative probability "
         "exceeds it (latent)",
         PP_F64, false, NULL},
    [PP_QUOTE_BASE_INDEX] = {"base_index", "1", "base price index", PP_F64, false, NULL},
    [PP_QUOTE_INSURER_INDEX] = {"insurer_index", "1", "price index of insurers' costs", PP_F64,
                                false, NULL},
    [PP_QUOTE_CUSTOMER_INDEX] = {"customer_index", "1", "price index of customers' budgets", PP_F64,
                                 false, NULL},
    [PP_QUOTE_ESTIMATE] = {"estimate", "GBP", "the firm's own estimate of the expected claim cost",
                           PP_F64, true, NULL},
    [PP_QUOTE_OFFER] = {"offer", "GBP", "price quoted", PP_F64, true, NULL},
    [PP_QUOTE_PROPENSITY] =
        {"propensity", "1",
         "probability with which the firm quotes this multiple of its estimate; in the first "
         "epoch the density per unit multiple",
         PP_F64, true, NULL},
    [PP_QUOTE_EXPECTED_CONVERSION] = {"expected_conversion", "1",
                                      "probability of a sale at the price quoted by the firm's own "
                                      "conversion model; none in the first epoch",
                                      PP_F64, true, NULL},
    [PP_QUOTE_EXPECTED_ELASTICITY] =
        {"expected_elasticity", "1",
         "price elasticity of that probability: percent for one percent of price", PP_F64, true,
         NULL},
};

/// A name as one word, so that words can be listed with spaces between.
static void one_word(const char *from, char *to, size_t size)
{
    snprintf(to, size, "%.*s", (int)size - 1, from);
    for (char *c = to; *c; c++)
        if (*c == ' ' || *c == '\t' || *c == '/')
            *c = '_';
}

static bool is_fixed(const char *name)
{
    for (size_t i = 0; i < PP_QUOTE_FIXED; i++)
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

void pp_quote_columns_check(pp_check *check, const pp_schema *schema)
{
    for (int f = 0; f < schema->n_features; f++)
        for (int g = 0; g < f; g++) {
            pp_quote_column later, earlier;
            char key[PP_WHERE_MAX];
            feature_column(&schema->features[f], &later);
            feature_column(&schema->features[g], &earlier);
            if (strcmp(later.name, earlier.name) != 0)
                continue;
            pp_where_index("population.features", (size_t)f, key);
            pp_check_add(check, "population.features", key,
                         "'%s' and '%s' would both be column '%s' of /quotes",
                         schema->features[g].name, schema->features[f].name, later.name);
            break;
        }
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
    size_t n = PP_QUOTE_FIXED + (size_t)e->schema->n_features;
    e->quote_columns = calloc(n, sizeof *e->quote_columns);
    e->flag_meanings = calloc(n, sizeof *e->flag_meanings);
    if (!e->quote_columns || !e->flag_meanings)
        return pp_error_set(error, PP_ENOMEM, "no memory for the columns of /quotes");
    e->n_quote_columns = n;
    memcpy(e->quote_columns, fixed_columns, sizeof fixed_columns);
    pp_status status = set_meanings(e, PP_QUOTE_CHOICE, NULL, error);
    for (size_t f = 0; f + PP_QUOTE_FIXED < n && status == PP_OK; f++) {
        const pp_feature *feature = &e->schema->features[f];
        feature_column(feature, &e->quote_columns[PP_QUOTE_FIXED + f]);
        if (feature->kind == PP_CATEGORICAL)
            status = set_meanings(e, PP_QUOTE_FIXED + f, feature, error);
    }
    return status;
}
