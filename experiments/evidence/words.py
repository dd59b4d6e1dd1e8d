"""Numbers as text, tables, and the words that numbers allow."""

import math


class Unfit(Exception):
    """A number that must not be printed."""


UNDEFINED = "undefined"


def finite(x):
    if x is None or not math.isfinite(x):
        raise Unfit(f"a figure is {x}")
    return x


def gbp(x, signed=False):
    return f"{round(finite(x), 1) + 0.0:{'+' if signed else ''},.1f}"


def percent(x, signed=False):
    return f"{round(finite(100 * x), 2) + 0.0:{'+' if signed else ''}.2f}%"


def count(n, noun):
    return f"{n} {noun}{'' if n == 1 else 's'}"


def interval(low, high, form=gbp):
    return f"[{form(low)}, {form(high)}]"


def plain(x, digits=2):
    return f"{round(finite(x), digits) + 0.0:.{digits}f}"  # + 0.0: no "-0.00"


def small(x):
    """A number of any size."""
    return f"{finite(x):.3g}"


def probability(p):
    """Undefined, as d_z is, if two runs differ by the same in every trial, such as by nothing."""
    if p is None:
        return UNDEFINED
    if finite(p) >= 1e-4:
        return f"{p:.4f}"
    return f"{p:.0e}" if p > 1e-300 else "<1e-300"


def table(header, rows):
    """A Markdown table; every cell is text."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for row in rows:
        if len(row) != len(header) or not all(isinstance(cell, str) and cell for cell in row):
            raise Unfit(f"a row of {len(header)} cells: {row}")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines)


def sign(low, high):
    """What an interval says of its quantity."""
    if low > 0:
        return "above zero"
    return "below zero" if high < 0 else "not shown to differ from zero"


def reached(mean, low, target):
    """Whether a quantity is at least its target."""
    if low >= target:
        return "met"
    return "on average, interval reaches below" if mean >= target else "not met"


def beats(comparison, most_p):
    """Whether `other` beats `base`: the whole interval above zero and a p below the greatest allowed."""
    above = comparison["difference_95"][0] > 0
    return "met" if above and comparison["p"] is not None and comparison["p"] < most_p else "not met"


def no_worse(comparisons):
    """Whether no difference is shown to be below zero."""
    return "met" if all(c["difference_95"][1] >= 0 for c in comparisons) else "not met"


def p_words(p):
    text = probability(p)
    return f"p {'= ' if text[0].isdigit() else ''}{text}"


def difference(comparison):
    """A comparison in a clause: "+160.2 GBP an epoch [100.1, 220.5], p = 1e-06: above zero"."""
    low, high = comparison["difference_95"]
    return (f"{gbp(comparison['difference'], True)} GBP an epoch {interval(low, high)}, "
            f"{p_words(comparison['p'])}: {sign(low, high)}")


def compared(rows, first="other"):
    """A table of comparisons of reward. @param rows: of (what, comparison)"""
    header = [first, "base run", "other run", "base", "other", "difference", "95% interval", "uplift", "d", "d_z", "p",
              "P"]
    return table(header, [
        [what, c["base_arm"], c["other_arm"], gbp(c["base"]), gbp(c["other"]), gbp(c["difference"], True),
         interval(*c["difference_95"]), percent(c["uplift"], True), plain(c["d"]),
         UNDEFINED if c["d_z"] is None else plain(c["d_z"]), probability(c["p"]),
         plain(c["probability_of_improvement"])]
        for what, c in rows])
