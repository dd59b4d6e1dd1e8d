"""Sections on learning from rollouts and on the temperature."""

import figures
import measures
import plan
from words import compared, count, difference, gbp, interval, no_worse, small, table

AGENTS = ("klq model-free", "ppo")


def learning_rows(evidence):
    """First and last returns of each run, and its reward in the market."""
    rows = []
    for temperature in evidence.settings.learning_temperatures:
        for name in (f"{agent} tau={temperature:g}" for agent in AGENTS):
            first, last = measures.learned(evidence.path(name))
            gain = evidence.reward(plan.TUNED, name)
            rows.append([name, gbp(first), gbp(last), gbp(last - first, True), gbp(gain["other"]),
                         gbp(gain["difference"], True), interval(*gain["difference_95"])])
    return rows


def learning_panels(evidence):
    return [(temperature, {agent: measures.learning_curve(evidence.path(f"{agent} tau={temperature:g}"))
                           for agent in AGENTS})
            for temperature in evidence.settings.learning_temperatures]


def budget_words(evidence, name):
    path = evidence.path(name)
    updates, rollouts, candidates = (measures.parameter(path, key) for key in ("iterations", "rollouts", "candidates"))
    return (f"The same budget: {updates:.0f} updates of {rollouts:.0f} simulated epochs, {candidates:.0f} candidate "
            "prices, the same function class, data and rollouts.")


def learning(evidence):
    settings = evidence.settings
    rows = [(f"τ = {t:g} GBP", evidence.reward(f"ppo tau={t:g}", f"klq model-free tau={t:g}"))
            for t in settings.learning_temperatures]
    ends = [c["difference_95"] for _, c in rows]
    worst = min(low for low, _ in ends)
    below, above = sum(high < 0 for _, high in ends), sum(low > 0 for low, _ in ends)
    evidence.target(f"model-free `klq` no worse than `ppo` at the same budget, over {len(rows)} temperatures: no "
                    "interval below zero",
                    f"{below} of {len(rows)} intervals below zero, {above} above; the least end is "
                    f"{gbp(worst, True)} GBP", no_worse([c for _, c in rows]))
    return [
        "## Model-free `klq` against `ppo`",
        "",
        f"{budget_words(evidence, rows[0][1]['other_arm'])} {count(settings.learning_trials, 'trial')}. Of "
        f"{len(rows)} intervals of `klq` less `ppo`, above zero: {above}, below zero: {below}. They leave room for a "
        f"disadvantage of `klq` of {gbp(max(0, -worst))} GBP an epoch at most.",
        "",
        compared(rows, "temperature"),
        "",
        "Learning, by `return` of `/learning`: mean reward of an update's rollouts, in the firm's own models, not in "
        "the market. Bands are 95% intervals of the movement, without trials' differences in level.",
    ] + evidence.figure("learning.svg", "Return by update, klq and ppo, at each temperature", figures.curves,
                        learning_panels(evidence)) + [
        "",
        f"The end is the mean of the last {measures.TAIL} updates. The last columns are of the market:",
        "",
        table(["run", "return, first", "return, end", "change", "reward", "less tuned baseline's", "95% interval"],
              learning_rows(evidence)),
    ]


def frontier_points(evidence):
    points = []
    for temperature in evidence.settings.frontier_temperatures:
        name = f"frontier tau={temperature:g}"
        metrics = evidence.compare("null", name)["metrics"]
        kl, kl_half = measures.mean_kl(evidence.path(name))
        reward = metrics["reward"]
        points.append({"temperature": temperature, "kl": kl, "kl_half": kl_half, "reward": reward["other"],
                       "gain": reward["difference"], "difference": reward["difference"], "p": reward["p"],
                       "difference_95": reward["difference_95"], "profit": metrics["booked_profit"]["difference"],
                       "loss": metrics["portfolio_loss"]["difference"]})
    return points


def frontier_words(points):
    best = max(points, key=lambda p: p["gain"])
    text = (f"The greatest gain is at τ = {best['temperature']:g} GBP and {small(best['kl'])} nats an epoch: "
            f"{difference(best)}.")
    if best["difference_95"][0] > 0:
        enough = min((p for p in points if p["gain"] >= best["gain"] / 2), key=lambda p: p["kl"])
        text += (f" The least KL with at least half of that gain is {small(enough['kl'])} nats, at τ = "
                 f"{enough['temperature']:g} GBP ({gbp(enough['gain'], True)} GBP).")
    return text


def frontier_rows(points):
    good = measures.efficient([p["kl"] for p in points], [p["gain"] for p in points])
    return [[f"{p['temperature']:g}", f"{small(p['kl'])} ± {small(p['kl_half'])}", gbp(p["reward"]),
             gbp(p["gain"], True), interval(*p["difference_95"]), gbp(p["profit"], True), gbp(p["loss"], True),
             "yes" if on else "no"] for p, on in zip(points, good)]


def frontier(evidence):
    points = frontier_points(evidence)
    gains = [p["difference_95"] for p in points]
    temperatures = evidence.settings.frontier_temperatures
    wide = temperatures[-1] / temperatures[0] >= 1e7 * (1 - 1e-9)
    evidence.target("reward against KL as τ sweeps 7 decades",
                    f"{count(len(points), 'temperature')} from {temperatures[0]:g} to {temperatures[-1]:g} GBP; gain "
                    f"over `null` above zero at {sum(low > 0 for low, _ in gains)}, below at "
                    f"{sum(high < 0 for _, high in gains)}", "met" if wide else "not met")
    return [
        "## Reward against distance from the filed rates",
        "",
        "The temperature τ of `klq`, in GBP per nat, is the price of leaving the reference policy: a normal law around "
        "the profit-only bid, which stands for the filed rates. Gains are over `null` on the same targets; "
        f"{count(evidence.settings.frontier_trials, 'trial')}. Quoted is the policy's mean; the KL is the policy's.",
        "",
        frontier_words(points),
    ] + evidence.figure("frontier.svg", "Gain in reward against KL divergence as the temperature sweeps",
                        figures.frontier, points) + [
        "",
        table(["τ, GBP", "KL, nats an epoch", "reward", "gain", "95% interval", "booked profit's part",
               "change of portfolio loss", "on the frontier"], frontier_rows(points)),
        "",
        "On the frontier: no other τ has a greater mean gain at no greater KL.",
    ]
