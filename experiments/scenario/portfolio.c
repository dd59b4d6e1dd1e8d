// `portfolio:` of a firm: a word, or named categories and their bounds.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/parts.h"
#include "market/base/nearest.h"

pp_mark pp_mark_of(const pp_node *map, const char *const *keys, pp_mark otherwise)
{
    for (size_t i = 0; keys[i]; i++) {
        const pp_node *node = pp_node_get(map, keys[i]);
        if (node)
            return node->mark;
    }
    return otherwise;
}

bool pp_name_copy(pp_report *report, pp_mark mark, const char *where, const char *text,
                  char name[PP_NAME_MAX])
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            pp_report_add(report, mark, where, "a control character in a name");
            return false;
        }
    if (strlen(text) >= PP_NAME_MAX) {
        pp_report_add(report, mark, where, "a name longer than %d bytes", PP_NAME_MAX - 1);
        return false;
    }
    snprintf(name, PP_NAME_MAX, "%s", text);
    return true;
}

static void read_bound(pp_report *report, const char *where, const pp_node *node,
                       pp_bound_config *bound)
{
    static const char *const feature[] = {"feature", NULL}, *const level[] = {"level", NULL};
    pp_bound_keys keys;
    // With a problem too: the rules that it does not touch are held.
    pp_bind(report, where, node->mark, node, &pp_bound_table, NULL, &keys);
    if (keys.level.text[0] && (!isnan(keys.lower) || !isnan(keys.upper)))
        pp_report_add(report, pp_mark_of(node, level, node->mark), where,
                      "'level' together with 'lower' or 'upper'");
    pp_mark mark = pp_mark_of(node, feature, node->mark);
    pp_name_copy(report, mark, where, keys.feature.text, bound->feature);
    pp_name_copy(report, pp_mark_of(node, level, node->mark), where, keys.level.text, bound->level);
    bound->lower = isnan(keys.lower) ? -INFINITY : keys.lower;
    bound->upper = isnan(keys.upper) ? INFINITY : keys.upper;
}

/// Without any bound every customer is in the category: a target for the volume as a whole.
static void read_bounds(pp_report *report, const char *where, const pp_node *list,
                        pp_category_config *category)
{
    char text[PP_CLIP_MAX + 16];
    if (pp_node_is_absent(list))
        return;
    if (list->kind != PP_NODE_LIST) {
        pp_report_add(report, list->mark, where, "expected a list, not %s",
                      pp_node_text(list, text));
        return;
    }
    if (list->n > PP_MAX_BOUNDS) {
        pp_report_add(report, list->mark, where, "%zu conditions; at most %d are taken", list->n,
                      PP_MAX_BOUNDS);
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        char at[PP_WHERE_MAX];
        read_bound(report, pp_where_index(where, i, at), list->entries[i].value,
                   &category->bounds[category->n_bounds++]);
    }
}

static void read_category(pp_report *report, const char *where, const pp_node *node,
                          pp_category_config *category)
{
    static const char *const others[] = {"where", NULL}, *const name[] = {"name", NULL};
    char at[PP_WHERE_MAX];
    pp_category_keys keys;
    pp_bind(report, where, node->mark, node, &pp_category_table, others, &keys);
    category->target = keys.target;
    category->target_multiple = keys.target_multiple;
    pp_name_copy(report, pp_mark_of(node, name, node->mark), where, keys.name.text, category->name);
    read_bounds(report, pp_where_key(where, "where", at), pp_node_get(node, "where"), category);
}

static void read_categories(pp_report *report, const char *where, const pp_node *list,
                            pp_firm_config *firm)
{
    char text[PP_CLIP_MAX + 16], at[PP_WHERE_MAX];
    if (list->kind != PP_NODE_LIST) {
        pp_report_add(report, list->mark, where, "expected a list, not %s",
                      pp_node_text(list, text));
        return;
    }
    if (list->n > PP_MAX_CATEGORIES) {
        pp_report_add(report, list->mark, where, "%zu categories; from 1 to %d are taken", list->n,
                      PP_MAX_CATEGORIES);
        return;
    }
    firm->categories = calloc(list->n + 1, sizeof *firm->categories);
    if (!firm->categories) {
        report->out_of_memory = true;
        return;
    }
    firm->n_categories = list->n;
    for (size_t i = 0; i < list->n; i++)
        read_category(report, pp_where_index(where, i, at), list->entries[i].value,
                      &firm->categories[i]);
}

/// none or random.
static void read_word(pp_report *report, const char *where, const pp_node *node,
                      pp_firm_config *firm)
{
    char text[PP_CLIP_MAX + 16], hint[128];
    if (strcmp(node->text, "none") == 0) {
        firm->portfolio = PP_PORTFOLIO_NONE;
    } else if (strcmp(node->text, "random") == 0) {
        firm->portfolio = PP_PORTFOLIO_RANDOM;
    } else {
        pp_nearest nearest;
        pp_nearest_start(&nearest, node->text);
        pp_nearest_offer(&nearest, "none");
        pp_nearest_offer(&nearest, "random");
        pp_nearest_text(&nearest, hint, sizeof hint);
        pp_report_add(report, node->mark, where,
                      "expected none, random or {categories: ...}, not %s%s",
                      pp_node_text(node, text), hint);
    }
}

void pp_read_portfolio(pp_report *report, const char *where, const pp_node *node,
                       pp_firm_config *firm)
{
    static const char *const others[] = {"categories", NULL};
    static const pp_param_table *const no_tables[] = {NULL};
    char at[PP_WHERE_MAX];
    if (!node)
        return;
    if (node->kind == PP_NODE_SCALAR) {
        read_word(report, where, node, firm);
        return;
    }
    const pp_node *list = pp_node_get(node, "categories");
    pp_bind_keys(report, where, node, no_tables, others);
    firm->portfolio = PP_PORTFOLIO_NAMED;
    pp_where_key(where, "categories", at);
    if (list)
        read_categories(report, at, list, firm);
    else
        pp_bind_missing(report, node->mark, where, "categories");
}
