#!/usr/bin/env bash
# Tests of runs that are interrupted, killed or handed a checkpoint of another kind, and go on: the file is in the end
# the same, byte for byte, as that of a run which was left alone.
# Usage: run_checkpoint_tests.sh PURSUIT SOURCE_DIR
set -u
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../checks.sh"
if [ $# -ne 2 ]; then
    echo "usage: $0 PURSUIT SOURCE_DIR" >&2
    exit 2
fi
pursuit=$(realpath "$1")
source_dir=$(realpath "$2")
kills=${PURSUIT_KILLS:-30} # of a sweep, at least
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-checkpoint.XXXXXX")
job='' slow=''
trap 'kill -KILL $job $slow 2>/dev/null; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
export SOURCE_DATE_EPOCH=1700000000 OMP_NUM_THREADS=2

# Rounds are recorded, and an agent logs what it learns.
make_run() { # ROUNDS
    cat >run.yaml <<YAML
title: Interrupted
trials: 90
market: {rounds: $1, burn_in_epochs: 3, test_epochs: 5}
results: {quotes_every: 43}
firms:
  - {name: pursuer, agent: {kind: klq, value: linear}, portfolio: random}
  - {agent: null, count: 4}
YAML
}
# Processor time of the whole run: nine seconds or so on any machine, more than the parts before its end come to.
make_run 1300
took=$({ TIMEFORMAT='%U'; time "$pursuit" run run.yaml -o first.h5 --trials 18 --quiet >/dev/null 2>&1; } 2>&1 |
    awk '{ printf "%d", 5000 * $1 + 1 }')
if [ "$took" -lt 9000 ]; then make_run $((1300 * 9000 / took)); fi
rm -f first.h5
grep -v '^results' run.yaml >bare.yaml

# start ARGUMENT...: a run in the background.
start() { "$pursuit" run "$@" >out 2>err </dev/null & job=$!; }
# ends CODE: it has ended, with that code.
ends() {
    wait "$job"
    got=$? job=''
    if [ "$got" -eq "$1" ]; then pass; else fail "$name" "exit code $got, not $1" "$(head -c 500 err)"; fi
}
# until_there FILE: wait for it, for half a minute at most.
until_there() { for _ in $(seq 1 1500); do [ -e "$1" ] && return; sleep 0.02; done; fail "$name" "no $1"; }
checkpoint() { if [ -s "$1.checkpoint" ]; then pass; else fail "$name" "no $1.checkpoint"; fi; }
no_checkpoint() { if [ -e "$1.checkpoint" ]; then fail "$name" "$1.checkpoint is left"; else pass; fi; }
# go_on WHOLE ARGUMENT...: the same command goes on, and the file is the same as WHOLE.
go_on() {
    local whole=$1
    shift
    expect "$name, gone on" 0 "$pursuit" run "$@"
    says '[0-9]+/90 trials were finished before'
    same run.h5 "$whole"; no_checkpoint run.h5; rm -f run.h5
}

# What takes longer than the time there is after SIGTERM is dropped. It goes on beside all that follows.
nice -n 19 "$pursuit" run bare.yaml -o slow.h5 --quiet --threads 1 --set 'firms.0.agent={kind: klq, method: model_free, rollouts: 10000}' \
    >/dev/null 2>slow.err </dev/null &
slow=$!
until_there slow.h5.partial
kill -TERM "$slow"
slow_since=$SECONDS

# The command line is in the file, and must be the same.
mkdir whole
expect 'uninterrupted' 0 "$pursuit" run run.yaml -o run.h5; no_checkpoint run.h5; mv run.h5 whole/run.h5

# Each goes on from where the one before has stopped.
for signal in TERM USR1 INT HUP XCPU; do
    name="SIG$signal"
    start run.yaml -o run.h5
    until_there run.h5.checkpoint; sleep 0.2
    kill -s "$signal" "$job"
    ends 75
    says 'interrupted after [0-9]+ of 90 trials; the same command goes on from there \(run.h5.checkpoint\)'
    absent run.h5; checkpoint run.h5
    if [ "$signal" != TERM ]; then says '[0-9]+/90 trials were finished before'; fi
done
go_on whole/run.h5 run.yaml -o run.h5

# Each part on another number of threads.
name='threads'
for threads in 2 1 3 8; do
    OMP_NUM_THREADS=$threads start run.yaml -o run.h5
    until_there run.h5.checkpoint; sleep 0.2
    kill -USR1 "$job"
    ends 75
done
OMP_NUM_THREADS=5 go_on whole/run.h5 run.yaml -o run.h5

# Killed without notice, at random moments; lives grow longer, so that there is an end on any machine.
# live N: let the job live; there is something to go on from.
live() { sleep "$(awk -v n="$1" -v r="$RANDOM" 'BEGIN { print (0.02 + 0.3 * r / 32768) * (1 + n / 100) }')"; }
# killed: kill the job. Sets got to its exit code.
killed() {
    kill -KILL "$job" 2>/dev/null
    wait "$job" 2>/dev/null
    got=$? job=''
    case $got in
    137) n=$((n + 1)) ;;
    0) ;;
    *) fail "$name" "exit code $got" "$(head -c 500 err)" ;;
    esac
}
RANDOM=1 n=0 got=137 name='a run, killed'
while [ "$got" -eq 137 ] && [ "$n" -lt 1000 ]; do
    start run.yaml -o run.h5
    if [ -e run.h5.checkpoint ]; then live "$n"; else until_there run.h5.checkpoint; fi
    killed
