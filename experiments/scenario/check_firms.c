// The rules of firms: agents, portfolios, costs of a sale, names. And of a scenario as a whole.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agents/oracle.h"
#include "experiments/scenario/check.h"
#include "experiments/scenario/keys.h"
#include "market/choice.h"

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
        pp_check_table(check, where, &pp_category_table, &own);
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
    pp_agent_outline outline = {.bid_min = NAN,
                                .bid_max = NAN,
                                .min_multiple = NAN,
                                .max_multiple = NAN,
                                .n_categories = n_categories};
    if (pp_check_is_sound(check, "market.rounds"))
        outline.rounds = market->rounds;
    if (pp_check_is_sound(check, "market.observe"))
        outline.observe = (pp_observe)market->observe;
    if (pp_check_is_sound(check, "pricing.bid_min"))
        outline.bid_min = pricing->bid_min;
    if (pp_check_is_sound(check, "pricing.bid_max"))
        outline.bid_max = pricing->bid_max;
    if (pp_check_is_sound(check, pp_check_firm(check, i, "limits.min_multiple", key)))
        outline.min_multiple = firm->limits.min_multiple;
    if (pp_check_is_sound(check, pp_check_firm(check, i, "limits.max_multiple", key)))
        outline.max_multiple = firm->limits.max_multiple;
    if (firm->agent->check(firm->agent_params, &outline, &detail) == PP_OK ||
        is_about_doubtful(check, where, firm->agent->params, detail.message))
        return;
    char keys[3 * PP_WHERE_MAX]; // the message begins with the parameter's name
    snprintf(keys, sizeof keys, "%s.%.*s", where, (int)strcspn(detail.message, ": "),
             detail.message);
    pp_check_add(check, where, keys, "%s", detail.message);
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

/// Neither left out nor, by a program that zeroed a firm, 0.
static bool is_given(double number)
{
    return number > 0 || number < 0;
}

/// Where they do not, firms' prices differ by more than their errors.
static bool all_correct_alike(const pp_check *check)
{
    const pp_firm_config *firms = check->scenario->firms;
    for (size_t i = 1; i < check->scenario->n_firms; i++)
        if (!pp_param_equal(&pp_correction_table, &firms[0].correction, &firms[i].correction))
            return false;
    return true;
}

/// Where they have not, prices differ by more than errors too.
static bool all_pay_alike(const pp_check *check)
{
    const pp_firm_config *firms = check->scenario->firms;
    pp_economics first, other;
    char where[PP_WHERE_MAX];
    for (size_t i = 0; i < check->scenario->n_firms; i++) {
        if (!pp_check_is_sound(check, pp_check_firm(check, i, "economics", where)) ||
            pp_param_check(&pp_economics_table, &firms[i].economics, NULL) != PP_OK)
            return true; // not known
        pp_economics_resolve(&firms[i].economics, i > 0 ? &other : &first);
        if (i > 0 && !pp_economics_equal(&first, &other))
            return false;
    }
    return true;
}

