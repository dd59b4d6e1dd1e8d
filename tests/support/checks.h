/// @file
/// Assertions for tests of formulas and laws; include after cmocka.h. Statistical tests run at a
/// fixed seed, so they never flicker; FALSE_ALARM is the chance that a seed chosen blindly fails.
#ifndef PURSUIT_TESTS_SUPPORT_CHECKS_H
#define PURSUIT_TESTS_SUPPORT_CHECKS_H

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>

#include "tests/support/two_sample.h"

/// Of each single assertion.
#define FALSE_ALARM 1e-6

#define assert_close(value, expected, tolerance)                                                   \
    check_close(value, expected, tolerance, __FILE__, __LINE__)
#define assert_likely(p) check_likely(p, #p, __FILE__, __LINE__)

static inline void check_close(double value, double expected, double tolerance, const char *file,
                               int line)
{
    if (!(fabs(value - expected) <= tolerance)) {
        print_error("%.17g is not %.17g within %g\n", value, expected, tolerance);
        _fail(file, line);
    }
}

static inline void check_likely(double p, const char *what, const char *file, int line)
{
    if (!(p > FALSE_ALARM)) {
        print_error("%s: p = %g\n", what, p);
        _fail(file, line);
    }
}

/// Two-sided p of a standard normal statistic.
static inline double normal_p(double z)
{
    return 2 * gsl_cdf_ugaussian_Q(fabs(z));
}

/// p of the mean of n values whose law has that mean and variance.
static inline double mean_p(const double *x, size_t n, double mean, double variance)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] - mean;
    return normal_p(sum / sqrt((double)n * variance));
}

/// p of the variance of n values about a known mean; their own fourth moment gives its error.
static inline double variance_p(const double *x, size_t n, double mean, double variance)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (x[i] - mean) * (x[i] - mean) - variance;
        sum += d;
        squares += d * d;
    }
    return normal_p(sum / sqrt(squares));
}

/// p of the correlation of two samples with known means and variances.
static inline double independence_p(const double *x, const double *y, size_t n, double mean,
                                    double variance)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (y[i] - mean);
    return normal_p(sum / (sqrt((double)n) * variance));
}

/// Pearson's chi-squared of counts against probabilities that add up to 1. A cell of probability 0
/// must be empty, else p is 0.
static inline double chi_squared_p(const double *count, const double *probability, size_t cells)
{
    double n = 0, sum = 0, freedom = -1;
    for (size_t i = 0; i < cells; i++)
        n += count[i];
    for (size_t i = 0; i < cells; i++) {
        double expected = n * probability[i], d = count[i] - expected;
        if (expected <= 0 && count[i] > 0)
            return 0;
        if (expected > 0) {
            sum += d * d / expected;
            freedom++;
        }
    }
    return gsl_cdf_chisq_Q(sum, freedom);
}

/// The same against equal probabilities.
static inline double even_p(const double *count, size_t cells)
{
    double n = 0, sum = 0;
    for (size_t i = 0; i < cells; i++)
        n += count[i];
    for (size_t i = 0; i < cells; i++) {
        double d = count[i] - n / (double)cells;
        sum += d * d / (n / (double)cells);
    }
    return gsl_cdf_chisq_Q(sum, (double)cells - 1);
}

/// Kolmogorov-Smirnov p of values that should be uniform on (0, 1). Sorts them.
static inline double ks_uniform_p(double *u, size_t n)
{
    double greatest = 0, root = sqrt((double)n);
    gsl_sort(u, 1, n);
    for (size_t i = 0; i < n; i++) {
        greatest = fmax(greatest, u[i] - (double)i / (double)n);
        greatest = fmax(greatest, (double)(i + 1) / (double)n - u[i]);
    }
    return kolmogorov_tail((root + 0.12 + 0.11 / root) * greatest);
}

#endif
