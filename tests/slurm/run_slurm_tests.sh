#!/usr/bin/env bash
# A sweep as an array of tasks of a real Slurm, by the script that `pursuit sweep --slurm` writes. One task is killed, one
# is preempted, one is told that its time is nearly up; requeued, they finish what one process would have done.
# Usage: with_slurm.sh run_slurm_tests.sh PURSUIT yes|no (whether it was built with MPI)
set -u
tests=$(realpath "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/..")
. "$tests/checks.sh"
if [ $# -ne 2 ] || [ -z "${SLURM_CONF-}" ]; then
    echo "usage: with_slurm.sh $0 PURSUIT yes|no" >&2
    exit 2
fi
pursuit=$(realpath "$1")
has_mpi=$2
python=/usr/bin/python3
[ -x "$python" ] || python=python3
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-slurm-test.XXXXXX")
trap 'cd /; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
limit=150 # seconds in which everything here ends, unless something waits for ever

cat >small.yaml <<'YAML'
seed: 7
trials: 2
market: {rounds: 60, burn_in_epochs: 2, test_epochs: 2}
firms:
  - {name: pursuer, agent: baseline, portfolio: random}
  - {agent: null, count: 3}
YAML
# Run number i is task i + 1's. The first three are long enough to be caught.
cat >plan.yaml <<'YAML'
name: array of tasks
scenario: small.yaml
designs:
  - list: [{seed: 101, trials: 2400, market.rounds: 600}, {seed: 102, trials: 2400, market.rounds: 600},
           {seed: 103, trials: 2400, market.rounds: 600}]
  - grid: {seed: {from: 1, to: 5, steps: 5}}
YAML

until_true() {
    local end=$((SECONDS + limit))
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then return 1; fi
        sleep 0.05
    done
}
# writer TASK: the process of that task which is writing a run.
writer() {
    local pid
    for pid in $(find /proc/[0-9]*/fd -lname "$tmp/array/runs/*.h5.partial" 2>/dev/null | cut -d/ -f3 | sort -un); do
        if grep -qszFx "SLURM_ARRAY_TASK_ID=$1" "/proc/$pid/environ"; then echo "$pid"; fi
    done | grep .
}
partial_files() { compgen -G 'array/runs/*.h5.partial' | wc -l; }
job_has() { # TASK PATTERN
    scontrol show job "${job}_$1" >job.txt && grep -Eq -- "$2" job.txt
}
# What is requeued has to wait two minutes, for nodes to recover; here three seconds, since Slurm takes what starts
# within the second of its end for what it has just ended.
declare -A hurried
all_ended() {
    local task
    for task in $(squeue --noheader --array --states=PENDING --format=%K); do
        if [ -z "${hurried[$task]-}" ] && scontrol update JobId="${job}_$task" StartTime=now+3; then hurried[$task]=yes; fi
    done
    [ -z "$(squeue --noheader --job "$job")" ]
}
status_is() { # EXPRESSION of the status as JSON, s
    "$pursuit" sweep status array --json >status.json
    if "$python" -c "import json, sys; s = json.load(open('status.json')); sys.exit(not ($1))"; then pass
    else fail "$name" "not so: $1" "$(head -c 500 status.json)"; fi
}
same_sweeps() {
    local sweep
    for sweep in "$1" "$2"; do
        [ -e "$sweep.h5" ] || "$pursuit" merge "$sweep" -o "$sweep.h5" --copy 2>merge.err ||
            { fail "$name" "cannot merge $sweep" "$(head -c 500 merge.err)"; return; }
    done
    if "$python" "$tests/cli/same_results.py" "$1.h5" "$2.h5" run_created >different 2>&1; then pass
    else fail "$name" "$1 and $2 differ" "$(head -c 500 different)"; fi
}

# --- the script is taken as it is ------------------------------------------------------------------

expect "script" 0 "$pursuit" sweep plan.yaml --dir array --slurm
prints '^#SBATCH --array=1-8$'
mv out sweep.sh
expect "submitted" 0 sbatch --parsable sweep.sh
job=$(cut -d ';' -f 1 out)

# --- a task is killed outright, in the middle of a run ---------------------------------------------

name="killed"
if until_true writer 1; then pass; else fail "$name" "task 1 does not get to work" "$(cat pursuit-*_1.log)"; fi
kill -KILL "$(writer 1)"
if until_true job_has 1 'JobState=FAILED'; then pass; else fail "$name" "the task has not failed" "$(cat job.txt)"; fi
before=$(partial_files)
if [ "$before" -ge 1 ]; then pass; else fail "$name" "the kill hit no run in hand" "$(ls array/runs)"; fi
expect "killed, requeued" 0 scontrol requeue "${job}_1"

# --- a task is preempted ---------------------------------------------------------------------------

name="preempted"
if until_true writer 2; then pass; else fail "$name" "task 2 does not get to work" "$(cat pursuit-*_2.log)"; fi
expect "preempted" 0 scontrol requeue "${job}_2"
if until_true grep -q '^pursuit sweep: interrupted: 0 of 1 runs' "pursuit-${job}_2.log"; then pass
else fail "$name" "it did not stop by itself" "$(cat "pursuit-${job}_2.log")"; fi

# --- a task's time is nearly up: it asks to be requeued itself -------------------------------------

name="time"
if until_true writer 3; then pass; else fail "$name" "task 3 does not get to work" "$(cat pursuit-*_3.log)"; fi
expect "time" 0 scancel --signal=USR1 "${job}_3"
if until_true job_has 3 'Restarts=1'; then pass; else fail "$name" "it is not requeued" "$(cat job.txt "pursuit-${job}_3.log")"; fi

# --- all of it is there ----------------------------------------------------------------------------

name="finished"
if until_true all_ended; then pass; else fail "$name" "tasks do not end" "$(squeue --array)"; fi
for task in 1 2 3 4 5 6 7 8; do
    if job_has $task 'JobState=COMPLETED'; then pass; else fail "$name" "task $task" "$(cat job.txt "pursuit-${job}_$task.log")"; fi
    if job_has $task "Restarts=$((task <= 3))"; then pass; else fail "$name" "task $task's restarts" "$(cat job.txt)"; fi
    if grep -q '^pursuit sweep: 1 of 1 runs are complete, 0 of them from before' "pursuit-${job}_$task.log"; then pass
    else fail "$name" "task $task has not run it" "$(cat "pursuit-${job}_$task.log")"; fi
done
status_is "s['runs'] == s['complete'] == 8"
if [ "$(partial_files)" -eq 0 ]; then pass; else fail "$name" "partial files are left" "$(ls array/runs)"; fi

expect "serial" 0 "$pursuit" sweep plan.yaml --dir serial --quiet
same_sweeps serial array

# --- ranks that srun starts ------------------------------------------------------------------------

srun --mpi=list >kinds 2>&1
if [ "$has_mpi" = yes ] && grep -qw pmix kinds; then
    expect "srun" 0 srun --mpi=pmix --ntasks=3 --mem=1G "$pursuit" sweep plan.yaml --dir srun
    says '8 of 8 runs are complete, 0 of them from before; 3 ranks ran [0-9] to [0-9] each'
    same_sweeps serial srun
fi
expect "srun without MPI" 2 srun --mpi=none --ntasks=2 --mem=1G "$pursuit" sweep plan.yaml --dir strangers
says 'cannot speak with each other'
absent strangers

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
