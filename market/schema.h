/// @file
/// What a firm may know of a customer, as data: named source features, each one or several numeric
/// columns (a categorical feature is one-hot by level). Nothing downstream knows any column by
/// name.
#ifndef PURSUIT_MARKET_SCHEMA_H
#define PURSUIT_MARKET_SCHEMA_H

#include <stddef.h>

#include "market/config.h"

enum { PP_NAME_MAX = 96, PP_QUANTILES = 1001 };

typedef enum pp_feature_kind { PP_NUMERIC, PP_BINARY, PP_CATEGORICAL } pp_feature_kind;

/// How a random portfolio draws a column's bounds [lower, upper].
typedef enum pp_bounds_law {
    PP_BOUNDS_BINARY,      ///< asks for 0 or 1 with equal chance
    PP_BOUNDS_QUANTILES,   ///< two uniform quantiles of the column, sorted
    PP_BOUNDS_EXPONENTIAL, ///< two Exp(mean a) draws x, each c*floor(x/c + b), sorted
    PP_BOUNDS_POISSON,     ///< two Poisson(a), sorted
    PP_BOUNDS_LOWER_WIDTH, ///< lower uniform on the integers a..b, width uniform on c..d
} pp_bounds_law;

/// One numeric column of the feature matrix.
typedef struct pp_column {
    char name[PP_NAME_MAX]; ///< "age", "location=2"
    int feature;            ///< index of its source feature
    pp_bounds_law bounds;
    double a, b, c, d; ///< of that law
    const double
        *quantiles; ///< [PP_QUANTILES] of the column, PP_BOUNDS_QUANTILES only; owned by schema
} pp_column;

typedef struct pp_feature {
    char name[PP_NAME_MAX];
    char unit[16];
    pp_feature_kind kind;
    int first_column, n_columns; ///< n_columns is the number of levels if categorical, else 1
} pp_feature;

typedef struct pp_schema {
    int n_features, n_columns;
    pp_feature features[PP_MAX_FEATURES];
    pp_column columns[PP_MAX_FEATURES];
    double *quantiles; ///< all columns' quantiles, or NULL
} pp_schema;

/// Append a numeric or binary feature.
PP_API pp_status pp_schema_add(pp_schema *schema, const char *name, const char *unit,
                               pp_feature_kind kind, pp_error *error);
/// Append a categorical feature with its levels' names.
PP_API pp_status pp_schema_add_levels(pp_schema *schema, const char *name,
                                      const char *const *levels, size_t n_levels, pp_error *error);
/// Column of that name ("age", "location=2"), or -1.
PP_API int pp_schema_column(const pp_schema *schema, const char *name);
/// Feature of that name ("age", "location"), or -1.
PP_API int pp_schema_feature(const pp_schema *schema, const char *name);

#endif
