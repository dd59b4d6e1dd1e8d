// Bootstrap intervals and paired comparisons.
#include "experiments/stats/stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/random.h"

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

static void normal_interval(const double *x, size_t n, pp_interval *interval)
{
    double mean = pp_mean(x, n);
    double half =
        gsl_cdf_ugaussian_Qinv((1 - confidence) / SIDES) * pp_sample_sd(x, n) / sqrt((double)n);
    *interval = (pp_interval){mean - half, mean + half};
}

static void resample_means(const double *x, size_t n, uint64_t seed, double *means)
{
    pp_gsl_random random;
    const pp_stream stream = {.seed = seed};
    pp_gsl_random_init(&random, &stream, PP_DRAW_REPORT, 0);
    for (size_t r = 0; r < PP_RESAMPLES; r++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += x[gsl_rng_uniform_int(&random.rng, n)];
        means[r] = sum / (double)n;
    }
}

pp_status pp_bootstrap_mean(const double *x, size_t n, uint64_t seed, pp_interval *interval,
                            pp_error *error)
{
    *interval = (pp_interval){NAN, NAN};
    pp_status status = check_finite(x, n, error);
    if (status != PP_OK || n < 2)
        return status;
    if (n > PP_BOOTSTRAP_MOST) {
        normal_interval(x, n, interval);
        return PP_OK;
    }
    double *means = malloc(PP_RESAMPLES * sizeof *means);
    if (!means)
        return pp_error_set(error, PP_ENOMEM, "no memory for %d resamples", PP_RESAMPLES);
    resample_means(x, n, seed, means);
    gsl_sort(means, 1, PP_RESAMPLES);
    const double tail = (1 - confidence) / SIDES;
    interval->low = gsl_stats_quantile_from_sorted_data(means, 1, PP_RESAMPLES, tail);
    interval->high = gsl_stats_quantile_from_sorted_data(means, 1, PP_RESAMPLES, 1 - tail);
    free(means);
    return PP_OK;
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

static void paired_effect(const double *base, const double *other, const double *difference,
                          pp_comparison *c)
{
    double sd_base = pp_sample_sd(base, c->n), sd_other = pp_sample_sd(other, c->n);
    double sd = pp_sample_sd(difference, c->n);
    c->base = pp_mean(base, c->n);
    c->other = pp_mean(other, c->n);
    c->difference = pp_mean(difference, c->n);
    c->uplift = c->base != 0 ? c->difference / fabs(c->base) : NAN;
    double pooled = sqrt((sd_base * sd_base + sd_other * sd_other) / 2);
    c->d = pooled > 0 ? c->difference / pooled : NAN;
    c->d_z = c->t = c->p = NAN;
    if (sd > 0) {
        c->d_z = c->difference / sd;
        c->t = c->d_z * sqrt((double)c->n);
        c->p = SIDES * gsl_cdf_tdist_Q(fabs(c->t), (double)(c->n - 1));
    }
}

pp_status pp_compare(const double *base, const double *other, size_t n, uint64_t seed,
                     pp_comparison *comparison, pp_error *error)
{
    *comparison = (pp_comparison){.n = n};
    if (n < 2)
        return pp_error_set(error, PP_EINVAL, "a comparison needs at least 2 trials, not %zu", n);
    if (check_finite(base, n, error) != PP_OK || check_finite(other, n, error) != PP_OK)
        return PP_EINVAL;
    double *difference = n <= SIZE_MAX / sizeof *difference ? malloc(n * sizeof *difference) : NULL;
    if (!difference)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu differences", n);
    for (size_t i = 0; i < n; i++)
        difference[i] = other[i] - base[i];
    paired_effect(base, other, difference, comparison);
    pp_status status = pp_bootstrap_mean(difference, n, seed, &comparison->interval, error);
    if (status == PP_OK)
        status = pp_interquartile_mean(base, n, &comparison->base_iqm, error);
    if (status == PP_OK)
        status = pp_interquartile_mean(other, n, &comparison->other_iqm, error);
    if (status == PP_OK)
        status = pp_probability_of_improvement(base, n, other, n, &comparison->improvement, error);
    free(difference);
    return status;
}
