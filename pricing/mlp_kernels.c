// Activations and likelihood of the small network of conversion, a row in each lane.
#include "pricing/mlp_kernels.h"

#include "market/base/lanes.h"
#include "market/base/maths.h"
#include "pricing/matrix_kernels.h"

enum { ROWS = PP_MATRIX_ROWS };

/// x/(1 + |x|) of four units at the price of one division: divisions are what takes time here. Not
/// for numbers above 10^77, to which no fit goes; not finite of what is not.
static inline void bend_four(const double *gain, double *restrict a, double *restrict b,
                             double *restrict c, double *restrict d, size_t rows,
                             double *restrict logit)
{
    double u = gain[0], v = gain[1], w = gain[2], x = gain[3];
    for (size_t r = 0; r < rows; r++) {
        double of_a = 1 + fabs(a[r]), of_b = 1 + fabs(b[r]), of_c = 1 + fabs(c[r]);
        double of_d = 1 + fabs(d[r]), left = of_a * of_b, right = of_c * of_d;
        double all = 1 / (left * right), by_left = all * right, by_right = all * left;
        a[r] *= of_b * by_left;
        b[r] *= of_a * by_left;
        c[r] *= of_d * by_right;
        d[r] *= of_c * by_right;
        logit[r] += (u * a[r] + v * b[r]) + (w * c[r] + x * d[r]);
    }
}

static inline void bend(double gain, double *restrict a, size_t rows, double *restrict logit)
{
    for (size_t r = 0; r < rows; r++) {
        a[r] /= 1 + fabs(a[r]);
        logit[r] += gain * a[r];
    }
}

/// Add what the units give to the logit.
static void activate(size_t hidden, const double *gain, size_t rows, double *unit)
{
    double *logit = unit + hidden * ROWS, *a = unit;
    size_t h = 0;
    for (; h + 4 <= hidden; h += 4, a += 4 * ROWS)
        bend_four(gain + h, a, a + ROWS, a + 2 * ROWS, a + 3 * ROWS, rows, logit);
    for (; h < hidden; h++, a += ROWS)
        bend(gain[h], a, rows, logit);
}

/// Of softplus(-x) of a sale and softplus(x) of none, max(., 0) and 1 + exp(-|x|), whose logarithm
/// is the rest; and P - sold.
static void judge(const double *restrict logit, const double *restrict sold, size_t rows,
                  double *restrict loss, double *restrict factor, double *restrict error)
{
    for (size_t r = 0; r < rows; r++) {
        double x = logit[r], e = pp_exp(-fabs(x)), wrong = sold[r] > 0 ? -x : x;
        loss[r] = wrong < 0 ? 0 : wrong; // not a number where x is none
        factor[r] = 1 + e;
        error[r] = (x > 0 ? 1 : e) / (1 + e) - sold[r];
    }
}

/// bend' = (1 - |bend|)^2
static void back(size_t hidden, const double *gain, size_t rows, const double *unit, double *delta)
{
    const double *restrict error = delta + hidden * ROWS;
    for (size_t h = 0; h < hidden; h++) {
        const double *restrict a = unit + h * ROWS, weight = gain[h];
        double *restrict d = delta + h * ROWS;
        for (size_t r = 0; r < rows; r++) {
            double flat = 1 - fabs(a[r]);
            d[r] = error[r] * weight * flat * flat;
        }
    }
}

/// Sum of the losses and of the factors' logarithms: of each eighth row, that of their product.
static double total(const double *loss, const double *factor, size_t rows)
{
    pp_lanes sum = pp_lanes_of(0), product = pp_lanes_of(1); // at most 2^8
    double products[PP_LANES], logs[PP_LANES];
    for (size_t r = 0; r < rows; r += PP_LANES) {
        sum = pp_lanes_plus(sum, pp_lanes_load(loss + r));
        product = pp_lanes_times(product, pp_lanes_load(factor + r));
    }
    pp_lanes_store(product, products);
    for (int i = 0; i < PP_LANES; i++)
        logs[i] = pp_log_normal(products[i]);
    return pp_lanes_total(pp_lanes_plus(sum, pp_lanes_load(logs)));
}

static double loss(size_t hidden, const double *gain, const double *sold, size_t n, double *unit,
                   double *delta)
{
    double losses[ROWS], factors[ROWS], errors[ROWS];
    double *error = delta ? delta + hidden * ROWS : errors;
    size_t rows = pp_matrix_padded(n);
    activate(hidden, gain, rows, unit);
    judge(unit + hidden * ROWS, sold, rows, losses, factors, error);
    for (size_t r = n; r < rows; r++) {
        losses[r] = error[r] = 0;
        factors[r] = 1;
    }
    if (delta)
        back(hidden, gain, rows, unit, delta);
    return total(losses, factors, rows);
}

const pp_mlp_kernels PP_SIMD_TABLE(pp_mlp_kernels) = {.loss = loss};
