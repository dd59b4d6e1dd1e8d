/// @file
/// "Did you mean": the candidate nearest to a mistyped word.
#ifndef PURSUIT_EXPERIMENTS_NEAREST_H
#define PURSUIT_EXPERIMENTS_NEAREST_H

#include <stddef.h>

#include "market/error.h"

typedef struct pp_nearest {
    const char *word, *best;
    size_t distance; ///< of best; only nearer candidates replace it
} pp_nearest;

/// Start a search; candidates farther than a third of the word are never suggested.
PP_API void pp_nearest_start(pp_nearest *nearest, const char *word);
/// Consider a candidate (borrowed); the first of equals wins.
PP_API void pp_nearest_offer(pp_nearest *nearest, const char *candidate);
/// " (did you mean 'lambda'?)", or "" if nothing is near.
PP_API void pp_nearest_text(const pp_nearest *nearest, char *text, size_t size);

#endif
