// Ranges of a plan, and the designs that sample them.
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/bind.h"
#include "experiments/sweep/plan/parts.h"
#include "market/base/param_rows.h"

typedef struct range_keys {
    double from, to;
    int scale; ///< index of scales
    int64_t steps;
} range_keys;

typedef struct sample_keys {
    int64_t runs, seed, skip;
} sample_keys;

static const char *const scales[] = {"linear", "log", NULL};

#define RANGE_ROWS                                                                                 \
    {ROW(REAL, from), .flags = PP_REQUIRED, .unit = "", .doc = "first value", .citation = DESIGN}, \
        {ROW(REAL, to), .flags = PP_REQUIRED, .unit = "", .doc = "last value, itself included",    \
         .citation = DESIGN},                                                                      \
    {                                                                                              \
        ROW(ENUM, scale), .names = scales, .unit = "",                                             \
                          .doc = "even in the value or in its logarithm", .citation = DESIGN       \
    }

#define CONFIG range_keys
static const pp_param range_rows[] = {RANGE_ROWS};
static const pp_param steps_rows[] = {
    RANGE_ROWS,
    {ROW(INTEGER, steps), .flags = PP_REQUIRED, .min = 1, .max = PP_SWEEP_RUNS_MAX, .unit = "1",
     .doc = "how many values", .citation = DESIGN},
};
static const pp_param_table range_table = {"range", "", range_rows, PP_COUNT(range_rows),
                                           sizeof(CONFIG)};
static const pp_param_table steps_table = {"range", "", steps_rows, PP_COUNT(steps_rows),
                                           sizeof(CONFIG)};
#undef CONFIG

#define RUNS_ROW                                                                                   \
    {                                                                                              \
        ROW(INTEGER, runs), .flags = PP_REQUIRED, .min = 1, .max = PP_SWEEP_RUNS_MAX,              \
                            .unit = "runs", .doc = "how many runs", .citation = DESIGN             \
    }
#define SEED_MAX 9007199254740992.0 // 2^53, as of a scenario
#define SKIP_MAX 10000000

#define CONFIG sample_keys
static const pp_param latin_rows[] = {
    RUNS_ROW,
    INTEGER(seed, 1, 0, SEED_MAX, "1", "seed of the design, not of its runs", DESIGN),
};
static const pp_param sobol_rows[] = {
    RUNS_ROW,
    INTEGER(skip, 0, 0, SKIP_MAX, "1", "points left out at the start of the sequence", DESIGN),
};
static const pp_param_table latin_table = {"latin_hypercube", "", latin_rows, PP_COUNT(latin_rows),
                                           sizeof(CONFIG)};
static const pp_param_table sobol_table = {"sobol", "", sobol_rows, PP_COUNT(sobol_rows),
                                           sizeof(CONFIG)};
#undef CONFIG

/// Rules that tie a range's keys together.
static bool check_range(const char *where, const pp_node *map, const pp_range *range,
                        const size_t *steps, pp_report *report)
{
    size_t before = pp_report_count(report);
    const pp_node *from = pp_node_get(map, "from"), *to = pp_node_get(map, "to");
    if (range->log && range->from <= 0)
        pp_report_add(report, from->mark, where, "scale: log needs 'from' above 0");
    if (range->log && range->to <= 0)
        pp_report_add(report, to->mark, where, "scale: log needs 'to' above 0");
    if (!steps && !(range->from < range->to))
        pp_report_add(report, to->mark, where, "'to' must be above 'from'");
    if (steps && *steps == 1 && (range->from < range->to || range->from > range->to))
        pp_report_add(report, map->mark, where, "1 step cannot take both 'from' and 'to'");
    if (pp_report_count(report) > before || !steps)
        return pp_report_count(report) == before;
    double last = range->from;
    for (size_t i = 1; i < *steps; i++) {
        double next = pp_range_step(range, i, *steps);
        bool differs = last < next || last > next;
        last = next;
        if (differs)
            continue;
        pp_report_add(report, map->mark, where, "too many steps: some values would be the same");
        return false;
    }
    return true;
}

