#!/usr/bin/env bash
# Tests of `pursuit sweep`: whole sweeps, and what is left of them by signals, full disks, other processes and other
# people's files.
# Usage: run_sweep_tests.sh PURSUIT SOURCE_DIR PLUGIN_DIR [NO_LOCKS.so]
set -u
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../checks.sh"
if [ $# -lt 3 ]; then
    echo "usage: $0 PURSUIT SOURCE_DIR PLUGIN_DIR [NO_LOCKS.so]" >&2
    exit 2
fi
pursuit=$(realpath "$1")
source_dir=$(realpath "$2")
plugins=$(realpath "$3")
no_locks=${4:+$(realpath "$4")}
python=/usr/bin/python3
[ -x "$python" ] || python=python3
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-sweep.XXXXXX")
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
unset NO_COLOR HDF5_USE_FILE_LOCKING "${!SLURM_@}"

# same_results A.h5 B.h5, or A B: every dataset of the one is as in the other, of a file or of all in a directory.
same_results() {
    "$python" "$source_dir/tests/cli/same_results.py" "$@" 2>python.err
    case $? in
    0) pass ;;
    77) echo "skipped: $name: no h5py" ;;
    *) fail "$name" "$(tail -n 1 python.err)" ;;
    esac
}
# json_has EXPRESSION: a Python expression of the JSON in `out`, as d, holds.
json_has() {
    if "$python" -c "import json,sys; d=json.load(open('out')); sys.exit(not ($1))" 2>python.err; then pass
    else fail "$name" "not so: $1" "$(tail -n 1 python.err)" "$(head -c 500 out)"; fi
}
# is WHAT GOT WANTED
is() { if [ "$2" = "$3" ]; then pass; else fail "$name" "$1: '$2', not '$3'"; fi; }
# states DIR COMPLETE FAILED PARTIAL RUNNING PENDING
states() {
    "$pursuit" sweep status "$1" --json >out 2>err || fail "$name" "no status" "$(cat err)"
    json_has "[d[s] for s in ('complete', 'failed', 'partial', 'running', 'pending')] == [$2, $3, $4, $5, $6]"
}
# id DIR RUN: the run's id.
id() { "$python" -c 'import json,sys; print(json.loads(open(sys.argv[1]+"/manifest.jsonl").readlines()[1+int(sys.argv[2])])["id"])' "$1" "$2"; }
inodes() { (cd "$1/runs" && stat -c '%n %i %Y' -- *.h5); }
# clean DIR: results files and nothing beside them.
clean() { is 'files that are left' "$(find "$1/runs" -type f ! -name '*.h5')" ''; }
# until_there COMMAND...: wait until it succeeds, at most ten seconds.
until_there() { for _ in $(seq 1 500); do "$@" && return 0; sleep 0.02; done; return 1; }
some_complete() { [ "$(find "$1/runs" -name '*.h5' 2>/dev/null | wc -l)" -ge "$2" ] && [ -n "$(find "$1/runs" -name '*.h5.partial')" ]; }

cat >tiny.yaml <<'YAML'
seed: 7
trials: 1
market: {rounds: 20, burn_in_epochs: 1, test_epochs: 1}
firms:
  - {name: pursuer, agent: baseline, portfolio: random}
  - {agent: null, count: 3}
YAML
cat >plan.yaml <<'YAML'
name: demo
scenario: tiny.yaml
designs:
  grid:
    choice.success_rate: [0.05, 0.1]
    seed: {from: 1, to: 5, steps: 5}
YAML
sed 's/^name: .*/name: other/; s/0\.05, 0\.1/0.05, 0.15/' plan.yaml >other.yaml
# Runs that take a tenth of a second or so.
cat >slow.yaml <<'YAML'
scenario: tiny.yaml
set: {market.rounds: 2000, market.test_epochs: 2, trials: 2}
designs: {grid: {seed: {from: 1, to: 12, steps: 12}}}
YAML

