// Named categories: what a scenario's words mean in the schema of its population.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/setup/parts.h"

/// Names that exist, for a message.
static void list_features(const pp_schema *schema, char *text, size_t size)
{
    size_t at = 0;
    text[0] = 0;
    for (int i = 0; i < schema->n_features && at < size; i++)
        at +=
            (size_t)snprintf(text + at, size - at, "%s%s", i ? ", " : "", schema->features[i].name);
}

static void list_levels(const pp_schema *schema, const pp_feature *feature, char *text, size_t size)
{
    size_t at = 0, skip = strlen(feature->name) + 1;
    text[0] = 0;
    for (int i = 0; i < feature->n_columns && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i ? ", " : "",
                               schema->columns[feature->first_column + i].name + skip);
}

/// @param where path of the portfolio
/// @param at    of the bound
static void match_bound(pp_check *check, const char *where, const char *at,
                        const pp_bound_config *from, const pp_schema *schema, pp_bound *bound)
{
    char names[512], wanted[2 * PP_NAME_MAX], keys[4 * PP_WHERE_MAX + 32];
    int feature = pp_schema_feature(schema, from->feature);
    bool by_level = from->level[0] != 0;
    *bound = (pp_bound){0, from->lower, from->upper};
    snprintf(keys, sizeof keys, "%s.feature", at);
    if (feature < 0 && !by_level && (bound->column = pp_schema_column(schema, from->feature)) >= 0)
        return;
    if (feature < 0) {
        list_features(schema, names, sizeof names);
        pp_check_add(check, where, keys, "there is no feature '%s' (there are: %s)", from->feature,
                     names);
        return;
    }
    const pp_feature *found = &schema->features[feature];
    bound->column = found->first_column;
    if (by_level != (found->kind == PP_CATEGORICAL)) {
        const char *text = by_level
                               ? "feature '%s' is numeric: give lower and upper, not a level"
                               : "feature '%s' is categorical: give a level, not lower and upper";
        snprintf(keys, sizeof keys, "%s.feature %s.level %s.lower %s.upper", at, at, at, at);
        pp_check_add(check, where, keys, text, from->feature);
        return;
    }
    if (!by_level)
        return;
    snprintf(wanted, sizeof wanted, "%s=%s", from->feature, from->level);
    bound->column = pp_schema_column(schema, wanted);
    bound->lower = bound->upper = 1;
    if (bound->column >= 0)
        return;
    list_levels(schema, found, names, sizeof names);
    snprintf(keys, sizeof keys, "%s.level %s.feature", at, at);
    pp_check_add(check, where, keys, "feature '%s' has no level '%s' (it has: %s)", from->feature,
                 from->level, names);
}

void pp_named_portfolio(pp_check *check, size_t firm, const pp_schema *schema,
                        pp_portfolio *portfolio)
{
    const pp_firm_config *config = &check->scenario->firms[firm];
    char where[PP_WHERE_MAX], at[PP_WHERE_MAX];
    pp_check_firm(check, firm, "portfolio", where);
    memset(portfolio, 0, sizeof *portfolio);
    portfolio->n_categories = config->n_categories;
    portfolio->loss_scale = check->scenario->portfolio.loss_scale;
    for (size_t k = 0; k < config->n_categories; k++) {
        const pp_category_config *from = &config->categories[k];
        pp_category *to = &portfolio->categories[k];
        snprintf(to->name, sizeof to->name, "%s", from->name);
        to->n_bounds = from->n_bounds;
        to->target_given = from->target;
        to->target_multiple = from->target_multiple;
        portfolio->target[k] = NAN;
        for (size_t b = 0; b < from->n_bounds; b++) {
            snprintf(at, sizeof at, "%.180s.categories[%zu].where[%zu]", where, k, b);
            match_bound(check, where, at, &from->bounds[b], schema, &to->bounds[b]);
        }
    }
}
