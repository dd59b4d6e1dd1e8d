// The candidate nearest to a mistyped word, by edit distance.
#include "market/base/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    size_t n = strlen(a), m = strlen(b);
    for (size_t j = 0; j <= m; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t keep_or_replace = last[j - 1] + !same(a[i - 1], b[j - 1]);
            now[j] = least(least(last[j], now[j - 1]) + 1, keep_or_replace);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[m];
}

void pp_nearest_start(pp_nearest *nearest, const char *word)
{
    size_t limit = strlen(word) / 3;
    *nearest = (pp_nearest){word, NULL, (limit ? limit : 1) + 1};
}

void pp_nearest_offer(pp_nearest *nearest, const char *candidate)
{
    if (strlen(nearest->word) > WORD_MAX || strlen(candidate) > WORD_MAX)
        return;
    size_t distance = edit_distance(nearest->word, candidate);
    // A word replaced in every letter is no suggestion, however short.
    if (distance < nearest->distance && distance < strlen(nearest->word)) {
        nearest->distance = distance;
        nearest->best = candidate;
    }
}

void pp_nearest_text(const pp_nearest *nearest, char *text, size_t size)
{
    if (nearest->best)
        snprintf(text, size, " (did you mean '%s'?)", nearest->best);
    else
        snprintf(text, size, "%s", "");
}
