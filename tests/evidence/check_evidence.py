#!/usr/bin/env python3
"""Run the whole of scripts/evidence on a tiny market, and hold docs/evidence.md to what it writes.

Usage: check_evidence.py PURSUIT SOURCE_DIR

Exits 1 if a check fails, 77 if the program lacks an agent that the plan needs.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

PURSUIT = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(sys.argv[2]).resolve()
sys.path.insert(0, str(SOURCE / "experiments/evidence"))

import measures  # noqa: E402
import numpy as np  # noqa: E402
import plan  # noqa: E402
import words  # noqa: E402

FAILURES = []


def check(ok, what):
    if not ok:
        FAILURES.append(what)


def tool(program, folder, *more):
    return subprocess.run(
        [SOURCE / "scripts/evidence", "--quick", "--program", program, "--results", folder, *more],
        capture_output=True, text=True, check=False)


def check_words():
    """Words follow from numbers, and nothing that is no number gets into the page."""
    strong = {"difference": 5.0, "difference_95": [1.0, 9.0], "p": 1e-6}
    check(words.beats(strong, 1e-4) == "met", "a clear gain")
    check(words.beats(dict(strong, p=0.01), 1e-4) == "not met", "a p too great")
    check(words.beats(dict(strong, p=None), 1e-4) == "not met", "no p")
    check(words.beats(dict(strong, difference_95=[-1.0, 9.0]), 1e-4) == "not met", "an interval around zero")
    check(words.sign(-1, 1) == "not shown to differ from zero" and words.sign(-2, -1) == "below zero", "signs")
    check(words.sign(0, 1) == "not shown to differ from zero", "an interval that ends at zero")
    check(words.reached(0.04, 0.035, 0.03) == "met", "a target below the interval")
    check(words.reached(0.04, 0.02, 0.03) not in ("met", "not met"), "a target within the interval")
    check(words.reached(0.02, 0.01, 0.03) == "not met", "a target above the mean")
    worse = dict(strong, difference_95=[-3.0, -1.0])
    check(words.no_worse([strong, worse]) == "not met" and words.no_worse([strong]) == "met", "no worse")
    check(words.probability(0.04321) == "0.0432" and words.probability(3.2e-7) == "3e-07", "probabilities")
    check(words.gbp(-0.04, True) == "+0.0" and words.gbp(12345.67) == "12,345.7", "money")
    for bad in (float("nan"), float("inf"), None):
        try:
            words.gbp(bad)
            check(False, f"{bad} is printed")
        except words.Unfit:
            pass
    x = np.array([2.0, 4, 4, 4, 5, 5, 7, 9])  # tables have t(7) = 2.364624 at 97.5%
    check(abs(measures.half_width(x) - 2.364624 * (32 / 7 / 8) ** 0.5) < 1e-6, "half an interval")
    share, low, high = measures.ratio(x, np.full(8, -2.0))
    half = measures.half_width(x) / 2
    check(np.allclose([share, low, high], [2.5, 2.5 - half, 2.5 + half]), "a ratio to a constant")
    check(np.allclose(measures.ratio(x, 4 * x), 0.25), "a ratio that is the same in every trial")
    check(measures.efficient([1, 2, 3], [5, 4, 6]) == [True, False, True], "the frontier")


def check_missing_agent(folder):
    """A program without the plan's agents is refused before anything is run."""
    fake = folder / "fake"
    fake.write_text("#!/bin/sh\ncase $1 in agents) echo '[{\"name\": \"null\"}]' ;; *) echo fake ;; esac\n")
    fake.chmod(0o755)
    done = tool(fake, folder / "none")
    check(done.returncode == 1 and "has no agent" in done.stderr and "klq" in done.stderr,
          f"a program without agents: {done.returncode} {done.stderr}")
    check(not (folder / "none/evidence.md").exists(), "a page from nothing")


def headings(text):
    return [line for line in text.splitlines() if line.startswith("#")]


def table_heads(text):
    """First lines of tables; the grid's depends on how fine it is."""
    lines = text.splitlines()
    heads = [before for before, line in zip(lines, lines[1:]) if line.startswith("|---")]
    return [head for head in heads if not head.startswith("| h \\ b |")]


