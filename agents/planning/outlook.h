/// @file
/// @internal
/// Expected losses over the sales still to come. With N by Poisson's law of mean m and f a
/// category's loss, E[f(held + N)] obeys two laws: a rise of m by delta is e^(delta D), where D is
/// the expectation of the difference f(x + 1) - f(x), and one policy more is 1 + D. So one sum of
/// hundreds of terms, with its differences, serves the rounds after it as a power series in D;
/// where the series has not converged, the sum is made anew.
#ifndef PURSUIT_AGENTS_PLANNING_OUTLOOK_H
#define PURSUIT_AGENTS_PLANNING_OUTLOOK_H

#include <stdbool.h>

#include "agents/planning/value.h"

typedef struct pp_outlook {
    size_t width;                ///< categories, rounded up to a multiple of 8
    double *held, *mean;         ///< [width] where the sums were made; held is NaN before
    double *terms;               ///< [PP_OUTLOOK_TERMS][width] E[D^j f] there
    double *loss;                ///< [width] E[L], GBP; the answer of pp_outlook_at
    double *first, *second;      ///< [width] E of L's first and second difference
    double *sold, *drift, *rest; ///< [width] scratch
    double *room;                ///< scratch of a sum
} pp_outlook;

/// @return PP_OK, PP_ENOMEM
pp_status pp_outlook_create(const pp_plan *plan, pp_outlook *outlook, pp_error *error);
void pp_outlook_release(pp_outlook *outlook); ///< safe on a zeroed one

/// Expectations at a mean number of sales to come. Sums are cut 8 s.d. away from their mean.
/// @param held   [n_categories]
/// @param mean   [width] sales to come, at most the plan's rounds
/// @param anchor keep sums that had to be made for the calls to come; without, the loss alone is
/// answered
void pp_outlook_at(const pp_plan *plan, pp_outlook *outlook, const double *held, const double *mean,
                   bool anchor);

#endif
