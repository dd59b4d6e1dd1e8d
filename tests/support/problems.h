/// @file
/// Asserting on the problems that reading a scenario reports; included by the scenario's tests
/// only.
#ifndef PURSUIT_TESTS_SUPPORT_PROBLEMS_H
#define PURSUIT_TESTS_SUPPORT_PROBLEMS_H

// cmocka needs these four first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "experiments/scenario/report.h"

enum { EXPECTED_MAX = 20 };

/// A text and the problems it has, each in full; the rest NULL.
typedef struct problem_case {
    const char *text;
    const char *expected[EXPECTED_MAX];
} problem_case;

/// Every problem must be the expected one, in that order, and none may be missing.
static inline void assert_problems(const pp_problems *problems, const char *const *expected,
                                   const char *text)
{
    size_t n = 0;
    while (n < EXPECTED_MAX && expected[n])
        n++;
    for (size_t i = 0; i < problems->n && i < n; i++)
        if (strcmp(problems->text[i], expected[i]) != 0)
            fail_msg("%s\n  reported: %s\n  expected: %s", text, problems->text[i], expected[i]);
    if (problems->n != n)
        fail_msg("%s\n  %zu problems instead of %zu; %s", text, problems->n, n,
                 problems->n > n ? problems->text[n] : expected[problems->n]);
}

#endif
