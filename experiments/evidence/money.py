"""The section on true money: what agents earn against the true expected cost, corrected for selling or not."""

import figures
import measures
import plan
from words import beats, difference, gbp, interval, p_words, percent, sign, table

KEYS = ("true_reward", "true_profit", "reward", "portfolio_loss")

LADDER = ["null", "klq booked", "bellman resolve", "null given_sale", plan.CORRECTED, "baseline own given_sale",
          "bellman given_sale", "klq given_sale"]

PAIRS = [
    (plan.CORRECTED, "klq given_sale"),
    ("baseline own given_sale", "klq given_sale"),
    (plan.CORRECTED, "bellman given_sale"),
    ("klq booked", "klq given_sale"),
    ("null", "null given_sale"),
]

# Who corrects, and the run of `null` that shows it.
CORRECTORS = [
    ("nobody", "null"),
    ("the first firm", "null given_sale"),
    ("all, in test epochs", "null, all given_sale"),
    ("all, from burn-in on: the new equilibrium", "null, all given_sale from burn-in"),
]

TARGET_TUNED, TARGET_PROFIT, TARGET_NULL = 250.0, -30.0, 0.07


def noisy_pairs():
    return [(f"baseline {kind}, {noise}", f"klq {kind}, {noise}")
            for noise in plan.NOISES for kind in ("booked", "given_sale")]


def rows(evidence, pairs):
    """A row of differences for each (base, other)."""
    return [[other, base] + evidence.cells(base, other, KEYS) for base, other in pairs]


def targets(evidence):
    def compared(base, other, key):
        return evidence.compare(base, other)["metrics"][key]

    c = compared(plan.TRUE, "klq given_sale", "true_reward")
    evidence.target(f"true reward: `klq given_sale` over {plan.TRUE}: interval above +{TARGET_TUNED:.0f} GBP",
                    f"{gbp(c['difference'], True)} GBP {interval(*c['difference_95'])}",
                    "met" if c["difference_95"][0] > TARGET_TUNED else "not met")
    c = compared(plan.CORRECTED, "klq given_sale", "true_reward")
    evidence.target(f"true reward: `klq given_sale` beats {plan.CORRECTED}: interval above zero, "
                    f"p < {plan.TARGET_P:g}",
                    f"{gbp(c['difference'], True)} GBP {interval(*c['difference_95'])}, {p_words(c['p'])}",
                    beats(c, plan.TARGET_P))
    for base in (plan.TRUE, plan.CORRECTED):
        c = compared(base, "klq given_sale", "true_profit")
        evidence.target(f"true profit: `klq given_sale` less {base}: interval above {TARGET_PROFIT:.0f} GBP",
                        f"{gbp(c['difference'], True)} GBP {interval(*c['difference_95'])}",
                        "met" if c["difference_95"][0] > TARGET_PROFIT else "not met")
    base = measures.trial_means(evidence.path("null"), "true_profit")
    gain = measures.trial_means(evidence.path("null given_sale"), "true_profit") - base
    share, low, high = measures.ratio(gain, base)
    evidence.target(f"true profit of a `null` firm that corrects: +{TARGET_NULL:.0%} or more",
                    f"{percent(share, True)} {interval(low, high, percent)}",
                    "met" if share >= TARGET_NULL else "not met")
    for noise in plan.NOISES:
        c = compared(f"baseline given_sale, {noise}", f"klq given_sale, {noise}", "true_reward")
        evidence.target(f"true reward, estimates off by {noise}: corrected `klq` no worse than corrected baseline",
                        f"{gbp(c['difference'], True)} GBP {interval(*c['difference_95'])}",
                        "met" if c["difference_95"][1] >= 0 else "not met")


def market_rows(evidence):
    """What the market earns by who corrects."""
    made = []
    for words, name in CORRECTORS:
        path = evidence.path(name)
        sums = {key: measures.market_means(path, key) for key in ("true_profit", "pure_premium", "gwp", "policies")}
        first = measures.trial_means(path, "true_profit")
        made.append([words, gbp(first.mean()), gbp(sums["true_profit"].mean()),
                     percent(sums["pure_premium"].sum() / sums["gwp"].sum()), gbp(sums["policies"].mean())])
    return made


def ladder_words(evidence):
    """One line on what the uncorrected and the corrected learner gain."""
    plain, corrected = (evidence.compare(plan.TRUE, name)["metrics"] for name in ("klq booked", "klq given_sale"))
    return (f"Uncorrected, `klq` differs from the baseline in booked reward by {difference(plain['reward'])}, in true "
            f"reward by {difference(plain['true_reward'])}. Corrected, it differs in true reward by "
            f"{difference(corrected['true_reward'])}, and in booked reward by {difference(corrected['reward'])}.")


def money(evidence):
    choice = evidence.choice
    targets(evidence)
    header = ["run", "less", "true reward", "true profit", "booked reward", "portfolio loss"]
    ladder = [(name, evidence.compare(plan.TRUE, name)["metrics"]) for name in LADDER]
    noisy = {noise: evidence.compare(f"baseline given_sale, {noise}", f"klq given_sale, {noise}")["metrics"]["true_reward"]
             for noise in plan.NOISES}
    lines = [
        "## True money",
        "",
        "A firm that prices on its own estimate sells where it has underestimated, and reward as published counts what "
        "its books say. Here every arm is judged by true reward: profit against the true expected cost, less portfolio "
        "loss. `given_sale` is `cost: given_sale`, with the variance of estimates found from offers; the first firm "
        "alone corrects. Free parameters were chosen on true reward at seed "
        f"{plan.TUNING_SEED}: for the baseline b = {choice.true_best[0]:g}, h = {choice.true_best[1]:g} as published and "
        f"b = {choice.corrected_best[0]:g}, h = {choice.corrected_best[1]:g} with `given_sale`, for `klq` "
        f"τ = {choice.temperature:g} GBP and τ = {choice.corrected_temperature:g} GBP.",
        "",
        ladder_words(evidence),
    ]
    lines += evidence.figure("true_money.svg", "True and booked reward of every arm less the tuned baseline's, with "
                             "intervals", figures.true_money, ladder)
    lines += [
        "",
        table(header, rows(evidence, [(plan.TRUE, other) for other in LADDER])),
        "",
        "Like against like:",
        "",
        table(header, rows(evidence, PAIRS)),
        "",
        "### Estimates that are off by more than 3%",
        "",
        table(header, rows(evidence, noisy_pairs())),
        "",
    ]
    lines += [f"With estimates off by {noise} the corrected `klq` differs from the corrected baseline in true reward by "
              f"{gbp(c['difference'], True)} GBP {interval(*c['difference_95'])}, which is {sign(*c['difference_95'])}."
              for noise, c in noisy.items()]
    everybody = [("baseline, all given_sale", "klq, all given_sale"),
                 ("baseline, all given_sale from burn-in", "klq, all given_sale from burn-in")]
    return lines + [
        "",
        "### One corrects, all correct",
        "",
        "Six `null` firms, the first scored on a portfolio that it ignores. GBP an epoch; true loss ratio and policies "
        "are of all six. Targets of the last row are its own, since burn-in is another:",
        "",
        table(["who corrects", "true profit of the first", "true profit of all", "true loss ratio", "policies"],
              market_rows(evidence)),
        "",
        "`klq` against the baseline where all firms correct:",
        "",
        table(header, rows(evidence, everybody)),
    ]