# --- a sweep -------------------------------------------------------------------------------------
expect 'dry run' 0 "$pursuit" sweep plan.yaml --dry-run --threads 2; silent
prints '^demo: 10 runs, a grid of 2 x 5, plan [0-9a-f]{16}$'; prints 'choice.success_rate +success_rate +real +0.05 +0.1'
prints '^memory: [0-9.]+ [kMG]?B at most for a run, with up to 2 threads'; prints '^results files: '
expect 'dry run with a directory' 0 "$pursuit" sweep plan.yaml --dir demo --dry-run --task 2/3; prints 'runs of task 2/3: 3'; absent demo
expect 'a sweep' 0 "$pursuit" sweep plan.yaml --dir demo; empty; says '^10/10 runs, 100%, in '
says '10 of 10 runs are complete, 0 of them from before'; states demo 10 0 0 0 0; clean demo; same plan.yaml demo/plan.yaml
for run in 0 3 9; do
    rate=0.05 seed=$((run + 1))
    if [ $run -ge 5 ]; then rate=0.1 seed=$((run - 4)); fi
    expect 'the run by itself' 0 "$pursuit" run tiny.yaml -o "alone-$run.h5" --quiet --set choice.success_rate=$rate --seed $seed
    same_results "alone-$run.h5" "demo/runs/$(id demo $run).h5"
done
expect 'quietly' 0 "$pursuit" sweep plan.yaml --dir quiet --quiet; silent; empty
expect 'status' 0 "$pursuit" sweep status demo; prints '^ *complete +10$'; silent
expect 'status as JSON' 0 "$pursuit" sweep status --json demo; json_has 'd["runs"] == 10 and d["name"] == "demo" and d["failures"] == []'
inodes demo >before
expect 'again' 0 "$pursuit" sweep plan.yaml --dir demo; says '10 of 10 runs are complete, 10 of them from before'; not_says 'ETA'
inodes demo >after; same before after
first=demo/runs/$(id demo 0).h5 
rm "$first"
expect 'one is gone' 0 "$pursuit" sweep plan.yaml --dir demo/; says '9 of them from before'; same_results alone-0.h5 "$first"
sed 's/scenario:/# another file\nscenario:/; s/^name: .*/name: renamed/' plan.yaml >renamed.yaml
expect 'the same runs by another plan' 0 "$pursuit" sweep renamed.yaml --dir demo --quiet; silent
expect 'an edit of every run' 0 "$pursuit" sweep plan.yaml --dir set --quiet --set market.rounds=10 --set trials=2
"$pursuit" run tiny.yaml -o alone-set.h5 --quiet --set choice.success_rate=0.05 --seed 1 --trials 2 --set market.rounds=10
same_results alone-set.h5 "set/runs/$(id set 0).h5"

sed -i '1s/"source": "pursuit [^"]*"/"source": "pursuit 0.0.1 (older)"/' set/manifest.jsonl
expect 'begun by another build' 0 "$pursuit" sweep plan.yaml --dir set --quiet --set market.rounds=10 --set trials=2
says "^pursuit sweep: warning: 'set' was begun by pursuit 0.0.1 \(older\), and this is pursuit "

