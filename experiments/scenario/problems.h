/// @file
/// Problems found in a file, all of them at once.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_PROBLEMS_H
#define PURSUIT_EXPERIMENTS_SCENARIO_PROBLEMS_H

#include <stddef.h>

#include "market/base/error.h"

/// Every problem found, in the order of the file.
typedef struct pp_problems {
    size_t n, capacity;
    char **text; ///< "file.yaml:14:7: firms[2].agent: unknown key 'lamda' (did you mean 'lambda'?)"
} pp_problems;
PP_API void
pp_problems_destroy(pp_problems *problems); ///< frees what it holds; safe on a zeroed one

#endif
