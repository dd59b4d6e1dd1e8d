#!/usr/bin/env python3
"""Run what the evidence needs and write docs/evidence.md. See --help."""

import argparse
import pathlib
import sys
import time

import document
import measures
import plan
import runner

ROOT = plan.FOLDER.parent.parent


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/evidence",
        description="Run every arm of the evidence and write the document and its figures. Finished runs are kept in "
        "the folder of results and used again as long as program, scenario and settings are the same.")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/pursuit",
                        help="the program (default build/release/pursuit)")
    parser.add_argument("--results", type=pathlib.Path, help="folder of results files (default build/evidence)")
    parser.add_argument("--document", type=pathlib.Path,
                        help="Markdown file to write (default docs/evidence.md); its figures go into a folder of the "
                        "same name without .md")
    parser.add_argument("--quick", action="store_true",
                        help="a few trials of a tiny market, to test this tool; shows nothing. Defaults are then "
                        "build/evidence-quick and build/evidence-quick/evidence.md")
    parser.add_argument("--any-build", action="store_true",
                        help="use finished runs of other builds too; the document says of which")
    options = parser.parse_args()
    options.results = options.results or ROOT / ("build/evidence-quick" if options.quick else "build/evidence")
    options.document = options.document or (options.results / "evidence.md" if options.quick
                                            else ROOT / "docs/evidence.md")
    return options


def tune(work, settings):
    """Run the grid on its own seed. @return mean booked and true rewards by arm's name"""
    grid = plan.tuning(settings)
    work.run_plan(grid)
    return [{name: measures.trial_means(work.path(arm), variable).mean() for name, arm in grid.arms.items()}
            for variable in ("reward", "true_reward")]


def main():
    options = arguments()
    settings = plan.QUICK if options.quick else plan.FULL
    start = time.monotonic()
    work = runner.Runner(options.program.resolve(), options.results, options.any_build)
    work.require_agents(plan.agents_needed())
    choice = document.Choice(settings, *tune(work, settings))
    work.run_plan(plan.main(settings, choice))
    evidence = document.Evidence(work, settings, choice, options.document.stem)
    text = document.write(evidence)
    options.document.parent.mkdir(parents=True, exist_ok=True)
    options.document.write_text(text, encoding="utf-8")
    for name, (draw, what) in evidence.figures.items():
        draw(what, options.document.with_suffix("") / name)
    print(f"{options.document}: {len(work.records)} runs, {work.reused} of them kept from before; "
          f"{time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except (runner.Failure, document.Unfit, OSError) as failure:
        sys.exit(f"evidence: {failure}")
    except KeyboardInterrupt:
        sys.exit("evidence: interrupted; finished runs are kept")
