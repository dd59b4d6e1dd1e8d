// From libyaml's events to a tree in which every node knows its place.
#include "experiments/scenario/tree.h"
#include "market/base/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct anchor {
    char *name;
    const pp_node *node; ///< within the tree being built
} anchor;

typedef struct builder {
    yaml_parser_t parser;
    const char *input;
    size_t length, set;
    pp_report *report;
    size_t n_nodes;
    size_t n_anchors, anchor_capacity;
    anchor *anchors;
} builder;

static pp_mark mark_of(const builder *b, yaml_mark_t at)
{
    return (pp_mark){b->set, (int)at.line + 1, (int)at.column + 1};
}

static void *no_memory(builder *b)
{
    b->report->out_of_memory = true;
    return NULL;
}

/// The reader knows only an offset in bytes of what it could not decode.
static pp_mark mark_of_offset(const builder *b, size_t offset)
{
    pp_mark mark = {b->set, 1, 1};
    for (size_t i = 0; i < offset && i < b->length; i++) {
        mark.column++;
        if (b->input[i] == '\n') {
            mark.line++;
            mark.column = 1;
        }
    }
    return mark;
}

static void report_malformed(builder *b)
{
    const yaml_parser_t *parser = &b->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        no_memory(b);
        return;
    }
    bool reader = parser->error == YAML_READER_ERROR;
    pp_mark mark =
        reader ? mark_of_offset(b, parser->problem_offset) : mark_of(b, parser->problem_mark);
    const char *context = reader || !parser->context ? "" : parser->context;
    pp_report_add(b->report, mark, "", "malformed YAML: %s%s%s",
                  parser->problem ? parser->problem : "unknown problem", *context ? ", " : "",
                  context);
}

static bool next_event(builder *b, yaml_event_t *event)
{
    if (yaml_parser_parse(&b->parser, event))
        return true;
    report_malformed(b);
    return false;
}

static pp_node *new_node(builder *b, pp_node_kind kind, pp_mark mark)
{
    if (++b->n_nodes > PP_TREE_NODES_MAX) {
        pp_report_add(b->report, mark, "", "more than %d values", PP_TREE_NODES_MAX);
        return NULL;
    }
    pp_node *node = pp_node_map(mark);
    if (!node)
        return no_memory(b);
    node->kind = kind;
    return node;
}

static bool too_deep(builder *b, pp_mark mark, int depth)
{
    if (depth <= PP_TREE_DEPTH_MAX)
        return false;
    pp_report_add(b->report, mark, "", "maps and lists nested more than %d deep",
                  PP_TREE_DEPTH_MAX);
    return true;
}

static pp_node *copy_node(builder *b, const pp_node *original, pp_mark alias, int depth)
{
    bool scalar = original->kind == PP_NODE_SCALAR;
    if (!scalar && too_deep(b, alias, depth))
        return NULL;
    pp_node *copy = new_node(b, original->kind, alias);
    if (!copy)
        return NULL;
    // What is wrong with a copy is mended where the original stands.
    copy->mark = original->mark;
    copy->quoted = original->quoted;
    if (scalar && !(copy->text = strdup(original->text))) {
        pp_node_destroy(copy);
        return no_memory(b);
    }
    for (size_t i = 0; i < original->n; i++) {
        const pp_entry *entry = &original->entries[i];
        pp_node *value = copy_node(b, entry->value, alias, depth + 1);
        if (!value || !pp_node_append(copy, entry->key, entry->key_mark, value)) {
            b->report->out_of_memory |= value != NULL;
            pp_node_destroy(copy);
            return NULL;
        }
    }
    return copy;
}

static bool add_anchor(builder *b, const yaml_char_t *name, const pp_node *node)
{
    if (b->n_anchors == PP_TREE_ANCHORS_MAX) {
        pp_report_add(b->report, node->mark, "", "more than %d anchors", PP_TREE_ANCHORS_MAX);
        return false;
    }
    anchor *anchors = pp_array_grow(b->anchors, b->n_anchors, &b->anchor_capacity, sizeof *anchors);
    b->anchors = anchors ? anchors : b->anchors;
    char *copy = anchors ? strdup((const char *)name) : NULL;
    if (!copy)
        return no_memory(b);
    b->anchors[b->n_anchors].name = copy;
    b->anchors[b->n_anchors].node = node;
    b->n_anchors++;
    return true;
}

static pp_node *build_alias(builder *b, const yaml_event_t *event, int depth)
{
    const char *name = (const char *)event->data.alias.anchor;
    pp_mark mark = mark_of(b, event->start_mark);
    char clipped[PP_CLIP_MAX];
    for (size_t i = b->n_anchors; i-- > 0;)
        if (strcmp(b->anchors[i].name, name) == 0)
            return copy_node(b, b->anchors[i].node, mark, depth);
    pp_report_add(b->report, mark, "", "no anchor '%s' before this alias", pp_clip(name, clipped));
    return NULL;
}

static bool check_tag(builder *b, const yaml_event_t *event, const yaml_char_t *tag)
{
    char clipped[PP_CLIP_MAX];
    if (!tag || strcmp((const char *)tag, YAML_STR_TAG) == 0)
        return true;
    pp_report_add(b->report, mark_of(b, event->start_mark), "", "tag '%s' is not supported",
                  pp_clip((const char *)tag, clipped));
    return false;
}

static pp_node *build_scalar(builder *b, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    pp_mark mark = mark_of(b, event->start_mark);
    if (!check_tag(b, event, event->data.scalar.tag))
        return NULL;
    if (strlen(text) != event->data.scalar.length) {
        pp_report_add(b->report, mark, "", "a text with a NUL character");
        return NULL;
    }
    pp_node *node = new_node(b, PP_NODE_SCALAR, mark);
    if (!node)
        return NULL;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || event->data.scalar.tag;
    node->text = strdup(text);
    if (!node->text) {
        pp_node_destroy(node);
        return no_memory(b);
    }
    return node;
}

