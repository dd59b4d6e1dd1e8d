#!/usr/bin/env bash
# One sweep that is killed a hundred times, at random moments, and started again each time: what is there in the end is
# what an uninterrupted sweep makes, byte for byte, and nothing that was complete is ever lost.
# Usage: run_kill_tests.sh PURSUIT
#   PURSUIT_KILLS  how often (100)
set -u
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../checks.sh"
if [ $# -ne 1 ]; then
    echo "usage: $0 PURSUIT" >&2
    exit 2
fi
pursuit=$(realpath "$1")
kills=${PURSUIT_KILLS:-100}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-kills.XXXXXX")
job=''
trap 'kill -KILL $job 2>/dev/null; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
unset HDF5_USE_FILE_LOCKING "${!SLURM_@}"
export SOURCE_DATE_EPOCH=1700000000 OMP_NUM_THREADS=2

# Short runs, whose files wait for the disk together, and two that last long enough to keep finished trials.
make_plan() { # ROUNDS
    cat >base.yaml <<YAML
trials: 2
market: {rounds: $1, burn_in_epochs: 2, test_epochs: 2}
results: {quotes_every: 100}
firms:
  - {name: pursuer, agent: {kind: klq, value: linear}, portfolio: random}
  - {agent: null, count: 3}
YAML
    cat >plan.yaml <<'YAML'
scenario: base.yaml
designs:
  - list: [{seed: 1001, trials: 80}]
  - grid: {seed: {from: 1, to: 160, steps: 160}}
  - list: [{seed: 1002, trials: 80}]
YAML
}

# Milliseconds of two cores that a command takes: what else runs on the machine makes lives shorter, not the work.
work_of() {
    local TIMEFORMAT='%U %S'
    { time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ printf "%d", 500 * ($1 + $2) + 1 }'
}
# The whole takes 30 seconds or so of two cores, on any machine: longer than its lives together come to.
make_plan 200
took=$(work_of "$pursuit" sweep plan.yaml --dir sweep --quiet)
rm -r sweep
if [ $took -lt 30000 ]; then make_plan $((200 * 30000 / took)); fi
expect 'uninterrupted' 0 "$pursuit" sweep plan.yaml --dir sweep --quiet
mkdir whole && mv sweep/runs whole/runs && rm -r sweep

# A quarter of a second at most, and now and then long enough for a checkpoint.
lifetime() { awk -v n="$1" -v r="$RANDOM" 'BEGIN { print n % 10 == 9 ? 1.1 + 0.4 * r / 32768 : 0.02 + 0.22 * r / 32768 }'; }
whole_files() { (cd sweep/runs 2>/dev/null && find . -name '*.h5' | sort); }
RANDOM=1 n=0 name='killed'
: >before
while [ "$n" -lt "$kills" ]; do
    "$pursuit" sweep plan.yaml --dir sweep --quiet >out 2>err </dev/null &
    job=$!
    sleep "$(lifetime "$n")"
    kill -KILL "$job" 2>/dev/null
    wait "$job" 2>/dev/null
    got=$? job=''
    if [ "$got" -ne 137 ]; then
        fail "$name" "exit code $got after $n kills: $(wc -l <before) files" "$(head -c 500 err)"
        break
    fi
    n=$((n + 1))
    whole_files >after
    lost=$(comm -23 before after)
    if [ -n "$lost" ]; then fail "$name $n times" "lost: $lost"; else pass; fi
    # What has its name has all its bytes.
    comm -13 before after >new
    while read -r file; do same "sweep/runs/$file" "whole/runs/$file"; done <new
    mv after before
done
echo "killed $n times; $(wc -l <before) of 162 runs were complete then, of which $(ls sweep/runs | grep -c 'checkpoint$') had a checkpoint left"
expect 'to the end' 0 "$pursuit" sweep plan.yaml --dir sweep --quiet
if diff -r sweep/runs whole/runs >differences; then pass; else fail 'to the end' "$(head -n 3 differences)"; fi
expect 'status' 0 "$pursuit" sweep status sweep
prints '^ *complete +162$'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
