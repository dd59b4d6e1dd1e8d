// The market's vectorised loops: draws, preparation of customers, choice and ranks.
#include "market/market_kernels.h"

#include "market/base/lanes_maths.h"
#include "market/quantile_lanes.h"

// ---- random numbers ----

enum { PASS = 2 }; ///< vectors of counters at a time, so that one need not wait for the other

/// pp_philox of a pass of counters. Each word is the low half of a lane: what its high half holds
/// does not matter to a product, and words need not be brought together after it.
/// @param round [PASS] of each counter @param word [4][PASS]
static inline void philox_pass(const pp_philox_at *at, const pp_words *round,
                               pp_words (*word)[PASS])
{
    const pp_words first = pp_words_of(UINT64_C(0xD2511F53)),
                   second = pp_words_of(UINT64_C(0xCD9E8D57));
    uint32_t key0 = at->key[0], key1 = at->key[1];
    for (int v = 0; v < PASS; v++) {
        word[0][v] = pp_words_of(at->block);
        word[1][v] = round[v];
        word[2][v] = pp_words_of(at->epoch);
        word[3][v] = pp_words_of(at->trial);
    }
    for (int r = 0; r < PP_PHILOX_ROUNDS; r++) {
        for (int v = 0; v < PASS; v++) {
            pp_words p = pp_words_product(word[0][v], first);
            pp_words q = pp_words_product(word[2][v], second);
            word[0][v] = q >> 32 ^ word[1][v] ^ pp_words_of(key0);
            word[1][v] = q;
            word[2][v] = p >> 32 ^ word[3][v] ^ pp_words_of(key1);
            word[3][v] = p;
        }
        key0 += PP_PHILOX_KEY0;
        key1 += PP_PHILOX_KEY1;
    }
}

/// (word + 0.5)/2^32 of the low halves, exact: 2^52 + word has no fraction, and 2^52 - 1/2 is a
/// number.
static inline pp_vector words_uniform(pp_words word)
{
    word = (word & UINT32_MAX) | UINT64_C(0x4330000000000000);
    return ((pp_vector)word - (0x1p52 - 0.5)) * 0x1p-32;
}

/// Uniforms of one pass. @param u [lanes][stride]
static inline void uniform_pass(const pp_philox_at *at, const pp_words *round, uint32_t lanes,
                                size_t stride, double *u)
{
    pp_words word[4][PASS];
    philox_pass(at, round, word);
    for (uint32_t j = 0; j < lanes; j++)
        for (int v = 0; v < PASS; v++)
            pp_vector_store(words_uniform(word[j][v]), u + j * stride + v * PP_VECTOR);
}

/// `uniform` of a number of lanes that the compiler knows: words that nobody wants are not made.
static inline void uniform_lanes(const pp_philox_at *at, size_t n, uint32_t lanes, size_t stride,
                                 double *u)
{
    enum { COUNTERS = PASS * PP_VECTOR };
    const pp_philox_at from = *at; // so that no store can be thought to change it
    pp_words round[PASS];
    double last[4 * COUNTERS];
    size_t i = 0;
    for (int v = 0; v < PASS; v++)
        for (int k = 0; k < PP_VECTOR; k++)
            round[v][k] = from.round + (uint64_t)(v * PP_VECTOR + k);
    for (; i + COUNTERS <= n; i += COUNTERS) {
        uniform_pass(&from, round, lanes, stride, u + i);
        for (int v = 0; v < PASS; v++)
            round[v] += COUNTERS;
    }
    if (i == n)
        return;
    uniform_pass(&from, round, lanes, COUNTERS, last);
    for (uint32_t j = 0; j < lanes; j++)
        memcpy(u + j * stride + i, last + (size_t)j * COUNTERS, (n - i) * sizeof(double));
}

static void uniform(const pp_philox_at *at, size_t n, uint32_t lanes, size_t stride, double *u)
{
    switch (lanes) {
    case 1:
        uniform_lanes(at, n, 1, stride, u);
        break;
    case 2:
        uniform_lanes(at, n, 2, stride, u);
        break;
    case 3:
        uniform_lanes(at, n, 3, stride, u);
        break;
    default:
        uniform_lanes(at, n, 4, stride, u);
    }
}

