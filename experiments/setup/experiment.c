// An experiment made of a scenario: population, tables, portfolios and sizes.
#include "experiments/setup/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/keys.h"

bool pp_same_book(const pp_book_source *a, const pp_book_source *b)
{
    bool same = pp_param_equal(&pp_source_table, a, b) && a->n_features == b->n_features;
    for (size_t i = 0; same && i < a->n_features; i++)
        same = a->features[i].kind == b->features[i].kind &&
               strcmp(a->features[i].name, b->features[i].name) == 0;
    return same;
}

static bool same_population_of_book(const pp_scenario *a, const pp_scenario *b)
{
    return a->population == PP_POPULATION_BOOK && b->population == PP_POPULATION_BOOK &&
           pp_param_equal(&pp_book_table, &a->book, &b->book) &&
           pp_same_book(&a->book_source, &b->book_source);
}

/// Take what is the same from an experiment that is done.
static void take_over(pp_experiment *e, pp_experiment *previous)
{
    const pp_scenario *s = e->scenario, *before = previous->scenario;
    if (s->market.estimate_variance == before->market.estimate_variance) {
        e->gamma = previous->gamma;
        previous->gamma = NULL;
    }
    e->normal = previous->normal;
    previous->normal = NULL;
    if (same_population_of_book(s, before) ||
        (s->population == PP_POPULATION_PUBLISHED &&
         pp_population_published_reuse(previous->population, &s->published, &s->choice))) {
        e->population = previous->population;
        e->book_checksum = previous->book_checksum;
        previous->population = NULL;
    }
}

static pp_status build_population(pp_experiment *e, pp_error *error)
{
    const pp_scenario *s = e->scenario;
    pp_error detail = {0};
    pp_status status = PP_OK;
    if (!e->population)
        status = s->population == PP_POPULATION_BOOK
                     ? pp_book_population(s, &e->population, &e->book_checksum, NULL, &detail)
                     : pp_population_published(&s->published, &s->choice, &e->population, &detail);
    if (status != PP_OK) // parameters that contradict each other are the scenario's mistake
        return pp_error_set(error, status == PP_EINVAL ? PP_ESCENARIO : status, "%s",
                            detail.message);
    e->schema = malloc(sizeof *e->schema);
    if (!e->schema)
        return pp_error_set(error, PP_ENOMEM, "no memory for the feature schema");
    *e->schema = *pp_population_schema(e->population);
    return PP_OK;
}

static pp_status build_tables(pp_experiment *e, pp_error *error)
{
    double v = e->scenario->market.estimate_variance;
    bool gamma = !e->gamma, normal = !e->normal;
    pp_status status = PP_OK;
    if ((gamma && !(e->gamma = malloc(sizeof *e->gamma))) ||
        (normal && !(e->normal = malloc(sizeof *e->normal))))
        return pp_error_set(error, PP_ENOMEM, "no memory for the laws' tables");
    if (gamma)
        status = pp_distribution_gamma(1 / v, v, e->gamma, error);
    return status == PP_OK && normal ? pp_distribution_normal(e->normal, error) : status;
}

size_t pp_firm_categories(const pp_scenario *s, size_t i, const pp_schema *schema)
{
    size_t wanted = (size_t)s->portfolio.random_categories, columns = (size_t)schema->n_columns;
    if (s->firms[i].portfolio == PP_PORTFOLIO_RANDOM)
        return wanted < columns ? wanted : columns;
    return s->firms[i].n_categories;
}

static pp_status build_firm(pp_experiment *e, size_t i, pp_check *check, pp_error *error)
{
    const pp_firm_config *firm = &e->scenario->firms[i];
    size_t categories = pp_firm_categories(e->scenario, i, e->schema);
    static const pp_economics none = {0};
    pp_economics_resolve(&firm->economics, &e->economics[i]);
    e->has_economics |= !pp_economics_equal(&e->economics[i], &none);
    e->labels[i] = firm->name;
    e->updates[i] = firm->agent->updates ? firm->agent->updates(firm->agent_params) : 0;
    e->n_updates = e->updates[i] > e->n_updates ? e->updates[i] : e->n_updates;
    e->learning |= e->updates[i] > 0 || firm->agent->end_epoch;
    e->n_categories = categories > e->n_categories ? categories : e->n_categories;
    pp_check_agent(check, i, categories);
    if (firm->portfolio != PP_PORTFOLIO_NAMED)
        return PP_OK;
    e->named[i] = malloc(sizeof *e->named[i]);
    if (!e->named[i])
        return pp_error_memory(error, "a portfolio");
    pp_named_portfolio(check, i, e->schema, e->named[i]);
    return PP_OK;
}

