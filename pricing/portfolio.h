/// @file
/// Categories, portfolios, targets and their loss.
#ifndef PURSUIT_PRICING_PORTFOLIO_H
#define PURSUIT_PRICING_PORTFOLIO_H

#include "market/random.h"
#include "market/schema.h"
#include "pricing/config.h"

typedef struct pp_bound {
    int column;
    double lower, upper; ///< inclusive
} pp_bound;

enum { PP_CATEGORY_BOUNDS = 8 };

/// A customer is in the category if every bound holds.
typedef struct pp_category {
    char name[PP_NAME_MAX]; ///< may be empty
    size_t n_bounds;
    pp_bound bounds[PP_CATEGORY_BOUNDS];
    double target_given;    ///< policies, or NaN
    double target_multiple; ///< of the burn-in average, or NaN
} pp_category;

/// What a firm is scored on.
typedef struct pp_portfolio {
    size_t n_categories;
    pp_category categories[PP_MAX_CATEGORIES];
    double target[PP_MAX_CATEGORIES]; ///< policies; NaN until pp_portfolio_aim
    double loss_scale;                ///< GBP
} pp_portfolio;

/// K distinct columns of the schema, one bound each, drawn as the schema's bounds laws say.
PP_API void pp_portfolio_random(const pp_schema *schema, const pp_portfolio_config *config,
                                gsl_rng *rng, pp_portfolio *portfolio);

/// Set the targets from the burn-in average: named ones as given, the rest at random.
PP_API void pp_portfolio_aim(pp_portfolio *portfolio, const pp_portfolio_config *config,
                             const double *burn_in_average, gsl_rng *rng);

/// Category membership of a batch. @param features [n_columns][n] @param mask [n] bit k: in
/// category k
PP_API void pp_portfolio_members(const pp_portfolio *portfolio, const double *const *features,
                                 size_t n, uint64_t *mask);

/// |held - target|/max(held, target), in [0, 1]; 0 where both are 0.
static inline double pp_category_loss(double held, double target)
{
    double greatest = held > target ? held : target;
    return greatest > 0 ? (held > target ? held - target : target - held) / greatest : 0;
}

/// L(held) = scale * mean_k |held_k - target_k|/max(held_k, target_k), GBP; 0 where both are 0.
PP_API double pp_portfolio_loss(const pp_portfolio *portfolio, const double *held);

/// A category in words: "under-30s: age in [16, 29]".
PP_API void pp_category_text(const pp_category *category, const pp_schema *schema, char *text,
                             size_t size);

#endif
