"""What is run: every arm of the evidence, with its scenario file, settings, seed and number of trials."""

import dataclasses
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent

TUNING_SEED = 1001  # agents' defaults were chosen on it as well, among others
REPORT_SEED = 2026

# arXiv 2408.00713, section of results: mean rewards in GBP, Cohen's d, trials.
PUBLISHED = {"baseline": 6444.0, "bellman": 6916.0, "uplift": 0.073, "d": 0.51, "trials": 24}

VALUES = ("resolve", "linear")  # ways to have a value function that cost little
KLQ = "klq resolve"  # the arm that is klq as it comes
TUNED = "baseline tuned"
TRUE = "baseline booked"  # the baseline, tuned on true reward
CORRECTED = "baseline given_sale"  # the same for a baseline that corrects its costs
GIVEN_SALE = (("firms.0.cost", "given_sale"),)
EVERYBODY = GIVEN_SALE + (("firms.1.cost", "given_sale"),)
EQUILIBRIUM = EVERYBODY + (("market.cost_from", "burn_in"),)
NOISES = {"5%": "0.0025", "10%": "0.01"}  # variance of the logarithm of estimates that are off by so much

TARGET_P = 1e-4
TARGET_UPLIFT = 0.03
TARGET_GAP = 0.25
TARGET_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class Settings:
    """How much is run. `common` is set in every arm."""

    trials: int
    tuning_trials: int
    learning_trials: int
    frontier_trials: int
    cost_trials: int
    b: tuple
    h: tuple
    temperatures: tuple  # of klq, GBP, to choose from
    learning_temperatures: tuple
    frontier_temperatures: tuple
    common: tuple = ()
    learning: tuple = ()
    network: tuple = ()
    quick: bool = False


FULL = Settings(
    trials=200,
    tuning_trials=200,
    learning_trials=60,
    frontier_trials=60,
    cost_trials=20,
    b=(0.005, 0.01, 0.02, 0.03, 0.05, 0.1),
    h=(0.125, 0.25, 0.5, 1, 2),
    temperatures=(0.01, 0.03, 0.1, 0.3, 1, 3),
    learning_temperatures=(0.1, 0.3, 1, 3),
    frontier_temperatures=(1e-3, 1e-2, 1e-1, 1, 10, 100, 1e3, 1e4),
)

# Every part of the tool, and nothing that could be taken for a result.
QUICK = Settings(
    trials=3,
    tuning_trials=2,
    learning_trials=2,
    frontier_trials=2,
    cost_trials=2,
    b=(0.01, 0.02),
    h=(0.5, 1),
    temperatures=(0.1, 1),
    learning_temperatures=(0.1, 1, 10),
    frontier_temperatures=(1e-3, 1, 1e4),
    common=(("market.rounds", "100"),),
    learning=(("firms.0.agent.iterations", "2"), ("firms.0.agent.rollouts", "2")),
    network=(("firms.0.agent.passes", "1"),),
    quick=True,
)


@dataclasses.dataclass(frozen=True)
class Arm:
    """One run of the program."""

    name: str
    scenario: str  # stem of a file in FOLDER
    sets: tuple  # of (key, value)
    seed: int
    trials: int
    threads: int = 0  # 0: all

    @property
    def file(self):
        return FOLDER / (self.scenario + ".yaml")

    def arguments(self):
        """Of `pursuit run`, but for the output and what does not change results."""
        result = ["--seed", str(self.seed), "--trials", str(self.trials)]
        for key, value in self.sets:
            result += ["--set", f"{key}={value}"]
        return result

    def settings(self):
        """Its settings in words, with the agent's own under their bare names."""
        words = [f"{key.removeprefix('firms.0.agent.')}={value}" for key, value in self.sets]
        return ", ".join(words) or "none"


def agent(**settings):
    """Settings of the first firm's agent."""
    return tuple((f"firms.0.agent.{key}", str(value)) for key, value in settings.items())


class Plan:
    """The arms by name. Those that depend on the tuning are made when it is over."""

    def __init__(self, settings):
        self.settings = settings
        self.arms = {}

    def add(self, name, scenario, sets=(), *, seed=REPORT_SEED, trials=None, threads=0):
        trials = self.settings.trials if trials is None else trials
        sets = self.settings.common + tuple(sets)
        self.arms[name] = Arm(name, scenario, sets, seed, trials, threads)
        return self.arms[name]


def tuning(settings):
    """The grid of the baseline's b and h, and the candidates for the best bellman; on a seed of their own."""
    plan = Plan(settings)
    for b in settings.b:
        for h in settings.h:
            plan.add(f"tune baseline b={b} h={h}", "baseline", agent(b=b, h=h), seed=TUNING_SEED,
                     trials=settings.tuning_trials)
            plan.add(f"tune corrected b={b} h={h}", "baseline", agent(b=b, h=h) + GIVEN_SALE, seed=TUNING_SEED,
                     trials=settings.tuning_trials)
    for temperature in settings.temperatures:
        for kind, cost in (("klq", ()), ("klq corrected", GIVEN_SALE)):
            plan.add(f"tune {kind} tau={temperature:g}", "klq", agent(temperature=f"{temperature:g}") + cost,
                     seed=TUNING_SEED, trials=settings.tuning_trials)
    for value in VALUES:
        plan.add(f"tune bellman {value}", "bellman", agent(value=value), seed=TUNING_SEED,
                 trials=settings.tuning_trials)
    return plan


