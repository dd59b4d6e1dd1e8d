/// @file
/// @internal
/// The insides of an experiment. One is made for a run and never changed; all threads share it.
#ifndef PURSUIT_EXPERIMENTS_SETUP_PARTS_H
#define PURSUIT_EXPERIMENTS_SETUP_PARTS_H

#include "experiments/scenario/check.h"
#include "experiments/setup/experiment.h"
#include "market/breakdown.h"
#include "market/distribution.h"
#include "market/prices.h"

enum { PP_BOOK_PROBLEMS_MAX = 16 };

struct pp_experiment {
    const pp_scenario *scenario;
    pp_population *population;
    uint64_t book_checksum; ///< of the population's book; 0 if there is none
    pp_schema *schema; ///< a copy: agents are handed it, and the population's lies beside latents
    pp_quantile_table *gamma, *normal;
    size_t n_firms, n_categories; ///< n_categories: the most of any firm, at least 1
    size_t n_bands;
    pp_results_band bands[PP_BANDS_MAX]; ///< [n_bands]
    int64_t n_epochs;
    size_t history_rows, history_epochs;
    pp_portfolio **named; ///< [n_firms] named categories; NULL if the firm's are random or none
    const char **labels;  ///< [n_firms] borrowed from the scenario
    pp_quote_column *quote_columns;
    char **flag_meanings; ///< [n_quote_columns] text behind the columns' flag_meanings
    size_t n_quote_columns;
    int64_t quote_rounds;    ///< recorded rounds per epoch
    size_t *updates;         ///< [n_firms] that each firm's agent logs
    size_t n_updates;        ///< the most of any
    bool learning;           ///< some agent has something to log
    pp_economics *economics; ///< [n_firms] resolved
    bool has_economics;      ///< some firm's are not all 0
};

/// What is wrong with a book: with the file, or with some of its columns.
typedef struct pp_book_problems {
    size_t n;
    struct {
        char where[PP_WHERE_MAX]; ///< path of the scenario's key that names the file or the column
        pp_error error;
    } items[PP_BOOK_PROBLEMS_MAX];
} pp_book_problems;

/// Read the book and build its population. Errors name file, line and column.
/// @param checksum of the file
/// @param problems takes those of all columns; NULL: the first, in `error`, is enough
pp_status pp_book_population(const pp_scenario *scenario, pp_population **population,
                             uint64_t *checksum, pp_book_problems *problems, pp_error *error);

/// Are both of one book, read the same way?
bool pp_same_book(const pp_book_source *a, const pp_book_source *b);
/// The most categories of firm i's portfolio in this schema.
size_t pp_firm_categories(const pp_scenario *scenario, size_t i, const pp_schema *schema);

/// Match a firm's named categories to the schema; names without a match are problems.
void pp_named_portfolio(pp_check *check, size_t firm, const pp_schema *schema,
                        pp_portfolio *portfolio);

/// Columns of /quotes whose names clash are problems.
void pp_quote_columns_check(pp_check *check, const pp_schema *schema);
/// Lay out the columns of /quotes.
pp_status pp_quote_columns_build(pp_experiment *experiment, pp_error *error);

#endif
