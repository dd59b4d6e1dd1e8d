#!/usr/bin/env python3
"""Make the directory of a sweep as `pursuit sweep` leaves it, out of `pursuit run` alone.

Usage: make_sweep.py PURSUIT DIR SCENARIO [--grid] [--skip N]... [--name NAME] KEY=V1,V2,... [KEY=V1,V2,...]... [-- ARGUMENT...]

The runs are all combinations of the values, the last key fastest. --grid tells the manifest so; without it they are
runs along one dimension. What follows -- goes to every run. Runs of the numbers skipped are not made.
"""

import hashlib
import itertools
import json
import os
import subprocess
import sys


def value_of(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def type_of(values):
    if all(isinstance(v, int) for v in values):
        return "integer"
    return "real" if all(isinstance(v, (int, float)) for v in values) else "text"


def scenario_id(pursuit, scenario, arguments):
    """The id of a run, and its resolved scenario."""
    command = [pursuit, "run", scenario, "--dry-run", "-o", "none.h5", *arguments]
    text = subprocess.run(command, check=True, capture_output=True).stdout
    return hashlib.sha256(text).hexdigest()[:16]


def main(arguments):
    extra = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, extra = arguments[:at], arguments[at + 1:]
    pursuit, directory, scenario, *rest = arguments
    grid, skip, name, axes = False, set(), "a sweep", {}
    while rest:
        word = rest.pop(0)
        if word == "--grid":
            grid = True
        elif word == "--skip":
            skip.add(int(rest.pop(0)))
        elif word == "--name":
            name = rest.pop(0)
        else:
            key, _, values = word.partition("=")
            axes[key] = [value_of(v) for v in values.split(",")]
    os.makedirs(os.path.join(directory, "runs"), exist_ok=True)
    types = {key: type_of(values) for key, values in axes.items()}
    runs = []
    for number, values in enumerate(itertools.product(*axes.values())):
        values = dict(zip(axes, values))
        sets = [word for key, value in values.items() for word in ("--set", f"{key}={value}")] + extra
        run = {"run": number, "id": scenario_id(pursuit, scenario, sets),
               "values": {k: str(v) if types[k] == "text" else v for k, v in values.items()}}
        runs.append(run)
        path = os.path.join(directory, "runs", run["id"] + ".h5")
        if number not in skip:
            subprocess.run([pursuit, "run", scenario, "-o", path, "--quiet", *sets], check=True)
    ids = "".join(run["id"] + "\n" for run in runs)
    head = {"pursuit_sweep": 1, "name": name, "plan_sha256": hashlib.sha256(ids.encode()).hexdigest(),
            "source": "make_sweep.py", "n_runs": len(runs),
            "parameters": [{"key": k, "name": k.rpartition(".")[2], "type": types[k]} for k in axes],
            "grid": [{"key": k, "values": [str(x) if types[k] == "text" else x for x in v]}
                     for k, v in axes.items()] if grid else None}
    with open(os.path.join(directory, "manifest.jsonl"), "w", encoding="utf-8") as out:
        for line in [head, *runs]:
            out.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
