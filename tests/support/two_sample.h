/// @file
/// Two-sample tests for the laws. Each returns a p-value; the caller states its false-alarm rate.
#ifndef PURSUIT_TESTS_SUPPORT_TWO_SAMPLE_H
#define PURSUIT_TESTS_SUPPORT_TWO_SAMPLE_H

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// P(K > x) of Kolmogorov's law.
static inline double kolmogorov_tail(double x)
{
    double sum = 0;
    if (x < 0.2)
        return 1;
    for (int k = 1; k <= 100; k++)
        sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * x * x);
    return fmin(fmax(sum, 0), 1);
}

/// Kolmogorov-Smirnov, ties allowed (the test is then conservative). Sorts both samples.
static inline double ks_two_sample(double *x, size_t n, double *y, size_t m)
{
    size_t i = 0, j = 0;
    double greatest = 0;
    gsl_sort(x, 1, n);
    gsl_sort(y, 1, m);
    while (i < n && j < m) {
        double at = fmin(x[i], y[j]);
        while (i < n && x[i] <= at)
            i++;
        while (j < m && y[j] <= at)
            j++;
        greatest = fmax(greatest, fabs((double)i / (double)n - (double)j / (double)m));
    }
    double size = sqrt((double)n * (double)m / (double)(n + m));
    return kolmogorov_tail((size + 0.12 + 0.11 / size) * greatest);
}

/// Chi-squared homogeneity of two rows of counts; cells with fewer than 10 in both together are
/// pooled.
static inline double chi_squared_two_sample(const double *a, const double *b, size_t cells)
{
    double n = 0, m = 0, sum = 0, rest_a = 0, rest_b = 0;
    int freedom = -1;
    for (size_t i = 0; i < cells; i++)
        n += a[i], m += b[i];
    for (size_t i = 0; i <= cells; i++) {
        double x = i < cells ? a[i] : rest_a, y = i < cells ? b[i] : rest_b;
        if (i < cells && x + y < 10) {
            rest_a += x, rest_b += y;
            continue;
        }
        if (x + y == 0)
            continue;
        double expected = (x + y) * n / (n + m), other = (x + y) - expected;
        sum += (x - expected) * (x - expected) / expected + (y - other) * (y - other) / other;
        freedom++;
    }
    return freedom < 1 ? 1 : gsl_cdf_chisq_Q(sum, freedom);
}

/// Cut points that part a pooled sample into at most `parts` bins. @return how many cuts
static inline size_t cut_points(const double *x, size_t n, const double *y, size_t m, size_t parts,
                                double *cuts)
{
    double *pooled = malloc((n + m) * sizeof *pooled);
    size_t used = 0;
    memcpy(pooled, x, n * sizeof *x);
    memcpy(pooled + n, y, m * sizeof *y);
    gsl_sort(pooled, 1, n + m);
    for (size_t c = 1; c < parts; c++) {
        double cut = pooled[c * (n + m) / parts];
        if (cut > pooled[0] && (used == 0 || cut > cuts[used - 1]))
            cuts[used++] = cut;
    }
    free(pooled);
    return used;
}

static inline size_t bin_of(double x, const double *cuts, size_t n)
{
    size_t bin = 0;
    while (bin < n && x >= cuts[bin])
        bin++;
    return bin;
}

#endif
