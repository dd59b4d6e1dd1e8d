// From maps of the tree to configuration structs, by parameter tables.
#include "experiments/scenario/bind.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "experiments/scenario/parts.h"
#include "market/base/nearest.h"
#include "market/base/path.h"
#include "market/base/text.h"

/// Beyond this a double no longer holds every whole number, and a whole number means what it says.
static const double WHOLE_MAX = 9007199254740992.0;

/// One value on its way into one field.
typedef struct slot {
    pp_report *report;
    const char *where;
    const pp_node *node;
    const pp_param *row;
} slot;

// The precisions leave room for what follows; no path of known keys is as long as they allow.
const char *pp_where_key(const char *where, const char *key, char text[PP_WHERE_MAX])
{
    snprintf(text, PP_WHERE_MAX, "%.180s%s%.60s", where, where[0] ? "." : "", key);
    return text;
}

const char *pp_where_index(const char *where, size_t index, char text[PP_WHERE_MAX])
{
    snprintf(text, PP_WHERE_MAX, "%.220s[%zu]", where, index);
    return text;
}

const char *pp_node_text(const pp_node *node, char text[PP_CLIP_MAX + 16])
{
    char clipped[PP_CLIP_MAX];
    if (node->kind != PP_NODE_SCALAR)
        return node->kind == PP_NODE_MAP ? "a map" : "a list";
    if (!node->quoted && !node->text[0])
        return "nothing";
    const char *format = node->quoted ? "the text \"%s\"" : "'%s'";
    snprintf(text, PP_CLIP_MAX + 16, format, pp_clip(node->text, clipped));
    return text;
}

static bool expected(const slot *s, const char *what)
{
    char text[PP_CLIP_MAX + 16];
    pp_report_add(s->report, s->node->mark, s->where, "expected %s, not %s", what,
                  pp_node_text(s->node, text));
    return false;
}

static const char *skip_digits(const char *at)
{
    return at + strspn(at, "0123456789");
}

/// Decimal numbers only: "0x10", "010", "0o10", "1_000", ".inf" and ".nan" mean different things to
/// different readers of YAML.
static bool is_decimal(const char *text)
{
    const char *at = text + (*text == '+' || *text == '-');
    const char *whole = at, *fraction = NULL;
    at = skip_digits(at);
    size_t digits = (size_t)(at - whole);
    if (digits > 1 && *whole == '0')
        return false;
    if (*at == '.') {
        fraction = at + 1;
        at = skip_digits(fraction);
        digits += (size_t)(at - fraction);
    }
    if (digits == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        const char *exponent = at;
        at = skip_digits(at);
        if (at == exponent)
            return false;
    }
    return *at == '\0';
}

bool pp_node_number(const pp_node *node, double *value)
{
    if (node->kind != PP_NODE_SCALAR || node->quoted || !is_decimal(node->text))
        return false;
    *value = pp_parse_real(node->text, NULL);
    return isfinite(*value);
}

static bool out_of_range(const slot *s)
{
    char range[96], text[PP_CLIP_MAX];
    pp_clip(s->node->text, text);
    pp_param_range_text(s->row, range, sizeof range);
    if (strcmp(range, "any number") == 0)
        pp_report_add(s->report, s->node->mark, s->where, "%s is too large", text);
    else
        pp_report_add(s->report, s->node->mark, s->where, "%s is out of range (%s)", text, range);
    return false;
}

static bool read_number(const slot *s, const char *what, double *value)
{
    const pp_node *node = s->node;
    if (node->kind != PP_NODE_SCALAR || node->quoted || !is_decimal(node->text))
        return expected(s, what);
    *value = pp_parse_real(node->text, NULL);
    return pp_param_in_range(s->row, *value) || out_of_range(s);
}

static bool bind_integer(const slot *s, int64_t *field)
{
    static const char what[] = "a whole number";
    double value;
    if (!read_number(s, what, &value))
        return false;
    if (value != floor(value))
        return expected(s, what);
    // 2^53 + 1 reads as 2^53: compare before rounding.
    errno = 0;
    char *end;
    long long exact = strtoll(s->node->text, &end, 10);
    bool digits_only = *end == '\0';
    if (fabs(value) > WHOLE_MAX ||
        (digits_only && (errno || exact > (long long)WHOLE_MAX || exact < -(long long)WHOLE_MAX)))
        return out_of_range(s);
    *field = digits_only ? exact : (int64_t)value;
    return true;
}

