// Nodes of a YAML tree: making, copying, finding, editing.
#include "experiments/scenario/tree.h"
#include "market/base/array.h"

#include <stdlib.h>
#include <string.h>

void pp_node_clear(pp_node *node)
{
    for (size_t i = 0; i < node->n; i++) {
        free(node->entries[i].key);
        pp_node_destroy(node->entries[i].value);
    }
    node->n = 0;
}

void pp_node_destroy(pp_node *node)
{
    if (!node)
        return;
    pp_node_clear(node);
    free(node->entries);
    free(node->text);
    free(node);
}

pp_node *pp_node_map(pp_mark mark)
{
    pp_node *node = calloc(1, sizeof *node);
    if (node) {
        node->kind = PP_NODE_MAP;
        node->mark = mark;
    }
    return node;
}

pp_node *pp_node_scalar(pp_mark mark, const char *text)
{
    pp_node *node = pp_node_map(mark);
    if (!node)
        return NULL;
    node->kind = PP_NODE_SCALAR;
    node->text = strdup(text);
    if (!node->text) {
        pp_node_destroy(node);
        return NULL;
    }
    return node;
}

// No deeper than the tree itself, whose depth the parser limits.
pp_node *pp_node_copy(const pp_node *node)
{
    pp_node *copy = node->kind == PP_NODE_SCALAR ? pp_node_scalar(node->mark, node->text)
                                                 : pp_node_map(node->mark);
    if (!copy)
        return NULL;
    copy->kind = node->kind;
    copy->quoted = node->quoted;
    copy->parameter = node->parameter;
    for (size_t i = 0; i < node->n; i++) {
        const pp_entry *entry = &node->entries[i];
        pp_node *value = pp_node_copy(entry->value);
        if (!value || !pp_node_append(copy, entry->key, entry->key_mark, value)) {
            pp_node_destroy(copy);
            return NULL;
        }
    }
    return copy;
}

pp_entry *pp_node_entry(const pp_node *node, const char *key)
{
    if (!node || node->kind != PP_NODE_MAP)
        return NULL;
    for (size_t i = 0; i < node->n; i++)
        if (strcmp(node->entries[i].key, key) == 0)
            return &node->entries[i];
    return NULL;
}

pp_node *pp_node_get(const pp_node *node, const char *key)
{
    pp_entry *entry = pp_node_entry(node, key);
    return entry ? entry->value : NULL;
}

bool pp_node_append(pp_node *node, const char *key, pp_mark key_mark, pp_node *value)
{
    char *copy = key ? strdup(key) : NULL;
    pp_entry *entries =
        pp_array_grow(node->entries, node->n, &node->capacity, sizeof *node->entries);
    node->entries = entries ? entries : node->entries;
    if ((key && !copy) || !entries) {
        free(copy);
        pp_node_destroy(value);
        return false;
    }
    node->entries[node->n++] = (pp_entry){copy, key_mark, value};
    return true;
}

void pp_node_remove(pp_node *node, const char *key)
{
    pp_entry *entry = pp_node_entry(node, key);
    if (!entry)
        return;
    free(entry->key);
    pp_node_destroy(entry->value);
    node->n--;
    memmove(entry, entry + 1, (size_t)(node->entries + node->n - entry) * sizeof *entry);
}

bool pp_node_is_null(const pp_node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    if (node->kind != PP_NODE_SCALAR || node->quoted)
        return false;
    for (size_t i = 0; i < PP_COUNT(nulls); i++)
        if (strcmp(node->text, nulls[i]) == 0)
            return true;
    return false;
}

bool pp_node_is_absent(const pp_node *node)
{
    return !node || pp_node_is_null(node);
}