# --- files that are not whole, and not ours ------------------------------------------------------
cp "$first" whole.h5
head -c $(($(stat -c %s whole.h5) / 2)) whole.h5 >"$first"
states demo 9 0 1 0 0
expect 'cut short' 0 "$pursuit" sweep plan.yaml --dir demo; says '9 of them from before'; same_results whole.h5 "$first"; clean demo
: >"$first"
expect 'emptied' 0 "$pursuit" sweep plan.yaml --dir demo; says '9 of them from before'; same_results whole.h5 "$first"
"$python" -c "f=open('$first','r+b'); n=f.seek(0,2)//2; f.seek(n); b=f.read(1); f.seek(n); f.write(bytes([b[0]^1]))"
expect 'a bit of it changed' 0 "$pursuit" sweep plan.yaml --dir demo; says '9 of them from before'; same_results whole.h5 "$first"
name='after a power cut'
cp -r demo power
# damage RUN STATEMENT: change a run's bytes, b.
damage() { "$python" -c "f = '$1'; b = bytearray(open(f, 'rb').read()); $2; open(f, 'wb').write(b)"; }
damage "power/runs/$(id power 0).h5" 'b = b[:4096]'
damage "power/runs/$(id power 1).h5" 'b = b""'
damage "power/runs/$(id power 2).h5" 'b = bytes(len(b))'
damage "power/runs/$(id power 3).h5" 'b[5000] ^= 16'
damage "power/runs/$(id power 4).h5" 'b[0] ^= 1'
damage "power/runs/$(id power 5).h5" 'b[-1] ^= 1'
damage "power/runs/$(id power 6).h5" 'b[:4096] = bytes(4096)'
damage "power/runs/$(id power 7).h5" 'b[-4096:] = bytes(4096)'
for run in 2 3 4 5 6 7; do # those before it are whole again
    expect 'merging what a power cut has left' 3 "$pursuit" merge power -o cut.h5; says "power/runs/$(id power $run).h5: "; absent cut.h5
    cp "demo/runs/$(id power $run).h5" "$(id power $run).h5"; mv "power/runs/$(id power $run).h5" "$(id power $run).bad"
    cp "$(id power $run).h5" "power/runs/$(id power $run).h5"
done
expect 'those cut short are missing' 0 "$pursuit" merge power -o cut.h5; says "the files of 2 runs are cut short, that of run $(id power 0) first"
for run in 2 3 4 5 6 7; do mv "$(id power $run).bad" "power/runs/$(id power $run).h5"; done
expect 'sweeping after a power cut' 0 "$pursuit" sweep plan.yaml --dir power; says '10 of 10 runs are complete, 2 of them from before'
states power 10 0 0 0 0; clean power; same_results demo/runs power/runs
echo mine >"$first"
expect 'not a results file' 3 "$pursuit" sweep plan.yaml --dir demo; says "'$first' is in the way and stays as it is"
expect 'nor with --rerun all' 3 "$pursuit" sweep plan.yaml --dir demo --rerun all; says 'stopped: 0 of 10 runs are complete'
is 'what it holds' "$(cat "$first")" mine
cp whole.h5 "$first"
if "$python" -c "import h5py; h5py.File('$first', 'r+').attrs['note'] = 'mine'" 2>/dev/null; then
    cp "$first" noted.h5
    expect 'changed by another program' 3 "$pursuit" sweep plan.yaml --dir demo; says 'is in the way'; same noted.h5 "$first"
fi
rm "$first"; mkdir "$first"
expect 'a directory in its place' 3 "$pursuit" sweep plan.yaml --dir demo; says 'is in the way'
rmdir "$first"; ln -s nowhere "$first"
expect 'a link that leads nowhere' 3 "$pursuit" sweep plan.yaml --dir demo; says 'is in the way'
rm "$first"; cp whole.h5 "$first"; printf half >"$first.partial"
expect 'what a killed --rerun all has left' 0 "$pursuit" sweep plan.yaml --dir demo; same whole.h5 "$first"; clean demo
rm "$first"
printf half >"$first.partial"
states demo 9 0 1 0 0
expect 'left by a dead writer' 0 "$pursuit" sweep plan.yaml --dir demo --quiet; same_results whole.h5 "$first"; clean demo

