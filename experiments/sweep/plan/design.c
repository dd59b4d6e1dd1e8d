// The designs of a plan: elements of parts of columns.
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/bind.h"
#include "experiments/sweep/plan/parts.h"
#include "market/base/array.h"

static bool put_node(pp_sweep_value *value, const pp_node *node, pp_report *report)
{
    value->node = node;
    value->text = pp_sweep_text(node, true);
    report->out_of_memory |= !value->text;
    return value->text;
}

static bool put_number(pp_sweep_value *value, double number, pp_report *report)
{
    char text[64];
    value->text = strdup(pp_sweep_number(number, text));
    report->out_of_memory |= !value->text;
    return value->text;
}

/// How many values are on an axis, read if it is a range. @return 0 after reporting a problem
static size_t axis_length(const pp_entry *axis, pp_report *report, pp_range *range)
{
    char text[PP_CLIP_MAX + 16], key[PP_CLIP_MAX];
    const pp_node *node = axis->value;
    size_t n = 0;
    pp_clip(axis->key, key);
    if (node->kind == PP_NODE_MAP && (pp_node_get(node, "from") || pp_node_get(node, "to"))) {
        pp_sweep_read_range(key, node, report, range, &n);
        return n;
    }
    if (node->kind == PP_NODE_LIST && node->n)
        return node->n;
    if (node->kind == PP_NODE_LIST)
        pp_report_add(report, node->mark, key, "an empty list: give at least one value");
    else
        pp_report_add(report, node->mark, key,
                      "expected a list of values or a range {from, to, steps}, not %s",
                      pp_node_text(node, text));
    return 0;
}

/// The values of an axis into one column of a part.
static bool fill_axis(const pp_entry *axis, const pp_range *range, pp_sweep_part *part,
                      size_t column, pp_report *report)
{
    const pp_node *node = axis->value;
    part->columns[column].mark = node->mark;
    for (size_t i = 0; i < part->n_rows; i++) {
        pp_sweep_value *value = &part->values[i * part->n_columns + column];
        bool ok = node->kind == PP_NODE_LIST
                      ? put_node(value, node->entries[i].value, report)
                      : put_number(value, pp_range_step(range, i, part->n_rows), report);
        if (!ok)
            return false;
    }
    return true;
}

static pp_sweep_part *add_part(pp_sweep_element *element, pp_sweep_kind kind, pp_report *report)
{
    void *parts =
        pp_array_grow(element->parts, element->n_parts, &element->capacity, sizeof *element->parts);
    if (!parts) {
        report->out_of_memory = true;
        return NULL;
    }
    element->parts = parts;
    element->parts[element->n_parts] = (pp_sweep_part){.kind = kind};
    return &element->parts[element->n_parts++];
}

/// A map with something in it, for a design of that name.
static bool is_filled_map(const pp_node *node, const char *where, pp_report *report)
{
    char text[PP_CLIP_MAX + 16];
    if (node->kind == PP_NODE_MAP && node->n)
        return true;
    if (node->kind == PP_NODE_MAP)
        pp_report_add(report, node->mark, where, "nothing in it: give at least one key");
    else
        pp_report_add(report, node->mark, where, "expected a map of keys, not %s",
                      pp_node_text(node, text));
    return false;
}

/// Every key is an axis, and so a part, of its own.
static void read_grid(pp_sweep_plan *plan, pp_sweep_element *element, const pp_node *map,
                      pp_report *report)
{
    if (!is_filled_map(map, "grid", report))
        return;
    for (size_t i = 0; i < map->n; i++) {
        const pp_entry *axis = &map->entries[i];
        pp_range range = {0};
        pp_sweep_part *part = add_part(element, PP_SWEEP_GRID, report);
        if (!part || !pp_sweep_columns(part, 1, report))
            return;
        bool entered = pp_sweep_enter(plan, part->columns, axis, report);
        size_t n = axis_length(axis, report, &range);
        if (entered && n && pp_sweep_rows(plan, part, n, axis->value->mark, report))
            fill_axis(axis, &range, part, 0, report);
    }
}