static pp_status build_firms(pp_experiment *e, pp_error *error)
{
    pp_check check = {.scenario = e->scenario, .error = error};
    e->n_categories = 1;
    e->named = calloc(e->n_firms, sizeof *e->named);
    e->labels = calloc(e->n_firms, sizeof *e->labels);
    e->updates = calloc(e->n_firms, sizeof *e->updates);
    e->economics = calloc(e->n_firms, sizeof *e->economics);
    if (!e->named || !e->labels || !e->updates || !e->economics)
        return pp_error_memory(error, "%zu firms", e->n_firms);
    for (size_t i = 0; i < e->n_firms; i++)
        PP_TRY(build_firm(e, i, &check, error));
    return check.n ? PP_ESCENARIO : PP_OK;
}

static void build_sizes(pp_experiment *e)
{
    const pp_scenario *s = e->scenario;
    int64_t every = s->record.quotes_every, rounds = s->market.rounds;
    int64_t rows = rounds < s->market.history_rounds ? rounds : s->market.history_rounds;
    int64_t epochs = s->market.history_epochs < s->market.burn_in_epochs ? s->market.history_epochs
                                                                         : s->market.burn_in_epochs;
    pp_band bands[PP_BANDS_MAX];
    e->n_firms = s->n_firms;
    e->n_bands = pp_bands_of(e->n_firms, bands);
    for (size_t i = 0; i < e->n_bands; i++)
        e->bands[i] = (pp_results_band){bands[i].view, bands[i].low, bands[i].high};
    e->n_epochs = s->market.burn_in_epochs + s->market.test_epochs;
    e->history_rows = (size_t)rows;
    e->history_epochs = (size_t)epochs;
    e->quote_rounds = every > 0 ? (rounds + every - 1) / every : 0;
}

static pp_status build(pp_experiment *e, pp_error *error)
{
    pp_check check = {.scenario = e->scenario, .error = error};
    build_sizes(e);
    PP_TRY(build_population(e, error));
    PP_TRY(build_tables(e, error));
    PP_TRY(build_firms(e, error));
    if (e->quote_rounds == 0)
        return PP_OK;
    pp_quote_columns_check(&check, e->schema);
    return check.n ? PP_ESCENARIO : pp_quote_columns_build(e, error);
}

/// @param previous may be NULL
static pp_status create(pp_experiment *previous, const pp_scenario *scenario,
                        pp_experiment **experiment, pp_error *error)
{
    pp_check check = {.scenario = scenario, .error = error};
    pp_scenario_check(&check);
    if (check.n)
        return PP_ESCENARIO;
    pp_experiment *e = calloc(1, sizeof *e);
    if (!e)
        return pp_error_set(error, PP_ENOMEM, "no memory for an experiment");
    e->scenario = scenario;
    if (previous)
        take_over(e, previous);
    pp_status status = build(e, error);
    if (status != PP_OK) {
        pp_experiment_destroy(e);
        return status;
    }
    *experiment = e;
    return PP_OK;
}

pp_status pp_experiment_create(const pp_scenario *scenario, pp_experiment **experiment,
                               pp_error *error)
{
    *experiment = NULL;
    return create(NULL, scenario, experiment, error);
}

pp_status pp_experiment_follow(pp_experiment *previous, const pp_scenario *scenario,
                               pp_experiment **experiment, pp_error *error)
{
    *experiment = NULL;
    pp_status status = create(previous, scenario, experiment, error);
    pp_experiment_destroy(previous);
    return status;
}

void pp_experiment_destroy(pp_experiment *experiment)
{
    if (!experiment)
        return;
    pp_experiment *e = experiment;
    for (size_t i = 0; e->named && i < e->n_firms; i++)
        free(e->named[i]);
    for (size_t i = 0; e->flag_meanings && i < e->n_quote_columns; i++)
        free(e->flag_meanings[i]);
    free(e->named);
    free(e->labels);
    free(e->updates);
    free(e->economics);
    free(e->flag_meanings);
    free(e->quote_columns);
    free(e->gamma);
    free(e->normal);
    pp_population_destroy(e->population);
    free(e->schema);
    free(e);
}

const pp_population *pp_experiment_population(const pp_experiment *experiment)
{
    return experiment->population;
}

pp_results_layout pp_experiment_layout(const pp_experiment *e)
{
    const pp_scenario *s = e->scenario;
    return (pp_results_layout){
        .n_trials = s->run.trials,
        .first_trial = s->run.first_trial,
        .n_burn_in = s->market.burn_in_epochs,
        .n_test = s->market.test_epochs,
        .n_firms = (int64_t)e->n_firms,
        .n_categories = (int64_t)e->n_categories,
        .firm_labels = e->labels,
        .n_quote_rows = e->quote_rounds * e->n_epochs,
        .quote_columns = e->quote_columns,
        .n_quote_columns = e->n_quote_columns,
        .economics = e->has_economics,
        .learning = e->learning,
        .n_updates = (int64_t)e->n_updates,
        .n_bands = (int64_t)e->n_bands,
        .bands = e->bands,
        .view_names = pp_view_names,
        .title = s->run.title.text,
        .seed = (uint64_t)s->run.seed,
        .rng = PP_RNG_NAME,
    };
}
