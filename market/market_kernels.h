/// @file
/// @internal
/// The loops of the market that are worth vector instructions.
#ifndef PURSUIT_MARKET_MARKET_KERNELS_H
#define PURSUIT_MARKET_MARKET_KERNELS_H

#include <stddef.h>

#include "market/base/simd.h"
#include "market/choice.h"
#include "market/distribution.h"

/// Where blocks of Philox4x32-10 are taken: counter {block, round, epoch, trial}.
typedef struct pp_philox_at {
    uint32_t key[2], block, round, epoch, trial;
} pp_philox_at;

// Rounds and the steps of the key, in order of key words.
enum { PP_PHILOX_ROUNDS = 10 };
#define PP_PHILOX_KEY0 UINT32_C(0x9E3779B9)
#define PP_PHILOX_KEY1 UINT32_C(0xBB67AE85)

/// Philox4x32-10 (Salmon et al. 2011) of one counter, which becomes the four words.
static inline void pp_philox(const uint32_t key[2], uint32_t word[4])
{
    uint32_t a = word[0], b = word[1], c = word[2], d = word[3], key0 = key[0], key1 = key[1];
    for (int round = 0; round < PP_PHILOX_ROUNDS; round++) {
        uint64_t p = UINT64_C(0xD2511F53) * a, q = UINT64_C(0xCD9E8D57) * c;
        a = (uint32_t)(q >> 32) ^ b ^ key0;
        b = (uint32_t)q;
        c = (uint32_t)(p >> 32) ^ d ^ key1;
        d = (uint32_t)p;
        key0 += PP_PHILOX_KEY0;
        key1 += PP_PHILOX_KEY1;
    }
    word[0] = a;
    word[1] = b;
    word[2] = c;
    word[3] = d;
}

/// Mean of the exponential law of loyalty, GBP, for the kernel that draws it and whoever is shown
/// it.
static inline double pp_mean_loyalty(const pp_choice_config *config, double walk_away)
{
    return config->loyalty_rate * (walk_away + config->loyalty_offset);
}

typedef struct pp_market_kernels {
    /// Uniforms of n rounds from at->round on, the first lanes of one block.
    /// @param lanes 1 to 4 @param u [lanes][stride]
    void (*uniform)(const pp_philox_at *at, size_t n, uint32_t lanes, size_t stride, double *u);
    /// y = e^x, what a choice's weights cost by themselves: for benchmarks and tests.
    void (*exp)(const double *x, size_t n, double *y);
    /// u becomes scale * factor * quantile(u), all [n]. @param scale, factor NULL for ones
    void (*quantile)(const pp_quantile_table *table, const double *scale, const double *factor,
                     size_t n, double *u);
    /// See pp_choice_prepare. @param u [3][stride] uniforms of firm, loyalty, choice, of customers
    /// [first, first + n)
    void (*prepare)(const pp_choice_config *config, size_t n_firms, const double *customer_index,
                    const double *u, size_t stride, size_t first, size_t n,
                    pp_customers *customers);
    /// See pp_choose.
    void (*choose)(const pp_customers *customers, size_t first, size_t n, size_t n_firms,
                   const double *offers, size_t stride, int32_t *choice);
    /// See pp_rank_batch; compares every pair of offers.
    void (*rank)(const double *offers, size_t stride, size_t n, size_t n_firms, int32_t *rank);
    /// Sum of above/below, all [n], in partial sums by place modulo 8 that are then added in order.
    double (*sum_ratios)(const double *above, const double *below, size_t n);
    /// counts[v] rises by how many of x are v. For few values: it looks at all x for each.
    /// @param x [n], n below 2^31 @param counts [values]
    void (*count)(const int32_t *x, size_t n, size_t values, int64_t *counts);
    /// For each edge counts[j] rises by how many of x are at least edges[j], and sums[j] by their
    /// sum, in partial sums by place modulo 8 that are then added in order. NaN reaches no edge.
    /// @param x [n] @param edges, counts, sums [n_edges]
    void (*tally)(const double *x, size_t n, const double *edges, size_t n_edges, int64_t *counts,
                  double *sums);
    void (*inverse)(const double *x, size_t n, double *y);
    /// band rises by how many of the edges are at most x, all [n]. @param edges [n_edges]
    void (*bands)(const double *x, size_t n, const double *edges, size_t n_edges, uint32_t *band);
    /// sums[cell] rises by the five numbers of each row, in order of rows.
    /// @param rows [n][5] @param sums [cells][step] of which the first five
    void (*scatter)(const double *rows, const uint32_t *cell, size_t n, size_t step, double *sums);
} pp_market_kernels;

PP_SIMD_KERNELS(pp_market_kernels)

#endif