static pp_node *build_node(builder *b, const yaml_event_t *event, int depth);

/// The value of a map's entry or of a list's element, whose first event has been taken.
static bool build_entry(builder *b, pp_node *parent, const char *key, pp_mark key_mark,
                        const yaml_event_t *event, int depth)
{
    pp_node *value = build_node(b, event, depth + 1);
    if (!value)
        return false;
    if (pp_node_append(parent, key, key_mark, value))
        return true;
    no_memory(b);
    return false;
}

static bool build_list(builder *b, pp_node *list, int depth)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(b, &event))
            return false;
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        bool ok = end || build_entry(b, list, NULL, (pp_mark){0}, &event, depth);
        yaml_event_delete(&event);
        if (end || !ok)
            return ok;
    }
}

/// A duplicate is reported but kept: an anchor may point into it.
static bool check_key(builder *b, const pp_node *map, const yaml_event_t *event)
{
    pp_mark mark = mark_of(b, event->start_mark);
    char clipped[PP_CLIP_MAX];
    if (event->type != YAML_SCALAR_EVENT) {
        pp_report_add(b->report, mark, "", "a key must be a word");
        return false;
    }
    const char *key = (const char *)event->data.scalar.value;
    if (strlen(key) != event->data.scalar.length) {
        pp_report_add(b->report, mark, "", "a key with a NUL character");
        return false;
    }
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp(key, "<<") == 0) {
        pp_report_add(b->report, mark, "", "merge keys ('<<') are not supported");
        return false;
    }
    if (map->n >= PP_TREE_KEYS_MAX) {
        pp_report_add(b->report, mark, "", "more than %d keys in one map", PP_TREE_KEYS_MAX);
        return false;
    }
    const pp_entry *other = pp_node_entry(map, key);
    if (other)
        pp_report_add(b->report, mark, "", "duplicate key '%s', first given in line %d",
                      pp_clip(key, clipped), other->key_mark.line);
    return true;
}

static bool build_map(builder *b, pp_node *map, int depth)
{
    for (;;) {
        yaml_event_t key, value;
        if (!next_event(b, &key))
            return false;
        bool end = key.type == YAML_MAPPING_END_EVENT;
        bool ok = end || check_key(b, map, &key);
        if (ok && !end && (ok = next_event(b, &value))) {
            ok = build_entry(b, map, (const char *)key.data.scalar.value,
                             mark_of(b, key.start_mark), &value, depth);
            yaml_event_delete(&value);
        }
        yaml_event_delete(&key);
        if (end || !ok)
            return ok;
    }
}

static pp_node *build_collection(builder *b, const yaml_event_t *event, int depth)
{
    bool list = event->type == YAML_SEQUENCE_START_EVENT;
    pp_mark mark = mark_of(b, event->start_mark);
    if (too_deep(b, mark, depth) ||
        !check_tag(b, event, list ? event->data.sequence_start.tag : event->data.mapping_start.tag))
        return NULL;
    pp_node *node = new_node(b, list ? PP_NODE_LIST : PP_NODE_MAP, mark);
    if (node && !(list ? build_list(b, node, depth) : build_map(b, node, depth))) {
        pp_node_destroy(node);
        node = NULL;
    }
    return node;
}

/// An anchor is known only once its node is complete, so that no node can hold itself.
static pp_node *build_node(builder *b, const yaml_event_t *event, int depth)
{
    const yaml_char_t *name = NULL;
    pp_node *node = NULL;
    if (event->type == YAML_ALIAS_EVENT)
        return build_alias(b, event, depth);
    if (event->type == YAML_SCALAR_EVENT) {
        name = event->data.scalar.anchor;
        node = build_scalar(b, event);
    } else {
        name = event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
                                                        : event->data.mapping_start.anchor;
        node = build_collection(b, event, depth);
    }
    if (node && name && !add_anchor(b, name, node)) {
        pp_node_destroy(node);
        node = NULL;
    }
    return node;
}

/// Take events up to and with one of that type, which comes next unless the stream ends early.
static bool expect(builder *b, yaml_event_type_t type, const char *otherwise)
{
    yaml_event_t event;
    if (!next_event(b, &event))
        return false;
    bool met = event.type == type;
    if (!met)
        pp_report_add(b->report, mark_of(b, event.start_mark), "", "%s", otherwise);
    yaml_event_delete(&event);
    return met;
}

static pp_node *build_document(builder *b)
{
    yaml_event_t event;
    if (!expect(b, YAML_STREAM_START_EVENT, "no YAML") ||
        !expect(b, YAML_DOCUMENT_START_EVENT, "nothing in it") || !next_event(b, &event))
        return NULL;
    pp_node *node = build_node(b, &event, 1);
    yaml_event_delete(&event);
    if (node &&
        !(expect(b, YAML_DOCUMENT_END_EVENT, "no end of the document") &&
          expect(b, YAML_STREAM_END_EVENT, "a second document begins here; only one is read"))) {
        pp_node_destroy(node);
        node = NULL;
    }
    return node;
}

pp_node *pp_tree_parse(const char *text, size_t length, size_t set, pp_report *report)
{
    builder b = {.input = text, .length = length, .set = set, .report = report};
    if (!yaml_parser_initialize(&b.parser))
        return no_memory(&b);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, length);
    pp_node *node = build_document(&b);
    yaml_parser_delete(&b.parser);
    for (size_t i = 0; i < b.n_anchors; i++)
        free(b.anchors[i].name);
    free(b.anchors);
    return node;
}
