"""Sections on agents that plan. Each returns its lines, adds its figures, and adds to the table of targets."""

import figures
import measures
import plan
from words import (beats, compared, count, difference, gbp, interval, p_words, percent, plain, reached, sign,
                   table)

SOURCES = [
    ("its own conversion model for the pipeline's: `klq`", "klq resolve pipeline", "klq resolve"),
    ("its own conversion model for the pipeline's: `bellman`", "bellman resolve pipeline", "bellman resolve"),
    ("value `resolve` for `linear`: `klq`", "klq linear", "klq resolve"),
    ("value `resolve` for `linear`: `bellman`", "bellman linear", "bellman resolve"),
    ("a policy around the null bid for the best bid", "bellman resolve", "klq resolve"),
    ("sight of the customer's latents", "bellman resolve", "oracle customer"),
    ("sight of the rivals' offers", "bellman resolve", "oracle rivals"),
    ("sight of both", "bellman resolve", "oracle both"),
]

LADDER = ["null", "baseline", "klq resolve", "klq resolve pipeline", "klq linear", "klq linear pipeline",
          "bellman resolve", "bellman resolve pipeline", "bellman linear", "bellman linear pipeline",
          "bellman published", "oracle customer", "oracle rivals", "oracle both"]

STEPS = [
    ("the published protocol: the baseline explores as its rivals do, the learner does not", "baseline exploring",
     "bellman published"),
    ("the baseline ceases to explore", "baseline exploring", "baseline"),
    ("equal exploration", "baseline", "bellman published"),
    ("equal exploration, the baseline at its own best", plan.TUNED, "bellman published"),
    ("value `resolve` for the network", "bellman published", "bellman resolve pipeline"),
    ("its own conversion model as well", "bellman published", "bellman resolve"),
]


def compared_steps(evidence, steps):
    """(what, comparison) of each of (what, base, other)."""
    return [(what, evidence.reward(base, other)) for what, base, other in steps]


def baseline(evidence):
    choice, settings = evidence.choice, evidence.settings
    cells = [[f"{h:g}"] + [gbp(choice.cells[b, h]) for b in settings.b] for h in settings.h]
    steps = compared_steps(evidence, [("from b = 0.02, h = 1, as published", "baseline", plan.TUNED),
                                      ("from `null`, which ignores the target but is scored on it", "null",
                                       plan.TUNED)])
    edge = "on the grid's edge, so a better one may lie beyond" if choice.on_edge else "inside the grid"
    values = ", ".join(f"`{value}` {gbp(choice.rewards[f'tune bellman {value}'])}" for value in plan.VALUES)
    return [
        "## The baseline at its own best",
        "",
        f"Mean reward by b and h at seed {plan.TUNING_SEED}, {settings.tuning_trials} trials:",
        "",
        table(["h \\ b"] + [f"{b:g}" for b in settings.b], cells),
        "",
        f"The best is b = {choice.best[0]:g}, h = {choice.best[1]:g}, {edge}. It is \"{plan.TUNED}\" below. Its gain "
        f"at seed {plan.REPORT_SEED}:",
        "",
        compared(steps, "gain"),
        "",
        f"The best `bellman` was chosen at seed {plan.TUNING_SEED} too, by its value function: {values}. So "
        f"`{choice.value}` it is.",
    ]


def gap_target(evidence, name, label):
    """The share of the gap from the tuned baseline to the oracle that an agent closes."""
    gap = evidence.reward(plan.TUNED, "oracle both")
    title = f"`{label}`: {plan.TARGET_GAP:.0%} of the gap from `baseline` to `oracle`"
    if gap["difference_95"][0] <= 0:
        evidence.target(title, f"the gap, {gbp(gap['difference'])} GBP, is {sign(*gap['difference_95'])}", "not met")
        return
    base = evidence.means(plan.TUNED)
    share, low, high = measures.ratio(evidence.means(name) - base, evidence.means("oracle both") - base)
    evidence.target(title, f"{percent(share)} {interval(low, high, percent)} of {gbp(gap['difference'])} GBP",
                    reached(share, low, plan.TARGET_GAP))


def planning_targets(evidence, name, c):
    label = name.split()[0]
    evidence.target(f"`{label}` beats `baseline` at its own best: interval above zero, p < {plan.TARGET_P:g}",
                    f"{gbp(c['difference'], True)} GBP {interval(*c['difference_95'])}, {p_words(c['p'])}",
                    beats(c, plan.TARGET_P))
    base = evidence.means(plan.TUNED)
    uplift, low, high = measures.ratio(evidence.means(name) - base, base)
    evidence.target(f"`{label}`: uplift of {plan.TARGET_UPLIFT:.0%}",
                    f"{percent(uplift, True)} {interval(low, high, percent)}",
                    reached(uplift, low, plan.TARGET_UPLIFT))
    gap_target(evidence, name, label)


def parts(evidence, names):
    """Reward taken apart, against the tuned baseline."""
    keys = ("reward", "booked_profit", "portfolio_loss", "true_profit")
    rows = [[name] + evidence.cells(plan.TUNED, name, keys) for name in names]
    return table(["run", "reward", "booked profit", "portfolio loss", "true profit"], rows)


