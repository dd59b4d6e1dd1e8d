"""The document: what the numbers are, put in words that the numbers allow."""

import os
import platform

import costs
import learners
import measures
import money
import plan
import planners
import words
from words import Unfit  # noqa: F401  (the caller's to catch)


class Choice:
    """What the tuning seed chooses: the baseline's b and h, by booked and by true reward, and the best bellman."""

    def __init__(self, settings, rewards, true_rewards):
        """@param rewards, true_rewards: mean booked and true reward by arm's name"""
        self.settings, self.rewards = settings, rewards
        self.true_best, self.corrected_best = (
            max(((b, h) for b in settings.b for h in settings.h),
                key=lambda cell: true_rewards[f"tune {kind} b={cell[0]} h={cell[1]}"])
            for kind in ("baseline", "corrected"))
        self.temperature, self.corrected_temperature = (
            max(settings.temperatures, key=lambda t: true_rewards[f"tune {kind} tau={t:g}"])
            for kind in ("klq", "klq corrected"))
        self.cells = {(b, h): rewards[f"tune baseline b={b} h={h}"] for b in settings.b for h in settings.h}
        self.best = max(self.cells, key=self.cells.get)
        self.value = max(plan.VALUES, key=lambda value: rewards[f"tune bellman {value}"])

    @property
    def on_edge(self):
        b, h = self.best
        return b in (self.settings.b[0], self.settings.b[-1]) or h in (self.settings.h[0], self.settings.h[-1])

    @property
    def bellman(self):
        return f"bellman {self.value}"


class Evidence:
    """Runs, and what was asked of them."""

    def __init__(self, work, settings, choice, folder):
        """@param folder: of the figures, beside the document"""
        self.work, self.settings, self.choice, self.folder = work, settings, choice, folder
        self.figures = {}  # file name: (function, what it draws)
        self.targets = []  # of (target, measured, verdict)
        self._compared = {}

    def path(self, name):
        return self.work.path(self.work.records[name]["arm"])

    def compare(self, base, other):
        if (base, other) not in self._compared:
            compared = self.work.compare(base, other)
            for c in compared["metrics"].values():
                if None in c["difference_95"]:  # of runs that differ by the same in every trial, such as by nothing
                    c["difference_95"] = [c["difference"]] * 2
            self._compared[base, other] = compared
        return self._compared[base, other]

    def reward(self, base, other):
        """The comparison's figures of reward, with the arms' names and the number of trials."""
        c = self.compare(base, other)
        return dict(c["metrics"]["reward"], base_arm=base, other_arm=other, n=c["trials"])

    def cells(self, base, other, keys):
        """Differences of metrics with their intervals, for a row of a table."""
        metrics = self.compare(base, other)["metrics"]
        return [f"{words.gbp(metrics[key]['difference'], True)} {words.interval(*metrics[key]['difference_95'])}"
                for key in keys]

    def means(self, name):
        return measures.trial_means(self.path(name))

    def cpu(self, name):
        """Processor seconds per trial."""
        record = self.work.records[name]
        return record["cpu"] / record["arm"].trials

    def figure(self, name, text, draw, what):
        """Lines that show a figure, drawn by draw(what, path)."""
        self.figures[name] = (draw, what)
        return ["", f"![{text}]({self.folder}/{name})"]

    def target(self, target, measured, verdict):
        self.targets.append((target, measured, verdict))


def machine():
    """Cores and processor, as the system names them."""
    name = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0))
    return f"{cores} core{'' if cores == 1 else 's'}, {name}"


def head(evidence):
    settings, work = evidence.settings, evidence.work
    versions = sorted({record["version"] for record in work.records.values()})
    lines = ["# Evidence", ""]
    if settings.quick:
        lines += ["**A quick run, to test the tool. Nothing on this page shows anything.**", ""]
    lines += [
        f"What the agents earn in the published market, and what it costs. `make evidence` writes this page from "
        f"{len(work.records)} runs of {', '.join(versions)} on {machine()}. No measured number, and no "
        "word about one, is typed by hand.",
        "",
        "## Targets",
        "",
        words.table(["target", "measured", "verdict"], evidence.targets),
        "",
        "\"Above zero\" and \"below zero\" are said of whole 95% intervals only. No interval or p is corrected for the "
        "number of comparisons on this page.",
        "",
    ]
    return lines


def protocol(evidence):
    settings = evidence.settings
    k, rounds, burn_in, test = (measures.parameter(evidence.path(plan.KLQ), name) for name in
                                ("random_categories", "rounds", "burn_in_epochs", "test_epochs"))
    return [
        "## What was run",
        "",
        f"Six firms, one of them with a random portfolio of K = {k:.0f} categories, T = {rounds:,.0f} customers an "
        f"epoch, {burn_in:.0f} burn-in and {test:.0f} test epochs: [published.yaml](../scenarios/published.yaml). Each "
        "agent has a scenario file in [experiments/evidence](../experiments/evidence) that changes nothing but the "
        "first firm; what else a run sets is in the [list of runs](#every-run). Where `klq` is said without more it is "
        "model-based.",
        "",
        f"- *Paired.* Trial 7 of every arm has the same target, customers, costs, loyalties and choice draws. Figures "
        f"are of {words.count(settings.trials, 'trial')} at seed {plan.REPORT_SEED} unless a section says otherwise. "
        "The unit is the trial: its mean over the test epochs.",
        f"- *Tuned elsewhere.* b and h of the baseline, the temperature of `klq` in the section on true money, and which "
        f"`bellman` is best were chosen at seed {plan.TUNING_SEED}, on {settings.tuning_trials} trials. The agents' defaults were chosen at "
        f"seed {plan.TUNING_SEED}, among others. No choice was made at seed {plan.REPORT_SEED}.",
        "- *Equal exploration.* The five rivals explore while testing, as in the authors' code; the first firm does not, "
        "whatever its agent, unless a section says otherwise.",
        "- *Figures.* `pursuit compare`: 95% interval over trials by Student's t, paired t-test's p, Cohen's d as for "
        "independent groups, d_z of the paired differences, and the probability of improvement (P). Money is in GBP "
        "an epoch. Reward is booked profit less portfolio loss; true profit is against the true expected claims.",
        "",
    ]


def write(evidence):
    """The whole page."""
    body = []
    for section in (money.money, planners.baseline, planners.planning, planners.sources, planners.published, learners.learning,
                    learners.frontier, costs.cost, costs.runs):
        body += section(evidence) + [""]
    lines = head(evidence) + protocol(evidence) + body
    return "\n".join(lines).rstrip() + "\n"
