#!/usr/bin/env bash
# Tests of `pursuit export`: every number against the results file, and what is left when it fails.
# Usage: run_export_tests.sh PURSUIT SOURCE_DIR MAKE_RESULTS
set -u
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../checks.sh"
if [ $# -ne 3 ]; then
    echo "usage: $0 PURSUIT SOURCE_DIR MAKE_RESULTS" >&2
    exit 2
fi
pursuit=$(realpath "$1")
source_dir=$(realpath "$2")
make_results=$(realpath "$3")
python=/usr/bin/python3
[ -x "$python" ] || python=python3
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-export.XXXXXX")
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2

# tables FILE.h5 DIR: all in them is as in the file.
tables() {
    "$python" "$source_dir/tests/cli/check_tables.py" "$1" "$2" >python.out 2>python.err
    case $? in
    0) pass ;;
    77) echo "skipped: $name: no h5py" ;;
    *) fail "$name" "$(tail -n 1 python.err)" ;;
    esac
}
# nothing DIR: neither it nor what it is made of.
nothing() { absent "$1"; if [ -e "$1.replaced" ]; then fail "$name" "$1.replaced is left"; else pass; fi; }

# --- what is written -----------------------------------------------------------------------------
expect 'a run' 0 "$pursuit" run "$source_dir/scenarios/published.yaml" -o run.h5 --quiet --trials 3 \
    --set market.rounds=100 --set results.quotes_every=10
expect 'export' 0 "$pursuit" export run.h5 --csv run; prints 'epochs\.csv +252 '; not_prints 'rounds'
says '^pursuit export: 420 recorded rounds are left out'; tables run.h5 run; absent run/rounds.csv; absent run/learning.csv
expect 'with rounds' 0 "$pursuit" export --quotes run.h5 --csv rounds/; silent; prints 'quotes\.csv +2,520 '; tables run.h5 rounds
# Many trials are more than one block.
expect 'known numbers' 0 "$make_results" known.h5 900
expect 'export of them' 0 "$pursuit" export known.h5 --csv known --quotes; silent; tables known.h5 known; present known/learning.csv
expect 'another locale' 0 env LC_ALL=de_DE.UTF-8 "$pursuit" export known.h5 --csv german; same known/epochs.csv german/epochs.csv
expect 'names like formulas' 0 "$pursuit" run "$source_dir/scenarios/published.yaml" -o formula.h5 --quiet --trials 1 \
    --set market.rounds=50 --set "firms.0.name='@SUM(A1), \"x\"'" --set title==1+1
expect 'export of them' 0 "$pursuit" export formula.h5 --csv formula; tables formula.h5 formula
says 'warning: texts that start with =, \+, - or @ are in [0-9]+ fields'
if command -v nccopy >/dev/null 2>&1; then
    expect 'a copy by another program' 0 nccopy run.h5 copy.h5
    expect 'export of it' 0 "$pursuit" export copy.h5 --csv copy --quotes
    for table in dictionary epochs portfolio rounds quotes; do same "rounds/$table.csv" "copy/$table.csv"; done
fi
# Two blocks of the longest rows and more. Sanitizers keep what is freed, and so would show nothing.
expect 'many trials' 0 "$make_results" long.h5 2100 1
most=70000 name='memory'
if grep -q __asan_init "$pursuit"; then most=1000000; fi
if "$python" - "$pursuit" "$most" 2>python.err <<'PYTHON'; then pass; else fail "$name" "$(tail -n 1 python.err)"; fi
import resource, subprocess, sys
subprocess.run([sys.argv[1], "export", "long.h5", "--csv", "long"], check=True, stdout=subprocess.DEVNULL,
               stderr=subprocess.DEVNULL)
kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
assert kilobytes < int(sys.argv[2]), f"{kilobytes} kB"
PYTHON
expect 'more than Excel shows' 0 "$pursuit" export long.h5 --csv long --force; says 'ranks.csv has more rows than a sheet of Excel, 1048576'

