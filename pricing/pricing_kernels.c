#include "pricing/pricing_kernels.h"

#include "market/maths.h"
#include "pricing/bid.h"

static void affine(const double *weight, int n_columns, const double *const *columns,
                   const double *restrict log_estimate, size_t n, double *restrict y)
{
    double slope = weight[n_columns], level = weight[n_columns + 1];
    for (size_t i = 0; i < n; i++)
        y[i] = level + slope * log_estimate[i];
    for (int j = 0; j < n_columns; j++) {
        const double *restrict x = columns[j];
        double w = weight[j];
        for (size_t i = 0; i < n; i++)
            y[i] += w * x[i];
    }
}

static void logs(const double *restrict x, size_t n, double *restrict y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = pp_log(x[i]);
}

static void bid(const double *restrict alpha, double beta, const double *k, double low, double high,
                size_t n, double *restrict bids)
{
    for (size_t i = 0; !k && i < n; i++)
        bids[i] = pp_logistic_bid(alpha[i], beta, 1, low, high);
    for (size_t i = 0; k && i < n; i++)
        bids[i] = pp_logistic_bid(alpha[i], beta, k[i], low, high);
}

const pp_pricing_kernels PP_SIMD_TABLE(pp_pricing_kernels) = {
    .affine = affine, .log = logs, .bid = bid};
