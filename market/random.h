/// @file
/// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, Random123). Every draw is a
/// pure function of (seed, trial, epoch, round, purpose, lane); there is no hidden state, so
/// results do not depend on threads, on the order of work, or on what anybody else has drawn.
///
/// Counter words: {lane block, round, epoch | purpose << 24, trial}; key: the 64-bit seed. A block
/// gives four 32-bit words, lanes 4b..4b+3. A uniform is (word + 0.5)/2^32, strictly inside (0, 1).
#ifndef PURSUIT_MARKET_RANDOM_H
#define PURSUIT_MARKET_RANDOM_H

#include <gsl/gsl_rng.h>
#include <stddef.h>
#include <stdint.h>

#include "market/base/error.h"

/// What a draw is for. Append only: a number is part of a run's meaning.
typedef enum pp_purpose {
    PP_DRAW_CUSTOMER,    ///< a customer's features and latents
    PP_DRAW_INDEX,       ///< steps of the price indices
    PP_DRAW_ESTIMATE,    ///< lane = firm
    PP_DRAW_CHOICE,      ///< lanes: loyal firm, loyalty, choice
    PP_DRAW_FIRST_BID,   ///< lane = firm; the first epoch's bids
    PP_DRAW_EXPLORATION, ///< lane = firm
    PP_DRAW_PORTFOLIO,   ///< sequential; epoch = firm
    PP_DRAW_TARGET,      ///< sequential; epoch = firm
    PP_DRAW_REFIT,       ///< sequential; round = firm
    PP_DRAW_AGENT,       ///< an agent's own; epoch field is the agent's to use
    PP_DRAW_REPORT,      ///< a report's own, outside any trial; none draws today
    PP_DRAW_DESIGN,      ///< sequential, outside any trial; epoch = swept key of a sweep's design
} pp_purpose;

/// Where draws are taken: the seed and three coordinates.
typedef struct pp_stream {
    uint64_t seed;
    uint32_t trial;
    uint32_t epoch; ///< below 2^24
} pp_stream;

/// Name of the generator, for results files.
#define PP_RNG_NAME "Philox4x32-10"

/// Uniforms of n consecutive rounds.
/// @param lane0  first lane; a multiple of 4
/// @param lanes  how many lanes
/// @param u      [lanes][stride], u[lane*stride + i] for round first_round + i
PP_API void pp_random_uniform(const pp_stream *stream, pp_purpose purpose, uint32_t first_round,
                              size_t n, uint32_t lane0, uint32_t lanes, size_t stride, double *u);

/// The same generator as a gsl_rng type, for GSL's samplers: lanes 0, 1, 2, ... of one round, in
/// order. State is the caller's struct; nothing is allocated and gsl_rng_free must not be called on
/// it.
typedef struct pp_gsl_state {
    uint32_t key[2], counter[4], word[4];
    uint32_t used;
} pp_gsl_state;
typedef struct pp_gsl_random {
    gsl_rng rng; ///< hand &rng to GSL
    pp_gsl_state state;
} pp_gsl_random;

extern PP_API const gsl_rng_type *const pp_gsl_philox;

/// Start the sequence of (stream, purpose, round). The object must not be copied or moved
/// afterwards.
PP_API void pp_gsl_random_init(pp_gsl_random *random, const pp_stream *stream, pp_purpose purpose,
                               uint32_t round);

#endif
