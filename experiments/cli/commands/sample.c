// pursuit sample: customers of a population as CSV.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv/write.h"
#include "experiments/cli/common/cli.h"
#include "experiments/engine/run.h"
#include "market/choice.h"
#include "market/population/class.h"

enum { BLOCK = 4096, DEFAULT_ROWS = 1000 };
static const int64_t most_rows = 1000000000;

typedef struct arguments {
    const char *scenario;
    pp_cli_sets sets;
    int64_t n;
} arguments;

/// What is printed, and the buffers that it is printed from.
typedef struct sampler {
    const pp_population *population;
    const pp_schema *schema;
    const pp_latent *latents;
    size_t n_latents;
    const pp_scenario *scenario;
    double *latent_values; ///< [n_latents][BLOCK]
    double *no_inflation;  ///< [BLOCK] the customers' index, 1
    pp_customers customers;
} sampler;

/// A feature that is also a latent column is printed once, as the latent.
static bool among_latents(const sampler *s, const pp_feature *feature)
{
    for (size_t i = 0; i < s->n_latents; i++)
        if (strcmp(s->latents[i].name, feature->name) == 0)
            return true;
    return false;
}

static void print_header(const sampler *s)
{
    for (size_t i = 0; i < s->n_latents; i++) {
        pp_csv_put_text(stdout, s->latents[i].name);
        putchar(',');
    }
    for (int f = 0; f < s->schema->n_features; f++) {
        if (among_latents(s, &s->schema->features[f]))
            continue;
        pp_csv_put_text(stdout, s->schema->features[f].name);
        putchar(',');
    }
    char sensitivity[PP_LATENT_NAME_MAX], walk_away[PP_LATENT_NAME_MAX];
    pp_latent_name(s->schema, "latent_", "price_sensitivity", sensitivity);
    pp_latent_name(s->schema, "latent_", "walk_away_price", walk_away);
    printf("%s,%s\n", sensitivity, walk_away);
}

/// The level of a categorical feature: what follows "feature=" in the name of the column that is 1.
static const char *level_of(const sampler *s, const pp_feature *feature, size_t i)
{
    for (int c = feature->first_column; c < feature->first_column + feature->n_columns; c++)
        if (s->customers.features[c][i] != 0)
            return s->schema->columns[c].name + strlen(feature->name) + 1;
    return "";
}

static void print_feature(const sampler *s, const pp_feature *feature, size_t i)
{
    if (feature->kind == PP_CATEGORICAL)
        pp_csv_put_text(stdout, level_of(s, feature, i));
    else
        printf("%.8g", s->customers.features[feature->first_column][i]);
    putchar(',');
}

static void print_row(const sampler *s, size_t i)
{
    for (size_t j = 0; j < s->n_latents; j++)
        printf(s->latents[j].whole ? "%.0f," : "%.8g,", s->latent_values[j * BLOCK + i]);
    for (int f = 0; f < s->schema->n_features; f++)
        if (!among_latents(s, &s->schema->features[f]))
            print_feature(s, &s->schema->features[f], i);
    printf("%.8g,%.8g\n", s->customers.sensitivity[i], s->customers.walk_away[i]);
}

static void print_customers(sampler *s, const pp_stream *stream, int64_t n)
{
    print_header(s);
    for (int64_t first = 0; first < n && !ferror(stdout); first += BLOCK) {
        s->customers.first_round = first;
        s->customers.n = (size_t)(n - first < BLOCK ? n - first : BLOCK);
        pp_population_draw(s->population, stream, &s->customers, s->latent_values);
        pp_choice_prepare(&s->scenario->choice, s->scenario->n_firms, stream, s->no_inflation,
                          &s->customers);
        for (size_t i = 0; i < s->customers.n; i++)
            print_row(s, i);
    }
}

static pp_status sample(const pp_experiment *experiment, const pp_scenario *scenario, int64_t n,
                        pp_error *error)
{
    sampler s = {.population = pp_experiment_population(experiment), .scenario = scenario};
    s.schema = pp_population_schema(s.population);
    s.n_latents = pp_population_latents(s.population, &s.latents);
    s.latent_values = malloc((s.n_latents + 1) * BLOCK * sizeof *s.latent_values);
    if (!s.latent_values)
        return pp_error_set(error, PP_ENOMEM, "no memory for %d customers", BLOCK);
    s.no_inflation = s.latent_values + s.n_latents * BLOCK;
    for (size_t i = 0; i < BLOCK; i++)
        s.no_inflation[i] = 1;
    pp_status status = pp_customers_create(BLOCK, s.schema->n_columns, &s.customers, error);
    if (status == PP_OK) {
        const pp_stream stream = {.seed = (uint64_t)scenario->run.seed};
        print_customers(&s, &stream, n);
        pp_customers_destroy(&s.customers);
    }
    free(s.latent_values);
    return status;
}

static int parse(const pp_command *command, int argc, char **argv, arguments *a)
{
    pp_cli_parser parser;
    int id;
    pp_cli_parser_init(&parser, command, argc, argv);
    while ((id = pp_cli_next(&parser)) >= 0) {
        if (id == 'n') {
            if (!pp_cli_integer(command, "-n", optarg, 1, most_rows, &a->n))
                return PP_CLI_ERROR;
        } else if (pp_cli_sets_option(&a->sets, id) != 1)
            return PP_CLI_ERROR;
    }
    if (id == PP_CLI_END)
        a->scenario = argv[optind];
    return id;
}

static int sample_scenario(const pp_command *command, const arguments *a)
{
    pp_error error = {0};
    pp_scenario *scenario = NULL;
    pp_experiment *experiment = NULL;
    int code = pp_cli_load(command, a->scenario, &a->sets, &scenario, &experiment);
    if (code != PP_EXIT_OK)
        return code;
    pp_status status = sample(experiment, scenario, a->n, &error);
    pp_experiment_destroy(experiment);
    pp_scenario_destroy(scenario);
    return status == PP_OK ? PP_EXIT_OK : pp_cli_fail(command, status, &error);
}

static int run(const pp_command *command, int argc, char **argv)
{
    arguments a = {.n = DEFAULT_ROWS};
    int parsed = parse(command, argc, argv, &a);
    int code = parsed == PP_CLI_END ? sample_scenario(command, &a) : pp_cli_stop(parsed);
    pp_cli_sets_destroy(&a.sets);
    return code;
}

static const pp_cli_option options[] = {
    {'n', "customers", "N", "how many customers (default 1000)"},
    {PP_OPT_SEED, "seed", "N", "short for --set seed=N"},
    {PP_OPT_SET, "set", "KEY=VALUE", "change one key of the scenario; may be repeated"},
};

static const pp_cli_example examples[] = {
    {"pursuit sample scenario.yaml -n 20000 --seed 1 > customers.csv", "look at the customers"},
};

const pp_command pp_command_sample = {
    .name = "sample",
    .synopsis = "SCENARIO.yaml [-n N] [OPTION]...",
    .doc = "print customers of a scenario's population as CSV",
    .details =
        "Prints the customers of the first epoch of trial 0, rounds 0 to N-1, as CSV with a "
        "header: what firms see and what they do not, with the price sensitivity and the "
        "walk-away price (GBP) at a customer index of 1. Numbers have eight significant digits. "
        "Features of a book keep their names; of the other columns, row becomes book_row beside a "
        "feature of its name, and latent_ precedes the name of any other.",
    PP_CLI_EXAMPLES(examples),
    PP_CLI_OPTIONS(options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
