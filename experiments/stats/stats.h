/// @file
/// What results are compared with. The unit of every statistic is the trial: its mean over the test
/// epochs is one observation, because epochs within a trial share a market and are not independent.
/// Everything here is a function of its arguments; the bootstrap draws from the given seed.
#ifndef PURSUIT_EXPERIMENTS_STATS_STATS_H
#define PURSUIT_EXPERIMENTS_STATS_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "market/base/error.h"

enum {
    PP_RESAMPLES = 10000, ///< of a bootstrap interval
    PP_BOOTSTRAP_MOST =
        4000, ///< observations above which the normal interval replaces the bootstrap
};

typedef struct pp_interval {
    double low, high;
} pp_interval;

/// Mean; NaN if n is 0.
PP_API double pp_mean(const double *x, size_t n);
/// Sample standard deviation (n - 1); NaN if n is below 2.
PP_API double pp_sample_sd(const double *x, size_t n);

/// 95% percentile bootstrap interval of the mean (Efron 1979): PP_RESAMPLES resamples of the n
/// observations. The same seed and n give the same resamples, whatever the observations. Above
/// PP_BOOTSTRAP_MOST observations the normal interval, to which it has converged by then.
/// @param interval both ends NaN if n is below 2
/// @return PP_OK, PP_EINVAL if a value is not finite, PP_ENOMEM
PP_API pp_status pp_bootstrap_mean(const double *x, size_t n, uint64_t seed, pp_interval *interval,
                                   pp_error *error);

/// Mean without the floor(n/4) least and the floor(n/4) greatest observations (Agarwal et al. 2021,
/// arXiv 2108.13264; scipy.stats.trim_mean(x, 0.25)); NaN if n is 0.
/// @return PP_OK, PP_EINVAL if a value is not finite (mean NaN), PP_ENOMEM
PP_API pp_status pp_interquartile_mean(const double *x, size_t n, double *mean, pp_error *error);

/// Probability of improvement (Agarwal et al. 2021): the share of all pairs of an observation of
/// `other` and one of `base` in which the other is greater, ties counted half; the Mann-Whitney U
/// over n*m. NaN if either is empty.
/// @return PP_OK, PP_EINVAL if a value is not finite (probability NaN), PP_ENOMEM
PP_API pp_status pp_probability_of_improvement(const double *base, size_t n_base,
                                               const double *other, size_t n_other,
                                               double *probability, pp_error *error);

/// Two sets of observations of the same n trials.
typedef struct pp_comparison {
    size_t n;
    double base, other;   ///< means
    double difference;    ///< mean of other - base, trial by trial
    pp_interval interval; ///< its 95% bootstrap interval
    double uplift;        ///< difference/|base|; NaN if base is 0
    double d;    ///< Cohen's d as for independent groups: difference/sqrt((sd_b^2 + sd_o^2)/2)
    double d_z;  ///< Cohen's d of the paired differences: difference/sd(difference)
    double t, p; ///< paired t-test, two-sided; NaN if all differences are the same
    double base_iqm, other_iqm; ///< interquartile means
    double improvement;         ///< probability of improvement
} pp_comparison;

/// @param base, other [n], n at least 2, trial by trial
/// @return PP_OK, PP_EINVAL if n is below 2 or a value is not finite, PP_ENOMEM
PP_API pp_status pp_compare(const double *base, const double *other, size_t n, uint64_t seed,
                            pp_comparison *comparison, pp_error *error);

#endif
