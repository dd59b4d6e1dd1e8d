/// @file
/// `--set key.path=value`: edits of a scenario's tree.
#ifndef PURSUIT_EXPERIMENTS_SET_H
#define PURSUIT_EXPERIMENTS_SET_H

#include "experiments/tree.h"

/// Apply report->sets[set - 1], e.g. "firms.0.agent.temperature=25". The value is YAML. A value
/// that was there is replaced whole, so that `firms.0.agent=klq` drops the old agent's parameters;
/// maps on the way that are missing are made; an agent given by name alone becomes {kind: name};
/// an agent's `kind` and `plugin` replace each other and what belongs to the other.
/// @param root a map
/// @return false if a problem was reported (or memory ran out); the tree is then whole, if not the
/// same
bool pp_set_apply(pp_node *root, size_t set, pp_report *report);

#endif
