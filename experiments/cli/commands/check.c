// pursuit check: every problem of a scenario.
#include <inttypes.h>
#include <math.h>

#include "agents/plugin/plugin.h"
#include "experiments/cli/common/cli.h"
#include "experiments/cli/print/table.h"
#include "experiments/engine/run.h"
#include "market/base/json.h"

/// A scenario read and made ready, or what is wrong with it.
typedef struct checked {
    const char *path;
    pp_scenario *scenario;
    pp_problems problems;
    pp_status status;
    pp_error error;
} checked;

static void check(checked *c, const pp_cli_sets *sets)
{
    pp_experiment *experiment = NULL;
    c->status = pp_experiment_load(c->path, (const char *const *)sets->text, sets->n, &c->scenario,
                                   &experiment, &c->problems, &c->error);
    pp_experiment_destroy(experiment);
}

static const char *portfolio_words(const pp_firm_config *firm)
{
    static const char *const words[] = {"none", "random", "named"};
    return words[firm->portfolio];
}

static const char *explore_words(const pp_firm_config *firm)
{
    return firm->explore == PP_EXPLORE_ALWAYS ? "always" : "burn_in";
}

static const char *const kinds[] = {"none", "load", "tilt", "offers"};

/// What the firm takes for the cost of a sale: `booked`, or its correction and that one's number.
static void cost_text(const pp_firm_config *firm, char text[static PP_TABLE_NUMBER_MAX])
{
    const pp_correction_config *c = &firm->correction;
    const double number = c->kind == PP_CORRECTION_LOAD ? c->load : c->variance;
    if (c->kind == PP_CORRECTION_TILT && isnan(number))
        snprintf(text, PP_TABLE_NUMBER_MAX, "given_sale");
    else if (c->kind == PP_CORRECTION_TILT || c->kind == PP_CORRECTION_LOAD)
        snprintf(text, PP_TABLE_NUMBER_MAX, "%s %g", kinds[c->kind], number);
    else
        snprintf(text, PP_TABLE_NUMBER_MAX, "%s",
                 c->kind == PP_CORRECTION_NONE ? "booked" : kinds[c->kind]);
}

static pp_status print_scenario(const checked *c)
{
    static const char *const header[] = {"firm",      "name",     "agent",
                                         "portfolio", "explores", "cost of a sale"};
    const pp_scenario *s = c->scenario;
    char rounds[PP_TABLE_NUMBER_MAX], number[PP_TABLE_NUMBER_MAX], cost[PP_TABLE_NUMBER_MAX];
    pp_format_number((double)s->market.rounds, 0, rounds);
    printf("%s is valid\n%" PRId64 " trials of %" PRId64 " burn-in and %" PRId64
           " test epochs, %s customers each; seed %" PRId64 "\n\n",
           c->path, s->run.trials, s->market.burn_in_epochs, s->market.test_epochs, rounds,
           s->run.seed);
    pp_table table = {.columns = "rlllll"};
    for (size_t i = 0; i < PP_COUNT(header); i++)
        pp_table_text(&table, header[i]);
    pp_table_header(&table);
    for (size_t i = 0; i < s->n_firms; i++) {
        snprintf(number, sizeof number, "%zu", i);
        pp_table_text(&table, number);
        pp_table_text(&table, s->firms[i].name);
        pp_table_text(&table, s->firms[i].agent->name);
        pp_table_text(&table, portfolio_words(&s->firms[i]));
        pp_table_text(&table, explore_words(&s->firms[i]));
        cost_text(&s->firms[i], cost);
        pp_table_text(&table, cost);
    }
    return pp_table_print(&table, stdout, pp_cli_colour(stdout));
}

/// @param correction a number that is not given, or found as the run goes, is null
static void put_cost(pp_json *json, const pp_correction_config *correction)
{
    pp_json_string(json, "cost", correction->kind == PP_CORRECTION_NONE ? "booked" : "given_sale");
    pp_json_open(json, "correction", '{');
    pp_json_string(json, "kind", kinds[correction->kind]);
    pp_json_number(json, "load", correction->load);
    pp_json_number(json, "variance", correction->variance);
    pp_json_close(json, '}');
}

