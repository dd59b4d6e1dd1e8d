/// @file
/// @internal
/// "Did you mean": the candidate nearest to a mistyped word.
#ifndef PURSUIT_MARKET_BASE_NEAREST_H
#define PURSUIT_MARKET_BASE_NEAREST_H

#include <stddef.h>

typedef struct pp_nearest {
    const char *word, *best;
    size_t distance; ///< of best; only nearer candidates replace it
} pp_nearest;

/// Start a search; candidates farther than a third of the word are never suggested.
void pp_nearest_start(pp_nearest *nearest, const char *word);
/// Consider a candidate (borrowed); the first of equals wins.
void pp_nearest_offer(pp_nearest *nearest, const char *candidate);
/// " (did you mean 'lambda'?)", or "" if nothing is near.
void pp_nearest_text(const pp_nearest *nearest, char *text, size_t size);

#endif
