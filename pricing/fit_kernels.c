// Refits' vectorised loops: centred columns, their products, and a logistic model's derivatives.
#include "pricing/fit_kernels.h"

#include "market/base/lanes_maths.h"
#include "market/base/maths.h"

enum {
    STRIP = PP_FIT_STRIP,
    TILE = PP_VECTORS == 4 ? 2 : 4, ///< sums that registers can hold
    FIVE = 5                        ///< regressors where all offers are observed
};

static size_t strip(size_t first, size_t n)
{
    return n - first < STRIP ? n - first : STRIP;
}

/// sum[t] += sum_i a[i] b[t][i], t < count. Inlined: `count` is a constant.
static inline __attribute__((always_inline)) void
tile(const double *a, const double *b, size_t stride, size_t n, const int count, double *sum)
{
    pp_lanes s[TILE];
    size_t i = 0;
    for (int t = 0; t < count; t++)
        s[t] = pp_lanes_of(0);
    for (; i + PP_LANES <= n; i += PP_LANES) {
        pp_lanes u = pp_lanes_load(a + i);
        for (int t = 0; t < count; t++)
            s[t] = pp_lanes_add_product(s[t], u, pp_lanes_load(b + (size_t)t * stride + i));
    }
    if (i < n) {
        pp_lanes u = pp_lanes_load_some(a + i, n - i);
        for (int t = 0; t < count; t++)
            s[t] = pp_lanes_add_product(s[t], u,
                                        pp_lanes_load_some(b + (size_t)t * stride + i, n - i));
    }
    for (int t = 0; t < count; t++)
        sum[t] += pp_lanes_total(s[t]);
}

/// sum[k] += sum_i a[i] x[k][i], k < columns.
static void products(const double *a, const double *x, size_t stride, size_t n, size_t columns,
                     double *sum)
{
    size_t k = 0;
    for (; k + TILE <= columns; k += TILE)
        tile(a, x + k * stride, stride, n, TILE, sum + k);
    if (columns - k == 1)
        tile(a, x + k * stride, stride, n, 1, sum + k);
    else if (columns - k == 2)
        tile(a, x + k * stride, stride, n, 2 % TILE, sum + k);
    else if (columns - k == 3)
        tile(a, x + k * stride, stride, n, 3 % TILE, sum + k);
}

static void gram(const double *x, size_t stride, size_t n, size_t q, double *product)
{
    for (size_t first = 0; first < n; first += STRIP) {
        const double *rows = x + first;
        double *to = product;
        for (size_t j = 0; j < q; to += ++j)
            products(rows + j * stride, rows, stride, strip(first, n), j + 1, to);
    }
}

static void scale(const double *x, size_t n, double mean, double factor, double *z)
{
    for (size_t i = 0; i < n; i++)
        z[i] = (x[i] - mean) * factor;
}

static double centre(const double *x, size_t n, double *z)
{
    pp_lanes sum = pp_lanes_of(0);
    size_t i = 0;
    for (; i + PP_LANES <= n; i += PP_LANES)
        sum = pp_lanes_plus(sum, pp_lanes_load(x + i));
    if (i < n)
        sum = pp_lanes_plus(sum, pp_lanes_load_some(x + i, n - i));
    double mean = n ? pp_lanes_total(sum) / (double)n : 0;
    for (i = 0; z && i < n; i++)
        z[i] = x[i] - mean;
    return mean;
}

static double squares(const double *x, size_t n, double mean)
{
    pp_lanes sum = pp_lanes_of(0), middle = pp_lanes_of(mean);
    double rest = 0;
    size_t i = 0;
    for (; i + PP_LANES <= n; i += PP_LANES) {
        pp_lanes d = pp_lanes_minus(pp_lanes_load(x + i), middle);
        sum = pp_lanes_add_product(sum, d, d);
    }
    for (; i < n; i++)
        rest += (x[i] - mean) * (x[i] - mean);
    return pp_lanes_total(sum) + rest;
}

