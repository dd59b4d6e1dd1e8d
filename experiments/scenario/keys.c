// Parameter tables of keys that only a scenario has.
#include "experiments/scenario/keys.h"

#include "market/base/param_rows.h"

#define SEED_MAX 9007199254740992.0 // 2^53: every whole number up to here is a double, and JSON's

static const char *const score_choices[] = {"booked", "true", NULL};

#define CONFIG pp_run_config
static const pp_param run_rows[] = {
    {ROW(TEXT, title), .default_text = "", .unit = "", .doc = "what the run is about",
     .citation = DESIGN},
    INTEGER(seed, 1, 0, SEED_MAX, "1", "seed of every draw", DESIGN),
    INTEGER(trials, 24, 1, 1e7, "trials", "independent repetitions that statistics are taken over",
            PAPER),
    INTEGER(first_trial, 0, 0, 1e9, "1",
            "number of the first trial; trial 7 alone equals trial 7 of 24", DESIGN),
    {ROW(ENUM, score), .names = score_choices, .unit = "",
     .doc =
         "which reward tables lead with: booked profit less portfolio loss, as published, or true "
         "profit less the same",
     .citation = DESIGN},
};
const pp_param_table pp_run_table = {"run", "title, seed and number of trials", run_rows,
                                     PP_COUNT(run_rows), sizeof(CONFIG)};
#undef CONFIG

#define CONFIG pp_record_config
static const pp_param record_rows[] = {
    INTEGER(quotes_every, 0, 0, 1e9, "rounds", "record every n-th round in /quotes; 0 records none",
            DESIGN),
};
const pp_param_table pp_record_table = {"results", "what is recorded beyond the standard variables",
                                        record_rows, PP_COUNT(record_rows), sizeof(CONFIG)};
#undef CONFIG

const char *const pp_population_names[] = {"published", "book", NULL};

#define CONFIG pp_book_source
static const pp_param source_rows[] = {
    {ROW(TEXT, file), .flags = PP_REQUIRED, .unit = "",
     .doc = "CSV file with a header line; relative to the scenario's folder, or to the current one "
            "if given by --set",
     .citation = DESIGN},
    {ROW(TEXT, pure_premium), .flags = PP_REQUIRED, .unit = "",
     .doc = "column that holds the pure premium in GBP; firms do not see it", .citation = DESIGN},
};
const pp_param_table pp_source_table = {"population", "where a book of customers comes from",
                                        source_rows, PP_COUNT(source_rows), sizeof(CONFIG)};
#undef CONFIG

static const char *const column_choices[] = {"numeric", "categorical", NULL};

#define CONFIG pp_column_keys
static const pp_param column_rows[] = {
    {ROW(TEXT, name), .flags = PP_REQUIRED, .unit = "", .doc = "column of the CSV file",
     .citation = DESIGN},
    {ROW(ENUM, kind), .names = column_choices, .unit = "",
     .doc = "a number, or a category that becomes one column per level", .citation = DESIGN},
};
const pp_param_table pp_column_table = {"features", "a feature that firms see", column_rows,
                                        PP_COUNT(column_rows), sizeof(CONFIG)};
#undef CONFIG

static const char *const cost_choices[] = {"booked", "given_sale", NULL};
static const char *const explore_choices[] = {"burn_in", "always", NULL};

#define CONFIG pp_firm_keys
static const pp_param firm_rows[] = {
    {ROW(TEXT, name), .default_text = "", .unit = "",
     .doc = "label in results; the agent's name if left out, numbered if not unique",
     .citation = DESIGN},
    INTEGER(count, 1, 1, PP_MAX_FIRMS, "firms", "how many such firms", DESIGN),
    {ROW(ENUM, explore), .names = explore_choices, .unit = "",
     .doc = "whether prices are varied at random in the burn-in epochs only, or always",
     .citation = DESIGN},
    {ROW(ENUM, cost), .names = cost_choices, .unit = "",
     .doc =
         "what a sale is taken to cost: booked, the firm's own estimate; given_sale, what it costs "
         "given that it sells, short for correction: {kind: tilt, variance: auto}",
     .citation = DESIGN},
};
const pp_param_table pp_firm_table = {"firm", "a firm and how it prices", firm_rows,
                                      PP_COUNT(firm_rows), sizeof(CONFIG)};
