/// @file
/// @internal
/// Reading JSON that this program has written: JSON is YAML, so the tree's parser reads it, and
/// here is what makes sure that a value is the JSON that is expected of it.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_JSON_READ_H
#define PURSUIT_EXPERIMENTS_SCENARIO_JSON_READ_H

#include "experiments/scenario/tree.h"

/// An object.
/// @param text [length]
/// @param map  NULL on failure; pp_node_destroy is the caller's
/// @return PP_OK; PP_EFORMAT without a message; PP_ENOMEM
pp_status pp_json_object(const char *text, size_t length, pp_node **map);

/// Is it an object of exactly these members?
bool pp_json_has(const pp_node *node, const char *const *names, size_t n);
/// The text of a string of UTF-8; NULL if it is something else or the node is NULL.
const char *pp_json_text(const pp_node *node);
/// Is it a finite number, and a whole one that fits if such a one is asked for?
bool pp_json_is_number(const pp_node *node, bool whole);
/// A whole number from 0 to `most`.
bool pp_json_count(const pp_node *node, size_t most, size_t *count);

#endif