# --- other directories ---------------------------------------------------------------------------
expect 'another plan' 3 "$pursuit" sweep other.yaml --dir demo
says "'demo' is the directory of another plan: sweep 'demo', 10 runs, plan [0-9a-f]{16}; this is sweep 'other', 10 runs, plan [0-9a-f]{16}"
mkdir mine && echo text >mine/notes.txt
expect 'a directory of mine' 3 "$pursuit" sweep plan.yaml --dir mine; says "'mine' is the directory of no sweep: it holds 'notes.txt'"
is 'what it holds' "$(ls -A mine)" notes.txt
mkdir made
expect 'an empty directory' 0 "$pursuit" sweep plan.yaml --dir made --quiet; states made 10 0 0 0 0
expect 'a file in its place' 3 "$pursuit" sweep plan.yaml --dir plan.yaml; says 'Not a directory'
expect 'no such folder' 3 "$pursuit" sweep plan.yaml --dir nowhere/out; says "cannot create 'nowhere/out': No such file"
expect 'status of no sweep' 3 "$pursuit" sweep status mine; says "cannot open 'mine/manifest.jsonl'"
mkdir bad && echo '{"pursuit_sweep": 2}' >bad/manifest.jsonl
expect 'a manifest of a later program' 3 "$pursuit" sweep status bad; says 'use a newer pursuit'
expect 'and a sweep there' 3 "$pursuit" sweep plan.yaml --dir bad; says 'use a newer pursuit'
mkdir half && printf '{"pursuit_sweep": 1' >half/manifest.jsonl.partial
expect 'half a manifest of a dead writer' 0 "$pursuit" sweep plan.yaml --dir half --quiet; states half 10 0 0 0 0

# --- runs that fail ------------------------------------------------------------------------------
cat >fails.yaml <<YAML
scenario: tiny.yaml
designs:
  grid: {seed: [1, 2], firms.0.agent: [baseline, {plugin: $plugins/train_fails.so}, {plugin: $plugins/quotes_NAN.so}]}
YAML
expect 'runs that fail' 4 "$pursuit" sweep fails.yaml --dir fails --keep-going; says 'run [0-9a-f]{16} failed: .*it does not converge'
says '2 of 6 runs are complete, 0 of them from before, 4 failed'; states fails 2 4 0 0 0
failure=fails/runs/$(id fails 1).failed
is 'its record' "$("$python" -c "import json; print(json.load(open('$failure'))['status'])")" 'numerical failure'
expect 'status' 0 "$pursuit" sweep status fails; prints '^ *failed +4$'; prints "^  $(id fails 1)  .*it does not converge"
expect 'status as JSON' 0 "$pursuit" sweep status fails --json; json_has "[f['run'] for f in d['failures']] == [1, 2, 4, 5]"
json_has "all(f['status'] == 'numerical failure' and len(f['id']) == 16 for f in d['failures'])"
stat -c %i "$failure" >before
expect 'they are not tried again' 4 "$pursuit" sweep fails.yaml --dir fails; says 'had failed: '; says '2 of 6 runs are complete, 2 of them from before, 4 failed'
stat -c %i "$failure" >after; same before after
expect 'unless asked for' 4 "$pursuit" sweep fails.yaml --dir fails --rerun failed; says ' failed: '; not_says 'had failed'
stat -c %i "$failure" >after; if cmp -s before after; then fail "$name" 'the record is the old one'; else pass; fi
expect 'a share without failures' 0 "$pursuit" sweep fails.yaml --dir fails --task 1/3
expect 'the first one stops it' 4 "$pursuit" sweep fails.yaml --dir fast --fail-fast; says '1 of 6 runs are complete.*, 1 failed'; states fast 1 1 0 0 4
expect 'and stops it again' 4 "$pursuit" sweep fails.yaml --dir fast --fail-fast; states fast 1 1 0 0 4
rm "$first"; echo '{"status": "out of memory", "message": "no memory for a portfolio"}' >"${first%.h5}.failed"
states demo 9 1 0 0 0
expect 'its exit code is that of the failure' 3 "$pursuit" sweep plan.yaml --dir demo; says 'had failed: no memory for a portfolio'
expect 'it is mended' 0 "$pursuit" sweep plan.yaml --dir demo --rerun failed; same_results whole.h5 "$first"; clean demo
rm "$first"; echo nonsense >"${first%.h5}.failed"
expect 'a record that makes no sense' 3 "$pursuit" sweep plan.yaml --dir demo; says 'had failed: unknown'
expect 'and is mended' 0 "$pursuit" sweep plan.yaml --dir demo --rerun failed --quiet; clean demo
inodes demo >before
expect 'all anew' 0 "$pursuit" sweep plan.yaml --dir demo --rerun all; says '10 of 10 runs are complete, 0 of them from before'
inodes demo >after; is 'files that stayed' "$(comm -12 <(sort before) <(sort after))" ''; same_results whole.h5 "$first"; clean demo

