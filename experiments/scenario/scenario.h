/// @file
/// A scenario: everything a run depends on, resolved. Read from YAML, defaults < file < --set;
/// written back as YAML with every default spelled out.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_SCENARIO_H
#define PURSUIT_EXPERIMENTS_SCENARIO_SCENARIO_H

#include <stdio.h>

#include "agents/agent.h"
#include "experiments/scenario/problems.h"
#include "market/config.h"
#include "market/economics.h"
#include "market/schema.h"
#include "pricing/break_even.h"

typedef enum pp_population_kind { PP_POPULATION_PUBLISHED, PP_POPULATION_BOOK } pp_population_kind;

/// Which reward tables lead with.
typedef enum pp_score { PP_SCORE_BOOKED, PP_SCORE_TRUE } pp_score;

/// Top-level keys.
typedef struct pp_run_config {
    pp_text title;
    int64_t seed; ///< 0 .. 2^53
    int64_t trials;
    int64_t first_trial; ///< number of the first trial; trial 7 alone equals trial 7 of 24
    int score;           ///< pp_score
} pp_run_config;

/// `results:` what is recorded beyond the standard variables.
typedef struct pp_record_config {
    int64_t quotes_every; ///< record every n-th round in /quotes; 0: none
} pp_record_config;

/// `population:` of kind book, beside pp_book_config.
typedef struct pp_book_source {
    pp_text file;         ///< path, relative to the scenario file; resolved on load
    pp_text pure_premium; ///< column
    size_t n_features;
    struct pp_book_column {
        char name[PP_NAME_MAX];
        pp_feature_kind kind; ///< numeric | categorical
    } features[PP_MAX_FEATURES];
} pp_book_source;

/// One bound of a named category, as written: checked against the schema once that is known.
typedef struct pp_bound_config {
    char feature[PP_NAME_MAX]; ///< a numeric feature or a column name
    char level[PP_NAME_MAX];   ///< a categorical feature's level; empty if lower/upper are given
    double lower, upper;       ///< inclusive; -INFINITY/INFINITY if not given
} pp_bound_config;

enum { PP_MAX_BOUNDS = PP_CATEGORY_BOUNDS };

typedef struct pp_category_config {
    char name[PP_NAME_MAX];
    size_t n_bounds;
    pp_bound_config bounds[PP_MAX_BOUNDS];
    double target;          ///< policies; NaN if not given
    double target_multiple; ///< of the burn-in average; NaN if not given. Neither: a random target
} pp_category_config;

typedef enum pp_portfolio_kind {
    PP_PORTFOLIO_NONE,
    PP_PORTFOLIO_RANDOM,
    PP_PORTFOLIO_NAMED
} pp_portfolio_kind;
/// Key `cost:` of a firm.
typedef enum pp_cost_basis { PP_COST_BOOKED, PP_COST_GIVEN_SALE } pp_cost_basis;
typedef enum pp_explore { PP_EXPLORE_BURN_IN, PP_EXPLORE_ALWAYS } pp_explore;

/// An agent that was loaded from a shared object. Opaque.
typedef struct pp_plugin pp_plugin;

/// The tree that a scenario was read from. Opaque.
typedef struct pp_scenario_origin pp_scenario_origin;

typedef struct pp_firm_config {
    char name[PP_NAME_MAX]; ///< unique; "null-1" if the scenario gives none
    size_t entry;           ///< of the file's list of firms, whose `count:` is expanded
    const pp_agent_class *agent;
    const pp_plugin *plugin;         ///< that the class is from; the scenario's. NULL: built in
    void *agent_params;              ///< agent->params->size bytes, owned; NULL if size 0
    int explore;                     ///< pp_explore
    pp_correction_config correction; ///< kind none: costs are booked ones
    pp_limits limits;                ///< on prices; NaN or 0: none
    pp_economics_config economics;   ///< kind none, all else 0 or NaN: a sale costs its claims
    pp_portfolio_kind portfolio;
    size_t n_categories;
    pp_category_config *categories; ///< owned; PP_PORTFOLIO_NAMED only
} pp_firm_config;

typedef struct pp_scenario {
    pp_run_config run;
    pp_market_config market;
    pp_inflation_config inflation;
    pp_choice_config choice;
    int population; ///< pp_population_kind
    pp_published_config published;
    pp_book_config book;
    pp_book_source book_source;
    pp_pricing_config pricing;
    pp_portfolio_config portfolio;
    pp_record_config record;
    size_t n_firms;
    pp_firm_config *firms;      ///< [n_firms], `count:` expanded; owned
    pp_plugin *plugins;         ///< every plugin of the firms, once; owned, unloaded last
    char path[PP_TEXT_MAX];     ///< the file it came from, for messages; "" if a program made it
    pp_scenario_origin *origin; ///< turns a key path into a line of that file; owned; may be NULL
} pp_scenario;

extern PP_API const pp_param_table pp_run_table, pp_record_table;

/// Every parameter at its default, and no firms: where a program starts that makes a scenario
/// itself.
PP_API void pp_scenario_defaults(pp_scenario *scenario);

/// A check under way; see experiments/scenario/check.h.
typedef struct pp_check pp_check;
/// Rules beyond those of the scenario alone, such as those that need its population.
/// @param context the caller's
typedef void (*pp_scenario_rules)(pp_check *check, void *context);

/// Read a scenario.
/// @param path   a file
/// @param sets   [n_sets] "key.path=value" in order, may be NULL
/// @return PP_OK; PP_ESCENARIO with every problem listed; PP_EIO if the file cannot be read;
/// PP_ENOMEM
PP_API pp_status pp_scenario_load(const char *path, const char *const *sets, size_t n_sets,
                                  pp_scenario **scenario, pp_problems *problems);
/// pp_scenario_load with more rules, which are held even if others are broken.
/// @param rules   may be NULL
/// @param context handed to them
/// @return as pp_scenario_load; if all that is wrong is files that the rules could not read,
/// PP_EIO or PP_EFORMAT
PP_API pp_status pp_scenario_load_checked(const char *path, const char *const *sets, size_t n_sets,
                                          pp_scenario_rules rules, void *context,
                                          pp_scenario **scenario, pp_problems *problems);
PP_API void pp_scenario_destroy(pp_scenario *scenario); ///< NULL-safe

/// The resolved scenario as YAML that loads to the same scenario; malloc'd, NULL if out of memory.
PP_API char *pp_scenario_yaml(const pp_scenario *scenario);

#endif