static bool bind_real(const slot *s, double *field)
{
    bool automatic = s->row->flags & PP_AUTO && s->node->kind == PP_NODE_SCALAR &&
                     !s->node->quoted && strcmp(s->node->text, "auto") == 0;
    if (automatic || (s->row->flags & PP_OPTIONAL && pp_node_is_null(s->node))) {
        *field = NAN;
        return true;
    }
    double value;
    if (!read_number(s, s->row->flags & PP_AUTO ? "a number or auto" : "a number", &value))
        return false;
    *field = value;
    return true;
}

static bool bind_boolean(const slot *s, bool *field)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    if (s->node->kind == PP_NODE_SCALAR && !s->node->quoted)
        for (size_t i = 0; i < PP_COUNT(words); i++)
            if (strcasecmp(s->node->text, words[i]) == 0) {
                *field = i % 2;
                return true;
            }
    return expected(s, "true or false");
}

static bool bind_choice(const slot *s, int *field)
{
    if (s->node->kind != PP_NODE_SCALAR)
        return expected(s, "a word");
    char known[512] = "", text[PP_CLIP_MAX + 16], hint[128];
    pp_nearest nearest;
    pp_nearest_start(&nearest, s->node->text);
    size_t n = 0;
    for (int i = 0; s->row->names[i]; i++) {
        if (strcmp(s->row->names[i], s->node->text) == 0) {
            *field = i;
            return true;
        }
        pp_nearest_offer(&nearest, s->row->names[i]);
        if (n < sizeof known)
            n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i ? ", " : "",
                                  s->row->names[i]);
    }
    pp_nearest_text(&nearest, hint, sizeof hint);
    pp_report_add(s->report, s->node->mark, s->where, "expected one of %s, not %s%s", known,
                  pp_node_text(s->node, text), hint);
    return false;
}

static bool bind_text(const slot *s, pp_text *field)
{
    if (s->node->kind != PP_NODE_SCALAR)
        return expected(s, "a text");
    const char *text = pp_node_is_null(s->node) ? "" : s->node->text;
    if (strlen(text) >= PP_TEXT_MAX) {
        pp_report_add(s->report, s->node->mark, s->where, "longer than %d bytes", PP_TEXT_MAX - 1);
        return false;
    }
    if (!*text && s->row->flags & PP_REQUIRED) {
        pp_report_add(s->report, s->node->mark, s->where, "must not be empty");
        return false;
    }
    snprintf(field->text, sizeof field->text, "%s", text);
    return true;
}

static bool bind_reals(const slot *s, pp_reals *field)
{
    const pp_node *list = s->node;
    if (list->kind != PP_NODE_LIST)
        return expected(s, "a list of numbers");
    if (list->n > PP_REALS_MAX) {
        pp_report_add(s->report, list->mark, s->where, "%zu numbers; at most %d are taken", list->n,
                      PP_REALS_MAX);
        return false;
    }
    pp_reals reals = {.n = list->n};
    bool ok = true;
    for (size_t i = 0; i < list->n; i++) {
        char where[PP_WHERE_MAX];
        slot element = {s->report, pp_where_index(s->where, i, where), list->entries[i].value,
                        s->row};
        ok &= read_number(&element, "a number", &reals.value[i]);
    }
    if (ok)
        *field = reals;
    return ok;
}

static bool bind_row(const slot *s, void *field)
{
    switch (s->row->type) {
    case PP_PARAM_INTEGER:
        return bind_integer(s, field);
    case PP_PARAM_REAL:
        return bind_real(s, field);
    case PP_PARAM_BOOLEAN:
        return bind_boolean(s, field);
    case PP_PARAM_ENUM:
        return bind_choice(s, field);
    case PP_PARAM_TEXT:
        return bind_text(s, field);
    case PP_PARAM_REALS:
        return bind_reals(s, field);
    }
    return false;
}

static bool is_other(const char *const *others, const char *key)
{
    for (size_t i = 0; others && others[i]; i++)
        if (strcmp(others[i], key) == 0)
            return true;
    return false;
}

static bool is_known(const char *key, const pp_param_table *const *tables,
                     const char *const *others)
{
    for (size_t t = 0; tables[t]; t++)
        if (pp_param_find(tables[t], key))
            return true;
    return is_other(others, key);
}

