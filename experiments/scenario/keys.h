/// @file
/// Parameter tables of what only a scenario has: the keys beside the models' own. Reading, writing
/// and the JSON Schema all walk these.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_KEYS_H
#define PURSUIT_EXPERIMENTS_SCENARIO_KEYS_H

#include <math.h>

#include "experiments/scenario/scenario.h"
#include "market/base/json.h"

/// A section of the top level that is one struct of pp_scenario.
typedef struct pp_section {
    const char *key;
    const pp_param_table *table;
    size_t offset; ///< into pp_scenario
} pp_section;

/// market, inflation, choice, pricing, portfolio, results; in the order they are written.
extern const pp_section pp_sections[];
extern const size_t pp_n_sections;

/// Keys of a firm, beside `agent`, `portfolio`, `correction`, `limits` and `economics`.
typedef struct pp_firm_keys {
    pp_text name;
    int64_t count;
    int explore; ///< pp_explore
    int cost;    ///< pp_cost_basis
} pp_firm_keys;

/// Keys of an agent from a plugin, beside its own parameters.
typedef struct pp_plugin_keys {
    pp_text plugin, plugin_sha256;
} pp_plugin_keys;

/// Keys of a named category, beside `where`.
typedef struct pp_category_keys {
    pp_text name;
    double target, target_multiple;
} pp_category_keys;

/// Keys of one bound of a category.
typedef struct pp_bound_keys {
    pp_text feature, level;
    double lower, upper;
} pp_bound_keys;

/// Keys of a book's feature.
typedef struct pp_column_keys {
    pp_text name;
    int kind; ///< index: numeric, categorical
} pp_column_keys;

extern const pp_param_table pp_source_table; ///< of pp_book_source, beside `features`
extern const pp_param_table pp_column_table, pp_firm_table, pp_plugin_table, pp_category_table,
    pp_bound_table;

/// Names of pp_population_kind, NULL-terminated.
extern const char *const pp_population_names[];

/// @internal
/// Write a parameter's default as the member "default"; in schema.c.
void pp_param_put_default(pp_json *json, const pp_param *row);

#endif
