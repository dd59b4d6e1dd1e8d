// The rules of a scenario, with and without a file, and the places where problems stand.
#include "experiments/scenario/check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/oracle.h"
#include "experiments/scenario/keys.h"
#include "experiments/scenario/parts.h"
#include "market/base/text.h"
#include "market/choice.h"

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

static void check_table(pp_check *check, const char *where, const pp_param_table *table,
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
        check_table(check, "", sections[i].table, sections[i].config);
    if (s->population < 0 || s->population > PP_POPULATION_BOOK)
        pp_check_add(check, "population.kind", "", "%d is unknown", s->population);
    else if (s->population == PP_POPULATION_BOOK)
        check_table(check, "population", &pp_book_table, &s->book);
    else
        check_table(check, "population", &pp_published_table, &s->published);
}

/// Does the firm have an agent whose functions may be called?
static bool check_class(pp_check *check, const char *where, const pp_firm_config *firm)
{
    const pp_agent_class *agent = firm->agent;
    pp_error detail = {0};
    if (!agent && !pp_check_is_sound(check, where))
        return false;
    if (!agent || agent->abi != PP_AGENT_ABI || !agent->params || !agent->train)
        pp_check_add(check, where, "", "no agent of ABI version %d", (int)PP_AGENT_ABI);
    else if (agent->quote_seeing && agent != &pp_agent_oracle)
        pp_check_add(check, where, "",
                     "agent '%s' asks to see latent variables and rivals' offers (quote_seeing), "
                     "which is for the built-in oracle alone",
                     agent->name);
    else if (!agent->quote && !agent->quote_batch && !agent->quote_seeing)
        pp_check_add(check, where, "", "agent '%s' has no way to quote", agent->name);
    else if (agent->params->size && !firm->agent_params)
        pp_check_add(check, where, "", "agent '%s' has no parameters", agent->name);
    else if (agent->params->size &&
             pp_param_check(agent->params, firm->agent_params, &detail) != PP_OK)
        pp_check_add(check, where, "", "%s", detail.message);
    else
        return true;
    return false;
}

/// @param where path of the category
static void check_category(pp_check *check, const char *where, const pp_category_config *category)
{
    char list[PP_WHERE_MAX], at[PP_WHERE_MAX], keys[4 * PP_WHERE_MAX];
    pp_category_keys own = {.target = category->target,
                            .target_multiple = category->target_multiple};
    snprintf(own.name.text, sizeof own.name.text, "%s", category->name);
    if (!check->report) // reading has held these
        check_table(check, where, &pp_category_table, &own);
    if (!category->name[0] && !check->report)
        pp_check_add(check, where, pp_where_key(where, "name", at), "a category needs a name");
    snprintf(keys, sizeof keys, "%s.target_multiple %s.target", where, where);
    if (!isnan(category->target) && !isnan(category->target_multiple))
        pp_check_add(check, where, keys, "give 'target' or 'target_multiple', not both");
    if (category->n_bounds > PP_MAX_BOUNDS) {
        pp_check_add(check, where, "", "%zu conditions; at most %d are taken", category->n_bounds,
                     PP_MAX_BOUNDS);
        return;
    }
    for (size_t i = 0; i < category->n_bounds; i++) {
        const pp_bound_config *bound = &category->bounds[i];
        pp_where_index(pp_where_key(where, "where", list), i, at);
        snprintf(keys, sizeof keys, "%s.lower %s.upper %s.level", at, at, at);
        if (bound->level[0])
            continue;
        if (isnan(bound->lower) || isnan(bound->upper))
            pp_check_add(check, at, at, "a limit is not a number");
        else if (!isfinite(bound->lower) && !isfinite(bound->upper))
            pp_check_add(check, at, keys, "give 'lower', 'upper' or 'level'");
        else if (bound->lower > bound->upper)
            pp_check_add(check, at, keys, "'lower' is above 'upper'");
    }
}