done
same run.h5 whole/run.h5; no_checkpoint run.h5; rm -f run.h5

# The same for a sweep, whose every run is longer than what is not kept.
printf 'scenario: run.yaml\nset: {trials: 60}\ndesigns: {grid: {seed: [1, 2]}}\n' >plan.yaml
expect 'a sweep, uninterrupted' 0 "$pursuit" sweep plan.yaml --dir sweep; mv sweep whole
name='a sweep, killed' n=0
while [ "$n" -lt "$kills" ]; do
    got=137
    while [ "$got" -eq 137 ] && [ "$n" -lt 1000 ]; do
        "$pursuit" sweep plan.yaml --dir sweep >out 2>err </dev/null & job=$!
        if compgen -G 'sweep/runs/*.h5.checkpoint' >/dev/null; then live "$n"; else sleep 1.3; fi
        killed
    done
    if diff -r sweep/runs whole/sweep/runs >python.err; then pass; else fail "$name" "$(head -n 3 python.err)"; fi
    rm -rf sweep
done

# interrupted: leave a checkpoint of run.yaml.
interrupted() {
    start run.yaml -o run.h5
    until_there run.h5.checkpoint
    kill -TERM "$job"
    ends 75
}
# --- a checkpoint that does not fit --------------------------------------------------------------
name='foreign'
interrupted
cp run.h5.checkpoint kept
for change in 'seed=2' 'trials=91' 'firms.0.agent=baseline'; do
    expect "foreign: $change" 3 "$pursuit" run run.yaml -o run.h5 --quiet --set "$change"
    says "pursuit run: 'run.h5.checkpoint' is of another scenario or build; --force starts anew"
    absent run.h5; same run.h5.checkpoint kept
done
expect 'foreign, with --force' 0 "$pursuit" run run.yaml -o run.h5 --force --quiet --trials 2 --set seed=2
silent; present run.h5; no_checkpoint run.h5
# One that fits is used even with --force, and the old file stays until the new one is whole.
cp kept run.h5.checkpoint; cp run.h5 old.h5; name='with --force'
start run.yaml -o run.h5 --force
for _ in $(seq 1 500); do grep -q 'finished before' err && break; sleep 0.02; done
kill -TERM "$job"
ends 75; same run.h5 old.h5; checkpoint run.h5
expect 'with --force, gone on' 0 "$pursuit" run run.yaml -o run.h5 --force; says 'finished before'
same run.h5 whole/run.h5; no_checkpoint run.h5

name='damaged'
size=$(wc -c <kept)
for at in $((size / 2)) $((size - 1)); do
    rm -f run.h5; cp kept run.h5.checkpoint
    printf '\377' | dd of=run.h5.checkpoint bs=1 seek="$at" conv=notrunc status=none
    expect "damaged at $at" 0 "$pursuit" run run.yaml -o run.h5
    same run.h5 whole/run.h5; no_checkpoint run.h5
done
rm -f run.h5; head -c $((size * 2 / 3)) kept >run.h5.checkpoint
name='cut'; go_on whole/run.h5 run.yaml -o run.h5
echo notes >run.h5.checkpoint
expect 'no checkpoint at all' 3 "$pursuit" run run.yaml -o run.h5 --force --quiet
says "'run.h5.checkpoint': it is in the way and no checkpoint of a run"; absent run.h5
if [ "$(cat run.h5.checkpoint)" = notes ]; then pass; else fail "$name" 'somebody else'"'"'s file has changed'; fi
rm run.h5.checkpoint

# A scenario that is done in less than a second leaves none at any time.
name='short'
start run.yaml -o short.h5 --quiet --trials 4
while kill -0 "$job" 2>/dev/null; do no_checkpoint short.h5; sleep 0.05; done
ends 0; present short.h5

# --- what was begun first ------------------------------------------------------------------------
name='the time after SIGTERM'
job=$slow slow=''
cp slow.err err
ends 75
cp slow.err err
says 'interrupted after 0 of 90 trials; nothing was written, and the same command starts again'
absent slow.h5; no_checkpoint slow.h5
# The rest of the tests may have taken longer than the 20 seconds; it did not end before.
if [ $((SECONDS - slow_since)) -ge 19 ]; then pass; else fail "$name" "only $((SECONDS - slow_since)) s"; fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
