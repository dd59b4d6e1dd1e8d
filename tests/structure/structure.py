"""Hold the rooms of the house to their order: `make check` runs this after the release build.

    scripts/check-structure [--objects BUILD] [--counts]

1. Every folder of sources is a room of ROOMS, and a room includes only itself and the rooms it names there.
2. No circle of files: neither of headers that include each other, nor of .c files that call each other's functions or
   read each other's tables. Calls are read from the object files of BUILD by `nm`; without it, only includes count.
3. A file has at most 450 lines, a room at most 32 C files.
4. A .c file opens with a sentence on what it is.

--counts also prints the lines of each top-level folder. Exits with 1 if anything is wrong, and says what.
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOPS = ("market", "pricing", "agents", "data", "experiments")
MOST_LINES, MOST_FILES = 450, 32

# Each room, lowest first, with the rooms that it may include besides itself. A room that is a header is the contract
# that a folder's own sub-folders stand on.
BASE = "market/base"
DATA = "data/file data/csv data/hdf5 data/results data/export data/merge"
ENGINE = f"{BASE} market market/population pricing agents/agent.h"
SETUP = f"{ENGINE} agents agents/plugin data/file data/csv data/results experiments/scenario experiments/setup"
ROOMS = {
    BASE: "",
    "data/file": BASE,
    "data/csv": f"{BASE} data/file",
    "data/hdf5": f"{BASE} data/file",
    "data/results": f"{BASE} data/file data/hdf5",
    "data/export": f"{BASE} data/file data/csv data/hdf5 data/results",
    "data/merge": f"{BASE} data/file data/hdf5 data/results",
    "market": BASE,
    "market/population": f"{BASE} market",
    "pricing": f"{BASE} market",
    "agents/agent.h": f"{BASE} market pricing",
    "agents/planning": f"{BASE} market pricing agents/agent.h",
    "agents/learning": f"{BASE} market pricing agents/agent.h agents/planning",
    "agents": f"{BASE} market pricing agents/agent.h agents/planning agents/learning",
    "agents/plugin": f"{BASE} data/file agents/agent.h",
    "experiments/scenario": f"{ENGINE} agents agents/plugin data/file",
    "experiments/setup": f"{ENGINE} agents data/csv data/results experiments/scenario",
    "experiments/engine": SETUP,
    "experiments/stats": f"{BASE} market",
    "experiments/sweep/plan": f"{BASE} data/file experiments/scenario experiments/setup experiments/stats",
    "experiments/sweep/directory": f"{BASE} data/file data/results experiments/scenario experiments/sweep/plan",
    "experiments/sweep": f"{BASE} data/file data/results data/merge experiments/scenario experiments/setup experiments/engine "
                         "experiments/sweep/plan experiments/sweep/directory",
    "experiments/cli/print": BASE,
    "experiments/cli/ranks": BASE,
    "experiments/cli/common": f"{BASE} experiments/scenario experiments/setup experiments/cli/print",
    "experiments/cli/commands": f"{SETUP} {DATA} experiments/engine experiments/stats experiments/sweep "
                                "experiments/sweep/plan experiments/sweep/directory experiments/cli/print "
                                "experiments/cli/ranks experiments/cli/common",
    "experiments/cli": f"{BASE} experiments/cli/common experiments/cli/print experiments/cli/commands",
    "experiments/bench": "*",
    "experiments": "*",  # pursuit.h, which includes every public header
}
GENERATED = ("pursuit_starter.h", "pursuit_version.h")
BENCHES = ("experiments/bench/", "experiments/evidence/")


def room_of(path):
    return path if path in ROOMS else str(pathlib.PurePosixPath(path).parent)


def unit_of(path):
    return re.sub(r"\.[ch]$", "", path)


def sources():
    return sorted(str(p.relative_to(ROOT)) for top in TOPS for p in (ROOT / top).rglob("*") if p.suffix in (".c", ".h"))


def includes(path):
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def check_order():
    """The table itself has no arrow up: a room names only rooms above it in the table."""
    seen = set()
    for room, below in ROOMS.items():
        for name in below.split():
            if name != "*" and name != room and name not in seen:
                yield f"structure.py: '{room}' may include '{name}', which does not come before it"
        seen.add(room)


def check_rooms(paths):
    for room in ROOMS.keys() - {room_of(path) for path in paths}:
        yield f"structure.py: there is nothing in room '{room}'"
    for path in paths:
        room = room_of(path)
        if room not in ROOMS:
            yield f"{path}: folder '{room}' is no room of tests/structure/structure.py"
            continue
        for included in includes(path):
            other = room_of(included)
            if other not in ROOMS and included not in GENERATED:
                yield f"{path}: includes {included}, which is in no room"
            elif other in ROOMS and not stands_on(room, other):
                yield f"{path}: includes {included}: '{room}' does not stand on '{other}'"


def calls(build, paths):
    """Pairs of units: the first calls what the second defines."""
    defined, wanted = {}, collections.defaultdict(set)
    units = {unit_of(p) for p in paths}
    seen = set()
    for obj in sorted(build.glob("CMakeFiles/*.dir/**/*.c.o")):
        inside = str(obj.relative_to(build)).split(".dir/", 1)[1]
        unit = unit_of(inside.removesuffix(".o"))
        if unit not in units:
            continue
        seen.add(unit)
        out = subprocess.run(["nm", "-g", obj], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            *_, kind, name = line.split()
            if kind == "U":
                wanted[unit].add(name)
            else:
                defined[name] = unit
    missing = [p for p in paths if p.endswith(".c") and unit_of(p) not in seen]
    if missing:
        sys.exit(f"{build} has no object of {len(missing)} files, such as {missing[0]}: what they call is not known")
    for unit, names in wanted.items():
        for name in names:
            if defined.get(name, unit) != unit:
                yield unit, defined[name], name


def circles(edges):
    """Strongly connected components of more than one unit (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for u in edges.get(v, ()):
            if u not in index:
                visit(u)
                low[v] = min(low[v], low[u])
            elif u in stack:
                low[v] = min(low[v], index[u])
        if low[v] == index[v]:
            at = stack.index(v)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    sys.setrecursionlimit(10000)
    for v in sorted(edges):
        if v not in index:
            visit(v)
    return found


def check_circles(paths, build):
    known = set(paths)
    yield from tell_circles({p: {q: {"#include"} for q in includes(p) if q in known} for p in paths})
    if not build:
        return
    edges = collections.defaultdict(lambda: collections.defaultdict(set))
    for a, b, name in calls(build, paths):
        edges[a + ".c"][b + ".c"].add(name)
    for a, targets in edges.items():
        for b, names in targets.items():
            if not stands_on(room_of(a), room_of(b)):
                yield f"{a}: calls {', '.join(sorted(names)[:6])} of {b}: '{room_of(a)}' does not stand on '{room_of(b)}'"
    yield from tell_circles(edges)


def tell_circles(edges):
    for circle in circles(edges):
        yield "a circle of files: " + ", ".join(circle)
        for a in circle:
            for b in circle:
                if b in edges.get(a, ()):
                    yield f"    {a} -> {b}: {', '.join(sorted(edges[a][b])[:6])}"


def stands_on(room, other):
    allowed = ROOMS.get(room, "*").split()
    return room == other or "*" in allowed or other in allowed


def check_sizes(paths):
    rooms = collections.Counter(str(pathlib.PurePosixPath(p).parent) for p in paths)
    for room, n in rooms.items():
        if n > MOST_FILES:
            yield f"{room}: {n} C files; at most {MOST_FILES}"
    for path in paths:
        text = (ROOT / path).read_text(encoding="utf-8")
        if text.count("\n") > MOST_LINES:
            yield f"{path}: {text.count(chr(10))} lines; at most {MOST_LINES}"
        if path.endswith(".c") and not text.startswith("//"):
            yield f"{path}: does not open with a sentence on what it is"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=pathlib.Path, help="a build folder whose object files say what calls what")
    parser.add_argument("--counts", action="store_true", help="print lines by folder")
    arguments = parser.parse_args()
    paths = sources()
    wrong = [*check_order(), *check_rooms(paths), *check_circles(paths, arguments.objects), *check_sizes(paths)]
    for line in wrong:
        print(line)
    if arguments.counts:
        lines = collections.Counter()
        for path in paths:
            if not path.startswith(BENCHES):
                lines[path.split("/")[0]] += (ROOT / path).read_text(encoding="utf-8").count("\n")
        print(", ".join(f"{top} {n}" for top, n in lines.items()), "lines; in all", sum(lines.values()))
    if not wrong:
        print(f"{len(ROOMS)} rooms, {len(paths)} files: every arrow runs down, no circle")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
