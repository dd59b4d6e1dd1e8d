/// @file
/// What results are compared with. The unit of every statistic is the trial: its mean over the test
/// epochs is one observation, because epochs within a trial share a market and are not independent.
/// Everything here is a function of its arguments alone; nothing is drawn at random.
#ifndef PURSUIT_EXPERIMENTS_STATS_STATS_H
#define PURSUIT_EXPERIMENTS_STATS_STATS_H

#include <stddef.h>

#include "market/base/error.h"

typedef struct pp_interval {
    double low, high;
} pp_interval;

/// Mean; NaN if n is 0.
PP_API double pp_mean(const double *x, size_t n);
/// Sample standard deviation (n - 1); NaN if n is below 2.
PP_API double pp_sample_sd(const double *x, size_t n);

/// 95% interval of the mean by Student's t (Student 1908): mean -+ t sd/sqrt(n), where t is
/// the 97.5% quantile with n - 1 degrees of freedom. docs/model.md has its measured coverage.
/// @param interval both ends NaN if n is below 2, or if all observations are equal: their spread is
/// then unknown, not 0
/// @return PP_OK, PP_EINVAL if a value is not finite
PP_API pp_status pp_mean_interval(const double *x, size_t n, pp_interval *interval,
                                  pp_error *error);

/// 95% score interval of a probability (Wilson 1927), from the share of n trials that had the
/// event. A trial that counts half varies less than one that counts 0 or 1, so the interval is then
/// wider than it need be.
/// @param share in [0, 1]; @param n at least 1
PP_API pp_interval pp_share_interval(double share, size_t n);

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
    pp_interval interval; ///< its 95% interval, of pp_mean_interval
    double uplift;        ///< difference/|base|; NaN if base is 0
    double d;    ///< Cohen's d as for independent groups: difference/sqrt((sd_b^2 + sd_o^2)/2)
    double d_z;  ///< Cohen's d of the paired differences: difference/sd(difference)
    double t, p; ///< paired t-test, two-sided; NaN where `interval` is. The interval leaves 0 out
                 ///< exactly where p is below 0.05
    double base_iqm, other_iqm;  ///< interquartile means
    double improvement;          ///< probability of improvement, over all pairs
    double paired_improvement;   ///< share of trials in which other is greater, ties counted half
    pp_interval paired_interval; ///< its 95% interval, of pp_share_interval
} pp_comparison;

/// @param base, other [n], n at least 2, trial by trial
/// @return PP_OK, PP_EINVAL if n is below 2 or a value is not finite, PP_ENOMEM
PP_API pp_status pp_compare(const double *base, const double *other, size_t n,
                            pp_comparison *comparison, pp_error *error);

#endif