static void exps(const double *x, size_t n, double *y)
{
    memcpy(y, x, n * sizeof(double));
    pp_exps(y, n);
}

static void quantile(const pp_quantile_table *table, const double *restrict scale,
                     const double *restrict factor, size_t n, double *restrict u)
{
    for (size_t start = 0; start < n; start += PP_QUANTILE_STRIP) {
        size_t end = n - start < PP_QUANTILE_STRIP ? n : start + PP_QUANTILE_STRIP;
        pp_quantile_strip(table, NULL, u + start, end - start, u + start);
        for (size_t i = start; factor && i < end; i++)
            u[i] *= scale[i] * factor[i];
    }
}

// ---- choice ----

static void prepare(const pp_choice_config *config, size_t n_firms, const double *customer_index,
                    const double *restrict u, size_t stride, size_t first, size_t n,
                    pp_customers *customers)
{
    const double room = log(1 / config->success_rate - (double)n_firms), firms = (double)n_firms;
    const double loading = config->reference_loading;
    const pp_choice_config c = *config; // so that no store can be thought to change it
    const double *restrict premium = customers->pure_premium + first;
    const double *restrict scale = customers->walk_away_scale + first;
    const double *restrict indices = customer_index + first;
    double *restrict sensitivity = customers->sensitivity + first;
    double *restrict walk_away = customers->walk_away + first;
    double *restrict loyalty = customers->loyalty + first;
    double *choice_uniform = customers->choice_uniform + first;
    int32_t *restrict loyal_firm = customers->loyal_firm + first;
    const bool from_reference = customers->walk_away_from_reference;
    // One loop for each two or three columns: with all of them compilers give up on vectors.
    for (size_t i = 0; i < n; i++) {
        double index = indices[i], beta = sensitivity[i] / index;
        double below = loading * index * premium[i] - room / beta;
        double reference = from_reference ? (below > 0 ? below : 0) : index;
        double least = scale[i] * reference;
        sensitivity[i] = beta;
        walk_away[i] = least > 0 ? least : 0;
    }
    memcpy(loyalty, u + stride, n * sizeof(double));
    pp_logs(loyalty, n);
    for (size_t i = 0; i < n; i++)
        loyalty[i] = -pp_mean_loyalty(&c, walk_away[i]) * loyalty[i];
    for (size_t i = 0; i < n; i++)
        loyal_firm[i] = (int32_t)(u[i] * firms);
    memcpy(choice_uniform, u + 2 * stride, n * sizeof(double));
}

enum {
    STRIP = PP_VECTORS == 1 ? 32 : 16, ///< customers at a time, at most
    ROOM = 128 * (STRIP + 1) ///< weights of a strip; fewer customers where there are more firms
};
_Static_assert((PP_MAX_FIRMS + 1) * 2 <= ROOM, "two customers of the most firms have room");

/// Weights exp(-beta(price felt - least)) of every alternative, walking away the last, then the
/// choice by inversion, for m customers from `first` on.
/// @param weight [n_firms + 1][m] scratch
static inline void choose_strip(const pp_customers *customers, size_t first, size_t m,
                                size_t n_firms, const double *offers, size_t stride,
                                double *restrict weight, int32_t *restrict choice)
{
    double least[STRIP], sum[STRIP] = {0}, left[STRIP], chosen[STRIP] = {0}, going[STRIP];
    const double *beta = customers->sensitivity + first, *walk_away = customers->walk_away + first;
    const double *loyalty = customers->loyalty + first, *u = customers->choice_uniform + first;
    const int32_t *loyal = customers->loyal_firm + first;
    for (size_t i = 0; i < m; i++)
        least[i] = weight[n_firms * m + i] = walk_away[i];
    for (size_t f = 0; f < n_firms; f++) {
        const double *restrict offer = offers + f * stride + first;
        for (size_t i = 0; i < m; i++) {
            double felt = offer[i] - (loyal[i] == (int32_t)f ? loyalty[i] : 0);
            weight[f * m + i] = felt;
            least[i] = felt < least[i] ? felt : least[i];
        }
    }
    for (size_t f = 0; f <= n_firms; f++)
        for (size_t i = 0; i < m; i++)
            weight[f * m + i] = -beta[i] * (weight[f * m + i] - least[i]);
    pp_exps(weight, (n_firms + 1) * m);
    for (size_t f = 0; f <= n_firms; f++)
        for (size_t i = 0; i < m; i++)
            sum[i] += weight[f * m + i];
    for (size_t i = 0; i < m; i++) {
        left[i] = u[i] * sum[i];
        going[i] = 1;
    }
    for (size_t f = 0; f < n_firms; f++)
        for (size_t i = 0; i < m; i++) {
            going[i] = left[i] >= weight[f * m + i] ? going[i] : 0;
            left[i] -= weight[f * m + i]; // of no more use once it is not going on
            chosen[i] += going[i];
        }
    for (size_t i = 0; i < m; i++)
        choice[i] = (int32_t)chosen[i];
}

