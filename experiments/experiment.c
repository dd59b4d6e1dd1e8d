#include "experiments/experiment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static pp_status build_population(pp_experiment *e, pp_error *error)
{
    const pp_scenario *s = e->scenario;
    pp_status status =
        s->population == PP_POPULATION_BOOK
            ? pp_book_population(s, &e->population, error)
            : pp_population_published(&s->published, &s->choice, &e->population, error);
    if (status == PP_OK)
        e->schema = pp_population_schema(e->population);
    return status;
}

static pp_status build_tables(pp_experiment *e, pp_error *error)
{
    double v = e->scenario->market.estimate_variance;
    e->gamma = malloc(sizeof *e->gamma);
    e->normal = malloc(sizeof *e->normal);
    if (!e->gamma || !e->normal)
        return pp_error_set(error, PP_ENOMEM, "no memory for the laws' tables");
    pp_status status = pp_law_gamma(1 / v, v, e->gamma, error);
    return status == PP_OK ? pp_law_normal(e->normal, error) : status;
}

static pp_status build_firm(pp_experiment *e, size_t i, pp_error *error)
{
    const pp_firm_config *firm = &e->scenario->firms[i];
    size_t categories = 0;
    e->labels[i] = firm->name;
    if (firm->portfolio == PP_PORTFOLIO_RANDOM) {
        size_t wanted = (size_t)e->scenario->portfolio.random_categories;
        size_t columns = (size_t)e->schema->n_columns;
        categories = wanted < columns ? wanted : columns;
    } else if (firm->portfolio == PP_PORTFOLIO_NAMED) {
        categories = firm->n_categories;
        e->named[i] = malloc(sizeof *e->named[i]);
        if (!e->named[i])
            return pp_error_set(error, PP_ENOMEM, "no memory for a portfolio");
        pp_status status = pp_named_portfolio(e->scenario, firm, i, e->schema, e->named[i], error);
        if (status != PP_OK)
            return status;
    }
    e->n_categories = categories > e->n_categories ? categories : e->n_categories;
    return PP_OK;
}

static pp_status build_firms(pp_experiment *e, pp_error *error)
{
    pp_status status = pp_choice_check(&e->scenario->choice, e->n_firms, error);
    if (status != PP_OK)
        return PP_ESCENARIO;
    e->n_categories = 1;
    e->named = calloc(e->n_firms, sizeof *e->named);
    e->labels = calloc(e->n_firms, sizeof *e->labels);
    if (!e->named || !e->labels)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu firms", e->n_firms);
    for (size_t i = 0; i < e->n_firms && status == PP_OK; i++)
        status = build_firm(e, i, error);
    return status;
}

static void build_sizes(pp_experiment *e)
{
    const pp_scenario *s = e->scenario;
    int64_t every = s->record.quotes_every, rounds = s->market.rounds;
    int64_t rows = rounds < s->market.history_rounds ? rounds : s->market.history_rounds;
    int64_t epochs = s->market.history_epochs < s->market.burn_in_epochs ? s->market.history_epochs
                                                                         : s->market.burn_in_epochs;
    e->n_firms = s->n_firms;
    e->n_epochs = s->market.burn_in_epochs + s->market.test_epochs;
    e->history_rows = (size_t)rows;
    e->history_epochs = (size_t)epochs;
    e->quote_rounds = every > 0 ? (rounds + every - 1) / every : 0;
}

pp_status pp_experiment_create(const pp_scenario *scenario, pp_experiment **experiment,
                               pp_error *error)
{
    *experiment = NULL;
    pp_experiment *e = calloc(1, sizeof *e);
    if (!e)
        return pp_error_set(error, PP_ENOMEM, "no memory for an experiment");
    e->scenario = scenario;
    build_sizes(e);
    pp_status status = build_population(e, error);
    if (status == PP_OK)
        status = build_tables(e, error);
    if (status == PP_OK)
        status = build_firms(e, error);
    if (status == PP_OK && e->quote_rounds > 0)
        status = pp_quote_columns_build(e, error);
    if (status != PP_OK) {
        pp_experiment_destroy(e);
        return status;
    }
    *experiment = e;
    return PP_OK;
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
    free(e->flag_meanings);
    free(e->quote_columns);
    free(e->gamma);
    free(e->normal);
    pp_population_destroy(e->population);
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
        .title = s->run.title.text,
        .seed = (uint64_t)s->run.seed,
        .rng = PP_RNG_NAME,
    };
}
