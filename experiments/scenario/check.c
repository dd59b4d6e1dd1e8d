// The rules of a scenario, with and without a file, and the places where problems stand.
#include "experiments/scenario/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/keys.h"
#include "experiments/scenario/parts.h"
#include "market/base/text.h"

// ---- places

/// Follow a path as far as the tree has it.
/// @param whole becomes whether that is all of the path
static const pp_node *follow(const pp_node *node, const char *path, size_t length, bool *whole)
{
    const char *end = path + length;
    *whole = false;
    while (path < end) {
        char key[PP_WHERE_MAX];
        const pp_node *next = NULL;
        if (*path == '[') {
            size_t i = strtoul(path + 1, NULL, 10);
            next = node->kind == PP_NODE_LIST && i < node->n ? node->entries[i].value : NULL;
            path += strcspn(path, "]") + 1;
        } else {
            path += *path == '.';
            size_t n = strcspn(path, ".[ ");
            snprintf(key, sizeof key, "%.*s", (int)n, path);
            next = pp_node_get(node, key);
            path += n;
        }
        if (!next)
            return node;
        node = next;
    }
    *whole = true;
    return node;
}

static pp_mark find_mark(const pp_node *root, const char *where, const char *keys)
{
    bool whole;
    while (*keys) {
        size_t n = strcspn(keys, " ");
        const pp_node *node = follow(root, keys, n, &whole);
        if (whole)
            return node->mark;
        keys += n + (keys[n] == ' ');
    }
    return follow(root, where, strlen(where), &whole)->mark;
}

/// Rules are about values that the scenario gives, not about defaults in their place.
static bool keys_are_known(const pp_check *check, const char *where, const char *keys)
{
    char key[PP_WHERE_MAX];
    for (size_t n; *keys; keys += n + (keys[n] == ' ')) {
        n = strcspn(keys, " ");
        snprintf(key, sizeof key, "%.*s", (int)n, keys);
        if (strcmp(key, where) != 0 && !pp_check_is_known(check, key))
            return false;
    }
    return true;
}

void pp_check_add(pp_check *check, const char *where, const char *keys, const char *format, ...)
{
    const pp_scenario *s = check->scenario;
    char about[PP_WHERE_MAX];
    if (!keys_are_known(check, where, keys))
        return;
    snprintf(about, sizeof about, "%.*s", (int)strcspn(keys, " "), keys);
    const pp_node *root = check->root ? check->root : s->origin ? s->origin->root : NULL;
    pp_mark mark = root ? find_mark(root, where, keys) : (pp_mark){0};
    char text[PP_ERROR_MAX];
    va_list arguments;
    va_start(arguments, format);
    pp_vprint(text, sizeof text, format, arguments);
    va_end(arguments);
    check->n++;
    if (check->report) {
        pp_report_add_about(check->report, mark, where, about[0] ? about : where, "%s", text);
        return;
    }
    const char *separator = where[0] ? ": " : "";
    if (!s->path[0]) {
        pp_error_set(check->error, PP_ESCENARIO, "%s%s%s", where, separator, text);
        return;
    }
    char place[PP_PLACE_MAX];
    pp_report from = {.path = s->path};
    if (s->origin)
        from.sets = (const char *const *)s->origin->sets;
    pp_report_place(&from, mark, place);
    pp_error_set(check->error, PP_ESCENARIO, "%s: %s%s%s", place, where, separator, text);
}

bool pp_check_is_sound(const pp_check *check, const char *where)
{
    return !check->report || pp_report_is_sound(check->report, where);
}

bool pp_check_is_known(const pp_check *check, const char *where)
{
    return !check->report || pp_report_is_known(check->report, where);
}

const char *pp_check_firm(const pp_check *check, size_t i, const char *key, char text[PP_WHERE_MAX])
{
    const pp_scenario *s = check->scenario;
    char firm[PP_WHERE_MAX];
    pp_where_index("firms", s->path[0] ? s->firms[i].entry : i, firm);
    snprintf(text, PP_WHERE_MAX, "%.200s%s%.50s", firm, key[0] ? "." : "", key);
    return text;
}

