/// @file
/// From a map of the tree to a configuration struct, by its parameter table.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_BIND_H
#define PURSUIT_EXPERIMENTS_SCENARIO_BIND_H

#include "experiments/scenario/tree.h"

enum { PP_WHERE_MAX = 256 };

/// Defaults first, then what the map gives. Reports unknown keys, wrong types, values out of range
/// and required parameters that are missing; a field with a problem keeps its default.
/// @param where  path of the map, "" for the top level
/// @param at     where the map stands, for what is missing from it
/// @param map    NULL or null: nothing is given
/// @param others NULL-terminated keys of the map that the caller reads itself; may be NULL
/// @return true if nothing was reported
bool pp_bind(pp_report *report, const char *where, pp_mark at, const pp_node *map,
             const pp_param_table *table, const char *const *others, void *config);

/// pp_bind without a look at keys that are not the table's, for a map that several tables share.
bool pp_bind_rows(pp_report *report, const char *where, pp_mark at, const pp_node *map,
                  const pp_param_table *table, void *config);
/// Report the keys of a map that are neither in one of the tables (NULL-terminated) nor among
/// `others`.
bool pp_bind_keys(pp_report *report, const char *where, const pp_node *map,
                  const pp_param_table *const *tables, const char *const *others);

/// Report that a required key is missing from a map, unless a mistyped key is taken for it.
void pp_bind_missing(pp_report *report, pp_mark at, const char *where, const char *key);

/// "where.key", or "key" at the top level.
/// @return text
const char *pp_where_key(const char *where, const char *key, char text[PP_WHERE_MAX]);
/// "where[index]".
const char *pp_where_index(const char *where, size_t index, char text[PP_WHERE_MAX]);

/// A plain scalar that is a decimal number, and finite.
bool pp_node_number(const pp_node *node, double *value);

/// What a value is, for "expected ..., not %s": "a map", "nothing", "'abc'".
const char *pp_node_text(const pp_node *node, char text[PP_CLIP_MAX + 16]);

#endif
