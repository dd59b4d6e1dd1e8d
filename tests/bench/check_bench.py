#!/usr/bin/env python3
"""Run every benchmark at a tiny size, and hold the gate of instruction counts to counts made up.

Usage: check_bench.py PURSUIT_BENCH SOURCE_DIR
"""

import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(sys.argv[2]).resolve()
BENCHES = ["machine", "floor", "firms", "rounds", "refits", "network", "writing", "sweep", "trial", "setup", "ratios",
           "memory", "threads", "cores"]
TARGETS = {"floor": 1, "firms": 1, "rounds": 1, "refits": 1, "network": 1, "writing": 1, "sweep": 3, "ratios": 5,
           "memory": 3, "threads": 2, "cores": 2}
RECORD = {"compiler": "gcc 12.2.0", "architecture": "x86_64", "libc": "glibc 2.36", "gsl": "2.7.1",
          "counts": {"rounds": {"baseline": 2000000, "avx2": 1000000}, "klq": {"baseline": 500, "avx2": 400}}}
FAILURES = []


def check(ok, what):
    if not ok:
        FAILURES.append(what)


def run(*command, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "PURSUIT_SIMD")}
    return subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, check=False)


def rows_of(text):
    """Cells of the rows under the table's head."""
    lines = text.splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    check(rows[:1] == [["what", "measured", "target", "met"]], f"the head of a table: {rows[:1]}")
    check(all(len(row) == 4 for row in rows), "rows of other than four cells")
    return rows[2:]


def check_table(text, whole):
    """A table has its machine, and every benchmark with its targets."""
    check(text.count("Machine: ") == 1 and "vectors " in text, "a table without its machine")
    rows = rows_of(text)
    for name in BENCHES[1:]:
        own = [row for row in rows if row[0].startswith(f"{name}: ")]
        judged = [row for row in own if row[2]]
        check(own or not whole, f"{name} is not in the table")
        check(len(judged) == TARGETS.get(name, 0) or not whole, f"{name} has {len(judged)} targets")
        check(all(row[3] in ("yes", "no") for row in judged), f"{name}: a target without a verdict")
    check(all(row[1] and "nan" not in row[1] and "inf" not in row[1] for row in rows), "a row without a number")
    return rows


def check_program(folder):
    """All benchmarks, as JSON and as a table."""
    table = folder / "table.md"
    done = run(PROGRAM, "--quick", "--table", table)
    check(done.returncode == 0, f"pursuit-bench: exit code {done.returncode}: {done.stderr[-2000:]}")
    if done.returncode:
        return
    numbers = [json.loads(line) for line in done.stdout.splitlines()]
    names = list(dict.fromkeys(number["bench"] for number in numbers))
    check(names == BENCHES, f"benchmarks {names}")
    check(all(number["value"] > 0 for number in numbers[1:]), "a number that is not positive")
    rows = check_table(table.read_text(encoding="utf-8"), True)
    check(len(rows) == len(numbers) - 1, "the table has other rows than there are numbers")
    for number, row in zip(numbers[1:], rows):
        check(row[0] == f"{number['bench']}: {number['what']}" and row[2] == number.get("target", ""), f"row {row}")
    check("numbers mean nothing" in table.read_text(encoding="utf-8"), "a quick table that does not say so")


def check_levels():
    """PURSUIT_SIMD is heeded by a process that starts with it."""
    done = run(PROGRAM, "machine", PURSUIT_SIMD="baseline")
    check(done.returncode == 0 and json.loads(done.stdout).get("vectors") == "baseline", f"levels: {done.stdout}")


def check_usage(folder):
    for arguments in (["nosuch"], ["--nosuch"], ["--table"], ["--quick", "--long"], ["--workload", "nosuch"]):
        done = run(PROGRAM, *arguments)
        check(done.returncode == 2 and arguments[-1].split()[0] in done.stderr, f"{arguments}: {done.returncode}")
    done = run(PROGRAM, "--table", folder / "no/table.md", "machine")
    check(done.returncode == 3 and "cannot be written" in done.stderr, "a table in no folder")
    done = run(PROGRAM, "machine", PURSUIT_SIMD="nosuch")
    check(done.returncode == 2 and "nosuch" in done.stderr, "a level of vectors that is none")


