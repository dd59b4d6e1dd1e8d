/// @file
/// Parameter tables: one row per parameter of a configuration struct. The same row drives the
/// default, the scenario file, `--set`, the range check, `pursuit agents`, the JSON Schema, the
/// manual page and what is written into a results file. A table describes; it never parses.
#ifndef PURSUIT_MARKET_BASE_PARAM_H
#define PURSUIT_MARKET_BASE_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/base/error.h"

enum {
    PP_TEXT_MAX = 1024, ///< bytes of a text parameter, its final NUL included
    PP_REALS_MAX = 32,  ///< numbers in a list parameter
};

typedef struct pp_text {
    char text[PP_TEXT_MAX];
} pp_text;

typedef struct pp_reals {
    size_t n;
    double value[PP_REALS_MAX];
} pp_reals;

/// The C type behind each: int64_t, double, bool, int (index into names), pp_text, pp_reals.
typedef enum pp_param_type {
    PP_PARAM_INTEGER,
    PP_PARAM_REAL,
    PP_PARAM_BOOLEAN,
    PP_PARAM_ENUM,
    PP_PARAM_TEXT,
    PP_PARAM_REALS,
} pp_param_type;

/// Bits of pp_param.flags.
enum {
    PP_OPEN_MIN = 1, ///< the minimum itself is not allowed
    PP_OPEN_MAX = 2, ///< the maximum itself is not allowed
    PP_OPTIONAL =
        4, ///< a REAL whose default is NaN, "not given"; `derived` says what it then becomes
    PP_REQUIRED = 8, ///< must be given: no default
    PP_AUTO = 16,    ///< with PP_OPTIONAL: the word `auto` says "not given"
};

typedef struct pp_param {
    const char *name; ///< key in the scenario file
    pp_param_type type;
    size_t offset;               ///< into the configuration struct
    double default_number;       ///< INTEGER, REAL, BOOLEAN (0|1), ENUM (index)
    const char *default_text;    ///< TEXT
    const double *default_reals; ///< [n_default_reals] REALS; NULL: an empty list
    size_t n_default_reals;
    double min, max;          ///< INTEGER, REAL, and each number of REALS; both 0: unbounded
    unsigned flags;           ///< PP_OPEN_MIN | ...
    const char *const *names; ///< ENUM: NULL-terminated names
    const char *unit;         ///< "GBP", "1", "years", "rounds", ...
    const char *doc;          ///< one sentence, no final full stop
    const char *citation;     ///< "arXiv 2408.00713", "assumed", ...
    const char *derived;      ///< PP_OPTIONAL: what an absent value means
} pp_param;

typedef struct pp_param_table {
    const char *name; ///< e.g. "market", "baseline"
    const char *doc;  ///< one sentence
    const pp_param *rows;
    size_t n_rows;
    size_t size; ///< bytes of the configuration struct
} pp_param_table;

#define PP_COUNT(array) (sizeof(array) / sizeof *(array))

/// Write every default into `config` (table->size bytes).
PP_API void pp_param_defaults(const pp_param_table *table, void *config);

/// Row of that name, or NULL.
PP_API const pp_param *pp_param_find(const pp_param_table *table, const char *name);

/// Is the number within the row's bounds (and not NaN)?
PP_API bool pp_param_in_range(const pp_param *row, double value);

/// The range as people write it: "[0, 1)", "at least 1", or "any number".
PP_API void pp_param_range_text(const pp_param *row, char *text, size_t size);

/// Check every number of a struct that was not read from a file but set by a program.
/// @return PP_OK, or PP_EINVAL naming the table, the row, its value and its range
PP_API pp_status pp_param_check(const pp_param_table *table, const void *config, pp_error *error);

/// Have both structs the same values? NaN equals NaN: both are "not given".
PP_API bool pp_param_equal(const pp_param_table *table, const void *a, const void *b);

#endif
