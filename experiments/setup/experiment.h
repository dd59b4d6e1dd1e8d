/// @file
/// @internal
/// A scenario made ready, and the workspace in which trials are run.
#ifndef PURSUIT_EXPERIMENTS_SETUP_EXPERIMENT_H
#define PURSUIT_EXPERIMENTS_SETUP_EXPERIMENT_H

#include "experiments/engine/run.h"
#include "market/accounts.h"
#include "market/distribution.h"
#include "market/prices.h"

struct pp_experiment {
    const pp_scenario *scenario;
    pp_population *population;
    uint64_t book_checksum; ///< of the population's book; 0 if there is none
    pp_schema *schema; ///< a copy: agents are handed it, and the population's lies beside latents
    pp_quantile_table *gamma, *normal;
    size_t n_firms, n_categories; ///< n_categories: the most of any firm, at least 1
    int64_t n_epochs;
    size_t history_rows, history_epochs;
    pp_portfolio **named; ///< [n_firms] named categories; NULL if the firm's are random or none
    const char **labels;  ///< [n_firms] borrowed from the scenario
    pp_quote_column *quote_columns;
    char **flag_meanings; ///< [n_quote_columns] text behind the columns' flag_meanings
    size_t n_quote_columns;
    int64_t quote_rounds; ///< recorded rounds per epoch
    size_t *updates;      ///< [n_firms] that each firm's agent logs
    size_t n_updates;     ///< the most of any
    bool learning;        ///< some agent has something to log
};

/// Read the book and build its population. Errors name file, line and column.
/// @param checksum of the file
pp_status pp_book_population(const pp_scenario *scenario, pp_population **population,
                             uint64_t *checksum, pp_error *error);

/// Match a firm's named categories to the schema.
pp_status pp_named_portfolio(const pp_scenario *scenario, const pp_firm_config *firm, size_t index,
                             const pp_schema *schema, pp_portfolio *portfolio, pp_error *error);

/// Lay out the columns of /quotes.
pp_status pp_quote_columns_build(pp_experiment *experiment, pp_error *error);

/// Everything needed to run trials one after the other, made once.
typedef struct pp_workspace pp_workspace;
/// @param blocks threads that share the work of a trial, at least 1
pp_status pp_workspace_create(const pp_experiment *experiment, int blocks, pp_workspace **workspace,
                              pp_error *error);
void pp_workspace_destroy(pp_workspace *workspace); ///< NULL-safe

/// Run one trial. @param stop becomes nonzero to drop it; may be NULL @return PP_OK, PP_ENUMERIC,
/// PP_EINTERRUPTED, PP_ENOMEM
pp_status pp_trial_run(pp_workspace *workspace, int64_t trial, const pp_stop_flag *stop,
                       pp_record *record, pp_error *error);

#endif
