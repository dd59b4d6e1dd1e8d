"""The section on true money: what agents earn against the true expected cost, corrected for selling or not."""

import plan
from words import beats, gbp, interval, p_words, sign, table

KEYS = ("true_reward", "true_profit", "reward", "portfolio_loss")

AGAINST_TUNED = ["null", "klq resolve", "bellman resolve", "null given_sale", plan.CORRECTED, "baseline own given_sale",
                 "klq given_sale", "bellman given_sale"]

PAIRS = [
    (plan.CORRECTED, "klq given_sale"),
    ("baseline own given_sale", "klq given_sale"),
    (plan.CORRECTED, "bellman given_sale"),
    ("null", "null given_sale"),
    ("noisy baseline", "noisy klq"),
    ("noisy baseline given_sale", "noisy klq given_sale"),
]


def rows(evidence, pairs):
    """A row of differences for each (base, other)."""
    return [[other, base] + evidence.cells(base, other, KEYS) for base, other in pairs]


def money(evidence):
    choice = evidence.choice
    header = ["run", "less", "true reward", "true profit", "booked reward", "portfolio loss"]
    true = {pair: evidence.compare(*pair)["metrics"]["true_reward"]
            for pair in [("baseline true", "klq given_sale")] + PAIRS}
    for base, other in [("baseline true", "klq given_sale"), (plan.CORRECTED, "klq given_sale")]:
        c = true[base, other]
        evidence.target(f"true reward: `{other}` beats {base}: interval above zero, p < {plan.TARGET_P:g}",
                        f"{gbp(c['difference'], True)} GBP {interval(*c['difference_95'])}, {p_words(c['p'])}",
                        beats(c, plan.TARGET_P))
    noisy = true["noisy baseline given_sale", "noisy klq given_sale"]
    return [
        "## True money",
        "",
        "A firm that prices on its own estimate sells where it has underestimated, and reward as published counts what "
        "its books say. Here every arm is judged by true reward: profit against the true expected cost, less portfolio "
        "loss. `given_sale` is `cost: given_sale`, with the variance of estimates found from offers; the first firm "
        "alone corrects. The baseline's b and h were chosen on true reward at seed "
        f"{plan.TUNING_SEED}: b = {choice.true_best[0]:g}, h = {choice.true_best[1]:g} as published, "
        f"b = {choice.corrected_best[0]:g}, h = {choice.corrected_best[1]:g} with `given_sale`.",
        "",
        table(header, rows(evidence, [("baseline true", other) for other in AGAINST_TUNED])),
        "",
        "Like against like, and estimates that are off by 10% instead of 3% (\"noisy\"):",
        "",
        table(header, rows(evidence, PAIRS)),
        "",
        f"With estimates off by 10% the corrected `klq` differs from the corrected baseline in true reward by "
        f"{gbp(noisy['difference'], True)} GBP {interval(*noisy['difference_95'])}, which is "
        f"{sign(*noisy['difference_95'])}.",
    ]
