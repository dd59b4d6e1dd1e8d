"""Count the instructions of pursuit-bench's workloads under callgrind and hold them to a record.

Counts are of what happens within pp_trial_run. They repeat to a few parts in a million, whatever else the machine
does, but depend on the compiler: a record holds for the compiler and the kind of processor that it was made with.

Exits 0 if no count is more than 5% above the record; 1 if one is, or if counting fails; 77 if the record is of another
compiler, processor or level of vectors, so that there is nothing to compare. With CI=true in the environment that is a
failure, too, because a gate that is always skipped is none.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LEVELS = ("baseline", "avx2")
TOLERANCE = 0.05
SKIPPED = 77


class Failure(Exception):
    """Something that ends the work, in a sentence for the user."""


class Incomparable(Exception):
    """The record is of something else."""


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command))}: exit code {done.returncode}: {done.stderr[-2000:].strip()}")
    return done.stdout


def key_of(compiler):
    """Name and major version: 'gcc 12' of 'gcc 12.2.0'."""
    match = re.match(r"\s*(\S+) (\d+)", compiler)
    if not match:
        raise Failure(f"'{compiler}' names no compiler and version")
    return " ".join(match.groups())


def count(program, workload, level, folder):
    """Instructions of one workload within pp_trial_run."""
    out = folder / f"{workload}.{level}.out"
    environment = dict(os.environ, PURSUIT_SIMD=level, OMP_NUM_THREADS="1")
    run(["valgrind", "--quiet", "--tool=callgrind", "--cache-sim=no", "--branch-sim=no", "--collect-atstart=no",
         "--toggle-collect=pp_trial_run", f"--callgrind-out-file={out}", program, "--workload", workload],
        env=environment)
    match = re.search(r"^(?:totals|summary): (\d+)", out.read_text(encoding="utf-8"), re.MULTILINE)
    instructions = int(match.group(1)) if match else 0
    if instructions == 0:
        raise Failure(f"{workload} at {level}: no instruction within pp_trial_run: is the program stripped?")
    return instructions


def measure(program, jobs, levels=LEVELS):
    """What the program is, and its counts."""
    machine = json.loads(run([program, "machine"]))
    workloads = run([program, "--workloads"]).split()
    counts = {workload: {} for workload in workloads}
    with tempfile.TemporaryDirectory(prefix="pursuit-gate.") as name, \
            concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        pending = {(workload, level): pool.submit(count, program, workload, level, pathlib.Path(name))
                   for workload in workloads for level in levels}
        for (workload, level), future in pending.items():
            counts[workload][level] = future.result()
    return {"compiler": machine["compiler"], "architecture": machine["architecture"], "libc": machine["libc"],
            "gsl": machine["gsl"], "counts": counts}


def offered(program, level):
    """Has this machine the level of vectors?"""
    done = subprocess.run([program, "--workloads"], env=dict(os.environ, PURSUIT_SIMD=level), capture_output=True,
                          check=False)
    return done.returncode == 0


def check_comparable(record, found):
    """Is the record of this compiler and processor?"""
    for name, of in (("compiler", key_of), ("architecture", str)):
        if of(record[name]) != of(found[name]):
            raise Incomparable(f"the record is of {name} {record[name]}, this is {found[name]}")
    for name in ("libc", "gsl"):
        if record[name] != found[name]:
            print(f"note: the record is of {name} {record[name]}, this is {found[name]}; its instructions count, too")


def flat(counts):
    return {(workload, level): n for workload, levels in counts.items() for level, n in levels.items()}


def compare(record, found):
    """Print every count beside its record. Returns whether all are within the tolerance."""
    recorded, counted = flat(record["counts"]), flat(found["counts"])
    if recorded.keys() != counted.keys():
        other = sorted(recorded.keys() ^ counted.keys())
        raise Failure(f"the record has other workloads than the program: {other}; --write makes a new one")
    good, better = True, False
    for (workload, level), n in counted.items():
        was = recorded[workload, level]
        if was <= 0 or n <= 0:
            raise Failure(f"{workload} at {level}: a count of nothing")
        change = n / was - 1
        verdict = "ok"
        if change > TOLERANCE:
            verdict, good = "FAILED: more than 5% above", False
        elif change < -TOLERANCE:
            verdict, better = "more than 5% below", True
        print(f"{workload:8} {level:9} {n:>13,} instructions, recorded {was:>13,}: {100 * change:+.2f}% {verdict}")
    if better:
        print("note: what has become cheaper can become dearer again unseen: scripts/bench-gate --write")
    return good


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench-gate", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default="build/release/pursuit-bench")
    parser.add_argument("--record", type=pathlib.Path, default=HERE / "instructions.json")
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("JOBS", 2)), help="valgrinds at once")
    parser.add_argument("--write", action="store_true", help="make these counts the record")
    parser.add_argument("--counts", type=pathlib.Path, help="compare this file of counts rather than count")
    return parser.parse_args()


def work(options):
    if options.counts:
        found = json.loads(options.counts.read_text(encoding="utf-8"))
    else:
        program = options.program.resolve()
        if not os.access(program, os.X_OK):
            raise Failure(f"no program {options.program}: make release")
        for level in LEVELS:
            if not offered(program, level):
                raise Incomparable(f"this machine does not do {level}")
        if not options.write:  # before the work, which would be for nothing
            check_comparable(json.loads(options.record.read_text(encoding="utf-8")), json.loads(run([program, "machine"])))
        found = measure(program, options.jobs)
    if options.write:
        options.record.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        print(f"written to {options.record}")
        return True
    record = json.loads(options.record.read_text(encoding="utf-8"))
    check_comparable(record, found)
    return compare(record, found)


def main():
    try:
        return 0 if work(arguments()) else 1
    except Incomparable as what:
        in_ci = os.environ.get("CI") == "true"
        print(f"bench-gate: {'failed' if in_ci else 'skipped'}: {what}; scripts/bench-gate --write makes a record "
              "with what is here")
        return 1 if in_ci else SKIPPED
    except (Failure, OSError, ValueError, KeyError) as what:
        print(f"bench-gate: {what!r}" if isinstance(what, KeyError) else f"bench-gate: {what}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
