/// @file
/// Experiments: scenarios made ready to run.
#ifndef PURSUIT_EXPERIMENTS_SETUP_EXPERIMENT_H
#define PURSUIT_EXPERIMENTS_SETUP_EXPERIMENT_H

#include "data/results/results.h"
#include "experiments/scenario/scenario.h"
#include "market/population/population.h"

/// A scenario made ready: its population built (the book read), named categories matched to the
/// schema, the number of firms checked. Immutable; shared by all threads. Borrows the scenario.
typedef struct pp_experiment pp_experiment;

/// @return PP_OK; PP_ESCENARIO (the first rule that is broken, by key path); PP_EIO or PP_EFORMAT
/// (the book); PP_ENOMEM
PP_API pp_status pp_experiment_create(const pp_scenario *scenario, pp_experiment **experiment,
                                      pp_error *error);
/// The same, taking over from an experiment that is done with what both have in common: the tables
/// of laws, and the book as it was read then.
/// @param previous destroyed, whatever is returned; its scenario may go afterwards. NULL-safe
PP_API pp_status pp_experiment_follow(pp_experiment *previous, const pp_scenario *scenario,
                                      pp_experiment **experiment, pp_error *error);
PP_API void pp_experiment_destroy(pp_experiment *experiment); ///< NULL-safe
PP_API const pp_population *pp_experiment_population(const pp_experiment *experiment);

/// What a results file of this experiment holds. Pointers are valid while the experiment lives;
/// history, source, scenario text and threads are left for the caller to fill in.
PP_API pp_results_layout pp_experiment_layout(const pp_experiment *experiment);

/// What rules keep from one scenario to the next: the schema of each book, so that each is read
/// once. Zero-initialise; not for several threads at once.
typedef struct pp_rules_memory {
    bool outline; ///< no law is tabulated: for thousands of scenarios
    size_t n, capacity;
    struct pp_known_book **books;
    pp_schema published;       ///< of the last published population
    pp_population *population; ///< of the last scenario, unless the book was known already
    uint64_t book_checksum;
} pp_rules_memory;
PP_API void pp_rules_memory_release(pp_rules_memory *memory);

/// The rules of a scenario that need its population, for pp_scenario_load_checked: with them a
/// scenario has every problem reported that its run would meet before the first trial.
/// @param context a pp_rules_memory; may be NULL
PP_API void pp_experiment_rules(pp_check *check, void *context);

/// Read a scenario with all rules, and make it ready. The population is built once.
/// @param scenario to be destroyed after the experiment; NULL unless PP_OK
/// @return see pp_scenario_load_checked and pp_experiment_create
PP_API pp_status pp_experiment_load(const char *path, const char *const *sets, size_t n_sets,
                                    pp_scenario **scenario, pp_experiment **experiment,
                                    pp_problems *problems, pp_error *error);

#endif