static void choose(const pp_customers *customers, size_t first, size_t n, size_t n_firms,
                   const double *offers, size_t stride, int32_t *choice)
{
    double weight[ROOM];
    size_t i = first, end = first + n, most = STRIP;
    while (most * (n_firms + 1) > ROOM)
        most /= 2;
    for (; most == STRIP && i + STRIP <= end; i += STRIP)
        choose_strip(customers, i, STRIP, n_firms, offers, stride, weight, choice + i);
    for (; i < end; i += most)
        choose_strip(customers, i, end - i < most ? end - i : most, n_firms, offers, stride, weight,
                     choice + i);
}

enum {
    RANKED = 4,                 ///< vectors of customers at a time
    RANKS = RANKED * PP_VECTOR, ///< customers
    FEW = 12,                   ///< firms whose offers stay in the nearest cache as they are
};

/// Of a whole strip: an offer's rank is how many are ahead of it.
/// @param offers [n_firms][step] @param rank [n_firms][stride]
static inline void rank_strip(const double *offers, size_t step, size_t n_firms, int32_t *rank,
                              size_t stride)
{
    for (size_t f = 0; f < n_firms; f++) {
        pp_vector own[RANKED];
        pp_mask ahead[RANKED] = {0};
        for (int v = 0; v < RANKED; v++)
            own[v] = pp_vector_load(offers + f * step + v * PP_VECTOR);
        for (size_t g = 0; g < f; g++)
            for (int v = 0; v < RANKED; v++)
                ahead[v] -= pp_vector_load(offers + g * step + v * PP_VECTOR) <= own[v];
        for (size_t g = f + 1; g < n_firms; g++)
            for (int v = 0; v < RANKED; v++)
                ahead[v] -= pp_vector_load(offers + g * step + v * PP_VECTOR) < own[v];
        int64_t count[RANKS];
        memcpy(count, ahead, sizeof count);
        for (size_t i = 0; i < RANKS; i++)
            rank[f * stride + i] = (int32_t)count[i];
    }
}

/// Of one customer.
static void rank_one(const double *offers, size_t stride, size_t n_firms, int32_t *rank)
{
    for (size_t f = 0; f < n_firms; f++) {
        double own = offers[f * stride];
        int32_t ahead = 0;
        for (size_t g = 0; g < n_firms; g++)
            ahead += offers[g * stride] < own || (g < f && offers[g * stride] == own);
        rank[f * stride] = ahead;
    }
}

static void rank(const double *offers, size_t stride, size_t n, size_t n_firms, int32_t *ranks)
{
    double near[ROOM];
    size_t i = 0;
    for (; i + RANKS <= n; i += RANKS) {
        const double *strip = offers + i;
        size_t step = stride;
        if (n_firms > FEW && n_firms * RANKS <= ROOM) {
            // Columns are a power of two apart, and a cache holds few such: brought together.
            for (size_t f = 0; f < n_firms; f++)
                memcpy(near + f * RANKS, strip + f * stride, RANKS * sizeof(double));
            strip = near;
            step = RANKS;
        }
        rank_strip(strip, step, n_firms, ranks + i, stride);
    }
    for (; i < n; i++)
        rank_one(offers + i, stride, n_firms, ranks + i);
}

// ---- accounts ----

