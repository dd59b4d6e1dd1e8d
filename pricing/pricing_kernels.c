// Pricing's vectorised loops: linear predictors, offers, logarithms and bids.
#include "pricing/pricing_kernels.h"

#include <stdbool.h>

#include "market/base/maths.h"
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

static size_t offer(const double *quoted, const double *factor, const double *restrict estimate,
                    size_t n, double *multiplier, double *restrict offers)
{
    double wrong = 0;
    if (quoted != multiplier)
        memcpy(multiplier, quoted, n * sizeof(double));
    for (size_t i = 0; factor && i < n; i++)
        multiplier[i] *= factor[i];
    for (size_t i = 0; i < n; i++)
        offers[i] = multiplier[i] * estimate[i];
    for (size_t i = 0; i < n; i++) { // a product of two such numbers may be neither
        bool good = (multiplier[i] > 0) & (multiplier[i] < INFINITY) & (offers[i] > 0) &
                    (offers[i] < INFINITY);
        wrong += good ? 0 : 1;
    }
    return (size_t)wrong;
}

static void logs(const double *restrict x, size_t n, double *restrict y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = pp_log(x[i]);
}

enum { STRIP = 32 };

/// Bids of m quotes. Few are so sure of a sale that x is 1 or more: the start for those is looked
/// at only where there is one.
static inline void bid_strip(const double *restrict alpha, double beta, const double *restrict k,
                             double low, double high, size_t m, double *restrict bids)
{
    double x[STRIP], e[STRIP], w[STRIP];
    double sure = 0;
    for (size_t i = 0; i < m; i++) {
        x[i] = alpha[i] - beta * k[i] - 1;
        e[i] = pp_exp(x[i] < 1 ? x[i] : 0);
        w[i] = pp_lambert_low(e[i]);
    }
    for (size_t i = 0; i < m; i++)
        sure += x[i] < 1 ? 0 : 1;
    for (size_t i = 0; sure > 0 && i < m; i++)
        w[i] = x[i] < 1 ? w[i] : pp_lambert_high(x[i]);
    for (size_t i = 0; i < m; i++)
        bids[i] = pp_bid_of_lambert(pp_lambert_end(x[i], e[i], w[i]), beta, k[i], low, high);
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

const pp_pricing_kernels PP_SIMD_TABLE(pp_pricing_kernels) = {
    .affine = affine, .offer = offer, .log = logs, .bid = bid};
