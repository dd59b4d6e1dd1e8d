// Edits that a plan makes to every run: its `set`, and those of the command line.
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/bind.h"
#include "experiments/scenario/set.h"
#include "experiments/sweep/plan/parts.h"

size_t pp_sweep_depth(const char *key)
{
    size_t n = 0;
    for (; *key; key++)
        n += *key == '.';
    return n;
}

/// Does the key lead to the same place as `above`, or to one within it?
static bool is_within(const char *key, size_t n, const char *above, size_t n_above)
{
    return n >= n_above && memcmp(key, above, n_above) == 0 &&
           (n == n_above || key[n_above] == '.');
}

static void apply(pp_sweep_plan *plan, const pp_entry *entry, pp_report *report)
{
    char clipped[PP_CLIP_MAX];
    if (!pp_set_check_path(report, entry->key_mark, pp_clip(entry->key, clipped), entry->key,
                           strlen(entry->key)))
        return;
    pp_node *value = pp_node_copy(entry->value);
    if (value)
        pp_set_value(plan->base, entry->key, entry->key_mark, value, report);
    else
        report->out_of_memory = true;
}

/// A key before those below it, whatever their order in the plan.
static void apply_set(pp_sweep_plan *plan, const pp_node *set, pp_report *report)
{
    size_t deepest = 0;
    for (size_t i = 0; i < set->n; i++) {
        size_t depth = pp_sweep_depth(set->entries[i].key);
        deepest = depth > deepest ? depth : deepest;
    }
    for (size_t depth = 0; depth <= deepest; depth++)
        for (size_t i = 0; i < set->n; i++)
            if (pp_sweep_depth(set->entries[i].key) == depth)
                apply(plan, &set->entries[i], report);
}

void pp_sweep_apply_fixed(pp_sweep_plan *plan, const pp_node *set, pp_report *report)
{
    char text[PP_CLIP_MAX + 16];
    if (set && set->kind == PP_NODE_MAP)
        apply_set(plan, set, report);
    else if (set && !pp_node_is_null(set))
        pp_report_add(report, set->mark, "set", "expected a map of keys, not %s",
                      pp_node_text(set, text));
    for (size_t i = 1; i <= plan->n_sets; i++)
        pp_set_apply(plan->base, i, report);
}

static void check_key(const pp_sweep_plan *plan, pp_mark mark, const char *where, const char *key,
                      size_t n, pp_report *report)
{
    char clipped[PP_CLIP_MAX];
    for (size_t i = 0; i < plan->n_parameters; i++) {
        const char *swept = plan->parameters[i].key;
        if (!is_within(key, n, swept, strlen(swept)))
            continue;
        if (n == strlen(swept))
            pp_report_add(report, mark, where, "'%s' is swept: it cannot be set for every run",
                          pp_clip(swept, clipped));
        else
            pp_report_add(report, mark, where, "within '%s', which is swept and would replace it",
                          pp_clip(swept, clipped));
    }
}

void pp_sweep_check_fixed(const pp_sweep_plan *plan, const pp_node *set, pp_report *report)
{
    for (size_t i = 0; set && set->kind == PP_NODE_MAP && i < set->n; i++) {
        const pp_entry *entry = &set->entries[i];
        char clipped[PP_CLIP_MAX];
        check_key(plan, entry->key_mark, pp_clip(entry->key, clipped), entry->key,
                  strlen(entry->key), report);
    }
    for (size_t i = 0; i < plan->n_sets; i++)
        check_key(plan, (pp_mark){i + 1, 0, 0}, "", plan->sets[i], strcspn(plan->sets[i], "="),
                  report);
}