static double sum_ratios(const double *above, const double *below, size_t n)
{
    double sum = 0, part[PP_LANES] = {0};
    size_t whole = n - n % PP_LANES;
    for (size_t i = 0; i < whole; i += PP_LANES)
        for (size_t j = 0; j < PP_LANES; j++)
            part[j] += above[i + j] / below[i + j];
    for (size_t j = 0; j < PP_LANES; j++)
        sum += part[j];
    for (size_t i = whole; i < n; i++)
        sum += above[i] / below[i];
    return sum;
}

static void count(const int32_t *x, size_t n, size_t values, int64_t *counts)
{
    for (size_t value = 0; value < values; value++) {
        int32_t found = 0;
        for (size_t i = 0; i < n; i++)
            found += x[i] == (int32_t)value;
        counts[value] += found;
    }
}

// ---- breakdown ----

/// `tally` of m edges, a number that the compiler knows: each eight of x are loaded once for all.
static inline __attribute__((always_inline)) void
tally_some(const double *x, size_t n, const double *edges, size_t m, int64_t *counts, double *sums)
{
    enum { MOST = 4 };
    pp_lanes edge[MOST], sum[MOST];
    pp_mask count[MOST][PP_VECTORS] = {0};
    size_t i = 0;
    for (size_t j = 0; j < m; j++) {
        edge[j] = pp_lanes_of(edges[j]);
        sum[j] = pp_lanes_of(0);
    }
    for (; i + PP_LANES <= n; i += PP_LANES) {
        pp_lanes value = pp_lanes_load(x + i);
        for (size_t j = 0; j < m; j++)
            for (int v = 0; v < PP_VECTORS; v++) {
                pp_found found = pp_vector_find(value.v[v], edge[j].v[v]);
                count[j][v] = pp_vector_count(count[j][v], found);
                sum[j].v[v] = pp_vector_add(sum[j].v[v], found, value.v[v]);
            }
    }
    for (size_t j = 0; j < m; j++) {
        double part[PP_LANES];
        pp_lanes_store(sum[j], part);
        for (size_t k = i; k < n; k++) {
            counts[j] += x[k] >= edges[j];
            part[k - i] += x[k] >= edges[j] ? x[k] : 0;
        }
        for (size_t k = 0; k < PP_LANES; k++) {
            counts[j] += count[j][k / PP_VECTOR][k % PP_VECTOR];
            sums[j] += part[k];
        }
    }
}

static void tally(const double *x, size_t n, const double *edges, size_t n_edges, int64_t *counts,
                  double *sums)
{
    size_t j = 0;
    for (; j + 4 <= n_edges; j += 4)
        tally_some(x, n, edges + j, 4, counts + j, sums + j);
    for (; j < n_edges; j++)
        tally_some(x, n, edges + j, 1, counts + j, sums + j);
}

static void inverse(const double *restrict x, size_t n, double *restrict y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 1 / x[i];
}

static void bands(const double *restrict x, size_t n, const double *edges, size_t n_edges,
                  uint32_t *restrict band)
{
    for (size_t j = 0; j < n_edges; j++) {
        double edge = edges[j];
        for (size_t i = 0; i < n; i++)
            band[i] += x[i] >= edge;
    }
}

static void scatter(const double *restrict rows, const uint32_t *restrict cell, size_t n,
                    size_t step, double *restrict sums)
{
    typedef double four __attribute__((vector_size(32)));
    for (size_t i = 0; i < n; i++) {
        double *to = sums + cell[i] * step;
        four row, sum;
        memcpy(&row, rows + 5 * i, sizeof row);
        memcpy(&sum, to, sizeof sum);
        sum += row;
        memcpy(to, &sum, sizeof sum);
        to[4] += rows[5 * i + 4];
    }
}

const pp_market_kernels PP_SIMD_TABLE(pp_market_kernels) = {.uniform = uniform,
                                                            .exp = exps,
                                                            .quantile = quantile,
                                                            .prepare = prepare,
                                                            .choose = choose,
                                                            .rank = rank,
                                                            .sum_ratios = sum_ratios,
                                                            .count = count,
                                                            .tally = tally,
                                                            .inverse = inverse,
                                                            .bands = bands,
                                                            .scatter = scatter};