static void put_scenario(pp_json *json, const pp_scenario *s)
{
    pp_json_string(json, "title", s->run.title.text);
    pp_json_integer(json, "seed", s->run.seed);
    pp_json_integer(json, "trials", s->run.trials);
    pp_json_integer(json, "first_trial", s->run.first_trial);
    pp_json_integer(json, "burn_in_epochs", s->market.burn_in_epochs);
    pp_json_integer(json, "test_epochs", s->market.test_epochs);
    pp_json_integer(json, "rounds", s->market.rounds);
    pp_json_open(json, "firms", '[');
    for (size_t i = 0; i < s->n_firms; i++) {
        pp_json_open(json, NULL, '{');
        pp_json_string(json, "name", s->firms[i].name);
        pp_json_string(json, "agent", s->firms[i].agent->name);
        if (s->firms[i].plugin)
            pp_json_string(json, "plugin", s->firms[i].plugin->path);
        pp_json_string(json, "portfolio", portfolio_words(&s->firms[i]));
        pp_json_string(json, "explore", explore_words(&s->firms[i]));
        put_cost(json, &s->firms[i].correction);
        pp_json_close(json, '}');
    }
    pp_json_close(json, ']');
}

static pp_status print_json(const checked *c)
{
    pp_json json = {0};
    pp_json_open(&json, NULL, '{');
    pp_json_string(&json, "file", c->path);
    pp_json_boolean(&json, "valid", c->status == PP_OK);
    pp_json_open(&json, "problems", '[');
    for (size_t i = 0; i < c->problems.n; i++)
        pp_json_string(&json, NULL, c->problems.text[i]);
    if (c->error.message[0])
        pp_json_string(&json, NULL, c->error.message);
    pp_json_close(&json, ']');
    if (c->status == PP_OK)
        put_scenario(&json, c->scenario);
    pp_json_close(&json, '}');
    return pp_cli_print_owned(pp_buffer_take(&json.out));
}

static int report(const pp_command *command, const checked *c, bool json)
{
    pp_cli_print_problems(command, c->path, c->status, &c->problems, &c->error);
    pp_status printed = PP_OK;
    if (json)
        printed = print_json(c);
    else if (c->status == PP_OK)
        printed = print_scenario(c);
    if (printed != PP_OK)
        return pp_cli_no_memory(command);
    return pp_cli_exit_code(c->status);
}

static int run(const pp_command *command, int argc, char **argv)
{
    pp_cli_sets sets = {0};
    bool json = false;
    int code, id = pp_cli_parse(command, argc, argv, &sets, &json);
    if (id == PP_CLI_END) {
        checked c = {.path = argv[optind]};
        check(&c, &sets);
        code = report(command, &c, json);
        pp_problems_destroy(&c.problems);
        pp_scenario_destroy(c.scenario);
    } else {
        code = pp_cli_stop(id);
    }
    pp_cli_sets_destroy(&sets);
    return code;
}

static const pp_cli_option options[] = {
    {PP_OPT_SET, "set", "KEY=VALUE", "change one key of the scenario; may be repeated"},
    {PP_OPT_JSON, "json", NULL, "the verdict, problems and firms as JSON"},
};

static const pp_cli_example examples[] = {
    {"pursuit check scenario.yaml", "is it valid? every problem at once"},
    {"pursuit check scenario.yaml --set firms.0.agent=null", "would it be with this change?"},
};

const pp_command pp_command_check = {
    .name = "check",
    .synopsis = "SCENARIO.yaml [OPTION]...",
    .doc = "validate a scenario and list its firms",
    .details = "Reads a scenario, and its book of customers if it has one, and reports every "
               "problem with its line and column. Nothing is simulated or written.",
    PP_CLI_EXAMPLES(examples),
    PP_CLI_OPTIONS(options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