def check_page(path):
    """A page is well formed: whole tables, every placeholder filled, figures that are there and parse."""
    text = path.read_text(encoding="utf-8")
    columns = None
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.replace("\\|", "").count("|")
        check(not line.startswith("|") or columns in (None, cells), f"{path.name}:{number}: cells")
        columns = cells if line.startswith("|") else None
    check(not re.search(r"\bnan\b|\binf\b|\bNone\b|[{}]", text.replace("{kind:", "")), f"{path.name}: a gap")
    images = re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)
    check(len(images) == 4, f"{path.name}: figures {images}")
    for image in images:
        root = xml.etree.ElementTree.parse(path.parent / image).getroot()
        check(root.tag.endswith("svg"), f"{image}: no SVG")
    return text


def check_tool(folder):
    """Two runs of the tool: the second keeps the first's runs and writes the same page."""
    first = tool(PURSUIT, folder)
    if "has no agent" in first.stderr:
        return None
    check(first.returncode == 0, f"the tool fails: {first.stderr[-1000:]}")
    if FAILURES:
        return None
    text = check_page(folder / "evidence.md")
    files = sorted(folder.glob("*.h5"))
    check(len(files) > 40, f"{len(files)} results files")
    second = tool(PURSUIT, folder, "--document", folder / "again.md")
    check(f"{len(files)} runs, {len(files)} of them kept" in second.stderr, f"runs again: {second.stderr}")
    again = (folder / "again.md").read_text(encoding="utf-8").replace("(again/", "(evidence/")
    check(again == text, "the same runs give another page")
    for figure in (folder / "evidence").iterdir():
        check(figure.read_bytes() == (folder / "again" / figure.name).read_bytes(), f"{figure.name} differs")
    # A run whose settings are no longer those asked for is made anew.
    files[0].with_suffix(".json").write_text("{}")
    check(f"{len(files) - 1} of them kept" in tool(PURSUIT, folder).stderr, "a stale run is kept")
    return text


def check_committed(text):
    """docs/evidence.md is what the tool writes, and of the whole plan."""
    page = SOURCE / "docs/evidence.md"
    committed = check_page(page)
    check(headings(committed) == headings(text), "docs/evidence.md has other headings than the tool writes")
    check(table_heads(committed) == table_heads(text), "docs/evidence.md has other tables than the tool writes")
    check("A quick run" not in committed, "docs/evidence.md is of a quick run: make evidence")
    grid = f"tune baseline, {len(plan.FULL.b) * len(plan.FULL.h)} runs"
    check(grid in committed, "docs/evidence.md is of another plan: make evidence")


def check_front_page():
    """README's first screen says what the evidence says, rounded."""
    readme = (SOURCE / "README.md").read_text(encoding="utf-8")
    committed = (SOURCE / "docs/evidence.md").read_text(encoding="utf-8")

    def numbers(pattern, text):
        found = re.search(pattern, text)
        return found and [round(float(number.replace(",", ""))) for number in found.groups()]

    told = numbers(r"\*\*([\d,]+) GBP of true reward an epoch \[([\d,]+), ([\d,]+)\]\*\*", readme)
    measured = numbers(r"\| true reward: `klq given_sale` over baseline booked[^|]*\| \+([\d.,]+) GBP \[([\d.,]+), ([\d.,]+)\]",
                       committed)
    check(told and told == measured, f"README tells of {told} GBP of true reward, docs/evidence.md of {measured}")
    told = numbers(r"leaves `klq` ([\d,]+) GBP of true reward an\s+epoch \[([\d,]+), ([\d,]+)\]", readme)
    measured = numbers(r"beats baseline given_sale[^|]*\| \+([\d.,]+) GBP \[([\d.,]+), ([\d.,]+)\]", committed)
    check(told and told == measured, f"README tells of {told} GBP over a corrected baseline, docs/evidence.md of {measured}")
    told = numbers(r"([\d,]+) GBP of it true profit, the rest a portfolio", readme)
    measured = numbers(r"\| true profit: `klq given_sale` less baseline booked[^|]*\| \+([\d.,]+) GBP", committed)
    check(told and told == measured, f"README tells of {told} GBP of true profit, docs/evidence.md of {measured}")


def main():
    check_words()
    check_front_page()
    with tempfile.TemporaryDirectory(prefix="pursuit-evidence.") as name:
        folder = pathlib.Path(name)
        check_missing_agent(folder)
        text = check_tool(folder / "results")
        if text is not None:
            check_committed(text)
    for failure in FAILURES:
        print("FAILED:", failure)
    if not FAILURES and text is None:
        print("skipped: this build lacks an agent of the plan")
        sys.exit(77)
    sys.exit(bool(FAILURES))


if __name__ == "__main__":
    main()