# --- shares --------------------------------------------------------------------------------------
total=0
for task in 1 2 3; do
    expect 'a share' 0 "$pursuit" sweep plan.yaml --dir shares --task $task/3
    total=$((total + $(grep -Eo '[0-9]+ of [0-9]+ runs are complete, 0 of them from before' err | cut -d' ' -f1)))
done
is 'runs of all shares' $total 10; states shares 10 0 0 0 0
expect 'more tasks than runs' 0 "$pursuit" sweep plan.yaml --dir shares --task 12/12; says '0 of 0 runs'
# slurm ID MIN COUNT STEP [ARGUMENT]...: as a task of an array.
slurm() {
    expect "task $1 of an array" "$code" env SLURM_ARRAY_TASK_ID="$1" SLURM_ARRAY_TASK_MIN="$2" SLURM_ARRAY_TASK_COUNT="$3" \
        SLURM_ARRAY_TASK_STEP="$4" "$pursuit" sweep plan.yaml --dir array "${@:5}"
}
code=0
for task in 0 4 8; do slurm $task 0 3 4; says "task $((task / 4 + 1))/3 of the Slurm array"; done
states array 10 0 0 0 0; rm -r array
slurm 7 7 2 1; says 'task 1/2 of the Slurm array'; slurm 8 7 2 1; says 'task 2/2'; states array 10 0 0 0 0; rm -r array
slurm 5 1 9 1 --task 1/1 --quiet; silent; states array 10 0 0 0 0
code=2
slurm 7 3 2 1; says 'say it with --task'; slurm x 1 2 1; slurm 2 1 2 0; slurm 4 1 2 2; slurm 1 1 0 1
expect 'half of what Slurm says' 2 env SLURM_ARRAY_TASK_ID=1 "$pursuit" sweep plan.yaml --dir array; says 'say it with --task'

# --- arguments -----------------------------------------------------------------------------------
bad() { # PATTERN ARGUMENT...
    expect "bad arguments: ${*:2}" 2 "$pursuit" sweep "${@:2}"
    says "$1"; empty; absent never
}
bad 'an operand is missing'
bad 'say where the runs go: --dir DIR' plan.yaml
bad "unexpected operand 'other.yaml'" plan.yaml other.yaml --dir never
bad 'not I/N' plan.yaml --dir never --task 0/3
for task in 4/3 1 1/ /3 1/0 -1/3 1/3x 1/2/3 '' ' 1/3' 1/1000001 99999999999999999999/3; do bad 'not I/N' plan.yaml --dir never --task "$task"; done
bad "'some' is neither 'failed' nor 'all'" plan.yaml --dir never --rerun some
bad 'either --keep-going or --fail-fast' plan.yaml --dir never --keep-going --fail-fast
bad 'either --dry-run or --slurm' plan.yaml --dir never --dry-run --slurm
bad 'leave --task out' plan.yaml --dir never --slurm --task 1/2
bad 'would start anew' plan.yaml --dir never --slurm --rerun all
bad "'pursuit sweep status'" plan.yaml --dir never --json
bad 'no option but --json' status out --quiet
bad 'say which directory' status
bad "unexpected operand 'b'" status a b
bad "for 'pursuit sweep status'" --json status
bad "--threads: '0'" plan.yaml --dir never --threads 0
bad "unknown option '--task-' *\(did you mean '--task'" plan.yaml --dir never --task-
bad "unknown key 'sed'" plan.yaml --dir never --set sed=1
expect 'no such plan' 3 "$pursuit" sweep none.yaml --dir never; says 'none.yaml'; absent never
sed 's/0\.05, 0\.1/0.05, -1/' plan.yaml >wrong.yaml
bad 'choice.success_rate: -1 is out of range' wrong.yaml --dir never
expect 'help' 0 "$pursuit" sweep --help; prints '^Usage: pursuit sweep PLAN.yaml --dir DIR'

