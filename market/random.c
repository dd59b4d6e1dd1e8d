// Uniform draws by counter, and a GSL generator over the same counters.
#include "market/random.h"

#include <assert.h>
#include <string.h>

#include "market/market_kernels.h"

enum { WORDS = 4 };

static const double word_scale = 0x1p-32;

static uint32_t epoch_word(const pp_stream *stream, pp_purpose purpose)
{
    assert(stream->epoch < 1u << 24);
    return stream->epoch | (uint32_t)purpose << 24;
}

void pp_random_uniform(const pp_stream *stream, pp_purpose purpose, uint32_t first_round, size_t n,
                       uint32_t lane0, uint32_t lanes, size_t stride, double *u)
{
    assert(lane0 % WORDS == 0);
    pp_philox_at at = {.key = {(uint32_t)stream->seed, (uint32_t)(stream->seed >> 32)},
                       .block = lane0 / WORDS,
                       .round = first_round,
                       .epoch = epoch_word(stream, purpose),
                       .trial = stream->trial};
    for (uint32_t lane = 0; lane < lanes; lane += WORDS, at.block++) {
        uint32_t left = lanes - lane;
        pp_market_kernels_now()->uniform(&at, n, left < WORDS ? left : WORDS, stride,
                                         u + (size_t)lane * stride);
    }
}

static unsigned long philox_get(void *state)
{
    pp_gsl_state *s = state;
    if (s->used == WORDS) {
        memcpy(s->word, s->counter, sizeof s->word);
        pp_philox(s->key, s->word);
        s->counter[0]++;
        s->used = 0;
    }
    return s->word[s->used++];
}

static double philox_get_double(void *state)
{
    return ((double)philox_get(state) + 0.5) * word_scale;
}

/// gsl_rng_set: the seed becomes the key, everything else starts at zero.
static void philox_set(void *state, unsigned long seed)
{
    pp_gsl_state *s = state;
    memset(s, 0, sizeof *s);
    s->key[0] = (uint32_t)seed;
    s->key[1] = (uint32_t)((uint64_t)seed >> 32);
    s->used = WORDS;
}

static const gsl_rng_type philox_type = {
    .name = PP_RNG_NAME,
    .max = UINT32_MAX,
    .min = 0,
    .size = sizeof(pp_gsl_state),
    .set = philox_set,
    .get = philox_get,
    .get_double = philox_get_double,
};
const gsl_rng_type *const pp_gsl_philox = &philox_type;

void pp_gsl_random_init(pp_gsl_random *random, const pp_stream *stream, pp_purpose purpose,
                        uint32_t round)
{
    philox_set(&random->state, stream->seed);
    random->state.counter[1] = round;
    random->state.counter[2] = epoch_word(stream, purpose);
    random->state.counter[3] = stream->trial;
    random->rng.type = &philox_type;
    random->rng.state = &random->state;
}