/// Residuals and weights of m rows: response - p and p (1 - p).
static inline __attribute__((always_inline)) void sigmoid(const double *x, size_t stride,
                                                          const double *response, size_t m,
                                                          size_t q, const double *coefficient,
                                                          double *residual, double *weight)
{
    double logit[STRIP];
    size_t i = 0;
    for (; i + PP_LANES <= m; i += PP_LANES) {
        pp_lanes s = pp_lanes_of(0);
        for (size_t j = 0; j < q; j++)
            s = pp_lanes_add_product(s, pp_lanes_of(coefficient[j]),
                                     pp_lanes_load(x + j * stride + i));
        pp_lanes_store(s, logit + i);
    }
    for (; i < m; i++) {
        logit[i] = 0;
        for (size_t j = 0; j < q; j++)
            logit[i] += coefficient[j] * x[j * stride + i];
    }
    for (i = 0; i < m; i++)
        logit[i] = -logit[i];
    pp_exps(logit, m);
    for (i = 0; i < m; i++) {
        double p = 1 / (1 + logit[i]);
        residual[i] = response[i] - p;
        weight[i] = p * (1 - p);
    }
}

/// The sums of five regressors, in as many registers as AVX-512 has.
static void five_sums(const double *x, size_t stride, size_t m, const double *residual,
                      const double *weight, size_t n_free, double *gradient, double *hessian)
{
    pp_lanes g[FIVE], h[FIVE][FIVE], z[FIVE];
    for (int j = 0; j < FIVE; j++) {
        g[j] = pp_lanes_of(0);
        for (int k = 0; k <= j; k++)
            h[j][k] = pp_lanes_of(0);
    }
    for (size_t i = 0; i < m; i += PP_LANES) {
        pp_lanes r = pp_lanes_load(residual + i), w = pp_lanes_load(weight + i);
        for (int j = 0; j < FIVE; j++) {
            z[j] = pp_lanes_load(x + (size_t)j * stride + i);
            g[j] = pp_lanes_add_product(g[j], r, z[j]);
            pp_lanes wz = pp_lanes_times(w, z[j]);
            for (int k = 0; k <= j; k++)
                h[j][k] = pp_lanes_add_product(h[j][k], wz, z[k]);
        }
    }
    for (size_t j = 0; j < n_free; j++) {
        gradient[j] += pp_lanes_total(g[j]);
        for (size_t k = 0; k <= j; k++)
            hessian[j * n_free + k] += pp_lanes_total(h[j][k]);
    }
}

static void logistic(const double *x, size_t stride, const double *response, size_t n,
                     size_t n_free, size_t n_all, const double *coefficient, double *gradient,
                     double *hessian)
{
    double residual[STRIP], weight[STRIP], weighted[STRIP];
    for (size_t first = 0; first < n; first += STRIP) {
        const double *rows = x + first;
        size_t m = strip(first, n);
        if (n_all == FIVE)
            sigmoid(rows, stride, response + first, m, FIVE, coefficient, residual, weight);
        else
            sigmoid(rows, stride, response + first, m, n_all, coefficient, residual, weight);
        if (PP_VECTORS == 1 && n_all == FIVE && m % PP_LANES == 0) {
            five_sums(rows, stride, m, residual, weight, n_free, gradient, hessian);
            continue;
        }
        products(residual, rows, stride, m, n_free, gradient);
        for (size_t j = 0; j < n_free; j++) {
            const double *column = rows + j * stride;
            for (size_t i = 0; i < m; i++)
                weighted[i] = weight[i] * column[i];
            products(weighted, rows, stride, m, j + 1, hessian + j * n_free);
        }
    }
}

static void rivals(const double *restrict rank, const double *restrict sorted, size_t stride,
                   size_t first, size_t last, const double *restrict estimate, size_t n,
                   double *restrict sum, double *restrict multiple)
{
    for (size_t r = first; r < last; r++) {
        const double *restrict with = sorted + r * stride, *restrict without = with + stride;
        for (size_t i = 0; i < n; i++) {
            double cheaper = with[i], dearer = without[i]; // the firm's own offer does not count
            sum[i] += rank[i] <= (double)(r + 1) ? dearer : cheaper;
        }
    }
    for (size_t i = 0; i < n; i++)
        multiple[i] = sum[i] / (double)last / estimate[i];
}

const pp_fit_kernels PP_SIMD_TABLE(pp_fit_kernels) = {.centre = centre,
                                                      .squares = squares,
                                                      .scale = scale,
                                                      .gram = gram,
                                                      .logistic = logistic,
                                                      .rivals = rivals};
