// --set KEY=VALUE: edits of the tree.
#include "experiments/scenario/set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENT_MAX = 64 };

typedef struct edit {
    pp_report *report;
    pp_mark mark;
    const char *where; ///< of problems; "" for a --set, which they name anyhow
    const char *start; ///< of the path
    const char *at;    ///< rest of the path
    const char *end;
    char segment[SEGMENT_MAX]; ///< the step being taken
    char passed[PP_CLIP_MAX];  ///< the path up to it, for messages
} edit;

static bool fail(edit *e, const char *message)
{
    char clipped[PP_CLIP_MAX];
    pp_report_add(e->report, e->mark, e->where, message, pp_clip(e->passed, clipped));
    return false;
}

static bool no_memory(edit *e)
{
    e->report->out_of_memory = true;
    return false;
}

static bool last_segment(const edit *e)
{
    return e->at == e->end;
}

/// Take the next step of the path. The syntax has been checked.
static void next_segment(edit *e)
{
    const char *dot = memchr(e->at, '.', (size_t)(e->end - e->at));
    size_t n = (size_t)((dot ? dot : e->end) - e->at);
    snprintf(e->segment, sizeof e->segment, "%.*s", (int)n, e->at);
    int passed = (int)(e->at - e->start);
    snprintf(e->passed, sizeof e->passed, "%.*s", passed ? passed - 1 : 0, e->start);
    e->at += n;
    if (e->at < e->end)
        e->at++;
}

bool pp_set_check_path(pp_report *report, pp_mark mark, const char *where, const char *path,
                       size_t length)
{
    const char *end = path + length;
    for (const char *at = path;; at++) {
        size_t n = (size_t)(end - at);
        const char *dot = memchr(at, '.', n);
        n = dot ? (size_t)(dot - at) : n;
        if (n == 0 || n >= SEGMENT_MAX) {
            pp_report_add(report, mark, where, "%s",
                          n ? "a key of the path is too long" : "an empty key in the path");
            return false;
        }
        if (memchr(at, '[', n)) {
            pp_report_add(report, mark, where, "write firms.0, not firms[0]");
            return false;
        }
        if (!dot)
            return true;
        at = dot;
    }
}

static bool is_index(const char *segment)
{
    return segment[strspn(segment, "0123456789")] == '\0';
}

static pp_entry *list_entry(edit *e, pp_node *list)
{
    char clipped[PP_CLIP_MAX];
    if (!is_index(e->segment)) {
        pp_report_add(e->report, e->mark, e->where, "'%s' is a list: '%s' is no index of it",
                      pp_clip(e->passed, clipped), e->segment);
        return NULL;
    }
    unsigned long long index = strtoull(e->segment, NULL, 10);
    if (index < list->n)
        return &list->entries[index];
    pp_report_add(e->report, e->mark, e->where, "index %s is out of range: '%s' has %zu %s",
                  e->segment, pp_clip(e->passed, clipped), list->n,
                  list->n == 1 ? "entry" : "entries");
    return NULL;
}

/// The entry that a step leads to, made if it is missing from a map.
static pp_entry *step(edit *e, pp_node *node)
{
    if (node->kind == PP_NODE_LIST)
        return list_entry(e, node);
    if (is_index(e->segment)) {
        fail(e, "'%s' is not a list");
        return NULL;
    }
    pp_entry *entry = pp_node_entry(node, e->segment);
    if (entry)
        return entry;
    pp_node *value = pp_node_map(e->mark);
    if (!value || !pp_node_append(node, e->segment, e->mark, value)) {
        no_memory(e);
        return NULL;
    }
    return &node->entries[node->n - 1];
}

/// Is it a key whose scalar is short for a map with that kind?
static bool is_short_for_kind(const char *key)
{
    return key && (strcmp(key, "agent") == 0 || strcmp(key, "economics") == 0);
}

/// Make a scalar that stands where a map must be into one: an empty section, or a kind.
static bool open_scalar(edit *e, pp_entry *entry)
{
    pp_node *scalar = entry->value;
    bool kind = is_short_for_kind(entry->key) && scalar->text[0];
    if (!kind && !pp_node_is_null(scalar)) {
        snprintf(e->passed, sizeof e->passed, "%.*s", (int)(e->at - e->start) - 1, e->start);
        return fail(e, "'%s' has no keys of its own");
    }
    pp_node *map = pp_node_map(scalar->mark);
    if (!map)
        return no_memory(e);
    entry->value = map;
    if (kind)
        return pp_node_append(map, "kind", scalar->mark, scalar) || no_memory(e);
    pp_node_destroy(scalar);
    return true;
}

/// An agent is of a kind or from a plugin: with the one set, the other goes, and so do the
/// parameters that were its own. Another plugin has another checksum.
static void change_agent(const edit *e, pp_node *agent)
{
    bool kind = strcmp(e->segment, "kind") == 0, plugin = strcmp(e->segment, "plugin") == 0;
    if ((kind && pp_node_get(agent, "plugin")) || (plugin && pp_node_get(agent, "kind")))
        pp_node_clear(agent);
    else if (plugin)
        pp_node_remove(agent, "plugin_sha256");
}

static bool put(edit *e, pp_node *root, pp_node *value)
{
    pp_node *node = root;
    bool in_agent = false;
    for (;;) {
        next_segment(e);
        if (in_agent && last_segment(e))
            change_agent(e, node);
        pp_entry *entry = step(e, node);
        if (!entry)
            return false;
        if (last_segment(e)) {
            pp_node_destroy(entry->value);
            entry->value = value;
            entry->key_mark = e->mark;
            return true;
        }
        if (entry->value->kind == PP_NODE_SCALAR && !open_scalar(e, entry))
            return false;
        in_agent = entry->key && strcmp(entry->key, "agent") == 0;
        node = entry->value;
    }
}

bool pp_set_value(pp_node *root, const char *path, pp_mark mark, pp_node *value, pp_report *report)
{
    edit e = {.report = report,
              .mark = mark,
              .where = path,
              .start = path,
              .at = path,
              .end = path + strlen(path)};
    if (put(&e, root, value))
        return true;
    pp_node_destroy(value);
    return false;
}

bool pp_set_apply(pp_node *root, size_t set, pp_report *report)
{
    const char *raw = report->sets[set - 1];
    pp_mark mark = {set, 0, 0};
    const char *end = strchr(raw, '=');
    if (!end)
        pp_report_add(report, mark, "", "write KEY.PATH=VALUE");
    if (!end || !pp_set_check_path(report, mark, "", raw, (size_t)(end - raw)))
        return false;
    size_t before = pp_report_count(report);
    pp_node *value = NULL;
    if (end[1 + strspn(end + 1, " ")])
        value = pp_tree_parse(end + 1, strlen(end + 1), set, report);
    else
        value = pp_tree_parse("~", 1, set, report);
    edit e = {.report = report, .mark = mark, .where = "", .start = raw, .at = raw, .end = end};
    if (!value || pp_report_count(report) > before || !put(&e, root, value)) {
        pp_node_destroy(value);
        return false;
    }
    return true;
}