def check_script(folder):
    """scripts/bench replaces what is between the marks, and nothing else."""
    document = folder / "page.md"
    begin, end = "<!-- table: scripts/bench --write -->", "<!-- end of table -->"
    document.write_text(f"before\n{begin}\nold\n{end}\nafter\n", encoding="utf-8")
    options = ["--program", PROGRAM, "--output", folder / "out", "--document", document]
    done = run(SOURCE / "scripts/bench", *options, "--quick", "machine", "setup")
    check(done.returncode == 0 and "| setup: " in done.stdout, f"scripts/bench: {done.stderr}")
    check("old" in document.read_text(encoding="utf-8"), "a page is written unasked")
    done = run(SOURCE / "scripts/bench", *options, "--quick", "--write", "setup")
    check(done.returncode == 2 and "whole table" in done.stderr, "a part of the table can be written")
    done = run(SOURCE / "scripts/bench", *options, "--quick", "--write")
    text = document.read_text(encoding="utf-8")
    check(done.returncode == 0, f"scripts/bench --write: {done.stderr}")
    check(text.startswith(f"before\n{begin}\n") and text.endswith(f"{end}\nafter\n") and "old" not in text, text)
    check_table(text, True)
    document.write_text("no marks\n", encoding="utf-8")
    done = run(SOURCE / "scripts/bench", *options, "--quick", "--write")
    check(done.returncode == 2 and "marks" in done.stderr, "a page without marks")


def gate(folder, found, record=None, **environment):
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")
    (folder / "record.json").write_text(json.dumps(record or RECORD), encoding="utf-8")
    return run(SOURCE / "scripts/bench-gate", "--counts", folder / "found.json", "--record", folder / "record.json",
               **environment)


def times(factor, workload="rounds", level="avx2"):
    found = copy.deepcopy(RECORD)
    found["counts"][workload][level] = round(found["counts"][workload][level] * factor)
    return found


def check_gate(folder):
    """5% is the line, for each count by itself; what cannot be compared is not passed."""
    for factor, code, word in ((1, 0, "ok"), (1.04, 0, "ok"), (1.06, 1, "FAILED"), (0.96, 0, "ok"),
                               (0.9, 0, "--write")):
        for workload in ("rounds", "klq"):
            for level in ("baseline", "avx2"):
                done = gate(folder, times(factor, workload, level))
                check(done.returncode == code and word in done.stdout, f"counts times {factor}: {done}")
    done = gate(folder, times(1.06))
    failed = [line for line in done.stdout.splitlines() if "FAILED" in line]
    check(len(failed) == 1 and failed[0].split()[:2] == ["rounds", "avx2"], f"what failed: {done.stdout}")
    check("1,060,000" in failed[0] and "1,000,000" in failed[0] and "+6.00%" in failed[0], f"its numbers: {failed}")
    check("more than 5% below" in gate(folder, times(0.94)).stdout, "a gain is not told")
    for name, other in (("compiler", "gcc 13.2.0"), ("compiler", "clang 12.0.1"), ("architecture", "aarch64")):
        found = dict(RECORD, **{name: other})
        done = gate(folder, found)
        check(done.returncode == 77 and other in done.stdout, f"{name} {other}: {done}")
        check(gate(folder, found, CI="true").returncode == 1, f"{name} {other} passes in CI")
    check(gate(folder, dict(RECORD, compiler="gcc 12.9.1")).returncode == 0, "another minor version")
    less = copy.deepcopy(RECORD)
    del less["counts"]["klq"]
    check(gate(folder, less).returncode == 1 and gate(folder, RECORD, less).returncode == 1, "a workload is missing")
    check(gate(folder, times(0)).returncode == 1, "a count of nothing")
    check(gate(folder, RECORD, {"counts": {}}).returncode == 1, "a record of nothing")


def check_committed():
    """What is committed is whole, and of the workloads and the benchmarks that there are."""
    record = json.loads((SOURCE / "experiments/bench/instructions.json").read_text(encoding="utf-8"))
    workloads = run(PROGRAM, "--workloads").stdout.split()
    check(list(record["counts"]) == workloads, "instructions.json is of other workloads: scripts/bench-gate --write")
    for workload in workloads:
        done = run(PROGRAM, "--workload", workload)
        check(done.returncode == 0, f"workload {workload}: {done.stderr}")
    page = (SOURCE / "docs/performance.md").read_text(encoding="utf-8")
    table = page.split("<!-- table: scripts/bench --write -->")[1].split("<!-- end of table -->")[0]
    check_table(table, True)
    check("numbers mean nothing" not in page, "docs/performance.md is of a quick run")


def main():
    with tempfile.TemporaryDirectory(prefix="pursuit-bench.") as name:
        folder = pathlib.Path(name)
        check_program(folder)
        check_levels()
        check_usage(folder)
        check_script(folder)
        check_gate(folder)
    check_committed()
    for failure in FAILURES:
        print("FAILED:", failure)
    sys.exit(bool(FAILURES))


if __name__ == "__main__":
    main()
