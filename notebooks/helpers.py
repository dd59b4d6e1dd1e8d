"""What the notebooks share: one look, intervals over trials, and titles whose words follow from the numbers."""

import textwrap

import numpy as np
from matplotlib import pyplot as plt
from scipy import stats

LEVEL = 0.95
# Told apart by the colour-blind as well, and in grey print.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072b2", "#d55e00", "#009e73", "#9c4f86", "#6b6b6b"

plt.rcParams.update({
    "figure.figsize": (8.0, 4.4),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#d9d9d9",
    "lines.linewidth": 2,
    "legend.frameon": False,
})


def interval(trials, axis=0):
    """Mean over trials with the ends of its interval (Student's t at LEVEL). NaNs are left out."""
    trials = np.asarray(trials, dtype=float)
    n = np.sum(np.isfinite(trials), axis=axis)
    if np.any(n < 2):
        raise ValueError("an interval needs two trials at least")
    mean = np.nanmean(trials, axis=axis)
    error = np.nanstd(trials, axis=axis, ddof=1) / np.sqrt(n)
    half = stats.t.ppf((1 + LEVEL) / 2, n - 1) * error
    return mean, mean - half, mean + half


def change(low, high, more="more", less="less", unclear="not shown to differ"):
    """The word for a difference: only an interval wholly on one side of zero says more or less."""
    return more if low > 0 else less if high < 0 else unclear


def finding(where, text, width=74):
    """A title: the finding, in lines that fit. `where` is an axes, or a figure of several."""
    lines = textwrap.fill(text, width)
    if hasattr(where, "suptitle"):
        where.suptitle(lines, x=0.01, ha="left", fontsize=12, fontweight="bold")
    else:
        where.set_title(lines)


def with_band(axes, x, trials, **style):
    """A line of means over trials, the first axis, in the band of their intervals."""
    mean, low, high = interval(trials)
    line, = axes.plot(x, mean, **style)
    axes.fill_between(x, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    return mean


def with_bars(axes, x, trials, **style):
    """Means over trials, the first axis, as points with bars for their intervals."""
    mean, low, high = interval(trials)
    axes.errorbar(x, mean, yerr=[mean - low, high - mean], capsize=4, **{"fmt": "o", **style})
    return mean
