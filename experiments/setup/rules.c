// The rules of a scenario that need its population, and what is kept of it from one to the next.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/keys.h"
#include "experiments/setup/parts.h"
#include "market/base/array.h"

/// A book that has been read: its schema, or what is wrong with it.
struct pp_known_book {
    pp_book_source source;
    pp_schema schema; ///< without quantiles, which rules do not need
    pp_status status;
    pp_book_problems problems;
};

void pp_rules_memory_release(pp_rules_memory *memory)
{
    for (size_t i = 0; i < memory->n; i++)
        free(memory->books[i]);
    free(memory->books);
    pp_population_destroy(memory->population);
    *memory = (pp_rules_memory){0};
}

static void copy_schema(const pp_population *population, pp_schema *schema)
{
    *schema = *pp_population_schema(population);
    schema->quantiles = NULL;
    for (int j = 0; j < schema->n_columns; j++)
        schema->columns[j].quantiles = NULL;
}

/// Keep the population for the scenario's experiment.
static void keep_population(pp_rules_memory *memory, pp_population *population, uint64_t checksum)
{
    pp_population_destroy(memory->outline ? population : memory->population);
    memory->population = memory->outline ? NULL : population;
    memory->book_checksum = checksum;
}

/// The scenario's book, read if it is not known yet. @return NULL if memory ran out
static const struct pp_known_book *know_book(pp_rules_memory *memory, const pp_scenario *s)
{
    for (size_t i = 0; i < memory->n; i++)
        if (pp_same_book(&memory->books[i]->source, &s->book_source))
            return memory->books[i];
    void *books = pp_array_grow(memory->books, memory->n, &memory->capacity, sizeof(void *));
    if (!books)
        return NULL;
    memory->books = books;
    struct pp_known_book *book = calloc(1, sizeof *book);
    if (!book)
        return NULL;
    pp_population *population = NULL;
    uint64_t checksum = 0;
    book->source = s->book_source;
    book->status = pp_book_population(s, &population, &checksum, &book->problems, NULL);
    if (book->status == PP_ENOMEM) {
        free(book);
        return NULL;
    }
    if (population)
        copy_schema(population, &book->schema);
    keep_population(memory, population, checksum);
    memory->books[memory->n++] = book;
    return book;
}

/// @return NULL after recording why there is none
static const pp_schema *schema_of_book(pp_check *check, pp_rules_memory *memory)
{
    static const char *const keys[] = {"population.file", "population.pure_premium",
                                       "population.features"};
    for (size_t i = 0; i < PP_COUNT(keys); i++)
        if (!pp_check_is_sound(check, keys[i]))
            return NULL;
    const struct pp_known_book *book = know_book(memory, check->scenario);
    if (!book) {
        check->report->out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < book->problems.n; i++) {
        const char *where = book->problems.items[i].where;
        size_t before = pp_report_count(check->report);
        pp_check_add(check, where, where, "%s", book->problems.items[i].error.message);
        check->report->unread += pp_report_count(check->report) - before;
        check->report->unread_status = book->status;
    }
    return book->status == PP_OK ? &book->schema : NULL;
}

/// The message may begin with the path of the key that it is about.
static void add_population_problem(pp_check *check, const char *message)
{
    char key[64];
    size_t n = strcspn(message, ":");
    bool named = strncmp(message, "population.", 11) == 0 && n < sizeof key && message[n] == ':';
    snprintf(key, sizeof key, "%.*s", named ? (int)n : 0, message);
    pp_check_add(check, named ? key : "population", named ? key : "population", "%s",
                 named ? message + n + 2 : message);
}

/// @return NULL after recording why there is none
static const pp_schema *schema_of_published(pp_check *check, pp_rules_memory *memory)
{
    const pp_scenario *s = check->scenario;
    pp_population *population = NULL;
    pp_error error = {0};
    pp_status status;
    if (!pp_check_is_known(check, "population") ||
        !pp_check_is_known(check, "population.locations"))
        return NULL;
    bool sound = pp_check_is_sound(check, "population"), outline = memory->outline || !sound;
    if (outline)
        status = pp_population_published_outline(&s->published, &memory->published, &error);
    else
        status = pp_population_published(&s->published, &s->choice, &population, &error);
    if (status == PP_OK && !outline) {
        copy_schema(population, &memory->published);
        keep_population(memory, population, 0);
    }
    check->report->out_of_memory |= status == PP_ENOMEM;
    if (status != PP_OK && status != PP_ENOMEM && sound)
        add_population_problem(check, error.message);
    return status == PP_OK ? &memory->published : NULL;
}

void pp_experiment_rules(pp_check *check, void *context)
{
    const pp_scenario *s = check->scenario;
    pp_rules_memory own = {0}, *memory = context ? context : &own;
    const pp_schema *schema = NULL;
    if (pp_check_is_known(check, "population.kind"))
        schema = s->population == PP_POPULATION_BOOK ? schema_of_book(check, memory)
                                                     : schema_of_published(check, memory);
    for (size_t i = 0; schema && i < s->n_firms; i++) {
        pp_portfolio portfolio;
        if (pp_check_is_copy(check, i))
            continue;
        pp_check_agent(check, i, pp_firm_categories(s, i, schema));
        if (s->firms[i].portfolio == PP_PORTFOLIO_NAMED)
            pp_named_portfolio(check, i, schema, &portfolio);
    }
    if (schema && s->record.quotes_every > 0)
        pp_quote_columns_check(check, schema);
    pp_rules_memory_release(&own);
}

/// An experiment that has nothing but the population that the rules built.
static pp_experiment *make_previous(pp_rules_memory *memory, const pp_scenario *scenario)
{
    pp_experiment *previous = calloc(1, sizeof *previous);
    if (!previous)
        return NULL;
    previous->scenario = scenario;
    previous->population = memory->population;
    previous->book_checksum = memory->book_checksum;
    memory->population = NULL;
    return previous;
}

pp_status pp_experiment_load(const char *path, const char *const *sets, size_t n_sets,
                             pp_scenario **scenario, pp_experiment **experiment,
                             pp_problems *problems, pp_error *error)
{
    pp_rules_memory memory = {0};
    *experiment = NULL;
    pp_status status = pp_scenario_load_checked(path, sets, n_sets, pp_experiment_rules, &memory,
                                                scenario, problems);
    pp_experiment *previous = status == PP_OK ? make_previous(&memory, *scenario) : NULL;
    pp_rules_memory_release(&memory);
    if (status != PP_OK)
        return status;
    if (!previous)
        status = pp_error_memory(error, "an experiment");
    else
        status = pp_experiment_follow(previous, *scenario, experiment, error);
    if (status != PP_OK) {
        pp_scenario_destroy(*scenario);
        *scenario = NULL;
    }
    return status;
}