#undef CONFIG

#define CONFIG pp_plugin_keys
static const pp_param plugin_rows[] = {
    {ROW(TEXT, plugin), .flags = PP_REQUIRED, .unit = "",
     .doc = "shared object that holds the agent; relative to the scenario's folder, or to the "
            "current one if given by --set",
     .citation = DESIGN},
    {ROW(TEXT, plugin_sha256), .default_text = "", .unit = "",
     .doc =
         "SHA-256 of that file, in hexadecimal digits: another file is then refused; empty takes "
         "any",
     .citation = DESIGN},
};
const pp_param_table pp_plugin_table = {"plugin", "an agent from a shared object", plugin_rows,
                                        PP_COUNT(plugin_rows), sizeof(CONFIG)};
#undef CONFIG

#define CONFIG pp_category_keys
static const pp_param category_rows[] = {
    {ROW(TEXT, name), .flags = PP_REQUIRED, .unit = "", .doc = "label in results",
     .citation = DESIGN},
    {ROW(REAL, target), .default_number = NAN, .min = 0, .max = 1e12, .flags = PP_OPTIONAL,
     .unit = "policies", .doc = "policies wanted at the end of an epoch", .citation = DESIGN,
     .derived = "target_multiple, or a random target"},
    {ROW(REAL, target_multiple), .default_number = NAN, .min = 0, .max = 1e6, .flags = PP_OPTIONAL,
     .unit = "1", .doc = "the same as a multiple of the burn-in average", .citation = DESIGN,
     .derived = "target, or a random target"},
};
const pp_param_table pp_category_table = {"category", "a set of customers and how many are wanted",
                                          category_rows, PP_COUNT(category_rows), sizeof(CONFIG)};
#undef CONFIG

#define CONFIG pp_bound_keys
static const pp_param bound_rows[] = {
    {ROW(TEXT, feature), .flags = PP_REQUIRED, .unit = "",
     .doc = "a feature, or one of its columns as in 'location=2'", .citation = DESIGN},
    {ROW(TEXT, level), .default_text = "", .unit = "", .doc = "the level of a categorical feature",
     .citation = DESIGN},
    {ROW(REAL, lower), .default_number = NAN, .min = -1e300, .max = 1e300, .flags = PP_OPTIONAL,
     .unit = "", .doc = "least value, itself included", .citation = DESIGN,
     .derived = "no lower bound"},
    {ROW(REAL, upper), .default_number = NAN, .min = -1e300, .max = 1e300, .flags = PP_OPTIONAL,
     .unit = "", .doc = "greatest value, itself included", .citation = DESIGN,
     .derived = "no upper bound"},
};
const pp_param_table pp_bound_table = {"where", "one condition of a category", bound_rows,
                                       PP_COUNT(bound_rows), sizeof(CONFIG)};
#undef CONFIG

#define SECTION(key_, table_, field)                                                               \
    {                                                                                              \
        key_, &table_, offsetof(pp_scenario, field)                                                \
    }
const pp_section pp_sections[] = {
    SECTION("market", pp_market_table, market),
    SECTION("inflation", pp_inflation_table, inflation),
    SECTION("choice", pp_choice_table, choice),
    SECTION("pricing", pp_pricing_table, pricing),
    SECTION("portfolio", pp_portfolio_table, portfolio),
    SECTION("results", pp_record_table, record),
};
const size_t pp_n_sections = PP_COUNT(pp_sections);

void pp_scenario_defaults(pp_scenario *scenario)
{
    *scenario = (pp_scenario){0};
    pp_param_defaults(&pp_run_table, &scenario->run);
    pp_param_defaults(&pp_published_table, &scenario->published);
    pp_param_defaults(&pp_book_table, &scenario->book);
    for (size_t i = 0; i < pp_n_sections; i++)
        pp_param_defaults(pp_sections[i].table, (char *)scenario + pp_sections[i].offset);
}