static void read_zip(pp_sweep_plan *plan, pp_sweep_part *part, const pp_node *map,
                     pp_report *report)
{
    pp_range *ranges = NULL;
    size_t n = 0;
    bool ok = is_filled_map(map, "zip", report) && pp_sweep_columns(part, map->n, report);
    if (ok && !(ranges = calloc(map->n, sizeof *ranges))) {
        report->out_of_memory = true;
        return;
    }
    for (size_t i = 0; ranges && i < map->n; i++) {
        const pp_entry *axis = &map->entries[i];
        char key[PP_CLIP_MAX];
        ok &= pp_sweep_enter(plan, &part->columns[i], axis, report);
        size_t length = axis_length(axis, report, &ranges[i]);
        ok &= length > 0;
        if (length && n && length != n) {
            pp_report_add(report, axis->value->mark, pp_clip(axis->key, key),
                          "%zu values; the keys of a zip before it have %zu", length, n);
            ok = false;
        }
        n = n ? n : length;
    }
    if (ok && pp_sweep_rows(plan, part, n, map->mark, report))
        for (size_t i = 0; i < map->n; i++)
            fill_axis(&map->entries[i], &ranges[i], part, i, report);
    free(ranges);
}

/// Does an item set what the first one does?
static bool check_item(const pp_node *item, const pp_node *first, pp_report *report)
{
    char clipped[PP_CLIP_MAX];
    bool ok = true;
    if (!is_filled_map(item, "list", report))
        return false;
    for (size_t i = 0; item != first && i < item->n; i++)
        if (!pp_node_get(first, item->entries[i].key)) {
            pp_report_add(report, item->entries[i].key_mark, "list",
                          "the first item does not set '%s': all items set the same keys",
                          pp_clip(item->entries[i].key, clipped));
            ok = false;
        }
    for (size_t i = 0; i < first->n; i++)
        if (!pp_node_get(item, first->entries[i].key)) {
            pp_report_add(report, item->mark, "list",
                          "'%s' is missing: all items set the same keys",
                          pp_clip(first->entries[i].key, clipped));
            ok = false;
        }
    return ok;
}

static void fill_list(pp_sweep_part *part, const pp_node *list, pp_report *report)
{
    const pp_node *first = list->entries[0].value;
    for (size_t row = 0; row < list->n; row++)
        for (size_t i = 0; i < first->n; i++) {
            const pp_node *value = pp_node_get(list->entries[row].value, first->entries[i].key);
            if (!put_node(&part->values[row * first->n + i], value, report))
                return;
        }
}

static void read_list(pp_sweep_plan *plan, pp_sweep_part *part, const pp_node *list,
                      pp_report *report)
{
    char text[PP_CLIP_MAX + 16];
    if (list->kind != PP_NODE_LIST || !list->n) {
        pp_report_add(report, list->mark, "list",
                      "expected a list of maps, one for each run, not %s",
                      list->kind == PP_NODE_LIST ? "an empty one" : pp_node_text(list, text));
        return;
    }
    const pp_node *first = list->entries[0].value;
    bool ok = is_filled_map(first, "list", report) && pp_sweep_columns(part, first->n, report);
    if (!ok)
        return;
    for (size_t i = 0; i < first->n; i++)
        ok &= pp_sweep_enter(plan, &part->columns[i], &first->entries[i], report);
    for (size_t i = 1; i < list->n; i++)
        ok &= check_item(list->entries[i].value, first, report);
    if (ok && pp_sweep_rows(plan, part, list->n, list->mark, report))
        fill_list(part, list, report);
}

static void read_part(pp_sweep_plan *plan, pp_sweep_element *element, const pp_entry *design,
                      pp_report *report)
{
    size_t kind = 0;
    while (pp_sweep_kinds[kind] && strcmp(pp_sweep_kinds[kind], design->key) != 0)
        kind++;
    if (!pp_sweep_kinds[kind])
        return; // reported as unknown
    if (kind == PP_SWEEP_GRID) {
        read_grid(plan, element, design->value, report);
        return;
    }
    pp_sweep_part *part = add_part(element, (pp_sweep_kind)kind, report);
    if (part && kind == PP_SWEEP_LIST)
        read_list(plan, part, design->value, report);
    else if (part && kind == PP_SWEEP_ZIP)
        read_zip(plan, part, design->value, report);
    else if (part)
        pp_sweep_read_sample(plan, design, part, report);
}

