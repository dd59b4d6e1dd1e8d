// Named categories: what a scenario's words mean in the schema of its population.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/setup/experiment.h"

static pp_status problem(const pp_scenario *scenario, const pp_bound_config *from, size_t firm,
                         const char *text, pp_error *error)
{
    char place[PP_TEXT_MAX + 32];
    if (from->line > 0)
        snprintf(place, sizeof place, "%s:%d:%d", scenario->path, from->line, from->column);
    else
        snprintf(place, sizeof place, "%s", scenario->path);
    return pp_error_set(error, PP_ESCENARIO, "%s: firms[%zu].portfolio: %s", place, firm, text);
}

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

static pp_status match_bound(const pp_scenario *scenario, const pp_bound_config *from, size_t firm,
                             const pp_schema *schema, pp_bound *bound, pp_error *error)
{
    char text[768], names[512], wanted[2 * PP_NAME_MAX];
    int feature = pp_schema_feature(schema, from->feature);
    bool by_level = from->level[0] != 0;
    if (feature < 0 && !by_level &&
        (bound->column = pp_schema_column(schema, from->feature)) >= 0) {
        bound->lower = from->lower;
        bound->upper = from->upper;
        return PP_OK;
    }
    if (feature < 0) {
        list_features(schema, names, sizeof names);
        snprintf(text, sizeof text, "there is no feature '%s' (there are: %s)", from->feature,
                 names);
        return problem(scenario, from, firm, text, error);
    }
    const pp_feature *found = &schema->features[feature];
    if (by_level != (found->kind == PP_CATEGORICAL)) {
        snprintf(text, sizeof text,
                 by_level ? "feature '%s' is numeric: give lower and upper, not a level"
                          : "feature '%s' is categorical: give a level, not lower and upper",
                 from->feature);
        return problem(scenario, from, firm, text, error);
    }
    *bound = (pp_bound){found->first_column, from->lower, from->upper};
    if (!by_level)
        return PP_OK;
    snprintf(wanted, sizeof wanted, "%s=%s", from->feature, from->level);
    bound->column = pp_schema_column(schema, wanted);
    bound->lower = bound->upper = 1;
    if (bound->column >= 0)
        return PP_OK;
    list_levels(schema, found, names, sizeof names);
    snprintf(text, sizeof text, "feature '%s' has no level '%s' (it has: %s)", from->feature,
             from->level, names);
    return problem(scenario, from, firm, text, error);
}

pp_status pp_named_portfolio(const pp_scenario *scenario, const pp_firm_config *firm, size_t index,
                             const pp_schema *schema, pp_portfolio *portfolio, pp_error *error)
{
    pp_status status = PP_OK;
    memset(portfolio, 0, sizeof *portfolio);
    portfolio->n_categories = firm->n_categories;
    portfolio->loss_scale = scenario->portfolio.loss_scale;
    for (size_t k = 0; k < firm->n_categories; k++) {
        const pp_category_config *from = &firm->categories[k];
        pp_category *to = &portfolio->categories[k];
        snprintf(to->name, sizeof to->name, "%s", from->name);
        to->n_bounds = from->n_bounds;
        to->target_given = from->target;
        to->target_multiple = from->target_multiple;
        portfolio->target[k] = NAN;
        for (size_t b = 0; b < from->n_bounds && status == PP_OK; b++)
            status = match_bound(scenario, &from->bounds[b], index, schema, &to->bounds[b], error);
    }
    return status;
}