/// Rules of what a firm takes a sale to cost.
static void check_correction(pp_check *check, size_t i)
{
    const pp_scenario *s = check->scenario;
    const pp_correction_config *c = &s->firms[i].correction;
    char where[PP_WHERE_MAX], kind[PP_WHERE_MAX], key[PP_WHERE_MAX], keys[3 * PP_WHERE_MAX];
    pp_check_firm(check, i, "correction", where);
    pp_where_key(where, "kind", kind);
    if (!check->report)
        pp_check_table(check, where, &pp_correction_table, c);
    snprintf(keys, sizeof keys, "%s %s %s", pp_where_key(where, "load", key), kind, where);
    if (c->kind == PP_CORRECTION_LOAD && isnan(c->load))
        pp_check_add(check, where, keys, "kind load needs a number: give 'load'");
    if (c->kind != PP_CORRECTION_LOAD && is_given(c->load))
        pp_check_add(check, where, keys, "'load' is for kind load");
    snprintf(keys, sizeof keys, "%s %s %s", pp_where_key(where, "variance", key), kind, where);
    if (c->kind != PP_CORRECTION_TILT && is_given(c->variance))
        pp_check_add(check, where, keys, "'variance' is for kind tilt");
    bool offers =
        c->kind == PP_CORRECTION_OFFERS || (c->kind == PP_CORRECTION_TILT && isnan(c->variance));
    if (!offers)
        return;
    pp_check_firm(check, i, "cost", key);
    snprintf(keys, sizeof keys, "%s market.observe %s", kind, key);
    const char *otherwise =
        c->kind == PP_CORRECTION_TILT ? "; give correction: {kind: tilt, variance: NUMBER}" : "";
    if (s->market.observe != PP_OBSERVE_ALL)
        pp_check_add(check, where, keys, "offers tell it only with market.observe: all%s",
                     otherwise);
    snprintf(keys, sizeof keys, "%s market.burn_in_epochs %s", kind, key);
    if (s->market.burn_in_epochs < 2)
        pp_check_add(check, where, keys, "offers tell it only from the second burn-in epoch on%s",
                     otherwise);
    snprintf(keys, sizeof keys, "%s market.cost_from %s", kind, key);
    if (c->kind == PP_CORRECTION_TILT && s->market.cost_from == PP_COST_FROM_BURN_IN &&
        !all_correct_alike(check))
        pp_check_add(check, where, keys,
                     "with cost_from: burn_in offers tell it only where all firms have the same "
                     "correction%s",
                     otherwise);
    snprintf(keys, sizeof keys, "%s firms %s", kind, key);
    if (c->kind == PP_CORRECTION_TILT && !all_pay_alike(check))
        pp_check_add(check, where, keys,
                     "offers tell it only where all firms have the same economics%s", otherwise);
    if (s->n_firms < 2 && firms_are_known(check))
        pp_check_add(check, where, keys, "there are no other firms, whose offers would tell it%s",
                     otherwise);
}

/// Rules of a firm's limits on prices.
static void check_limits(pp_check *check, size_t i)
{
    const pp_limits limits = pp_limits_given(&check->scenario->firms[i].limits);
    char where[PP_WHERE_MAX], low[PP_WHERE_MAX], high[PP_WHERE_MAX], both[2 * PP_WHERE_MAX];
    char text[PP_LIMITS_TEXT];
    pp_check_firm(check, i, "limits", where);
    if (!check->report)
        pp_check_table(check, where, &pp_limits_table, &limits);
    for (size_t rule = 0; rule < PP_LIMITS_RULES; rule++) {
        const char *keys[2];
        if (pp_limits_rule(&limits, rule, keys, text))
            continue;
        snprintf(both, sizeof both, "%s %s", pp_where_key(where, keys[0], low),
                 pp_where_key(where, keys[1], high));
        pp_check_add(check, where, both, "%s", text);
    }
}

/// Paths of keys below `where`, with blanks between. @param names with blanks between
static void paths_of(const char *where, const char *names, char *paths, size_t size)
{
    size_t n = 0;
    paths[0] = '\0';
    while (*names && n < size) {
        size_t length = strcspn(names, " ");
        n += (size_t)snprintf(paths + n, size - n, "%s.%.*s ", where, (int)length, names);
        names += length + (names[length] == ' ');
    }
}

/// Rules of what a sale pays and costs.
static void check_economics(pp_check *check, size_t i)
{
    const pp_economics_config *c = &check->scenario->firms[i].economics;
    char where[PP_WHERE_MAX], keys[5 * PP_WHERE_MAX], text[PP_ECONOMICS_TEXT];
    pp_check_firm(check, i, "economics", where);
    size_t before = check->n;
    if (!check->report)
        pp_check_table(check, where, &pp_economics_table, c);
    for (size_t rule = 0; rule < PP_ECONOMICS_RULES && check->n == before; rule++) {
        const char *names = pp_economics_problem(c, rule, text);
        if (!names)
            continue;
        paths_of(where, names, keys, sizeof keys);
        size_t n = strlen(keys);
        snprintf(keys + n, sizeof keys - n, "%s.kind %s", where, where);
        pp_check_add(check, where, keys, "%s", text);
    }
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
    check_correction(check, i);
    check_limits(check, i);
    check_economics(check, i);
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

static void check_firms(pp_check *check)
{
    const pp_scenario *s = check->scenario;
    pp_error detail = {0};
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

void pp_scenario_check(pp_check *check)
{
    pp_check_sections(check);
    check_firms(check);
}