def main(settings, choice):
    """Everything that is reported, given what the tuning chose."""
    plan = Plan(settings)
    tuned = agent(b=choice.best[0], h=choice.best[1])
    _add_money(plan, choice)
    plan.add("null", "null")
    plan.add("baseline", "baseline")
    plan.add(TUNED, "baseline", tuned)
    for name in ("klq", "bellman"):
        for value in VALUES:
            plan.add(f"{name} {value}", name, agent(value=value))
            plan.add(f"{name} {value} pipeline", name, agent(value=value, conversion="pipeline"))
    for sees in ("customer", "rivals", "both"):
        plan.add(f"oracle {sees}", "oracle", agent(sees=sees))
    plan.add("baseline exploring", "baseline_exploring")
    plan.add("bellman published", "bellman_published", settings.network)
    _add_learning(plan)
    _add_frontier(plan)
    _add_cost(plan, tuned)
    return plan


def _add_money(plan, choice):
    true_best, corrected = (agent(b=b, h=h) for b, h in (choice.true_best, choice.corrected_best))
    klq, klq_corrected = (agent(temperature=f"{t:g}") for t in (choice.temperature, choice.corrected_temperature))
    plan.add(TRUE, "baseline", true_best)
    plan.add(CORRECTED, "baseline", corrected + GIVEN_SALE)
    plan.add("baseline own given_sale", "baseline", corrected + agent(conversion="own") + GIVEN_SALE)
    plan.add("klq booked", "klq", klq)
    plan.add("klq given_sale", "klq", klq_corrected + GIVEN_SALE)
    for name in ("null", "bellman"):
        plan.add(f"{name} given_sale", name, GIVEN_SALE)
    plan.add("klq, all given_sale", "klq", klq_corrected + EVERYBODY)
    plan.add("klq, all given_sale from burn-in", "klq", klq_corrected + EQUILIBRIUM)
    plan.add("baseline, all given_sale", "baseline", corrected + EVERYBODY)
    plan.add("baseline, all given_sale from burn-in", "baseline", corrected + EQUILIBRIUM)
    plan.add("null, all given_sale from burn-in", "null", EQUILIBRIUM)
    plan.add("null, all given_sale", "null", EVERYBODY)
    for noise, variance in NOISES.items():
        noisy = (("market.estimate_variance", variance),)
        plan.add(f"baseline booked, {noise}", "baseline", true_best + noisy)
        plan.add(f"klq booked, {noise}", "klq", klq + noisy)
        plan.add(f"baseline given_sale, {noise}", "baseline", corrected + GIVEN_SALE + noisy)
        plan.add(f"klq given_sale, {noise}", "klq", klq_corrected + GIVEN_SALE + noisy)


def _add_learning(plan):
    settings = plan.settings
    for temperature in settings.learning_temperatures:
        for name, scenario in (("klq model-free", "klq_model_free"), ("ppo", "ppo")):
            plan.add(f"{name} tau={temperature:g}", scenario,
                     agent(temperature=f"{temperature:g}") + settings.learning,
                     trials=settings.learning_trials)


def _add_frontier(plan):
    for temperature in plan.settings.frontier_temperatures:
        plan.add(f"frontier tau={temperature:g}", "klq", agent(temperature=f"{temperature:g}"),
                 trials=plan.settings.frontier_trials)


def _add_cost(plan, tuned):
    settings = plan.settings
    ten = (("portfolio.random_categories", "10"),)
    slow = max(2, settings.cost_trials // 4)
    for name, scenario, sets in (
        ("cost null", "null", ()),
        ("cost baseline", "baseline", tuned),
        ("cost klq", "klq", ()),
        ("cost bellman", "bellman", ()),
        ("cost bellman published", "bellman_published", settings.network),
        ("cost klq model-free", "klq_model_free", settings.learning),
        ("cost ppo", "ppo", settings.learning),
        ("cost oracle", "oracle", ()),
        ("cost klq K=10", "klq", ten),
        ("cost null K=10", "null", ten),
    ):
        plan.add(name, scenario, sets, threads=1,
                 trials=slow if scenario == "bellman_published" else settings.cost_trials)


def agents_needed():
    """Names of the agents that the scenario files name."""
    names = set()
    for path in sorted(FOLDER.glob("*.yaml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().removeprefix("- ").startswith("agent:"):
                names.add(line.split("agent:")[1].strip().removeprefix("{kind:").split(",")[0].strip())
    return names
