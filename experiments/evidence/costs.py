"""Sections on what runs cost, and the list of them."""

import plan
from words import compared, count, difference, gbp, interval, plain, sign, table


def cost_targets(evidence, one, ten, against):
    low, high = against["difference_95"]
    evidence.target(f"training and testing one `klq` trial (T=1000, K=5) under {plan.TARGET_SECONDS:g} s of one core",
                    f"{plain(one)} s", "met" if one < plan.TARGET_SECONDS else "not met")
    evidence.target("`klq` with K = 10 categories works, and says what it costs",
                    f"{plain(ten)} s a trial, {plain(ten / one)} times K = 5; {gbp(against['difference'], True)} GBP "
                    f"over `null` {interval(low, high)}", "met" if low > 0 else "it runs; gain " + sign(low, high))


def cost(evidence):
    names = [name for name in evidence.work.records if name.startswith("cost ")]
    nothing = evidence.cpu("cost null")
    rows = [[name, str(evidence.work.records[name]["arm"].trials), plain(evidence.cpu(name), 3),
             plain(evidence.cpu(name) - nothing, 3)] for name in names]
    one, ten = evidence.cpu("cost klq"), evidence.cpu("cost klq K=10")
    against = evidence.reward("cost null K=10", "cost klq K=10")
    cost_targets(evidence, one, ten, against)
    return [
        "## Cost",
        "",
        "Processor seconds per trial with one thread: burn-in, training and test of all six firms, and a share of the "
        f"program's start. One `klq` trial takes {plain(one)} s. With K = 10 categories it takes "
        f"{plain(ten)} s, and `klq` differs in reward from `null` by {difference(against)}.",
        "",
        table(["run", "trials", "s a trial", "more than `null`'s"], rows),
        "",
        compared([("`klq` with K = 10", against)], "agent"),
    ]


def link(stem):
    return f"[{stem}.yaml](../experiments/evidence/{stem}.yaml)"


def run_row(evidence, name):
    record = evidence.work.records[name]
    arm = record["arm"]
    return [name, link(arm.scenario), arm.settings(), str(arm.seed), str(arm.trials), plain(record["wall"], 1),
            plain(evidence.cpu(name), 3)]


def grid_row(evidence, names):
    """The grid's runs in one row."""
    records = [evidence.work.records[name] for name in names]
    kind, klq = names[0].rsplit(" tau=" if "tau=" in names[0] else " b=", 1)[0], "klq" in names[0]
    settings = ("τ as in the section on true money" if klq else "b, h as in the grid") + (
        ", cost=given_sale" if "corrected" in names[0] else "")
    return [f"{kind}, {count(len(names), 'run')}", link("klq" if klq else "baseline"), settings,
            str(plan.TUNING_SEED), str(evidence.settings.tuning_trials),
            plain(sum(record["wall"] for record in records), 1),
            plain(sum(evidence.cpu(name) for name in names) / len(names), 3)]


def runs(evidence):
    records = evidence.work.records
    grids = [[name for name in records if name.startswith(f"tune {kind}=") or name.startswith(f"tune {kind} b=")]
             for kind in ("baseline", "corrected", "klq tau", "klq corrected tau")]
    others = [name for name in records if not any(name in grid for grid in grids)]
    minutes = sum(record["wall"] for record in records.values()) / 60
    return [
        "## Every run",
        "",
        f"{plain(minutes, 1)} minutes in all. Runs used all cores, but for those named \"cost\", which used one. "
        "Settings are of the first firm's agent, or have a key's full path. CPU is processor seconds.",
        "",
        table(["run", "scenario", "settings", "seed", "trials", "wall, s", "CPU, s a trial"],
              [grid_row(evidence, grid) for grid in grids] + [run_row(evidence, name) for name in others]),
        "",
        "One of the comparisons by hand:",
        "",
        "```sh",
        *by_hand(evidence, plan.TUNED, plan.KLQ),
        "```",
    ]


def by_hand(evidence, base, other):
    """Commands that repeat a comparison."""
    lines, files = [], []
    for name in (base, other):
        arm = evidence.work.records[name]["arm"]
        files.append(evidence.path(name).name)
        lines.append(f"pursuit run experiments/evidence/{arm.scenario}.yaml -o {files[-1]} {' '.join(arm.arguments())}")
    return lines + ["pursuit compare " + " ".join(files)]
