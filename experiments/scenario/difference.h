/// @file
/// @internal
/// Whether two runs are of the same problem: their resolved scenarios, as results files hold them,
/// apart from what may differ between runs that are compared.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_DIFFERENCE_H
#define PURSUIT_EXPERIMENTS_SCENARIO_DIFFERENCE_H

#include <stdbool.h>

enum { PP_DIFFERENCE_MAX = 200 };

/// Where two scenarios differ, "market.rounds: 60"; empty on the side that has no such value. A
/// longer text ends in "...".
typedef struct pp_scenario_difference {
    char base[PP_DIFFERENCE_MAX], other[PP_DIFFERENCE_MAX];
} pp_scenario_difference;

/// Find the first value in which two texts from pp_scenario_yaml differ. Free to differ are title,
/// trials, first_trial, quotes_every, the path of a book, and a firm's name, agent, exploration and
/// view of what a sale costs: they leave customers, costs, targets and draws as they are.
/// @return whether there is such a value
bool pp_scenario_difference_find(const char *base, const char *other,
                                 pp_scenario_difference *difference);

#endif
