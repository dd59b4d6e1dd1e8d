"""The document's figures, as SVG that is the same for the same numbers."""

import math

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt  # noqa: E402  (the backend comes first)

STYLE = {
    "svg.hashsalt": "pursuit",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "figure.constrained_layout.use": True,
}
COLOURS = {"klq model-free": "#0072b2", "ppo": "#d55e00"}  # told apart by the colour-blind as well


def save(figure, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    # A date would make every file a new one.
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)


def gains(rows, path):
    """Rows of (label, comparison of reward with the tuned baseline): differences with intervals."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7.5, 0.6 + 0.32 * len(rows)))
        for y, (_, c) in enumerate(rows):
            low, high = c["difference_95"]
            axes.plot([low, high], [y, y], color="#0072b2", linewidth=2)
            axes.plot(c["difference"], y, "o", color="#0072b2")
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yticks(range(len(rows)), [label for label, _ in rows])
        axes.invert_yaxis()
        axes.set_xlabel("reward less the tuned baseline's, GBP per epoch (95% interval)")
        save(figure, path)


def arm_words(name):
    """An arm's name for a reader who has not read the page: "klq given_sale" is "klq, cost given sale"."""
    words = {"null": "null (profit only)", "klq booked": "klq", "bellman resolve": "bellman",
             "baseline own given_sale": "baseline own, cost given sale"}
    return words.get(name, name.replace(" given_sale", ", cost given sale"))


def true_money(rows, path):
    """Rows of (label, metrics of a comparison with the baseline): true and booked reward with intervals."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7.5, 0.9 + 0.42 * len(rows)))
        for shift, key, colour, label in ((-0.14, "true_reward", "#0072b2", "true reward"),
                                          (0.14, "reward", "#d55e00", "booked reward")):
            for y, (_, metrics) in enumerate(rows):
                c = metrics[key]
                axes.plot(c["difference_95"], [y + shift] * 2, color=colour, linewidth=2)
                axes.plot(c["difference"], y + shift, "o" if key == "true_reward" else "s", color=colour,
                          label=label if y == 0 else None)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yticks(range(len(rows)), [arm_words(label) for label, _ in rows])
        axes.invert_yaxis()
        axes.set_xlabel("GBP an epoch, less the best baseline (95% interval)")
        axes.legend(loc="upper left", frameon=True)
        save(figure, path)


def frontier(points, path):
    """Points with temperature, kl (nats per epoch) and gain over profit only (GBP per epoch), with intervals."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7.5, 4.2))
        kl = [p["kl"] for p in points]
        gain = [p["gain"] for p in points]
        low = [p["gain"] - p["difference_95"][0] for p in points]
        high = [p["difference_95"][1] - p["gain"] for p in points]
        axes.errorbar(kl, gain, yerr=[low, high], xerr=[p["kl_half"] for p in points], fmt="o-",
                      color="#0072b2", capsize=3)
        level, last = 0, math.inf
        for p in points:  # low temperatures crowd: their labels are stacked
            level = level + 1 if last < 3 * p["kl"] else 0
            last = p["kl"]
            axes.annotate(f"{p['temperature']:g}", (p["kl"], p["difference_95"][1]), ha="center",
                          xytext=(0, 5 + 12 * level), textcoords="offset points")
        axes.text(0.02, 0.96, "labels: temperature τ, GBP per nat", transform=axes.transAxes, va="top")
        axes.margins(0.08, 0.16)
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_xscale("log")
        axes.set_xlabel("KL divergence from the reference policy, nats per epoch")
        axes.set_ylabel("reward less null's, GBP per epoch (95% interval)")
        save(figure, path)


def curves(panels, path):
    """Panels of (temperature, {agent: (mean, half-interval)}): return by update."""
    with plt.rc_context(STYLE):
        figure, all_axes = plt.subplots(1, len(panels), figsize=(3 * len(panels), 3.2), sharey=True, squeeze=False)
        for axes, (temperature, agents) in zip(all_axes[0], panels):
            for name, (mean, half) in agents.items():
                updates = range(len(mean))
                axes.plot(updates, mean, color=COLOURS[name], label=name)
                axes.fill_between(updates, mean - half, mean + half, color=COLOURS[name], alpha=0.2, linewidth=0)
            axes.set_title(f"τ = {temperature:g} GBP")
            axes.set_xlabel("update")
        all_axes[0][0].set_ylabel("return of rollouts, GBP per epoch")
        all_axes[0][-1].legend()
        save(figure, path)