# --- signals -------------------------------------------------------------------------------------
# As long as it takes for files to appear one by one, and for a signal to meet it at work: two seconds or so.
started=$(date +%s%N)
expect 'slow runs' 0 "$pursuit" sweep slow.yaml --dir slow --quiet
took=$((($(date +%s%N) - started) / 1000000 + 1))
if [ $took -lt 2000 ]; then
    sed -i "s/market.rounds: 2000/market.rounds: $((2000 * 2000 / took))/" slow.yaml
    rm -r slow
    expect 'slow runs' 0 "$pursuit" sweep slow.yaml --dir slow --quiet
fi
# whole_at_last DIR: the same command goes on, and all is as in a sweep that nothing has befallen.
whole_at_last() {
    expect "$name, and on" 0 "$pursuit" sweep slow.yaml --dir "$1"; not_says '12 of them from before'; not_says ' 0 of them'
    states "$1" 12 0 0 0 0; clean "$1"
    same_results slow/runs "$1/runs"
}
for signal in TERM INT USR1; do
    name="SIG$signal"
    "$pursuit" sweep slow.yaml --dir "$signal" >out 2>err </dev/null &
    job=$!
    until_there some_complete "$signal" 2 || fail "$name" 'nothing is complete'
    kill -s "$signal" $job
    wait $job
    is 'exit code' $? 75; says 'interrupted: [0-9]+ of 12 runs are complete, 0 of them from before; the same command goes on'
    whole_at_last "$signal"
done
name=SIGKILL
"$pursuit" sweep slow.yaml --dir killed >out 2>err </dev/null &
job=$!
until_there some_complete killed 2 || fail "$name" 'nothing is complete'
kill -KILL $job
wait $job 2>/dev/null
"$pursuit" sweep status killed --json >out; json_has "d['complete'] >= 2 and d['failed'] == d['running'] == 0 and d['partial'] <= 1"
whole_at_last killed
# Interrupted while all is run anew: what was whole stays so.
name='--rerun all, killed'
inodes killed >before
"$pursuit" sweep slow.yaml --dir killed --rerun all >out 2>err </dev/null &
job=$!
until_there eval '! inodes killed 2>/dev/null | cmp -s - before' || fail "$name" 'nothing is replaced'
kill -KILL $job
wait $job 2>/dev/null
states killed 12 0 0 0 0

# --- several at once -----------------------------------------------------------------------------
name='four at once'
for i in 1 2 3 4; do
    ("$pursuit" sweep slow.yaml --dir four --threads 1 2>"err.$i" >/dev/null </dev/null; echo $? >"code.$i") &
done
wait
fresh=0
for i in 1 2 3 4; do
    case $(cat "code.$i") in 0 | 75) pass ;; *) fail "$name" "exit code $(cat "code.$i")" "$(cat "err.$i")" ;; esac
    line=$(grep -E 'of 12 runs are complete' "err.$i")
    fresh=$((fresh + $(echo "$line" | sed -E 's/.* ([0-9]+) of 12 runs.*/\1/') - $(echo "$line" | sed -E 's/.* complete, ([0-9]+) of them.*/\1/')))
done
is 'runs by all of them' $fresh 12; states four 12 0 0 0 0; clean four
same_results slow/runs four/runs
expect 'a small one' 0 "$pursuit" sweep plan.yaml --dir damaged --quiet
head -c -20 damaged/manifest.jsonl >cut; mv cut damaged/manifest.jsonl
expect 'a damaged manifest' 3 "$pursuit" sweep plan.yaml --dir damaged; says 'manifest.jsonl:11: '
rm damaged/manifest.jsonl; mkfifo damaged/manifest.jsonl fifo.yaml
expect 'a FIFO as manifest' 3 timeout -k 1 20 "$pursuit" sweep plan.yaml --dir damaged; says 'manifest.jsonl'
expect 'a FIFO as plan' 2 timeout -k 1 20 "$pursuit" sweep fifo.yaml --dir never; says 'fifo.yaml'; absent never
expect 'a plan from a pipe' 0 bash -c 'cat plan.yaml | sed "s#tiny.yaml#$PWD/tiny.yaml#" | "$0" sweep /dev/stdin --dir piped --dry-run' "$pursuit"
name='failures of four at once'
cat >fails4.yaml <<YAML
scenario: tiny.yaml
designs:
  grid: {seed: {from: 1, to: 30, steps: 30}, firms.0.agent: [{plugin: $plugins/train_fails.so}, baseline]}
