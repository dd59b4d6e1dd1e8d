/// @file
/// @internal
/// The rules of a scenario, each in one place, whether a file or a program made it. A problem names
/// a key path; the tree that the scenario was read from, if there is one, turns it into a line.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_CHECK_H
#define PURSUIT_EXPERIMENTS_SCENARIO_CHECK_H

#include "experiments/scenario/bind.h"
#include "experiments/scenario/scenario.h"

/// A check under way. Zero-initialise, then set scenario and one of report and error.
struct pp_check {
    const pp_scenario *scenario;
    const pp_node *root; ///< the tree it was read from; NULL: pp_scenario.origin, if any
    pp_report *report;   ///< takes every problem
    pp_error *error;     ///< takes the first problem; may be NULL
    size_t n;            ///< problems found
};

/// Record a problem: PP_ESCENARIO.
/// @param where path of the value, e.g. "firms[2].agent"; "" for the top level
/// @param keys  paths of the keys that the problem is about, with blanks between: the first that
///              the file gives is where the problem stands, else the nearest map around `where`.
///              Nothing is recorded if one of them is in doubt: see pp_check_is_known
void pp_check_add(pp_check *check, const char *where, const char *keys, const char *format, ...)
    PP_PRINTF(4, 5);

/// Is nothing wrong, so far, at this path, below it or around it? A field with a problem holds its
/// default, which no rule may be held against.
bool pp_check_is_sound(const pp_check *check, const char *where);

/// Is nothing wrong, so far, with the value itself or around it? Its parts may be in doubt.
bool pp_check_is_known(const pp_check *check, const char *where);

/// Path of firm i: by its entry in the file's list of firms, by its number without a file.
/// @param key of the firm, or ""
/// @return text
const char *pp_check_firm(const pp_check *check, size_t i, const char *key,
                          char text[PP_WHERE_MAX]);

/// Is firm i another copy of the one before, counted out, so that its problems are reported
/// already?
bool pp_check_is_copy(const pp_check *check, size_t i);

/// Rules of firm i's agent that tie its parameters to each other and to the market.
/// @param n_categories of its portfolio; 0: not known, or none
void pp_check_agent(pp_check *check, size_t i, size_t n_categories);

/// Rules of single keys, which reading a file has held already. @param where path of the map
void pp_check_table(pp_check *check, const char *where, const pp_param_table *table,
                    const void *config);
/// Rules of all that is not a firm's.
void pp_check_sections(pp_check *check);

/// All rules that need nothing but the scenario.
void pp_scenario_check(pp_check *check);

#endif