static void unknown_key(pp_report *report, const char *where, const pp_node *map,
                        const pp_entry *entry, const pp_param_table *const *tables,
                        const char *const *others)
{
    char hint[128], clipped[PP_CLIP_MAX], about[PP_WHERE_MAX] = "";
    pp_nearest nearest;
    pp_nearest_start(&nearest, entry->key);
    for (size_t t = 0; tables[t]; t++)
        for (size_t i = 0; i < tables[t]->n_rows; i++)
            pp_nearest_offer(&nearest, tables[t]->rows[i].name);
    for (size_t i = 0; others && others[i]; i++)
        pp_nearest_offer(&nearest, others[i]);
    pp_nearest_text(&nearest, hint, sizeof hint);
    if (nearest.best && !pp_node_get(map, nearest.best))
        pp_where_key(where, nearest.best, about);
    pp_report_add_about(report, entry->key_mark, where, about, "unknown key '%s'%s",
                        pp_clip(entry->key, clipped), hint);
}

bool pp_bind_keys(pp_report *report, const char *where, const pp_node *map,
                  const pp_param_table *const *tables, const char *const *others)
{
    bool ok = true;
    for (size_t i = 0; map && map->kind == PP_NODE_MAP && i < map->n; i++)
        if (!is_known(map->entries[i].key, tables, others)) {
            unknown_key(report, where, map, &map->entries[i], tables, others);
            ok = false;
        }
    return ok;
}

void pp_bind_missing(pp_report *report, pp_mark at, const char *where, const char *key)
{
    char about[PP_WHERE_MAX];
    pp_where_key(where, key, about);
    if (pp_report_is_sound(report, about))
        pp_report_add_about(report, at, where, about, "'%s' is missing", key);
}

static bool check_required(pp_report *report, const char *where, pp_mark at, const pp_node *map,
                           const pp_param_table *table)
{
    bool ok = true;
    for (size_t i = 0; i < table->n_rows; i++) {
        const pp_param *row = &table->rows[i];
        if (row->flags & PP_REQUIRED && !pp_node_get(map, row->name)) {
            pp_bind_missing(report, at, where, row->name);
            ok = false;
        }
    }
    return ok;
}

bool pp_bind_rows(pp_report *report, const char *where, pp_mark at, const pp_node *map,
                  const pp_param_table *table, void *config)
{
    pp_param_defaults(table, config);
    if (map && map->kind != PP_NODE_MAP && !pp_node_is_null(map)) {
        slot s = {report, where, map, NULL};
        return expected(&s, "a map");
    }
    bool ok = true;
    for (size_t i = 0; map && i < map->n; i++) {
        const pp_entry *entry = &map->entries[i];
        const pp_param *row = pp_param_find(table, entry->key);
        char path[PP_WHERE_MAX];
        slot s = {report, path, entry->value, row};
        if (!row)
            continue;
        pp_where_key(where, entry->key, path);
        if (report->types && entry->value->parameter)
            report->types[entry->value->parameter - 1] = row->type;
        ok &= bind_row(&s, (char *)config + row->offset);
    }
    return check_required(report, where, at, map, table) && ok;
}

bool pp_bind(pp_report *report, const char *where, pp_mark at, const pp_node *map,
             const pp_param_table *table, const char *const *others, void *config)
{
    const pp_param_table *const tables[] = {table, NULL};
    bool known = pp_bind_keys(report, where, map, tables, others);
    return pp_bind_rows(report, where, at, map, table, config) && known;
}

// ---- paths

/// A path typed on the command line is relative to the current folder, one of a sweep's plan to the
/// plan, one of a file to the file.
static pp_status make_absolute(const pp_report *report, pp_mark mark, const char *folder,
                               pp_text *path, pp_error *error)
{
    if (mark.set != PP_MARK_PLAN)
        return pp_path_absolute(mark.set ? "" : folder, path, error);
    char *plan = pp_path_folder(report->plan);
    if (!plan)
        return pp_error_set(error, PP_ENOMEM, "no memory for a path");
    pp_status status = pp_path_absolute(plan, path, error);
    free(plan);
    return status;
}

bool pp_resolve_file(pp_report *report, const char *where, const pp_node *map, const char *key,
                     const char *folder, pp_text *path)
{
    char at[PP_WHERE_MAX];
    pp_error error = {0};
    const pp_node *node = pp_node_get(map, key);
    if (!node || !path->text[0])
        return true;
    pp_status status = make_absolute(report, node->mark, folder, path, &error);
    if (status == PP_OK)
        return true;
    report->out_of_memory |= status == PP_ENOMEM;
    pp_report_add(report, node->mark, pp_where_key(where, key, at), "%s", error.message);
    return false;
}
