// Pricing's vectorised loops: linear predictors, offers, logarithms and bids.
#include "pricing/pricing_kernels.h"

#include "market/base/lanes_maths.h"
#include "pricing/bid.h"

static void affine(const double *weight, int n_columns, const double *const *columns,
                   const double *restrict log_estimate, size_t n, double *restrict y)
{
    double slope = weight[n_columns], level = weight[n_columns + 1];
    int j = 0;
    for (size_t i = 0; i < n; i++)
        y[i] = level + slope * log_estimate[i];
    for (; j + 4 <= n_columns; j += 4) { // y is fetched and stored once for four columns
        const double *restrict x0 = columns[j], *restrict x1 = columns[j + 1];
        const double *restrict x2 = columns[j + 2], *restrict x3 = columns[j + 3];
        const double *w = weight + j;
        for (size_t i = 0; i < n; i++)
            y[i] += w[0] * x0[i] + w[1] * x1[i] + (w[2] * x2[i] + w[3] * x3[i]);
    }
    for (; j < n_columns; j++)
        for (size_t i = 0; i < n; i++)
            y[i] += weight[j] * columns[j][i];
}

/// How many of the last n < 8 pairs are not both positive and finite.
static size_t wrong_among(const double *multiplier, const double *offers, size_t n)
{
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        double m = multiplier[i], x = offers[i];
        wrong += m > 0 && m < INFINITY && x > 0 && x < INFINITY ? 0 : 1;
    }
    return wrong;
}

static size_t offer(const double *quoted, const double *factor, const double *restrict estimate,
                    size_t n, double *multiplier, double *restrict offers)
{
    pp_mask wrong[PP_VECTORS] = {0};
    size_t i = 0, all = 0;
    if (quoted != multiplier)
        memcpy(multiplier, quoted, n * sizeof(double));
    for (size_t j = 0; factor && j < n; j++)
        multiplier[j] *= factor[j];
    for (size_t j = 0; j < n; j++)
        offers[j] = multiplier[j] * estimate[j];
    for (; i + PP_LANES <= n; i += PP_LANES) { // a product of two such numbers may be neither
        pp_lanes m = pp_lanes_load(multiplier + i), x = pp_lanes_load(offers + i);
        for (int v = 0; v < PP_VECTORS; v++)
            wrong[v] -= ~((m.v[v] > 0) & (m.v[v] < INFINITY) & (x.v[v] > 0) & (x.v[v] < INFINITY));
    }
    for (size_t j = 0; j < PP_LANES; j++)
        all += (size_t)wrong[j / PP_VECTOR][j % PP_VECTOR];
    return all + wrong_among(multiplier + i, offers + i, n - i);
}

enum { STRIP = 64 };

/// Estimates are normal numbers, which need no look at each one's kind.
static void logs(const double *restrict x, size_t n, double *restrict y)
{
    for (size_t start = 0; start < n; start += STRIP) {
        size_t end = n - start < STRIP ? n : start + STRIP;
        uint64_t others = 0;
        for (size_t i = start; i < end; i++)
            others += x[i] >= 0x1p-1022 && x[i] < INFINITY ? 0U : 1U;
        if (others == 0) {
            memcpy(y + start, x + start, (end - start) * sizeof(double));
            pp_logs(y + start, end - start);
        }
        for (size_t i = start; others > 0 && i < end; i++)
            y[i] = pp_log(x[i]);
    }
}

/// Bids of m quotes. Few are so sure of a sale that x is 1 or more: the start for those is looked
/// at only where there is one.
static inline void bid_strip(const double *restrict alpha, double beta, const double *restrict k,
                             double low, double high, size_t m, double *restrict bids)
{
    double x[STRIP], e[STRIP], w[STRIP], log_w[STRIP];
    uint64_t sure = 0;
    if (m == 0)
        return;
    for (size_t i = 0; i < m; i++) {
        x[i] = alpha[i] - beta * k[i] - 1;
        e[i] = x[i] < 1 ? x[i] : 0;
    }
    pp_exps(e, m);
    for (size_t i = 0; i < m; i++)
        w[i] = pp_lambert_low(e[i]);
    for (size_t i = 0; i < m; i++)
        sure += x[i] < 1 ? 0U : 1U;
    for (size_t i = 0; sure > 0 && i < m; i++)
        w[i] = x[i] < 1 ? w[i] : pp_lambert_high(x[i]);
    memcpy(log_w, w, m * sizeof(double));
    pp_logs(log_w, m);
    for (size_t i = 0; i < m; i++)
        bids[i] =
            pp_bid_of_lambert(pp_lambert_end(x[i], e[i], w[i], log_w[i]), beta, k[i], low, high);
}

static void bid(const double *alpha, double beta, const double *k, double low, double high,
                size_t n, double *bids)
{
    double ones[STRIP];
    size_t i = 0;
    for (size_t j = 0; j < STRIP; j++)
        ones[j] = 1;
    for (; i + STRIP <= n; i += STRIP)
        bid_strip(alpha + i, beta, k ? k + i : ones, low, high, STRIP, bids + i);
    if (i < n)
        bid_strip(alpha + i, beta, k ? k + i : ones, low, high, n - i, bids + i);
}

static void probability(const double *restrict alpha, double beta,
                        const double *restrict multiplier, size_t n, double *restrict p)
{
    for (size_t i = 0; i < n; i++)
        p[i] = beta * multiplier[i] - alpha[i];
    pp_exps(p, n);
    for (size_t i = 0; i < n; i++)
        p[i] = 1 / (1 + p[i]);
}

const pp_pricing_kernels PP_SIMD_TABLE(pp_pricing_kernels) = {
    .affine = affine, .offer = offer, .log = logs, .bid = bid, .probability = probability};