bool pp_sweep_read_range(const char *where, const pp_node *map, pp_report *report, pp_range *range,
                         size_t *steps)
{
    range_keys keys;
    if (!pp_bind(report, where, map->mark, map, steps ? &steps_table : &range_table, NULL, &keys))
        return false;
    *range = (pp_range){.from = keys.from, .to = keys.to, .log = keys.scale == 1};
    size_t n = steps ? (size_t)keys.steps : 0;
    if (!check_range(where, map, range, steps ? &n : NULL, report))
        return false;
    if (steps)
        *steps = n;
    return true;
}

/// Digits and maybe a sign.
static bool is_written_whole(const pp_node *node)
{
    const char *at = node->text + (*node->text == '+' || *node->text == '-');
    return at[strspn(at, "0123456789")] == '\0';
}

static bool read_over(pp_sweep_plan *plan, const char *where, const pp_node *over,
                      pp_sweep_part *part, pp_report *report)
{
    bool ok = pp_sweep_columns(part, over->n, report);
    for (size_t i = 0; i < part->n_columns; i++) {
        const pp_entry *key = &over->entries[i];
        pp_sweep_column *column = &part->columns[i];
        char at[PP_WHERE_MAX];
        pp_where_key(where, key->key, at);
        ok &= pp_sweep_enter(plan, column, key, report);
        column->mark = key->value->mark;
        if (!pp_sweep_read_range(at, key->value, report, &column->range, NULL)) {
            ok = false;
            continue;
        }
        const pp_node *from = pp_node_get(key->value, "from"), *to = pp_node_get(key->value, "to");
        column->from = from;
        column->written_whole = is_written_whole(from) && is_written_whole(to);
    }
    return ok;
}

void pp_sweep_read_sample(pp_sweep_plan *plan, const pp_entry *design, pp_sweep_part *part,
                          pp_report *report)
{
    static const char *const others[] = {"over", NULL};
    bool latin = part->kind == PP_SWEEP_LATIN;
    char at[PP_WHERE_MAX], text[PP_CLIP_MAX + 16];
    sample_keys keys;
    const pp_node *map = design->value, *over = pp_node_get(map, "over");
    bool ok = pp_bind(report, design->key, map->mark, map, latin ? &latin_table : &sobol_table,
                      others, &keys);
    pp_where_key(design->key, "over", at);
    if (map->kind != PP_NODE_MAP)
        return;
    if (!over) {
        pp_bind_missing(report, map->mark, design->key, "over");
    } else if (over->kind != PP_NODE_MAP || !over->n) {
        pp_report_add(report, over->mark, at, "expected ranges by key, not %s",
                      over->kind == PP_NODE_MAP ? "an empty map" : pp_node_text(over, text));
    } else if (!latin && over->n > PP_SOBOL_KEYS_MAX) {
        pp_report_add(report, over->mark, at, "%zu keys; Sobol's sequence has at most %d", over->n,
                      PP_SOBOL_KEYS_MAX);
    } else if (read_over(plan, at, over, part, report) && ok) {
        part->seed = latin ? (uint64_t)keys.seed : 0;
        part->skip = latin ? 0 : (size_t)keys.skip;
        pp_sweep_rows(plan, part, (size_t)keys.runs, map->mark, report);
    }
}

static bool set_values(pp_sweep_part *part, const double *points)
{
    for (size_t i = 0; i < part->n_rows * part->n_columns; i++) {
        char text[64];
        const pp_range *range = &part->columns[i % part->n_columns].range;
        pp_sweep_value *value = &part->values[i];
        value->text = strdup(pp_sweep_number(pp_range_at(range, points[i]), text));
        if (!value->text)
            return false;
    }
    return true;
}

bool pp_sweep_fill_sample(pp_sweep_part *part, pp_report *report)
{
    pp_error error = {0};
    double *points = calloc(part->n_rows * part->n_columns, sizeof *points);
    pp_status status = PP_ENOMEM;
    if (points && part->kind == PP_SWEEP_LATIN)
        status = pp_latin_hypercube(part->seed, part->n_rows, part->n_columns, points, &error);
    else if (points)
        status = pp_sobol(part->skip, part->n_rows, part->n_columns, points, &error);
    if (status == PP_OK && !set_values(part, points))
        status = PP_ENOMEM;
    free(points);
    report->out_of_memory |= status == PP_ENOMEM;
    if (status != PP_OK && status != PP_ENOMEM)
        pp_report_add(report, part->columns[0].mark, "", "%s", error.message);
    return status == PP_OK;
}
