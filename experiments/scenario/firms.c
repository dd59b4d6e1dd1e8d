// `firms:` of a scenario: entries read, counts expanded, names made unique.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/scenario/parts.h"

/// A firm's place in the expansion of counts.
typedef struct label {
    char base[PP_NAME_MAX];
    bool counted; ///< from `count` above 1: always numbered
    pp_mark mark;
} label;

typedef struct reader {
    pp_report *report;
    const char *folder; ///< the scenario file's, for paths
    pp_scenario *scenario;
    label *labels; ///< [PP_MAX_FIRMS]
} reader;

void pp_firm_release(pp_firm_config *firm)
{
    free(firm->agent_params);
    free(firm->categories);
    firm->agent_params = NULL;
    firm->categories = NULL;
}

static bool copy_firm(pp_firm_config *copy, const pp_firm_config *firm)
{
    size_t size = firm->agent && firm->agent_params ? firm->agent->params->size : 0;
    *copy = *firm;
    copy->agent_params = NULL;
    copy->categories = NULL;
    if (size && !(copy->agent_params = malloc(size)))
        return false;
    if (size)
        memcpy(copy->agent_params, firm->agent_params, size);
    if (!firm->n_categories)
        return true;
    copy->categories = malloc(firm->n_categories * sizeof *copy->categories);
    if (!copy->categories) {
        pp_firm_release(copy);
        return false;
    }
    memcpy(copy->categories, firm->categories, firm->n_categories * sizeof *copy->categories);
    return true;
}

/// Append `count` copies of a firm.
static void append_copies(reader *r, const pp_firm_config *firm, const label *name, int64_t count)
{
    pp_scenario *scenario = r->scenario;
    for (int64_t i = 0; i < count && scenario->n_firms < PP_MAX_FIRMS; i++) {
        if (!copy_firm(&scenario->firms[scenario->n_firms], firm)) {
            r->report->out_of_memory = true;
            return;
        }
        r->labels[scenario->n_firms++] = *name;
    }
}

/// How late a value was given: the file's, then each --set, then a sweep's plan.
static size_t lateness(const pp_node *node)
{
    return node ? node->mark.set : 0;
}

/// What belongs to another kind than one that was given later is dropped with the old one.
static void drop_earlier(const pp_node *node, const char *key, const pp_node *kind, double *number)
{
    const pp_node *own = pp_node_get(node, key);
    if (own && kind && lateness(own) < lateness(kind))
        *number = NAN;
}

/// `cost:` and `correction:`, each of which implies the other. Of two at odds the later one counts.
static void read_correction(reader *r, const char *where, const pp_node *firm, int cost,
                            pp_correction_config *correction)
{
    char at[PP_WHERE_MAX];
    const pp_node *basis = pp_node_get(firm, "cost"), *node = pp_node_get(firm, "correction");
    const pp_node *kind = pp_node_get(node, "kind");
    pp_where_key(where, "correction", at);
    pp_bind(r->report, at, node ? node->mark : firm->mark, node, &pp_correction_table, NULL,
            correction);
    if (correction->kind != PP_CORRECTION_LOAD)
        drop_earlier(node, "load", kind, &correction->load);
    if (correction->kind != PP_CORRECTION_TILT)
        drop_earlier(node, "variance", kind, &correction->variance);
    bool corrects = correction->kind != PP_CORRECTION_NONE, asked = cost == PP_COST_GIVEN_SALE;
    size_t given = lateness(basis), chosen = kind ? lateness(kind) : lateness(node);
    if (node && (!basis || corrects == asked || given < chosen))
        return;
    if (node && given == chosen && pp_report_is_sound(r->report, at))
        pp_report_add(r->report, basis->mark, where,
                      "'cost: %s' and 'correction' are at odds: leave one of them out",
                      corrects ? "booked" : "given_sale");
    pp_param_defaults(&pp_correction_table, correction);
    correction->kind = asked ? PP_CORRECTION_TILT : PP_CORRECTION_NONE;
}

/// `economics:`, a kind alone or a map.
static void read_economics(reader *r, const char *where, const pp_node *firm,
                           pp_economics_config *economics)
{
    static char kind[] = "kind";
    char at[PP_WHERE_MAX];
    pp_node *node = pp_node_get(firm, "economics");
    bool alone = node && node->kind == PP_NODE_SCALAR && !pp_node_is_null(node);
    pp_mark mark = node ? node->mark : firm->mark;
    pp_entry only = {.key = kind, .key_mark = mark, .value = node};
    pp_node map = {.kind = PP_NODE_MAP, .mark = mark, .n = 1, .entries = &only};
    pp_bind(r->report, pp_where_key(where, "economics", at), mark, alone ? &map : node,
            &pp_economics_table, NULL, economics);
}