/// Put all columns into the order in which they are applied: a key before those below it.
static bool order_edits(const pp_sweep_plan *plan, pp_sweep_element *element, pp_report *report)
{
    size_t n = 0;
    for (size_t i = 0; i < element->n_parts; i++)
        n += element->parts[i].n_columns;
    element->edits = calloc(n + 1, sizeof *element->edits); // never of 0 bytes
    if (!element->edits) {
        report->out_of_memory = true;
        return false;
    }
    for (uint32_t i = 0; i < element->n_parts; i++)
        for (uint32_t j = 0; j < element->parts[i].n_columns; j++) {
            size_t depth =
                pp_sweep_depth(plan->parameters[element->parts[i].columns[j].parameter].key);
            size_t at = element->n_edits++;
            for (; at > 0; at--) {
                pp_plan_place before = element->edits[at - 1];
                const pp_sweep_column *column = &element->parts[before.part].columns[before.column];
                if (pp_sweep_depth(plan->parameters[column->parameter].key) <= depth)
                    break;
                element->edits[at] = before;
            }
            element->edits[at] = (pp_plan_place){i, j};
        }
    return true;
}

/// A key is in one part of an element only.
static void check_twice(const pp_sweep_plan *plan, const pp_sweep_element *element,
                        pp_report *report)
{
    int lines[PP_SWEEP_PARAMETERS_MAX] = {0};
    for (size_t i = 0; i < element->n_parts; i++)
        for (size_t j = 0; j < element->parts[i].n_columns; j++) {
            const pp_sweep_column *column = &element->parts[i].columns[j];
            char clipped[PP_CLIP_MAX];
            int *line = &lines[column->parameter];
            if (*line)
                pp_report_add(report, column->key_mark,
                              pp_clip(plan->parameters[column->parameter].key, clipped),
                              "in another part of this design too, in line %d", *line);
            *line = column->key_mark.line;
        }
}

static void count_runs(pp_sweep_element *element, pp_report *report)
{
    size_t n = 1;
    for (size_t i = 0; i < element->n_parts; i++) {
        size_t rows = element->parts[i].n_rows;
        if (rows > PP_SWEEP_RUNS_MAX / n) {
            pp_report_add(report, element->mark, "designs", "more than %d runs", PP_SWEEP_RUNS_MAX);
            return;
        }
        n *= rows;
    }
    element->n_runs = n;
}

static void read_element(pp_sweep_plan *plan, pp_sweep_element *element, const pp_node *map,
                         pp_report *report)
{
    static const pp_param_table *const none[] = {NULL};
    size_t before = pp_report_count(report);
    element->mark = map->mark;
    if (!is_filled_map(map, "designs", report))
        return;
    pp_bind_keys(report, "designs", map, none, pp_sweep_kinds);
    for (size_t i = 0; i < map->n && !report->out_of_memory; i++)
        read_part(plan, element, &map->entries[i], report);
    if (pp_report_count(report) > before || report->out_of_memory)
        return;
    check_twice(plan, element, report);
    if (pp_report_count(report) == before && order_edits(plan, element, report))
        count_runs(element, report);
}

static void check_total(pp_sweep_plan *plan, pp_mark mark, pp_report *report)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n_elements; i++)
        n += plan->elements[i].n_runs;
    if (n <= PP_SWEEP_RUNS_MAX)
        return;
    pp_report_add(report, mark, "designs", "%zu runs; at most %d are taken", n, PP_SWEEP_RUNS_MAX);
    for (size_t i = 0; i < plan->n_elements; i++)
        plan->elements[i].n_runs = 0;
}

void pp_sweep_read_designs(pp_sweep_plan *plan, pp_mark at, const pp_node *designs,
                           pp_report *report)
{
    char text[PP_CLIP_MAX + 16];
    bool list = designs && designs->kind == PP_NODE_LIST;
    if (!designs) {
        pp_bind_missing(report, at, "", "designs");
        return;
    }
    if (designs->kind == PP_NODE_SCALAR || !designs->n) {
        pp_report_add(report, designs->mark, "designs", "expected a list of designs, not %s",
                      designs->n || designs->kind == PP_NODE_SCALAR ? pp_node_text(designs, text)
                                                                    : "an empty one");
        return;
    }
    size_t n = list ? designs->n : 1;
    plan->elements = calloc(n, sizeof *plan->elements);
    plan->n_elements = plan->elements ? n : 0;
    report->out_of_memory |= !plan->elements;
    for (size_t i = 0; i < plan->n_elements && !report->out_of_memory; i++)
        read_element(plan, &plan->elements[i], list ? designs->entries[i].value : designs, report);
    check_total(plan, designs->mark, report);
}