YAML
for i in 1 2 3 4; do
    ("$pursuit" sweep fails4.yaml --dir fails4 --threads 1 2>"err.$i" >/dev/null </dev/null; echo $? >"code.$i") &
done
wait
for i in 1 2 3 4; do
    case $(cat "code.$i") in 4 | 75) pass ;; *) fail "$name" "exit code $(cat "code.$i")" "$(tail -n 3 "err.$i")" ;; esac
done
states fails4 30 30 0 0 0
name='one is held'
rm "$first"
"$python" -c "
import fcntl, sys, time
f = open('$first.partial', 'w')
fcntl.flock(f, fcntl.LOCK_EX)
print('locked', flush=True)
sys.stdin.read()" < <(sleep 60 & echo $! >sleeper; wait) >locked &
job=$!
until_there test -s locked || fail "$name" 'no lock'
states demo 9 0 0 1 0
expect "$name" 75 "$pursuit" sweep plan.yaml --dir demo; says '9 of 10 runs are complete, 9 of them from before, 1 left to other processes'
expect "$name, locks switched off" 75 env HDF5_USE_FILE_LOCKING=FALSE "$pursuit" sweep plan.yaml --dir demo; says '1 left to other processes'
kill "$(cat sleeper)" $job
wait $job 2>/dev/null
expect 'no longer' 0 "$pursuit" sweep plan.yaml --dir demo --quiet; same_results whole.h5 "$first"; clean demo

# --- file systems --------------------------------------------------------------------------------
if [ -n "$no_locks" ]; then
    without_locks() { LD_PRELOAD=$no_locks "$pursuit" "$@"; }
    expect 'no locks' 0 without_locks sweep plan.yaml --dir lockless --quiet; states lockless 10 0 0 0 0; clean lockless
    stale=lockless/runs/$(id lockless 4).h5
    rm "$stale"; printf half >"$stale.partial"
    expect 'no locks, and a partial file' 3 without_locks sweep plan.yaml --dir lockless; says 'HDF5_USE_FILE_LOCKING=FALSE'
    is 'what it holds' "$(cat "$stale.partial")" half
    expect 'nobody else is there' 0 env HDF5_USE_FILE_LOCKING=FALSE LD_PRELOAD="$no_locks" "$pursuit" sweep plan.yaml --dir lockless --quiet
    states lockless 10 0 0 0 0; clean lockless
else
    echo 'skipped: a file system without locks: nothing to preload'
fi
kilobytes=$(($(stat -c %s "$first") / 1024 + 1))
(ulimit -f $((kilobytes / 2)) && exec "$pursuit" sweep plan.yaml --dir limited) >out 2>err
got=$? name='file size limit'
is 'exit code' $got 3; says 'File too large'; says 'stopped: 0 of 10 runs are complete'; states limited 0 0 0 0 10; clean limited
expect 'and without it' 0 "$pursuit" sweep plan.yaml --dir limited --quiet
# mounted COMMAND: a shell command where ./disk is a file system of its own, with room for five runs or so; 77 if there
# can be none.
mounted() { unshare -m sh -c "mount -t tmpfs -o size=$((5 * kilobytes + 40))k tmpfs disk 2>/dev/null || exit 77; $1" >out 2>err </dev/null; }
mkdir disk
mounted "'$pursuit' sweep plan.yaml --dir disk/out; code=\$?; '$pursuit' sweep status disk/out --json; exit \$code" 2>/dev/null
got=$? name='a full disk'
if [ $got -eq 77 ] || grep -qs 'unshare' err; then
    echo "skipped: $name and one that cannot be written to: no mounts here"
