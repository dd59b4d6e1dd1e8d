/// @file
/// @internal
/// Eight numbers at a time for files of kernels, in as few vectors as the level of instructions
/// has. Each of the eight is added and multiplied by itself, so every level gives the same bits.
#ifndef PURSUIT_MARKET_BASE_LANES_H
#define PURSUIT_MARKET_BASE_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "market/base/maths.h"

#if defined(__AVX512F__)
#define PP_VECTOR_BYTES 64
#elif defined(__AVX__)
#define PP_VECTOR_BYTES 32
#else
#define PP_VECTOR_BYTES 16
#endif

enum {
    PP_LANES = 8,
    PP_VECTOR = PP_VECTOR_BYTES / (int)sizeof(double), ///< numbers of a vector
    PP_VECTORS = PP_LANES / PP_VECTOR                  ///< vectors of eight numbers
};

typedef double pp_vector __attribute__((vector_size(PP_VECTOR_BYTES)));
typedef int64_t pp_mask __attribute__((vector_size(PP_VECTOR_BYTES))); ///< all bits, or none
typedef uint64_t pp_words __attribute__((vector_size(PP_VECTOR_BYTES)));

typedef struct pp_lanes {
    pp_vector v[PP_VECTORS];
} pp_lanes;

#define PP_EACH_VECTOR(i) for (int i = 0; i < PP_VECTORS; i++)

/// Through a vector of its own: gcc copies straight into an array by halves, which the next load
/// has to wait for.
static inline pp_vector pp_vector_load(const double *x)
{
    pp_vector v;
    memcpy(&v, x, sizeof v);
    return v;
}

static inline void pp_vector_store(pp_vector v, double *x)
{
    memcpy(x, &v, sizeof v);
}

static inline pp_lanes pp_lanes_load(const double *x)
{
    pp_lanes a;
    PP_EACH_VECTOR(i) a.v[i] = pp_vector_load(x + i * PP_VECTOR);
    return a;
}

/// The first n < 8 numbers, and 0 in the place of the others.
static inline pp_lanes pp_lanes_load_some(const double *x, size_t n)
{
    double some[PP_LANES] = {0};
    memcpy(some, x, n * sizeof(double));
    return pp_lanes_load(some);
}

static inline void pp_lanes_store(pp_lanes a, double *x)
{
    PP_EACH_VECTOR(i) pp_vector_store(a.v[i], x + i * PP_VECTOR);
}

static inline pp_lanes pp_lanes_of(double x)
{
    pp_lanes a;
    PP_EACH_VECTOR(i) a.v[i] = x - (pp_vector){0};
    return a;
}

static inline pp_lanes pp_lanes_plus(pp_lanes a, pp_lanes b)
{
    PP_EACH_VECTOR(i) a.v[i] += b.v[i];
    return a;
}

static inline pp_lanes pp_lanes_minus(pp_lanes a, pp_lanes b)
{
    PP_EACH_VECTOR(i) a.v[i] -= b.v[i];
    return a;
}

static inline pp_lanes pp_lanes_times(pp_lanes a, pp_lanes b)
{
    PP_EACH_VECTOR(i) a.v[i] *= b.v[i];
    return a;
}

/// a + b c, both rounded.
static inline pp_lanes pp_lanes_add_product(pp_lanes a, pp_lanes b, pp_lanes c)
{
    PP_EACH_VECTOR(i) a.v[i] += b.v[i] * c.v[i];
    return a;
}

static inline pp_words pp_words_of(uint64_t x)
{
    return x + (pp_words){0};
}

/// Products of the low 32 bits of each, whole. Compilers do not see that one instruction does it.
static inline pp_words pp_words_product(pp_words a, pp_words b)
{
#if defined(__AVX512F__)
    return (pp_words)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (pp_words)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__) && !defined(__AVX__)
    return (pp_words)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & UINT32_MAX) * (b & UINT32_MAX);
#endif
}

/// a where mask, else b.
static inline pp_vector pp_vector_pick(pp_mask mask, pp_vector a, pp_vector b)
{
    return (pp_vector)((mask & (pp_mask)a) | (~mask & (pp_mask)b));
}

static inline pp_lanes pp_lanes_most(pp_lanes a, pp_lanes b)
{
    PP_EACH_VECTOR(i) a.v[i] = pp_vector_pick(a.v[i] > b.v[i], a.v[i], b.v[i]);
    return a;
}

static inline pp_lanes pp_lanes_least(pp_lanes a, pp_lanes b)
{
    PP_EACH_VECTOR(i) a.v[i] = pp_vector_pick(a.v[i] < b.v[i], a.v[i], b.v[i]);
    return a;
}

static inline double pp_lanes_maximum(pp_lanes a)
{
    double x[PP_LANES], most;
    pp_lanes_store(a, x);
    most = x[0];
    for (int i = 1; i < PP_LANES; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

static inline double pp_lanes_minimum(pp_lanes a)
{
    double x[PP_LANES], least;
    pp_lanes_store(a, x);
    least = x[0];
    for (int i = 1; i < PP_LANES; i++)
        least = x[i] < least ? x[i] : least;
    return least;
}

/// pp_exp of each.
static inline pp_lanes pp_lanes_exp(pp_lanes x)
{
    double y[PP_LANES];
    pp_lanes_store(x, y);
    for (int i = 0; i < PP_LANES; i++)
        y[i] = pp_exp(y[i]);
    return pp_lanes_load(y);
}

/// Sum of the eight, in the order of pp_dot (pricing/linear.h).
static inline double pp_lanes_total(pp_lanes a)
{
    double x[PP_LANES];
    pp_lanes_store(a, x);
    return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

#endif
