// Whether two resolved scenarios are of the same problem: their trees compared, but for free keys.
#include "experiments/scenario/difference.h"

#include <stdio.h>
#include <string.h>

#include "experiments/scenario/bind.h"
#include "market/base/utf8.h"

/// May runs that are compared differ in the value at this path?
static bool is_free(const char *path)
{
    static const char *const free_keys[] = {
        "title",         "trials",
        "first_trial",   "population.file",
        "firms[].name",  "firms[].explore",
        "firms[].agent", "results.quotes_every",
        "firms[].cost",  "firms[].correction",
        "score",
    };
    char plain[PP_WHERE_MAX];
    size_t n = 0;
    for (bool index = false; *path; path++) {
        index = *path == '[' || (index && *path != ']');
        if (!index || *path == '[')
            plain[n++] = *path;
    }
    plain[n] = '\0';
    for (size_t i = 0; i < PP_COUNT(free_keys); i++)
        if (strcmp(plain, free_keys[i]) == 0)
            return true;
    return false;
}

/// Is it a number that is not given, or a kind that is none?
static bool is_nothing(const pp_node *node)
{
    return pp_node_is_absent(node) ||
           (node->kind == PP_NODE_SCALAR && strcmp(node->text, "none") == 0);
}

/// Is it a part of a firm, `limits` or `economics`, that says nothing?
static bool is_empty_part(const char *path, const pp_node *node)
{
    const char *key = strrchr(path, '.');
    if (strncmp(path, "firms[", 6) != 0 || !key || node->kind != PP_NODE_MAP ||
        (strcmp(key, ".limits") != 0 && strcmp(key, ".economics") != 0))
        return false;
    for (size_t i = 0; i < node->n; i++)
        if (!is_nothing(node->entries[i].value))
            return false;
    return true;
}

/// Is it a value at its default that scenarios of version 0.1 do not spell out?
static bool is_new_default(const char *path, const pp_node *node)
{
    if (!node)
        return false;
    return is_empty_part(path, node) ||
           (strcmp(path, "market.cost_from") == 0 && node->kind == PP_NODE_SCALAR &&
            strcmp(node->text, "test") == 0);
}

/// "market.rounds: 60"; empty without a value.
static void describe(const char *path, const pp_node *node, char text[PP_DIFFERENCE_MAX])
{
    char whole[4 * PP_DIFFERENCE_MAX] = "";
    if (node && node->kind == PP_NODE_SCALAR)
        snprintf(whole, sizeof whole, "%s%s%s%.*s%s", path, path[0] ? ": " : "",
                 node->quoted ? "\"" : "", 2 * PP_DIFFERENCE_MAX, node->text,
                 node->quoted ? "\"" : "");
    else if (node)
        snprintf(whole, sizeof whole, "%s: a %s of %zu", path,
                 node->kind == PP_NODE_MAP ? "map" : "list", node->n);
    pp_utf8_copy(text, PP_DIFFERENCE_MAX, whole);
}

/// @param a NULL where b has more, and the other way round
static bool find(const pp_node *a, const pp_node *b, const char *path,
                 pp_scenario_difference *difference)
{
    if (is_free(path) || (!a && is_new_default(path, b)) || (!b && is_new_default(path, a)))
        return false;
    bool comparable = a && b && a->kind == b->kind;
    if (!comparable || a->kind == PP_NODE_SCALAR) {
        bool same = comparable && a->quoted == b->quoted && strcmp(a->text, b->text) == 0;
        if (!same) {
            describe(path, a, difference->base);
            describe(path, b, difference->other);
        }
        return !same;
    }
    bool map = a->kind == PP_NODE_MAP;
    char at[PP_WHERE_MAX];
    for (size_t i = 0; i < a->n; i++) {
        const char *key = a->entries[i].key;
        const pp_node *other = map ? pp_node_get(b, key) : i < b->n ? b->entries[i].value : NULL;
        if (find(a->entries[i].value, other,
                 map ? pp_where_key(path, key, at) : pp_where_index(path, i, at), difference))
            return true;
    }
    for (size_t i = map ? 0 : a->n; i < b->n; i++)
        if ((!map || !pp_node_get(a, b->entries[i].key)) &&
            find(NULL, b->entries[i].value,
                 map ? pp_where_key(path, b->entries[i].key, at) : pp_where_index(path, i, at),
                 difference))
            return true;
    return false;
}

bool pp_scenario_difference_find(const char *base, const char *other,
                                 pp_scenario_difference *difference)
{
    pp_report ignored = {.path = ""};
    pp_node *a = pp_tree_parse(base, strlen(base), 0, &ignored);
    pp_node *b = pp_tree_parse(other, strlen(other), 0, &ignored);
    *difference = (pp_scenario_difference){"", ""};
    bool found;
    if (a && b) {
        found = find(a, b, "", difference);
    } else if ((found = strcmp(base, other) != 0)) { // damaged, or out of memory
        pp_utf8_copy(difference->base, PP_DIFFERENCE_MAX, base);
        pp_utf8_copy(difference->other, PP_DIFFERENCE_MAX, other);
    }
    pp_report_clear(&ignored);
    pp_node_destroy(a);
    pp_node_destroy(b);
    return found;
}
