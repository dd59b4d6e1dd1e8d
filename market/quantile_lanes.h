/// @file
/// @internal
/// Quantiles of many uniforms, for files of kernels. Gathers take longer than scalar loads on some
/// machines. Cells are therefore loaded whole and turned about in registers, from four numbers a
/// vector on. Each quantile has the bits of pp_quantile.
#ifndef PURSUIT_MARKET_QUANTILE_LANES_H
#define PURSUIT_MARKET_QUANTILE_LANES_H

#include <stddef.h>

#include "market/base/lanes.h"
#include "market/distribution.h"

enum { PP_QUANTILE_STRIP = 128 }; ///< quantiles at a time, at most

_Static_assert(PP_LAW_TERMS == 6, "a cell has three pairs of terms");

/// Quantiles of n uniforms, at most PP_QUANTILE_STRIP.
/// @param table [laws] in one array @param law [n] each number's table, or NULL for the first
/// @param x [n], which may be u
static inline void pp_quantile_strip(const pp_quantile_table *table, const int32_t *law,
                                     const double *u, size_t n, double *x);

#if PP_VECTOR_BYTES >= 32

/// Terms of one cell for each number of a vector.
/// @param at [PP_VECTOR] where cells begin, counted from `cells` @param term [PP_LAW_TERMS]
static inline void pp_quantile_terms(const double *cells, const uint64_t *at, pp_vector *term)
{
#if defined(__AVX512F__)
    enum { EVEN = 0x88, ODD = 0xdd }; // quarters 0 and 2, or 1 and 3, of both
    __m512d low[4], high[4];          // terms 0, 2, 4 and 1, 3, 5 of cells 2j and 2j + 1
    for (int j = 0; j < 4; j++) {
        __m512d a = _mm512_maskz_loadu_pd(0x3f, cells + at[2 * j]);
        __m512d b = _mm512_maskz_loadu_pd(0x3f, cells + at[2 * j + 1]);
        low[j] = _mm512_unpacklo_pd(a, b);
        high[j] = _mm512_unpackhi_pd(a, b);
    }
    for (int odd = 0; odd < 2; odd++) {
        const __m512d *r = odd ? high : low;
        __m512d a = _mm512_shuffle_f64x2(r[0], r[1], EVEN);
        __m512d b = _mm512_shuffle_f64x2(r[2], r[3], EVEN);
        __m512d c = _mm512_shuffle_f64x2(r[0], r[1], ODD);
        __m512d d = _mm512_shuffle_f64x2(r[2], r[3], ODD);
        term[odd] = (pp_vector)_mm512_shuffle_f64x2(a, b, EVEN);
        term[2 + odd] = (pp_vector)_mm512_shuffle_f64x2(c, d, EVEN);
        term[4 + odd] = (pp_vector)_mm512_shuffle_f64x2(a, b, ODD);
    }
#elif defined(__AVX__)
    for (int k = 0; k < PP_LAW_TERMS; k += 2) {
        __m256d a = _mm256_castpd128_pd256(_mm_loadu_pd(cells + at[0] + k));
        __m256d b = _mm256_castpd128_pd256(_mm_loadu_pd(cells + at[1] + k));
        a = _mm256_insertf128_pd(a, _mm_loadu_pd(cells + at[2] + k), 1);
        b = _mm256_insertf128_pd(b, _mm_loadu_pd(cells + at[3] + k), 1);
        term[k] = (pp_vector)_mm256_unpacklo_pd(a, b);
        term[k + 1] = (pp_vector)_mm256_unpackhi_pd(a, b);
    }
#endif
}

/// All numbers' cells are found before any is loaded: a load from an address that a vector has just
/// computed would wait for it.
static inline void pp_quantile_strip(const pp_quantile_table *table, const int32_t *law,
                                     const double *u, size_t n, double *x)
{
    uint64_t at[PP_QUANTILE_STRIP];
    double place[PP_QUANTILE_STRIP];
    const double *cells = &table->cell[0][0][0];
    size_t i = 0;
    for (size_t j = 0; j < n; j++)
        at[j] = pp_quantile_cell(u[j], &place[j]);
    for (size_t j = 0; law && j < n; j++)
        at[j] += (uint64_t)law[j] * (sizeof *table / sizeof(double));
    for (; i + PP_VECTOR <= n; i += PP_VECTOR) {
        pp_vector c[PP_LAW_TERMS], t = pp_vector_load(place + i), t2 = t * t;
        pp_quantile_terms(cells, at + i, c);
        pp_vector_store(c[0] + t * c[1] + t2 * (c[2] + t * c[3] + t2 * (c[4] + t * c[5])), x + i);
    }
    for (; i < n; i++)
        x[i] = pp_quantile_quintic(cells + at[i], place[i]);
}

#else

static inline void pp_quantile_strip(const pp_quantile_table *table, const int32_t *law,
                                     const double *u, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = pp_quantile(table + (law ? law[i] : 0), u[i]);
}

#endif

#endif
