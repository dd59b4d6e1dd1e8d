/// @file
/// A population: a feature schema and a sampler of customers. `published` is one, `book` another.
/// Immutable after creation and shared by all threads.
#ifndef PURSUIT_MARKET_POPULATION_POPULATION_H
#define PURSUIT_MARKET_POPULATION_POPULATION_H

#include "market/customers.h"
#include "market/random.h"
#include "market/schema.h"

/// A book of customers in memory, as read from a CSV file by whoever opens files.
/// All arrays are borrowed during pp_population_book only.
typedef struct pp_book {
    const char *label; ///< for messages, e.g. "motor.csv"
    size_t n_rows;
    const double *pure_premium; ///< [n_rows] GBP, positive
    size_t n_features;
    const struct pp_book_feature {
        const char *name;
        pp_feature_kind kind;
        const double *values;      ///< [n_rows]; NULL if categorical
        const int *codes;          ///< [n_rows] index into levels; NULL if numeric
        const char *const *levels; ///< [n_levels]
        size_t n_levels;
    } * features;
} pp_book;

typedef struct pp_population pp_population;

/// @param choice price sensitivity and walk-away constants (arXiv 2408.00713)
/// @return PP_OK; PP_EINVAL if parameters contradict each other (an age at which a law does not
/// exist); PP_ENUMERIC if a law cannot be tabulated; PP_ENOMEM
PP_API pp_status pp_population_published(const pp_published_config *config,
                                         const pp_choice_config *choice, pp_population **population,
                                         pp_error *error);
/// What can be said of a published population without tabulating its laws, which takes a tenth of a
/// millisecond instead of tens: do its parameters contradict each other, and what may firms see?
/// @param schema of its customers; without quantiles
/// @return PP_OK; PP_EINVAL
PP_API pp_status pp_population_published_outline(const pp_published_config *config,
                                                 pp_schema *schema, pp_error *error);
/// Make of a published population that nobody uses any more one of other constants of choice, which
/// saves tabulating its laws.
/// @return true if it is now what pp_population_published would make; false, and nothing has
/// changed, if it is of another kind or configuration
PP_API bool pp_population_published_reuse(pp_population *population,
                                          const pp_published_config *config,
                                          const pp_choice_config *choice);
/// Copies the book.
/// @return PP_OK; PP_EFORMAT if a pure premium is not positive and finite, a value not finite or a
/// code not a level's (row named); PP_EINVAL if there are no rows, no features or too many;
/// PP_ENOMEM
PP_API pp_status pp_population_book(const pp_book *book, const pp_book_config *config,
                                    pp_population **population, pp_error *error);
PP_API void pp_population_destroy(pp_population *population); ///< NULL-safe

/// What firms may see of its customers; borrowed.
PP_API const pp_schema *pp_population_schema(const pp_population *population);
/// Resident bytes, for an estimate of memory.
PP_API double pp_population_bytes(const pp_population *population);

/// A latent column for `pursuit sample`: what firms do not see, and source features before one-hot.
/// It has the name of a feature only if it is that feature.
typedef struct pp_latent {
    const char *name, *unit;
    bool whole; ///< a whole number
} pp_latent;
PP_API size_t pp_population_latents(const pp_population *population, const pp_latent **latents);

/// Draw the customers of rounds [first_round, first_round + n) of an epoch: features, pure premium,
/// and what makes price sensitivity and the walk-away price at customer index 1. Every draw is a
/// function of (seed, trial, epoch, round). Threads: safe, the batch is the caller's. Reads
/// customers->first_round and ->n; fills features and what pp_customers says the population fills.
/// @param latents [n_latents][capacity] or NULL if not wanted
PP_API void pp_population_draw(const pp_population *population, const pp_stream *stream,
                               pp_customers *customers, double *latents);

#endif
