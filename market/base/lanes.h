/// @file
/// @internal
/// Eight numbers at a time for files of kernels, in as few vectors as the level of instructions
/// has. Each of the eight is added and multiplied by itself, so every level gives the same bits.
#ifndef PURSUIT_MARKET_BASE_LANES_H
#define PURSUIT_MARKET_BASE_LANES_H

#include <stdbool.h>
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

static inline pp_lanes pp_lanes_over(pp_lanes a, pp_lanes b)
{
    PP_EACH_VECTOR(i) a.v[i] /= b.v[i];
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

// Compilers turn a pick by comparison into four or five instructions. Machines have one, which
// likewise returns the second number if either is NaN.

/// Greater numbers of two vectors: a > b ? a : b.
static inline pp_vector pp_vector_most(pp_vector a, pp_vector b)
{
#if defined(__AVX512F__)
    return _mm512_max_pd(a, b);
#elif defined(__AVX__)
    return _mm256_max_pd(a, b);
#elif defined(__SSE2__)
    return _mm_max_pd(a, b);
#else
    return pp_vector_pick(a > b, a, b);
#endif
}

/// Lesser numbers of two vectors: a < b ? a : b.
static inline pp_vector pp_vector_least(pp_vector a, pp_vector b)
{
#if defined(__AVX512F__)
    return _mm512_min_pd(a, b);
#elif defined(__AVX__)
    return _mm256_min_pd(a, b);
#elif defined(__SSE2__)
    return _mm_min_pd(a, b);
#else
    return pp_vector_pick(a < b, a, b);
#endif
}

/// Report whether any number of a vector is at least a bound.
static inline bool pp_vector_reaches(pp_vector a, double bound)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask(a, _mm512_set1_pd(bound), _CMP_GE_OQ) != 0;
#elif defined(__AVX__)
    return _mm256_movemask_pd(_mm256_cmp_pd(a, _mm256_set1_pd(bound), _CMP_GE_OQ)) != 0;
#elif defined(__SSE2__)
    return _mm_movemask_pd(_mm_cmpge_pd(a, _mm_set1_pd(bound))) != 0;
#else
    bool reaches = false;
    for (int i = 0; i < PP_VECTOR; i++)
        reaches = reaches || a[i] >= bound;
    return reaches;
#endif
}

// What a comparison finds: bits of a register of masks, where machines have those, else a mask as
// wide as the numbers. Compilers turn the first into the second and back.
#if defined(__AVX512F__)
typedef __mmask8 pp_found;
#else
typedef pp_mask pp_found;
#endif

/// Numbers at a bound or above it; NaN is not.
static inline pp_found pp_vector_find(pp_vector a, pp_vector bound)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask(a, bound, _CMP_GE_OQ);
#else
    return a >= bound;
#endif
}

/// Counts that rise by 1 where a number was found.
static inline pp_mask pp_vector_count(pp_mask count, pp_found found)
{
#if defined(__AVX512F__)
    __m512i c = (__m512i)count;
    return (pp_mask)_mm512_mask_add_epi64(c, found, c, _mm512_set1_epi64(1));
#else
    return count - found;
#endif
}

/// Sums that rise by a where it was found.
static inline pp_vector pp_vector_add(pp_vector sum, pp_found found, pp_vector a)
{
#if defined(__AVX512F__)
    return _mm512_mask_add_pd(sum, found, sum, a);
#else
    return sum + (pp_vector)(found & (pp_mask)a);
#endif
}

static inline pp_lanes pp_lanes_most(pp_lanes a, pp_lanes b)
{
    PP_EACH_VECTOR(i) a.v[i] = pp_vector_most(a.v[i], b.v[i]);
    return a;
}

static inline pp_lanes pp_lanes_least(pp_lanes a, pp_lanes b)
{
    PP_EACH_VECTOR(i) a.v[i] = pp_vector_least(a.v[i], b.v[i]);
    return a;
}

/// Report whether any of the eight numbers is at least a bound.
static inline bool pp_lanes_reach(pp_lanes a, double bound)
{
    pp_vector most = a.v[0];
    for (int i = 1; i < PP_VECTORS; i++)
        most = pp_vector_most(a.v[i], most);
    return pp_vector_reaches(most, bound);
}

/// Whole parts of eight numbers from 0 to 2^31, as doubles and as integers.
static inline pp_lanes pp_lanes_floor(pp_lanes a, uint32_t *whole)
{
    pp_lanes down, sum;
    uint64_t bits[PP_LANES];
    for (int i = 0; i < PP_VECTORS; i++) {
        pp_vector near = (a.v[i] + 0x1p52) - 0x1p52; // doubles beyond 2^52 have no fraction
        pp_mask above = near > a.v[i];
        down.v[i] = near - (pp_vector)(above & (pp_mask)(1 - (pp_vector){0}));
        sum.v[i] = down.v[i] + 0x1p52; // the last bits hold the whole number
    }
    memcpy(bits, sum.v, sizeof bits);
    for (int i = 0; i < PP_LANES; i++)
        whole[i] = (uint32_t)bits[i];
    return down;
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
