// Intervals over trials and paired comparisons.
#include "experiments/stats/stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SIDES = 2 };
static const double confidence = 0.95;

double pp_mean(const double *x, size_t n)
{
    return n ? gsl_stats_mean(x, 1, n) : NAN;
}

double pp_sample_sd(const double *x, size_t n)
{
    return n > 1 ? gsl_stats_sd(x, 1, n) : NAN;
}

static pp_status check_finite(const double *x, size_t n, pp_error *error)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return pp_error_set(error, PP_EINVAL, "observation %zu is %g, not a finite number", i,
                                x[i]);
    return PP_OK;
}

static double *sorted_copy(const double *x, size_t n, pp_error *error)
{
    double *copy = malloc((n ? n : 1) * sizeof *copy);
    if (!copy) {
        pp_error_set(error, PP_ENOMEM, "no memory for %zu observations", n);
        return NULL;
    }
    if (n)
        memcpy(copy, x, n * sizeof *copy);
    gsl_sort(copy, 1, n);
    return copy;
}

/// Student's t of a mean, its two-sided p against 0, and the 95% interval. All three come from one
/// standard error, so interval and p cannot contradict each other.
typedef struct student {
    pp_interval interval;
    double t, p;
} student;

static student student_of(const double *x, size_t n)
{
    double mean = pp_mean(x, n), standard_error = pp_sample_sd(x, n) / sqrt((double)n);
    if (!(standard_error > 0)) // 0 if all are equal, NaN of a single one
        return (student){.interval = {NAN, NAN}, .t = NAN, .p = NAN};
    const double freedom = (double)(n - 1), t = mean / standard_error;
    double half = gsl_cdf_tdist_Qinv((1 - confidence) / SIDES, freedom) * standard_error;
    return (student){.interval = {mean - half, mean + half},
                     .t = t,
                     .p = SIDES * gsl_cdf_tdist_Q(fabs(t), freedom)};
}

pp_status pp_mean_interval(const double *x, size_t n, pp_interval *interval, pp_error *error)
{
    *interval = (pp_interval){NAN, NAN};
    PP_TRY(check_finite(x, n, error));
    *interval = student_of(x, n).interval;
    return PP_OK;
}

pp_interval pp_share_interval(double share, size_t n)
{
    const double z = gsl_cdf_ugaussian_Qinv((1 - confidence) / SIDES), trials = (double)n;
    const double shrink = 1 / (1 + z * z / trials);
    double centre = shrink * (share + z * z / (2 * trials));
    double half = shrink * z * sqrt(share * (1 - share) / trials + pow(z / (2 * trials), 2));
    // With a share of 0 or 1 one end is the share itself, which rounding must not move.
    return (pp_interval){share > 0 ? centre - half : 0, share < 1 ? centre + half : 1};
}

pp_status pp_interquartile_mean(const double *x, size_t n, double *mean, pp_error *error)
{
    *mean = NAN;
    if (check_finite(x, n, error) != PP_OK)
        return PP_EINVAL;
    double *sorted = sorted_copy(x, n, error);
    if (!sorted)
        return PP_ENOMEM;
    *mean = pp_mean(sorted + n / 4, n - 2 * (n / 4));
    free(sorted);
    return PP_OK;
}

/// Pairs won by `other`, ties half. Both sorted; for each of `other`, `below` and `up_to` are how
/// many of `base` are less and not greater, and neither ever falls as we walk up.
static double pairs_won(const double *base, size_t n_base, const double *other, size_t n_other)
{
    double won = 0;
    size_t below = 0, up_to = 0;
    for (size_t i = 0; i < n_other; i++) {
        while (below < n_base && base[below] < other[i])
            below++;
        while (up_to < n_base && base[up_to] <= other[i])
            up_to++;
        won += 0.5 * ((double)below + (double)up_to);
    }
    return won;
}

pp_status pp_probability_of_improvement(const double *base, size_t n_base, const double *other,
                                        size_t n_other, double *probability, pp_error *error)
{
    *probability = NAN;
    if (check_finite(base, n_base, error) != PP_OK || check_finite(other, n_other, error) != PP_OK)
        return PP_EINVAL;
    if (!n_base || !n_other)
        return PP_OK;
    double *b = sorted_copy(base, n_base, error);
    double *o = sorted_copy(other, n_other, error);
    if (b && o)
        *probability = pairs_won(b, n_base, o, n_other) / (double)n_base / (double)n_other;
    pp_status status = b && o ? PP_OK : PP_ENOMEM;
    free(b);
    free(o);
    return status;
}

static double share_greater(const double *base, const double *other, size_t n)
{
    double greater = 0;
    for (size_t i = 0; i < n; i++)
        greater += other[i] > base[i] ? 1 : other[i] == base[i] ? 0.5 : 0;
    return greater / (double)n;
}

static void paired_effect(const double *base, const double *other, const double *difference,
                          pp_comparison *c)
{
    double sd_base = pp_sample_sd(base, c->n), sd_other = pp_sample_sd(other, c->n);
    double sd = pp_sample_sd(difference, c->n);
    student test = student_of(difference, c->n);
    c->base = pp_mean(base, c->n);
    c->other = pp_mean(other, c->n);
    c->difference = pp_mean(difference, c->n);
    c->interval = test.interval;
    c->t = test.t;
    c->p = test.p;
    c->uplift = c->base != 0 ? c->difference / fabs(c->base) : NAN;
    double pooled = sqrt((sd_base * sd_base + sd_other * sd_other) / 2);
    c->d = pooled > 0 ? c->difference / pooled : NAN;
    c->d_z = sd > 0 ? c->difference / sd : NAN;
    c->paired_improvement = share_greater(base, other, c->n);
    c->paired_interval = pp_share_interval(c->paired_improvement, c->n);
}

pp_status pp_compare(const double *base, const double *other, size_t n, pp_comparison *comparison,
                     pp_error *error)
{
    *comparison = (pp_comparison){.n = n};
    if (n < 2)
        return pp_error_set(error, PP_EINVAL, "a comparison needs at least 2 trials, not %zu", n);
    PP_TRY(check_finite(base, n, error));
    PP_TRY(check_finite(other, n, error));
    double *difference = n <= SIZE_MAX / sizeof *difference ? malloc(n * sizeof *difference) : NULL;
    if (!difference)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu differences", n);
    for (size_t i = 0; i < n; i++)
        difference[i] = other[i] - base[i];
    // Two finite numbers may be too far apart for a finite difference.
    pp_status status = check_finite(difference, n, error);
    if (status == PP_OK) {
        paired_effect(base, other, difference, comparison);
        status = pp_interquartile_mean(base, n, &comparison->base_iqm, error);
    }
    if (status == PP_OK)
        status = pp_interquartile_mean(other, n, &comparison->other_iqm, error);
    if (status == PP_OK)
        status = pp_probability_of_improvement(base, n, other, n, &comparison->improvement, error);
    free(difference);
    return status;
}
