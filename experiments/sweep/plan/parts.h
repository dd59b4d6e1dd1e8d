/// @file
/// @internal
/// What a sweep's plan is made of, and the steps in which it is read.
#ifndef PURSUIT_EXPERIMENTS_SWEEP_PLAN_PARTS_H
#define PURSUIT_EXPERIMENTS_SWEEP_PLAN_PARTS_H

#include "experiments/scenario/tree.h"
#include "experiments/stats/design.h"
#include "experiments/sweep/plan/plan.h"

enum {
    PP_SWEEP_PARAMETERS_MAX = 1000,
    PP_SWEEP_VALUES_MAX = 10000000, ///< of all parts
};

/// What a run sets one key to.
typedef struct pp_sweep_value {
    const pp_node *node; ///< within the plan's tree; NULL if it comes of a range
    char *text;          ///< canonical; owned
} pp_sweep_value;

/// One key of a part.
typedef struct pp_sweep_column {
    size_t parameter; ///< of the plan
    pp_mark key_mark;
    pp_mark mark;        ///< where its values stand
    pp_range range;      ///< of a sample
    bool written_whole;  ///< the range's ends are, in the plan
    const pp_node *from; ///< of a sample's range: stands for its values until they are made
} pp_sweep_column;

typedef enum pp_sweep_kind {
    PP_SWEEP_GRID, ///< one key of a `grid`
    PP_SWEEP_LIST,
    PP_SWEEP_ZIP,
    PP_SWEEP_LATIN,
    PP_SWEEP_SOBOL
} pp_sweep_kind;

/// Keys of an element, in the order of pp_sweep_kind; NULL-terminated.
extern const char *const pp_sweep_kinds[];

/// Values that are taken together, a row by a run.
typedef struct pp_sweep_part {
    pp_sweep_kind kind;
    size_t n_rows, n_columns;
    pp_sweep_column *columns; ///< [n_columns]
    pp_sweep_value *values;   ///< [n_rows][n_columns]; NULL until a sample's are made
    uint64_t seed;            ///< PP_SWEEP_LATIN
    size_t skip;              ///< PP_SWEEP_SOBOL
} pp_sweep_part;

/// A place in an element: a column of a part.
typedef struct pp_plan_place {
    uint32_t part, column;
} pp_plan_place;

/// Parts that are crossed, the last one fastest.
typedef struct pp_sweep_element {
    pp_mark mark;
    size_t n_parts, capacity;
    pp_sweep_part *parts;
    size_t n_runs; ///< product of rows; 0 if something is wrong with it
    size_t n_edits;
    pp_plan_place *edits; ///< [n_edits] every column, shorter keys first
} pp_sweep_element;

typedef struct pp_plan_parameter {
    char *key; ///< owned
    pp_sweep_type type;
    bool typed; ///< some run has told its type
} pp_plan_parameter;

/// Of which element and which of its runs.
typedef struct pp_plan_run {
    uint32_t element, index;
    char id[PP_SWEEP_ID];
} pp_plan_run;

struct pp_sweep_plan {
    char *path, *text, *scenario_path;
    size_t length; ///< of text
    char **sets;   ///< [n_sets] of the command line
    size_t n_sets;
    pp_node *tree; ///< of the plan
    pp_node *base; ///< the scenario's tree with the edits of every run
    pp_text name;
    size_t n_parameters, parameter_capacity;
    pp_plan_parameter *parameters;
    size_t n_elements;
    pp_sweep_element *elements;
    size_t n_values; ///< of all parts
    size_t n_runs, run_capacity;
    pp_plan_run *runs;
    char sha256[PP_SHA256_TEXT];
};

/// A value in canonical text (pp_sweep_plan_value); malloc'd, NULL if memory ran out.
/// @param number a scalar that is a number is written as one, rather than as it is
char *pp_sweep_text(const pp_node *value, bool number);
/// A number in canonical text.
const char *pp_sweep_number(double value, char text[]);

/// Steps of a path less one.
size_t pp_sweep_depth(const char *key);
/// Apply `set` (NULL: none) and the command line's edits to the base scenario's tree.
void pp_sweep_apply_fixed(pp_sweep_plan *plan, const pp_node *set, pp_report *report);
/// Is nothing both swept and edited for every run? After the designs have been read.
void pp_sweep_check_fixed(const pp_sweep_plan *plan, const pp_node *set, pp_report *report);

/// Read `designs:` into the plan's elements.
/// @param at where the plan stands, if there is no such key
void pp_sweep_read_designs(pp_sweep_plan *plan, pp_mark at, const pp_node *designs,
                           pp_report *report);

/// Make room for a part's columns. @return false if memory ran out
bool pp_sweep_columns(pp_sweep_part *part, size_t n, pp_report *report);
/// Make room for n rows of values.
/// @return false if there are too many, which is reported, or memory ran out
bool pp_sweep_rows(pp_sweep_plan *plan, pp_sweep_part *part, size_t n, pp_mark mark,
                   pp_report *report);
/// Enter a key into a column of a part.
bool pp_sweep_enter(pp_sweep_plan *plan, pp_sweep_column *column, const pp_entry *key,
                    pp_report *report);

/// A range {from, to, scale} or, with steps, {from, to, steps, scale}.
/// @param steps NULL if it has none
/// @return false if a problem was reported
bool pp_sweep_read_range(const char *where, const pp_node *map, pp_report *report, pp_range *range,
                         size_t *steps);

/// Read `latin_hypercube:` or `sobol:`; its values are made later.
void pp_sweep_read_sample(pp_sweep_plan *plan, const pp_entry *design, pp_sweep_part *part,
                          pp_report *report);
/// Make a sample's values, once it is known which of its ranges are `whole`.
bool pp_sweep_fill_sample(pp_sweep_part *part, pp_report *report);

/// Apply the edits of one run to a copy of the base scenario's tree. What is wrong is reported.
/// @return NULL if memory ran out
pp_node *pp_sweep_tree(const pp_sweep_plan *plan, size_t element, size_t index, pp_report *report);
/// The value that a run of an element has in a place.
const pp_sweep_value *pp_sweep_value_at(const pp_sweep_element *element, size_t index,
                                        pp_plan_place place);

/// Make the values of samples, resolve and check every run, and keep those that are new.
/// @param status PP_EIO or PP_EFORMAT if all that is wrong is a file that a run reads
void pp_sweep_resolve(pp_sweep_plan *plan, pp_report *report, pp_status *status);

/// Problems of runs, each kept once.
typedef struct pp_sweep_problems {
    size_t n, capacity;
    struct pp_sweep_problem *items;
    size_t n_runs; ///< that were looked at
} pp_sweep_problems;
/// Take what was found wrong with a run; the run's report is empty afterwards.
/// @return false if memory ran out
bool pp_sweep_problems_take(pp_sweep_problems *problems, size_t element, size_t index,
                            pp_report *found);
/// Report them with the values of the first run that has them, and free them.
void pp_sweep_problems_tell(const pp_sweep_plan *plan, pp_sweep_problems *problems,
                            pp_report *report);

/// A book's checksum, taken once for each file.
typedef struct pp_sweep_books {
    size_t n, capacity;
    struct pp_sweep_book *books;
} pp_sweep_books;
void pp_sweep_books_destroy(pp_sweep_books *books); ///< safe on a zeroed one

/// The id of a scenario.
/// @param books NULL: the file is read whatever is known of it
/// @return PP_OK; PP_EIO if its book cannot be read; PP_ENOMEM
pp_status pp_sweep_identify(const pp_scenario *scenario, pp_sweep_books *books,
                            char id[PP_SWEEP_ID], pp_error *error);

#endif