bool pp_check_is_copy(const pp_check *check, size_t i)
{
    const pp_firm_config *firms = check->scenario->firms;
    return check->report && i > 0 && firms[i].entry == firms[i - 1].entry;
}

// ---- rules of single keys, which reading a file has held already

void pp_check_table(pp_check *check, const char *where, const pp_param_table *table,
                    const void *config)
{
    pp_error detail = {0};
    if (pp_param_check(table, config, &detail) == PP_OK)
        return;
    const char *key = strchr(detail.message, '.'); // after the table's name
    pp_check_add(check, where, "", "%s", where[0] && key ? key + 1 : detail.message);
}

static void check_tables(pp_check *check)
{
    const pp_scenario *s = check->scenario;
    const struct {
        const pp_param_table *table;
        const void *config;
    } sections[] = {{&pp_run_table, &s->run},
                    {&pp_market_table, &s->market},
                    {&pp_inflation_table, &s->inflation},
                    {&pp_choice_table, &s->choice},
                    {&pp_pricing_table, &s->pricing},
                    {&pp_portfolio_table, &s->portfolio},
                    {&pp_record_table, &s->record}};
    for (size_t i = 0; i < PP_COUNT(sections); i++)
        pp_check_table(check, "", sections[i].table, sections[i].config);
    if (s->population < 0 || s->population > PP_POPULATION_BOOK)
        pp_check_add(check, "population.kind", "", "%d is unknown", s->population);
    else if (s->population == PP_POPULATION_BOOK)
        pp_check_table(check, "population", &pp_book_table, &s->book);
    else
        pp_check_table(check, "population", &pp_published_table, &s->published);
}

static void check_features(pp_check *check)
{
    static const char features[] = "population.features";
    const pp_book_source *source = &check->scenario->book_source;
    char at[PP_WHERE_MAX];
    if (check->scenario->population != PP_POPULATION_BOOK)
        return;
    if (source->n_features == 0 || source->n_features > PP_MAX_FEATURES) {
        if (pp_check_is_sound(check, features))
            pp_check_add(check, features, features, "%zu features; from 1 to %d are taken",
                         source->n_features, PP_MAX_FEATURES);
        return;
    }
    for (size_t i = 0; i < source->n_features; i++) {
        const char *name = source->features[i].name;
        size_t first = 0;
        if (!pp_check_is_sound(check, pp_where_index(features, i, at)))
            continue;
        while (strcmp(source->features[first].name, name) != 0)
            first++;
        if (source->features[i].kind != PP_NUMERIC && source->features[i].kind != PP_CATEGORICAL)
            pp_check_add(check, at, at, "a column of kind %d; it is numeric or categorical",
                         (int)source->features[i].kind);
        if (strcmp(name, source->pure_premium.text) == 0)
            pp_check_add(check, at, at, "'%s' is the pure premium, which firms do not see", name);
        if (first < i)
            pp_check_add(check, at, at, "feature '%s' is given twice", name);
    }
}

// ---- rules across keys

static void check_pricing(pp_check *check)
{
    for (size_t rule = 0; rule < PP_PRICING_RULES; rule++) {
        char text[PP_PRICING_TEXT];
        const char *keys = pp_pricing_problem(&check->scenario->pricing, rule, text);
        if (keys)
            pp_check_add(check, "pricing", keys, "%s", text);
    }
}

void pp_check_sections(pp_check *check)
{
    const pp_scenario *s = check->scenario;
    check_tables(check);
    if (s->run.first_trial >= 0 && s->run.first_trial <= INT32_MAX &&
        s->run.trials > INT32_MAX - s->run.first_trial)
        pp_check_add(check, "", "first_trial trials", "first_trial + trials: more than %d",
                     INT32_MAX);
    check_pricing(check);
    check_features(check);
}
