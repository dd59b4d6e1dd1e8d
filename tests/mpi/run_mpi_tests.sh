#!/usr/bin/env bash
# Sweeps by the ranks of an MPI job: they do together what one process does, each run once; long runs hold up nobody;
# whatever is killed or interrupted is gone on from.
# Usage: run_mpi_tests.sh PURSUIT yes|no (whether it was built with MPI) PLUGINS (folder of those that tests use)
set -u
tests=$(realpath "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/..")
. "$tests/checks.sh"
if [ $# -ne 3 ]; then
    echo "usage: $0 PURSUIT yes|no PLUGINS" >&2
    exit 2
fi
pursuit=$(realpath "$1")
plugins=$(realpath "$3")
if [ "$2" != yes ] || ! command -v mpirun >/dev/null; then
    if [ -n "${CI-}" ]; then
        echo "FAILED: no MPI (install libopenmpi-dev openmpi-bin)"
        exit 1
    fi
    echo "skipped: no MPI (install libopenmpi-dev openmpi-bin)"
    exit 77
fi
python=/usr/bin/python3
[ -x "$python" ] || python=python3
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-mpi.XXXXXX")

# Processes of ours that are still there.
left() {
    local file
    for file in /proc/[0-9]*/cmdline; do
        if [ "${file//[!0-9]/}" != $$ ] && grep -qsF "$tmp/" "$file"; then echo "${file//[!0-9]/}"; fi
    done
}
clean() {
    local pids
    mapfile -t pids < <(left)
    if [ ${#pids[@]} -gt 0 ]; then kill -KILL "${pids[@]}" 2>/dev/null; fi
    cd / && rm -rf "$tmp"
}
trap clean EXIT
cd "$tmp" || exit 2
unset "${!SLURM_@}" "${!OMPI_@}" "${!PMI@}" OMP_NUM_THREADS
# As root in a container, with more ranks than processors; what does not fit is no concern of ours.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_orte_tmpdir_base=$tmp
limit=120 # seconds in which everything here ends, unless something waits for ever

cat >small.yaml <<'YAML'
seed: 7
trials: 2
market: {rounds: 60, burn_in_epochs: 2, test_epochs: 2}
firms:
  - {name: pursuer, agent: baseline, portfolio: random}
  - {agent: null, count: 3}
YAML
# The first run takes longer than all others together.
cat >plan.yaml <<'YAML'
name: one long, many short
scenario: small.yaml
designs:
  - list: [{seed: 100, trials: 400, market.rounds: 600}]
  - grid: {seed: {from: 1, to: 20, steps: 20}}
YAML
cat >long.yaml <<'YAML'
scenario: small.yaml
set: {trials: 400, market.rounds: 600}
designs: {grid: {seed: [1, 2, 3]}}
YAML

# ranks N PLAN DIR [OPTION]...: how a sweep is started on N ranks.
ranks() {
    local n=$1 plan=$2 dir=$3
    shift 3
    timeout -k 5 $limit mpirun -n "$n" "$pursuit" sweep "$tmp/$plan" --dir "$tmp/$dir" "$@"
}
# same_sweeps DIR DIR: their merged files have the same datasets.
same_sweeps() {
    local sweep
    for sweep in "$1" "$2"; do
        [ -e "$sweep.h5" ] || "$pursuit" merge "$sweep" -o "$sweep.h5" --copy 2>merge.err ||
            { fail "$name" "cannot merge $sweep" "$(head -c 500 merge.err)"; return; }
    done
    if "$python" "$tests/cli/same_results.py" "$1.h5" "$2.h5" run_created >different 2>&1; then pass
    else fail "$name" "$1 and $2 differ" "$(head -c 500 different)"; fi
}
# until_true COMMAND...: poll it.
until_true() {
    local end=$((SECONDS + limit))
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then return 1; fi
        sleep 0.02
    done
}
nobody_left() { [ -z "$(left)" ]; }
# in_hand DIR: a run of it is being written.
in_hand() { compgen -G "$1/runs/*.h5.partial"; }
# writers DIR: processes that are writing a run of it.
writers() {
    find /proc/[0-9]*/fd -lname "$tmp/$1/runs/*.h5.partial" 2>/dev/null | cut -d/ -f3 | sort -un
}
has_writers() { [ "$(writers "$1" | wc -l)" -ge "$2" ]; }
# in_background N PLAN DIR: the same as ranks, but it is there while it runs.
in_background() {
    mpirun -n "$1" "$pursuit" sweep "$tmp/$2" --dir "$tmp/$3" >out 2>err </dev/null &
    mpi=$!
}
# ended NAME CODE...: it ends with one of these codes, and all its ranks with it.
ended() {
    name=$1
    shift
    until_true eval "! kill -0 $mpi" || { fail "$name" "mpirun does not end"; kill -KILL $mpi; }
    wait $mpi
    got=$?
    if [[ " $* " == *" $got "* ]]; then pass; else fail "$name" "exit code $got, not $*" "$(head -c 500 err)"; fi
    if until_true nobody_left; then pass; else fail "$name" "processes are left: $(left)"; fi
}
status_is() { # DIR EXPRESSION of its status as JSON, s
    "$pursuit" sweep status "$1" --json >status.json
    if "$python" -c "import json, sys; s = json.load(open('status.json')); sys.exit(not ($2))"; then pass
    else fail "$name" "not so: $2" "$(head -c 500 status.json)"; fi
}

# --- the same as one process, and every run once ---------------------------------------------------

expect serial 0 "$pursuit" sweep plan.yaml --dir serial --threads 1
for n in 1 2 4; do
    expect "$n ranks" 0 ranks $n plan.yaml ranks-$n
    says '^pursuit sweep: 21 of 21 runs are complete, 0 of them from before'
    same_sweeps serial ranks-$n
done
# The rank with the long run did nothing else; somebody did at least a third of the rest.
name="hand-out by demand"
says '4 ranks ran 1 to ([7-9]|1[0-9]) each'

expect "again" 0 ranks 4 plan.yaml ranks-4
says '21 of 21 runs are complete, 21 of them from before; 4 ranks ran 0 to 0 each'
if [ "$(grep -c 'runs are complete' err)" -eq 1 ]; then pass; else fail "$name" "said more than once" "$(cat err)"; fi
expect "quiet" 0 ranks 2 plan.yaml ranks-4 --quiet
silent

expect "given tasks, each alone" 0 timeout $limit mpirun \
    -n 1 "$pursuit" sweep plan.yaml --dir tasks --task 1/2 : -n 1 "$pursuit" sweep plan.yaml --dir tasks --task 2/2
says '^pursuit sweep: 11 of 11 runs are complete, 0 of them from before$'
says '^pursuit sweep: 10 of 10 runs are complete, 0 of them from before$'
same_sweeps serial tasks

# Two ranks that may run anywhere have half of the processors each.
expect "shared processors" 0 timeout $limit mpirun --bind-to none -n 2 "$pursuit" sweep plan.yaml --dir shared
half=$(($(nproc) / 2))
if "$python" -c "
import glob, h5py
assert {int(h5py.File(path).attrs['threads']) for path in glob.glob('shared/runs/*.h5')} == {max($half, 1)}" 2>python.err; then pass
else fail "$name" "$(tail -n 1 python.err)"; fi

# --- what is wrong is said once --------------------------------------------------------------------

sed 's/seed: 100/sed: 100/' plan.yaml >bad.yaml
expect "bad plan" 2 ranks 4 bad.yaml bad
if [ "$(grep -c "unknown key 'sed'" err)" -eq 1 ]; then pass; else fail "$name" "not once" "$(cat err)"; fi
absent bad
expect "no directory" 3 ranks 4 plan.yaml small.yaml/out
if [ "$(grep -c '^pursuit sweep: ' err)" -eq 1 ]; then pass; else fail "$name" "not once" "$(cat err)"; fi
expect "another plan" 3 ranks 3 long.yaml ranks-4
expect "strangers" 2 env SLURM_STEP_NUM_TASKS=3 "$pursuit" sweep plan.yaml --dir strangers
says 'cannot speak with each other'
absent strangers

# --- runs that fail, whoever has them ----------------------------------------------------------------

cat >fails.yaml <<YAML
scenario: small.yaml
designs:
  grid: {seed: {from: 1, to: 12, steps: 12}, firms.0.agent: [{plugin: $plugins/train_fails.so}, baseline]}
YAML
expect "runs that fail" 4 ranks 3 fails.yaml fails
says '12 of 24 runs are complete, 0 of them from before, 12 failed; 3 ranks ran'
if [ "$(grep -c '^pursuit sweep: run [0-9a-f]* failed: .*does not converge' err)" -eq 12 ]; then pass
else fail "$name" "not each told once" "$(cat err)"; fi
if [ "$(compgen -G 'fails/runs/*.failed' | wc -l)" -eq 12 ]; then pass; else fail "$name" "not each recorded"; fi
expect "the first one stops all" 4 ranks 3 fails.yaml fast --fail-fast
status_is fast "s['failed'] >= 1 and s['pending'] >= 12"

# One among many short runs, whose files wait for the disk together: it is told all the same.
cat >one.yaml <<YAML
scenario: small.yaml
designs:
  - grid: {seed: {from: 1, to: 20, steps: 20}}
  - list: [{seed: 21, firms.0.agent: {plugin: $plugins/train_fails.so}}]
  - grid: {seed: {from: 22, to: 600, steps: 579}}
YAML
expect "one failure stops all" 4 ranks 3 one.yaml one --fail-fast
status_is one "s['failed'] == 1 and s['complete'] < 300"
expect "progress of all" 4 ranks 3 one.yaml all; says '^600/600 runs, 100%, in '

# --- a rank is killed ------------------------------------------------------------------------------

in_background 3 long.yaml killed
if until_true has_writers killed 3; then pass; else fail "killed" "the ranks do not get to work" "$(cat err)"; fi
kill -KILL "$(writers killed | tail -n 1)"
ended "killed" 137 1
if in_hand killed >/dev/null; then pass; else fail "$name" "it did not hit a run in hand"; fi
status_is killed "s['complete'] < 3"
expect "after a kill" 0 ranks 2 long.yaml killed
says '3 of 3 runs are complete'
expect "serial, long" 0 "$pursuit" sweep long.yaml --dir serial-long
same_sweeps serial-long killed

# --- signals ---------------------------------------------------------------------------------------

# What mpirun forwards.
in_background 3 long.yaml usr1
until_true has_writers usr1 3
kill -USR1 $mpi
ended "SIGUSR1" 75
says 'interrupted: [0-2] of 3 runs are complete'
expect "after SIGUSR1" 0 ranks 3 long.yaml usr1
same_sweeps serial-long usr1

# What a scheduler sends to every process.
in_background 2 long.yaml term
until_true has_writers term 2
mapfile -t pids < <(writers term)
kill -TERM "${pids[@]}"
ended "SIGTERM" 75
expect "after SIGTERM" 0 ranks 3 long.yaml term
same_sweeps serial-long term

# To rank 0's or another's neighbour alone: the rest go on, and then all leave.
in_background 2 long.yaml alone
until_true has_writers alone 2
kill -TERM "$(writers alone | head -n 1)"
ended "SIGTERM to one" 75
expect "after SIGTERM to one" 0 ranks 2 long.yaml alone
same_sweeps serial-long alone

# mpirun's own end: it sends SIGTERM and soon SIGKILL, and tells of it with 1.
in_background 2 long.yaml stopped
until_true has_writers stopped 2
kill -TERM $mpi
ended "SIGTERM to mpirun" 1 143
expect "after SIGTERM to mpirun" 0 ranks 2 long.yaml stopped
same_sweeps serial-long stopped

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