/// @param where path of the portfolio
static void check_categories(pp_check *check, const char *where, const pp_firm_config *firm)
{
    const pp_category_config *categories = firm->categories;
    char list[PP_WHERE_MAX], at[PP_WHERE_MAX], name[PP_WHERE_MAX];
    pp_where_key(where, "categories", list);
    if (!pp_check_is_known(check, list))
        return;
    if (firm->n_categories > PP_MAX_CATEGORIES || (firm->n_categories && !categories) ||
        (firm->portfolio == PP_PORTFOLIO_NAMED && !firm->n_categories)) {
        pp_check_add(check, list, "", "%zu categories; from 1 to %d are taken", firm->n_categories,
                     PP_MAX_CATEGORIES);
        return;
    }
    for (size_t k = 0; k < firm->n_categories; k++) {
        size_t first = 0;
        check_category(check, pp_where_index(list, k, at), &categories[k]);
        while (strcmp(categories[first].name, categories[k].name) != 0)
            first++;
        if (first < k && categories[k].name[0])
            pp_check_add(check, at, pp_where_key(at, "name", name),
                         "another category is called '%s' too", categories[k].name);
    }
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

static bool is_word(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Does a message speak of a parameter that is in doubt? It names all that it depends on.
static bool is_about_doubtful(const pp_check *check, const char *where, const pp_param_table *table,
                              const char *message)
{
    char key[PP_WHERE_MAX];
    for (size_t i = 0; i < table->n_rows; i++) {
        const char *name = table->rows[i].name, *at = message;
        size_t n = strlen(name);
        if (pp_check_is_sound(check, pp_where_key(where, name, key)))
            continue;
        while ((at = strstr(at, name))) {
            bool starts = at == message || !is_word(at[-1]);
            if (starts && !is_word(at[n]))
                return true;
            at += n;
        }
    }
    return false;
}

void pp_check_agent(pp_check *check, size_t i, size_t n_categories)
{
    static const char *const kinds[] = {"kind", "plugin"};
    const pp_firm_config *firm = &check->scenario->firms[i];
    char where[PP_WHERE_MAX], key[PP_WHERE_MAX];
    pp_error detail = {0};
    bool known = pp_check_is_known(check, pp_check_firm(check, i, "agent", where));
    for (size_t j = 0; j < PP_COUNT(kinds); j++)
        known &= pp_check_is_known(check, pp_where_key(where, kinds[j], key));
    if (!firm->agent || !firm->agent->check || !known)
        return;
    // What is in doubt is left at what pp_agent_outline has for unknown.
    const pp_market_config *market = &check->scenario->market;
    const pp_pricing_config *pricing = &check->scenario->pricing;
    pp_agent_outline outline = {.bid_min = NAN, .bid_max = NAN, .n_categories = n_categories};
    if (pp_check_is_sound(check, "market.rounds"))
        outline.rounds = market->rounds;
    if (pp_check_is_sound(check, "market.observe"))
        outline.observe = (pp_observe)market->observe;
    if (pp_check_is_sound(check, "pricing.bid_min"))
        outline.bid_min = pricing->bid_min;
    if (pp_check_is_sound(check, "pricing.bid_max"))
        outline.bid_max = pricing->bid_max;
    if (firm->agent->check(firm->agent_params, &outline, &detail) == PP_OK ||
        is_about_doubtful(check, where, firm->agent->params, detail.message))
        return;
    char keys[3 * PP_WHERE_MAX]; // the message begins with the parameter's name
    snprintf(keys, sizeof keys, "%s.%.*s", where, (int)strcspn(detail.message, ": "),
             detail.message);
    pp_check_add(check, where, keys, "%s", detail.message);
}

static void check_firm(pp_check *check, size_t i)
{
    const pp_firm_config *firm = &check->scenario->firms[i];
    char agent[PP_WHERE_MAX], portfolio[PP_WHERE_MAX], key[PP_WHERE_MAX];
    pp_check_firm(check, i, "agent", agent);
    pp_check_firm(check, i, "portfolio", portfolio);
    if (firm->explore < 0 || firm->explore > PP_EXPLORE_ALWAYS)
        pp_check_add(check, pp_check_firm(check, i, "explore", key), "", "%d is unknown",
                     firm->explore);
    if ((int)firm->portfolio < 0 || firm->portfolio > PP_PORTFOLIO_NAMED)
        pp_check_add(check, portfolio, "", "%d is unknown", (int)firm->portfolio);
    else if (pp_check_is_known(check, portfolio))
        check_categories(check, portfolio, firm);
    if (!check_class(check, agent, firm))
        return;
    size_t updates = firm->agent->updates ? firm->agent->updates(firm->agent_params) : 0;
    if (updates > PP_LEARNING_UPDATES)
        pp_check_add(check, agent, "", "agent '%s' would log %zu updates; %d are possible",
                     firm->agent->name, updates, (int)PP_LEARNING_UPDATES);
    if (firm->agent->needs_portfolio && firm->portfolio == PP_PORTFOLIO_NONE &&
        pp_check_is_sound(check, portfolio))
        pp_check_add(check, agent, agent,
                     "agent '%s' needs a portfolio: give the firm 'portfolio: random' or "
                     "categories",
                     firm->agent->name);
    pp_check_agent(check, i, firm->n_categories);
}

/// Is it known how many firms there are, and under which names?
static bool firms_are_known(const pp_check *check)
{
    static const char *const keys[] = {"name", "count", "agent", "agent.kind", "agent.plugin"};
    char where[PP_WHERE_MAX];
    for (size_t i = 0; i < check->scenario->n_firms; i++)
        for (size_t j = 0; j < PP_COUNT(keys); j++)
            if (!pp_check_is_known(check, pp_check_firm(check, i, keys[j], where)))
                return false;
    return pp_check_is_known(check, "firms");
}

static void check_names(pp_check *check)
{
    const pp_firm_config *firms = check->scenario->firms;
    char where[PP_WHERE_MAX];
    for (size_t i = 0; i < check->scenario->n_firms; i++) {
        size_t first = 0;
        while (strcmp(firms[first].name, firms[i].name) != 0)
            first++;
        if (!firms[i].name[0] && !check->report) // a file's firm has one, or a problem
            pp_check_add(check, pp_check_firm(check, i, "name", where), "", "a firm needs a name");
        else if (first < i && firms[i].name[0])
            pp_check_add(check, pp_check_firm(check, i, "", where), "",
                         "another firm is called '%s' too", firms[i].name);
    }
}

void pp_scenario_check(pp_check *check)
{
    const pp_scenario *s = check->scenario;
    pp_error detail = {0};
    check_tables(check);
    if (s->run.first_trial >= 0 && s->run.first_trial <= INT32_MAX &&
        s->run.trials > INT32_MAX - s->run.first_trial)
        pp_check_add(check, "", "first_trial trials", "first_trial + trials: more than %d",
                     INT32_MAX);
    check_pricing(check);
    check_features(check);
    if (s->n_firms == 0 || s->n_firms > PP_MAX_FIRMS || !s->firms) {
        if (!check->report) // else reading has reported it
            pp_check_add(check, "firms", "", "%zu firms; 1 to %d are possible", s->n_firms,
                         (int)PP_MAX_FIRMS);
        return;
    }
    if (firms_are_known(check)) {
        // The reference price is ln(1/s - N)/beta below a loaded premium: it needs N below 1/s.
        if (pp_choice_check(&s->choice, s->n_firms, &detail) != PP_OK)
            pp_check_add(check, "choice", "choice.success_rate firms", "%s", detail.message);
        check_names(check);
    }
    for (size_t i = 0; i < s->n_firms; i++)
        if (!pp_check_is_copy(check, i))
            check_firm(check, i);
}