def planning(evidence):
    names = [plan.KLQ, evidence.choice.bellman]
    rows = [(f"`{name.split()[0]}`", evidence.reward(plan.TUNED, name)) for name in names]
    lines = ["## Planning agents against the baseline", ""]
    for name, (label, c) in zip(names, rows):
        planning_targets(evidence, name, c)
        true = evidence.compare(plan.TUNED, name)["metrics"]["true_profit"]
        lines += [f"{label} differs in reward from the tuned baseline by {difference(c)}. In true profit it differs by "
                  f"{difference(true)}.", ""]
    return lines + [
        compared(rows, "agent"),
        "",
        "Taken apart, less the tuned baseline's; a greater loss is a worse one:",
        "",
        parts(evidence, names),
    ]


def sources(evidence):
    ladder = [(name, evidence.reward(plan.TUNED, name)) for name in LADDER]
    return [
        "## Where the uplift comes from",
        "",
        "An agent plans with a model of sales and a value of portfolios. One thing is changed at a time. The last "
        "three rows are of `oracle`, which sees what no firm can:",
        "",
        compared(compared_steps(evidence, SOURCES), "change"),
        "",
        "Every run against the tuned baseline. \"Pipeline\" plans with the conversion model that all firms price with, "
        "the others with their own:",
    ] + evidence.figure("gains.svg", "Reward of every arm less the tuned baseline's, with intervals", figures.gains,
                        ladder) + ["", compared(ladder, "agent")]


def chance_words(evidence, base, other):
    """What single sets of trials as large as the published one would have shown."""
    size = min(plan.PUBLISHED["trials"], evidence.settings.trials)
    uplift, d = measures.in_sets(evidence.means(base), evidence.means(other), size)
    return (f"In {count(len(uplift), 'set')} of {size} trials, one after another, the uplift lies between "
            f"{percent(uplift.min(), True)} and {percent(uplift.max(), True)}, and d between {plain(d.min())} and "
            f"{plain(d.max())}.")


def spread_words(evidence, base, other):
    money = plan.PUBLISHED["bellman"] - plan.PUBLISHED["baseline"]
    by_trial = measures.pooled_sd(evidence.means(base), evidence.means(other))
    by_epoch = measures.pooled_sd(*(measures.epochs(evidence.path(name)).ravel() for name in (base, other)))
    return (f"The published figures imply a pooled standard deviation of {gbp(money)}/{plan.PUBLISHED['d']} = "
            f"{gbp(money / plan.PUBLISHED['d'])} GBP; here it is {gbp(by_trial)} GBP over trials and {gbp(by_epoch)} "
            "GBP over single epochs. d is the difference over it.")


def exploration_words(c, cost, equal):
    """How much of the difference on the published protocol is the baseline's exploration."""
    text = f"That the baseline ceases to explore changes its reward by {difference(cost)}."
    if c["difference_95"][0] > 0 and cost["difference_95"][0] > 0:
        text += f" That is {percent(cost['difference'] / c['difference'])} of the difference on the published protocol."
    return text + f" Where neither explores, `bellman` differs from the baseline by {difference(equal)}."


def unmeasured_words(evidence):
    path = evidence.path("bellman published")
    layers, width, step = (measures.parameter(path, name) for name in ("layers", "width", "learning_rate"))
    return (f"Not measured: the network has {layers:.0f} layers of {width:.0f} units and Adam's step is {step:g}, "
            "where the published ones are 4 of 1,024, which would take an estimated 1,000 s a trial, and 1e-5; and "
            "every firm prices with the models of [model.md](model.md#pricing) in place of a random forest, a 3 × 512 "
            "network and a Gaussian process, so the market, and with it the level of all rewards, is another.")


def published(evidence):
    steps = compared_steps(evidence, STEPS)
    c, cost, equal = (comparison for _, comparison in steps[:3])
    told = plan.PUBLISHED
    evidence.target("`bellman` as published, on the published protocol, beside the published "
                    f"{percent(told['uplift'], True)} and d = {told['d']}",
                    f"{percent(c['uplift'], True)} and d = {plain(c['d'])}; {gbp(c['difference'], True)} GBP "
                    f"{interval(*c['difference_95'])}", "reported: " + sign(*c["difference_95"]))
    return [
        "## `bellman` as published",
        "",
        f"Published (arXiv 2408.00713): reward {told['bellman']:,.0f} against {told['baseline']:,.0f}, "
        f"{percent(told['uplift'], True)}, d = {told['d']}, {told['trials']} trials. Here, on the same protocol (the five "
        "rivals and the baseline explore while testing, the learner does not; `value: network`, `conversion: pipeline`; b = 0.02, "
        f"h = 1): {gbp(c['other'])} against {gbp(c['base'])}, {percent(c['uplift'], True)}, d = {plain(c['d'])}, "
        f"{count(c['n'], 'trial')}; {difference(c)}.",
        "",
        compared(steps, "step"),
        "",
        "What explains a difference from the published figures, as far as it was measured:",
        "",
        f"- *Exploration.* {exploration_words(c, cost, equal)}",
        f"- *Chance.* {chance_words(evidence, 'baseline exploring', 'bellman published')}",
        f"- *Spread.* {spread_words(evidence, 'baseline exploring', 'bellman published')}",
        "",
        unmeasured_words(evidence),
    ]