static int64_t read_firm(reader *r, const pp_node *node, size_t entry)
{
    static const char *const others[] = {"agent",  "portfolio", "correction",
                                         "limits", "economics", NULL};
    char where[PP_WHERE_MAX], at[PP_WHERE_MAX];
    pp_report *report = r->report;
    pp_firm_keys keys;
    pp_firm_config firm = {.entry = entry};
    label name = {.mark = node->mark};
    pp_where_index("firms", entry, where);
    if (!pp_bind(report, where, node->mark, node, &pp_firm_table, others, &keys) &&
        node->kind != PP_NODE_MAP)
        return 1;
    const pp_node *agent = pp_node_get(node, "agent");
    if (agent)
        pp_read_agent(report, pp_where_key(where, "agent", at), agent, r->folder, r->scenario,
                      &firm);
    else
        pp_bind_missing(report, node->mark, where, "agent");
    pp_read_portfolio(report, pp_where_key(where, "portfolio", at), pp_node_get(node, "portfolio"),
                      &firm);
    const char *text = keys.name.text[0] ? keys.name.text : firm.agent ? firm.agent->name : "";
    const pp_node *given = pp_node_get(node, "name");
    pp_name_copy(report, given ? given->mark : node->mark, pp_where_key(where, "name", at), text,
                 name.base);
    firm.explore = keys.explore;
    read_correction(r, where, node, keys.cost, &firm.correction);
    const pp_node *limits = pp_node_get(node, "limits");
    pp_bind(report, pp_where_key(where, "limits", at), limits ? limits->mark : node->mark, limits,
            &pp_limits_table, NULL, &firm.limits);
    read_economics(r, where, node, &firm.economics);
    name.counted = keys.count > 1;
    // One with problems too, so that the rules that they do not touch are held.
    if (!report->out_of_memory)
        append_copies(r, &firm, &name, keys.count);
    pp_firm_release(&firm);
    return keys.count;
}

static size_t namesakes(const reader *r, size_t firm, size_t *earlier)
{
    size_t n = 0;
    *earlier = 0;
    for (size_t i = 0; i < r->scenario->n_firms; i++)
        if (strcmp(r->labels[i].base, r->labels[firm].base) == 0) {
            n++;
            *earlier += i < firm;
        }
    return n;
}

static void name_firm(reader *r, size_t firm)
{
    size_t earlier, n = namesakes(r, firm, &earlier);
    const label *own = &r->labels[firm];
    pp_firm_config *firms = r->scenario->firms;
    char name[PP_NAME_MAX + 32], where[PP_WHERE_MAX];
    pp_where_index("firms", firms[firm].entry, where);
    if (n > 1 || own->counted)
        snprintf(name, sizeof name, "%s-%zu", own->base, earlier + 1);
    else
        snprintf(name, sizeof name, "%s", own->base);
    pp_name_copy(r->report, own->mark, where, name, firms[firm].name);
}

static void read_list(reader *r, const pp_node *list)
{
    int64_t total = 0;
    for (size_t i = 0; i < list->n && total <= PP_MAX_FIRMS; i++)
        total += read_firm(r, list->entries[i].value, i);
    if (total > PP_MAX_FIRMS)
        pp_report_add(r->report, list->mark, "firms", "more than %d firms", PP_MAX_FIRMS);
    if (!r->report->out_of_memory)
        for (size_t i = 0; i < r->scenario->n_firms; i++)
            name_firm(r, i);
}

void pp_read_firms(pp_report *report, pp_mark root, const pp_node *node, const char *folder,
                   pp_scenario *scenario)
{
    char text[PP_CLIP_MAX + 16];
    if (pp_node_is_absent(node) || (node->kind == PP_NODE_LIST && node->n == 0)) {
        pp_report_add(report, node ? node->mark : root, node ? "firms" : "",
                      "at least one firm is needed: give a list 'firms'");
        return;
    }
    if (node->kind != PP_NODE_LIST) {
        pp_report_add(report, node->mark, "firms", "expected a list, not %s",
                      pp_node_text(node, text));
        return;
    }
    reader r = {report, folder, scenario, calloc(PP_MAX_FIRMS, sizeof *r.labels)};
    scenario->firms = calloc(PP_MAX_FIRMS, sizeof *scenario->firms);
    if (r.labels && scenario->firms)
        read_list(&r, node);
    else
        report->out_of_memory = true;
    free(r.labels);
}
