/// @file
/// `--set key.path=value`: edits of a scenario's tree, and the same from elsewhere.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_SET_H
#define PURSUIT_EXPERIMENTS_SCENARIO_SET_H

#include "experiments/scenario/tree.h"

/// Apply report->sets[set - 1], e.g. "firms.0.agent.temperature=25". The value is YAML. A value
/// that was there is replaced whole, so that `firms.0.agent=klq` drops the old agent's parameters;
/// maps on the way that are missing are made; an agent given by name alone becomes {kind: name};
/// an agent's `kind` and `plugin` replace each other and what belongs to the other.
/// @param root a map
/// @return false if a problem was reported (or memory ran out); the tree is then whole, if not the
/// same
bool pp_set_apply(pp_node *root, size_t set, pp_report *report);

/// Is it a path of keys, as `firms.0.agent`? Where it leads is not looked at.
/// @param where of the problem, if there is one
/// @return false if a problem was reported
bool pp_set_check_path(pp_report *report, pp_mark mark, const char *where, const char *path,
                       size_t length);

/// Put a value where a path leads, as pp_set_apply does. Takes the value over, also on failure.
/// @param path passed pp_set_check_path
/// @param mark of the path, for keys that are made on the way and for problems
/// @return false if a problem was reported (or memory ran out)
bool pp_set_value(pp_node *root, const char *path, pp_mark mark, pp_node *value, pp_report *report);

#endif
