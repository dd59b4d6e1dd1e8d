"""Figures that `pursuit compare` does not give, from the results files."""

import re

import h5py
import numpy as np
from scipy import stats

TAIL = 5  # last updates that a learning curve's end is averaged over


def epochs(path, variable="reward"):
    """[trials, test epochs] of the first firm, GBP."""
    with h5py.File(path) as run:
        return run[variable][:, run["phase"][:] == 1, 0]


def trial_means(path, variable="reward"):
    return epochs(path, variable).mean(axis=1)


def market_means(path, variable):
    """[trials] sums over firms, means over the test epochs."""
    with h5py.File(path) as run:
        return run[variable][:, run["phase"][:] == 1].sum(axis=2).mean(axis=1)


def mean_kl(path):
    """Mean over trials of the KL from the reference policy, nats per test epoch; with half its 95% interval."""
    with h5py.File(path) as run:
        kl = run["learning/reference_kl"][:, run["phase"][:] == 1, 0].mean(axis=1)
    return kl.mean(), half_width(kl)


def half_width(x):
    """Half a 95% interval of the mean by Student's t, as `pursuit` computes it."""
    return stats.t.ppf(0.975, len(x) - 1) * x.std(axis=0, ddof=1) / np.sqrt(len(x))


def learning_curve(path):
    """Mean return of each update's rollouts over trials, GBP, and half an interval of its movement: trials differ in
    level, which is no part of learning and is taken out."""
    with h5py.File(path) as run:
        returns = run["learning/return"][:, 0, :]
    return returns.mean(axis=0), half_width(returns - returns.mean(axis=1, keepdims=True))


def learned(path):
    """First update's return and the mean of the last ones, GBP, over trials."""
    curve, _ = learning_curve(path)
    return curve[0], curve[-TAIL:].mean()


def parameter(path, name):
    """A number of the resolved scenario, by its key's first occurrence."""
    with h5py.File(path) as run:
        text = run["scenario"][()].decode()
    return float(re.search(rf"\b{name}: ([-+.\de]+)", text)[1])


def ratio(numerator, denominator):
    """Ratio of two means over the same trials, the second by its size, with its 95% interval: Student's t of what the
    ratio leaves unexplained in each trial (Cochran 1977, Sampling Techniques, chapter 6)."""
    size = denominator * np.sign(denominator.mean())
    share = numerator.mean() / size.mean()
    half = half_width(numerator - share * size) / size.mean()
    return share, share - half, share + half


def pooled_sd(base, other):
    return np.sqrt((base.std(ddof=1) ** 2 + other.std(ddof=1) ** 2) / 2)


def in_sets(base, other, size):
    """Uplift and Cohen's d of each whole set of `size` trials, one after another; at least one set of all."""
    size = min(size, len(base))
    starts = range(0, len(base) - size + 1, size)
    uplift, d = [], []
    for start in starts:
        b, o = base[start : start + size], other[start : start + size]
        uplift.append((o.mean() - b.mean()) / np.abs(b.mean()))
        d.append((o.mean() - b.mean()) / pooled_sd(b, o))
    return np.array(uplift), np.array(d)


def efficient(kl, gain):
    """Which points no other beats in gain at a lesser or equal KL."""
    return [not any(k <= kl[i] and g > gain[i] for k, g in zip(kl, gain)) for i in range(len(kl))]