# --- what is in the way --------------------------------------------------------------------------
cp -r run before
expect 'without --csv' 2 "$pursuit" export run.h5; says 'say where the tables go: --csv DIR'
expect 'existing directory' 3 "$pursuit" export run.h5 --csv run; says "'run' already exists \(--force replaces an export\)"; empty
expect '--force' 0 "$pursuit" export run.h5 --csv run --force --quotes; tables run.h5 run; present run/rounds.csv
echo mine >run/notes.txt
expect 'a file of mine' 3 "$pursuit" export run.h5 --csv run --force; says "'notes.txt', which no export writes"; present run/notes.txt; present run/rounds.csv
mkdir mine && echo mine >mine/dictionary.csv
expect 'a directory of mine' 3 "$pursuit" export run.h5 --csv mine --force; says "'mine' is in the way and stays as it is"; present mine/dictionary.csv
expect 'the results file itself' 3 "$pursuit" export run.h5 --csv run.h5 --force; says "'run.h5': it is not a directory"; tables run.h5 rounds
mkdir free.partial && cp before/dictionary.csv free.partial && echo half >free.partial/epochs.csv
expect 'left by one that was killed' 0 "$pursuit" export run.h5 --csv free; tables run.h5 free; absent free.partial

# --- failures ------------------------------------------------------------------------------------
expect 'no recorded rounds' 2 "$pursuit" export formula.h5 --csv x --quotes; says 'no recorded rounds to export'; nothing x
expect 'absent results' 3 "$pursuit" export none.h5 --csv x; says 'none.h5'; nothing x
expect 'not a results file' 3 "$pursuit" export before/run.csv --csv x; says 'not an HDF5 file'; nothing x
head -c 30000 run.h5 >short.h5
expect 'truncated results' 3 "$pursuit" export short.h5 --csv x; says 'short.h5'; nothing x
expect 'no such folder' 3 "$pursuit" export run.h5 --csv nowhere/x; says "cannot create 'nowhere/x.partial': No such file"
mkdir closed && chmod a-w closed
if [ ! -w closed ]; then
    expect 'unwritable folder' 3 "$pursuit" export run.h5 --csv closed/x; says 'Permission denied'; nothing closed/x
fi
expect 'a folder nobody can write to' 3 "$pursuit" export run.h5 --csv /proc/x; says "cannot create '/proc/x.partial'"
(ulimit -f 8 && exec "$pursuit" export run.h5 --csv x) >out 2>err
got=$? name='file size limit'
if [ "$got" -eq 3 ]; then pass; else fail "$name" "exit code $got, not 3" "$(head -c 500 err)"; fi
says "cannot write 'x.partial/[a-z]+.csv': File too large"; nothing x
(ulimit -f 8 && exec "$pursuit" export run.h5 --csv free --force) >out 2>err
name='file size limit and --force'; tables run.h5 free; absent free.partial

# Every signal that asks for a stop, once the first large table has begun.
for signal in INT TERM HUP XCPU USR1; do
    name="SIG$signal"
    "$pursuit" export long.h5 --csv stopped >out 2>err </dev/null &
    job=$!
    for _ in $(seq 1 200); do [ -e stopped.partial/epochs.csv ] && break; sleep 0.02; done
    kill -s "$signal" "$job"
    wait "$job"
    got=$?
    if [ "$got" -eq 75 ]; then pass; else fail "$name" "exit code $got, not 75" "$(head -c 500 err)"; fi
    says 'interrupted; nothing was written'; nothing stopped; empty
done
# Killed without notice: what is left is told from an export, and the next one clears it.
name='SIGKILL'
"$pursuit" export long.h5 --csv killed >out 2>err </dev/null &
job=$!
for _ in $(seq 1 200); do [ -e killed.partial/epochs.csv ] && break; sleep 0.02; done
expect 'two at once' 3 "$pursuit" export run.h5 --csv killed; says "another export is writing 'killed.partial'"
kill -KILL "$job"
wait "$job" 2>/dev/null
present killed.partial; if [ -e killed ]; then fail "$name" 'half an export is there'; else pass; fi
expect 'and again' 0 "$pursuit" export run.h5 --csv killed; tables run.h5 killed; absent killed.partial

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