else
    is 'exit code' $got 3; says 'No space left on device'; says 'stopped: [1-9] of 10 runs'
    json_has "0 < d['complete'] < 10 and d['failed'] == 0 and d['complete'] + d['pending'] == 10"
    name='a directory that cannot be written to'
    mounted "'$pursuit' sweep plan.yaml --dir disk/out --task 1/5 --quiet && mount -o remount,ro disk && exec '$pursuit' sweep plan.yaml --dir disk/out"
    is 'exit code' $? 3; says 'Read-only file system'; says 'stopped: 1 of 10 runs are complete, 1 of them from before'
    name='nothing is to be written'
    mounted "'$pursuit' sweep plan.yaml --dir disk/out --task 1/5 --quiet && mount -o remount,ro disk && exec '$pursuit' sweep plan.yaml --dir disk/out --task 1/5 && '$pursuit' sweep status disk/out"
    is 'exit code' $? 0
fi

# --- Slurm ---------------------------------------------------------------------------------------
mkdir "it's here" stubs && cp plan.yaml tiny.yaml "it's here"
cat >stubs/srun <<'SH'
#!/bin/sh
while [ "${1#--}" != "$1" ]; do shift; done
echo "OMP_NUM_THREADS=$OMP_NUM_THREADS" >>"$STUB_LOG"
[ -z "${STUB_CODE-}" ] || { [ -z "${STUB_KILL-}" ] || kill -s "$STUB_KILL" $PPID; exit "$STUB_CODE"; }
exec "$@"
SH
cat >stubs/scontrol <<'SH'
#!/bin/sh
echo "scontrol $*" >>"$STUB_LOG"
SH
chmod +x stubs/*
expect 'a script' 0 "$pursuit" sweep "it's here/plan.yaml" --dir "it's here/a b" --slurm --threads 2 --set "title=it's a try"; silent; absent "it's here/a b"
cp out sweep.sh
expect 'its syntax' 0 bash -n sweep.sh
for line in '--array=1-10' '--cpus-per-task=2' '--requeue' '--open-mode=append' '--signal=USR1@120' '--job-name=demo' '--mem=[0-9]+M'; do
    if grep -Eq "^#SBATCH $line\$" sweep.sh; then pass; else fail "$name" "no line $line"; fi
done
# task ID [VARIABLE=VALUE]...: the script as a task of the array, elsewhere.
task() {
    (cd / && env PATH="$tmp/stubs:$PATH" STUB_LOG="$tmp/stub.log" SLURM_ARRAY_JOB_ID=77 SLURM_ARRAY_TASK_ID="$1" SLURM_CPUS_PER_TASK=2 \
        "${@:2}" bash "$tmp/sweep.sh")
}
: >stub.log
for i in $(seq 1 10); do expect 'a task of the script' 0 task "$i"; done
states "it's here/a b" 10 0 0 0 0
is 'threads' "$(sort -u stub.log)" 'OMP_NUM_THREADS=2'
expect 'an interrupted task' 75 task 3 STUB_CODE=75
is 'it comes back' "$(tail -n 1 stub.log)" 'scontrol requeue 77_3'
for variable in STUB_CODE=4 SLURM_RESTART_COUNT=100 STUB_KILL=TERM; do
    : >stub.log
    case $variable in STUB_CODE=4) code=4 ;; *) code=75 ;; esac
    expect "no requeue, $variable" $code task 3 STUB_CODE=75 $variable
    not=$(grep -c scontrol stub.log); is 'requeued' "$not" 0
done
: >stub.log
expect 'the time limit is near' 75 task 3 STUB_CODE=75 STUB_KILL=USR1
is 'it comes back' "$(tail -n 1 stub.log)" 'scontrol requeue 77_3'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
