// A schema built feature by feature, and the search for a name in it.
#include "market/schema.h"

#include <stdio.h>
#include <string.h>

static bool fits(char *to, size_t size, const char *from)
{
    return (size_t)snprintf(to, size, "%s", from) < size;
}

/// Append a feature with room for n columns; columns are zeroed.
static pp_status add(pp_schema *schema, const char *name, const char *unit, pp_feature_kind kind,
                     size_t n, pp_error *error)
{
    if (n == 0)
        return pp_error_set(error, PP_EINVAL, "feature '%s' has no levels", name);
    if (n > (size_t)(PP_MAX_FEATURES - schema->n_columns))
        return pp_error_set(error, PP_EINVAL, "feature '%s': more than %d feature columns", name,
                            (int)PP_MAX_FEATURES);
    if (pp_schema_feature(schema, name) >= 0)
        return pp_error_set(error, PP_EINVAL, "feature '%s' is named twice", name);
    pp_feature *feature = &schema->features[schema->n_features];
    *feature = (pp_feature){.kind = kind, .first_column = schema->n_columns, .n_columns = (int)n};
    if (!fits(feature->name, sizeof feature->name, name) ||
        !fits(feature->unit, sizeof feature->unit, unit))
        return pp_error_set(error, PP_EINVAL, "feature '%.40s...': the name is too long", name);
    schema->n_features++;
    return PP_OK;
}

/// Append a column to the last feature; its name must be new, among columns and features.
static pp_status add_column(pp_schema *schema, const char *level, pp_error *error)
{
    int feature = schema->n_features - 1;
    const pp_feature *of = &schema->features[feature];
    pp_bounds_law law = of->kind == PP_NUMERIC ? PP_BOUNDS_QUANTILES : PP_BOUNDS_BINARY;
    pp_column column = {.feature = feature, .bounds = law};
    int length = snprintf(column.name, PP_NAME_MAX, "%s%s%s", of->name, level ? "=" : "",
                          level ? level : "");
    if (length >= PP_NAME_MAX)
        return pp_error_set(error, PP_EINVAL, "feature '%s': the level '%.40s' is too long",
                            of->name, level ? level : "");
    int namesake = pp_schema_feature(schema, column.name);
    if (pp_schema_column(schema, column.name) >= 0 || (namesake >= 0 && namesake != feature))
        return pp_error_set(error, PP_EINVAL, "feature '%s': the column '%s' exists already",
                            of->name, column.name);
    schema->columns[schema->n_columns++] = column;
    return PP_OK;
}

pp_status pp_schema_add(pp_schema *schema, const char *name, const char *unit, pp_feature_kind kind,
                        pp_error *error)
{
    pp_status status = add(schema, name, unit, kind, 1, error);
    return status == PP_OK ? add_column(schema, NULL, error) : status;
}

pp_status pp_schema_add_levels(pp_schema *schema, const char *name, const char *const *levels,
                               size_t n_levels, pp_error *error)
{
    pp_status status = add(schema, name, "1", PP_CATEGORICAL, n_levels, error);
    for (size_t i = 0; i < n_levels && status == PP_OK; i++)
        status = add_column(schema, levels[i], error);
    return status;
}

int pp_schema_column(const pp_schema *schema, const char *name)
{
    for (int i = 0; i < schema->n_columns; i++)
        if (strcmp(schema->columns[i].name, name) == 0)
            return i;
    return -1;
}

int pp_schema_feature(const pp_schema *schema, const char *name)
{
    for (int i = 0; i < schema->n_features; i++)
        if (strcmp(schema->features[i].name, name) == 0)
            return i;
    return -1;
}
