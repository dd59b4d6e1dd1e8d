#include "experiments/setup/experiment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/oracle.h"
#include "experiments/scenario/parts.h"
#include "experiments/scenario/keys.h"

/// Are both of one book, read the same way?
static bool same_book(const pp_scenario *a, const pp_scenario *b)
{
    const pp_book_source *x = &a->book_source, *y = &b->book_source;
    bool same = a->population == PP_POPULATION_BOOK && b->population == PP_POPULATION_BOOK &&
                pp_param_equal(&pp_source_table, x, y) &&
                pp_param_equal(&pp_book_table, &a->book, &b->book) &&
                x->n_features == y->n_features;
    for (size_t i = 0; same && i < x->n_features; i++)
        same = x->features[i].kind == y->features[i].kind &&
               strcmp(x->features[i].name, y->features[i].name) == 0;
    return same;
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
    if (same_book(s, before) ||
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
    pp_status status = PP_OK;
    if (!e->population)
        status = s->population == PP_POPULATION_BOOK
                     ? pp_book_population(s, &e->population, &e->book_checksum, error)
                     : pp_population_published(&s->published, &s->choice, &e->population, error);
    if (status != PP_OK)
        return status;
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
        status = pp_law_gamma(1 / v, v, e->gamma, error);
    return status == PP_OK && normal ? pp_law_normal(e->normal, error) : status;
}

static size_t updates_of(const pp_firm_config *firm)
{
    return firm->agent->updates ? firm->agent->updates(firm->agent_params) : 0;
}

/// The agent's own rules, now that all is known. What was read from a file has met most of them.
static pp_status check_rules(const pp_scenario *s, const pp_firm_config *firm, size_t categories,
                             pp_error *error)
{
    pp_error detail = {0};
    pp_agent_outline outline = pp_outline_of(s);
    outline.n_categories = categories;
    if (!firm->agent->check || firm->agent->check(firm->agent_params, &outline, &detail) == PP_OK)
        return PP_OK;
    return pp_error_set(error, PP_EINVAL, "firm '%s': agent '%s': %s", firm->name,
                        firm->agent->name, detail.message);
}

static pp_status build_firm(pp_experiment *e, size_t i, pp_error *error)
{
    const pp_firm_config *firm = &e->scenario->firms[i];
    size_t categories = 0;
    e->labels[i] = firm->name;
    e->updates[i] = updates_of(firm);
    e->n_updates = e->updates[i] > e->n_updates ? e->updates[i] : e->n_updates;
    e->learning |= e->updates[i] > 0 || firm->agent->end_epoch;
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
    return check_rules(e->scenario, firm, categories, error);
}

static pp_status build_firms(pp_experiment *e, pp_error *error)
{
    pp_status status = pp_choice_check(&e->scenario->choice, e->n_firms, error);
    if (status != PP_OK)
        return PP_ESCENARIO;
    e->n_categories = 1;
    e->named = calloc(e->n_firms, sizeof *e->named);
    e->labels = calloc(e->n_firms, sizeof *e->labels);
    e->updates = calloc(e->n_firms, sizeof *e->updates);
    if (!e->named || !e->labels || !e->updates)
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

static pp_status check_tables(const pp_scenario *s, pp_error *error)
{
    const struct {
        const pp_param_table *table;
        const void *config;
    } sections[] = {{&pp_run_table, &s->run},
                    {&pp_market_table, &s->market},
                    {&pp_inflation_table, &s->inflation},
                    {&pp_choice_table, &s->choice},
                    {&pp_pricing_table, &s->pricing},
                    {&pp_portfolio_table, &s->portfolio},
                    {&pp_record_table, &s->record}};
    pp_status status = PP_OK;
    for (size_t i = 0; i < PP_COUNT(sections) && status == PP_OK; i++)
        status = pp_param_check(sections[i].table, sections[i].config, error);
    if (status == PP_OK && s->run.first_trial + s->run.trials > INT32_MAX)
        status = pp_error_set(error, PP_EINVAL, "first_trial + trials: more than %d", INT32_MAX);
    if (status == PP_OK && (s->population < 0 || s->population > PP_POPULATION_BOOK))
        status = pp_error_set(error, PP_EINVAL, "population.kind: %d is unknown", s->population);
    return status;
}

static pp_status check_agent_params(const pp_firm_config *firm, pp_error *error)
{
    const pp_agent_class *agent = firm->agent;
    if (agent->params->size == 0)
        return PP_OK;
    if (!firm->agent_params)
        return pp_error_set(error, PP_EINVAL, "firm '%s': agent '%s' has no parameters", firm->name,
                            agent->name);
    return pp_param_check(agent->params, firm->agent_params, error);
}

static pp_status check_agent(const pp_firm_config *firm, pp_error *error)
{
    const pp_agent_class *agent = firm->agent;
    if (!agent || agent->abi != PP_AGENT_ABI || !agent->params || !agent->train)
        return pp_error_set(error, PP_EINVAL, "firm '%s': no agent of ABI version %d", firm->name,
                            (int)PP_AGENT_ABI);
    if (agent->quote_seeing && agent != &pp_agent_oracle)
        return pp_error_set(error, PP_EINVAL,
                            "firm '%s': agent '%s' asks to see latent variables and rivals' "
                            "offers (quote_seeing), which is for the built-in oracle alone",
                            firm->name, agent->name);
    if (!agent->quote && !agent->quote_batch && !agent->quote_seeing)
        return pp_error_set(error, PP_EINVAL, "firm '%s': agent '%s' has no way to quote",
                            firm->name, agent->name);
    if (agent->needs_portfolio && firm->portfolio == PP_PORTFOLIO_NONE)
        return pp_error_set(error, PP_EINVAL, "firm '%s': agent '%s' needs a portfolio", firm->name,
                            agent->name);
    pp_status status = check_agent_params(firm, error);
    if (status == PP_OK && updates_of(firm) > PP_LEARNING_UPDATES)
        status = pp_error_set(error, PP_EINVAL,
                              "firm '%s': agent '%s' would log %zu updates; %d are possible",
                              firm->name, agent->name, updates_of(firm), (int)PP_LEARNING_UPDATES);
    return status;
}

static pp_status check_firm(const pp_firm_config *firm, pp_error *error)
{
    size_t most = PP_MAX_CATEGORIES;
    if (firm->n_categories > most || (firm->n_categories && !firm->categories) ||
        (firm->portfolio == PP_PORTFOLIO_NAMED && !firm->n_categories))
        return pp_error_set(error, PP_EINVAL, "firm '%s': %zu categories; 1 to %zu are possible",
                            firm->name, firm->n_categories, most);
    for (size_t k = 0; k < firm->n_categories; k++)
        if (firm->categories[k].n_bounds > PP_CATEGORY_BOUNDS)
            return pp_error_set(error, PP_EINVAL,
                                "firm '%s': category '%s' has more than %d bounds", firm->name,
                                firm->categories[k].name, (int)PP_CATEGORY_BOUNDS);
    return check_agent(firm, error);
}

/// A scenario is a plain struct that a program may have filled in: nothing in it is taken on trust.
static pp_status check_scenario(const pp_scenario *s, pp_error *error)
{
    pp_status status = check_tables(s, error);
    if (status == PP_OK && (s->n_firms == 0 || s->n_firms > PP_MAX_FIRMS || !s->firms))
        status = pp_error_set(error, PP_EINVAL, "%zu firms; 1 to %d are possible", s->n_firms,
                              (int)PP_MAX_FIRMS);
    for (size_t i = 0; status == PP_OK && i < s->n_firms; i++)
        status = check_firm(&s->firms[i], error);
    return status;
}

/// @param previous may be NULL
static pp_status create(pp_experiment *previous, const pp_scenario *scenario,
                        pp_experiment **experiment, pp_error *error)
{
    pp_status status = check_scenario(scenario, error);
    if (status != PP_OK)
        return status;
    pp_experiment *e = calloc(1, sizeof *e);
    if (!e)
        return pp_error_set(error, PP_ENOMEM, "no memory for an experiment");
    e->scenario = scenario;
    if (previous)
        take_over(e, previous);
    build_sizes(e);
    status = build_population(e, error);
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
        .learning = e->learning,
        .n_updates = (int64_t)e->n_updates,
        .title = s->run.title.text,
        .seed = (uint64_t)s->run.seed,
        .rng = PP_RNG_NAME,
    };
}
