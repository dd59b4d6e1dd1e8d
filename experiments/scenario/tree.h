/// @file
/// A YAML document as a tree whose every key and value knows where it stands. Scalars stay text:
/// what they mean depends on who asks. Anchors and aliases work (an alias is a copy, so that it can
/// be edited alone); merge keys, tags other than !!str and several documents in one file do not.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_TREE_H
#define PURSUIT_EXPERIMENTS_SCENARIO_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "experiments/scenario/report.h"

enum {
    PP_TREE_DEPTH_MAX = 40,      ///< maps and lists within each other, aliases followed
    PP_TREE_NODES_MAX = 1000000, ///< values, aliases followed: a short file can name billions
    PP_TREE_KEYS_MAX = 1000,     ///< of one map
    PP_TREE_ANCHORS_MAX = 1000,
    PP_TREE_BYTES_MAX = 16 << 20, ///< of a file
};

typedef enum pp_node_kind { PP_NODE_SCALAR, PP_NODE_MAP, PP_NODE_LIST } pp_node_kind;

typedef struct pp_node pp_node;

typedef struct pp_entry {
    char *key; ///< NULL in a list
    pp_mark key_mark;
    pp_node *value;
} pp_entry;

struct pp_node {
    pp_node_kind kind;
    pp_mark mark;
    bool quoted; ///< a scalar in quotes, a block, or tagged !!str: a text and nothing else
    char *text;  ///< scalar
    size_t n, capacity;
    pp_entry *entries; ///< map and list
    size_t parameter;  ///< number, from 1, of the swept parameter whose value this is; 0: none
};

/// Parse one document.
/// @param set    pp_mark.set of all of it
/// @param report what is wrong: malformed YAML, duplicate keys, ...
/// @return the tree, also if duplicate keys were reported; NULL if it is malformed or memory ran
/// out
pp_node *pp_tree_parse(const char *text, size_t length, size_t set, pp_report *report);
void pp_node_destroy(pp_node *node); ///< NULL-safe

/// Read a file and parse it.
/// @param path   the report's path or plan, as `set` says
/// @param root   NULL if there are problems and no tree
/// @param text   the file's text, malloc'd, with a NUL after it; NULL if it is not wanted
/// @param length of text; NULL if not wanted
/// @return PP_OK; PP_EIO if the file cannot be read, PP_ESCENARIO if it is malformed or too large:
/// reported; PP_ENOMEM
pp_status pp_tree_load(const char *path, size_t set, pp_report *report, pp_node **root, char **text,
                       size_t *length);

/// An empty map.
pp_node *pp_node_map(pp_mark mark);
/// A plain scalar. @param text copied
pp_node *pp_node_scalar(pp_mark mark, const char *text);
/// A tree of its own with the same marks; NULL if memory ran out.
pp_node *pp_node_copy(const pp_node *node);
/// Entry of that key, or NULL; NULL also if the node is NULL or no map.
pp_entry *pp_node_entry(const pp_node *node, const char *key);
/// Value of that key, or NULL.
pp_node *pp_node_get(const pp_node *node, const char *key);
/// Append a value. Takes it over, also on failure.
/// @param key copied; NULL in a list
/// @return false if memory ran out
bool pp_node_append(pp_node *node, const char *key, pp_mark key_mark, pp_node *value);

/// Take an entry out, if there is one of that key.
void pp_node_remove(pp_node *node, const char *key);
/// Take all entries out.
void pp_node_clear(pp_node *node);

/// A plain scalar that YAML reads as null: empty, ~ or null.
bool pp_node_is_null(const pp_node *node);
/// NULL, or null: a section with nothing in it.
bool pp_node_is_absent(const pp_node *node);

#endif
