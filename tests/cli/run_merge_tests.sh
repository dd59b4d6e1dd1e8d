#!/usr/bin/env bash
# Tests of `pursuit merge`: every value against the runs' own files with all readers, and what is left when it fails.
# Usage: run_merge_tests.sh PURSUIT SOURCE_DIR MAKE_SWEEP_RUNS
set -u
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../checks.sh"
if [ $# -ne 3 ]; then
    echo "usage: $0 PURSUIT SOURCE_DIR MAKE_SWEEP_RUNS" >&2
    exit 2
fi
pursuit=$(realpath "$1")
source_dir=$(realpath "$2")
make_sweep_runs=$(realpath "$3")
python=/usr/bin/python3
[ -x "$python" ] || python=python3
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-merge.XXXXXX")
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2

# sweep DIR SCENARIO ARGUMENT...: make the directory of a sweep.
sweep() { "$python" "$source_dir/tests/cli/make_sweep.py" "$pursuit" "$@" || fail "make_sweep.py $*"; }
# merged FILE DIR ARGUMENT...: all in it is as in the runs' files.
merged() {
    "$python" "$source_dir/tests/cli/check_merged.py" "$@" >python.out 2>python.err
    case $? in
    0) pass ;;
    77) echo "skipped: $name: no h5py, netCDF4 and xarray" ;;
    *) fail "$name" "$(tail -n 3 python.err)" ;;
    esac
}
# holds FILE EXPRESSION...: they hold, of a dataset d that xarray has opened.
holds() {
    "$python" - "$@" >python.out 2>python.err <<'PYTHON'
import sys
try:
    import numpy as np, xarray as xr
except ImportError:
    sys.exit(77)
d = xr.open_dataset(sys.argv[1], engine="h5netcdf")
for expression in sys.argv[2:]:
    assert eval(expression), expression
PYTHON
    case $? in
    0) pass ;;
    77) ;;
    *) fail "$name" "$(tail -n 1 python.err)" ;;
    esac
}
id() { sed -n "$(($2 + 2))s/.*\"id\": \"\([0-9a-f]*\)\".*/\1/p" "$1/manifest.jsonl"; }
# all DIR NAME [ARGUMENT...]: a merged file beside the runs.
all() {
    local dir=$1 file=$2
    shift 2
    expect "$file: merged" 0 "$pursuit" merge -o "$dir/$file.h5" "$dir"
    empty
    merged "$dir/$file.h5" "$dir" "$@"
}

cat >small.yaml <<'YAML'
title: Small market
seed: 7
trials: 3
market: {rounds: 60, burn_in_epochs: 2, test_epochs: 2}
firms:
  - {name: pursuer, agent: baseline, portfolio: random}
  - {agent: null, count: 3}
YAML

# --- what is written -----------------------------------------------------------------------------
sweep along small.yaml trials=2,3 seed=1,9007199254740991
all along plain; silent
name='coordinates'
holds along/plain.h5 'list(d.trials.values) == [2, 2, 3, 3] and d.trials.dims == ("run",)' \
    'd.seed.dtype == np.int64 and list(d.seed) == [1, 2**53 - 1] * 2 and list(d.run_seed) == [1, 2**53 - 1] * 2' \
    'd.reward.where(d.trials == 3, drop=True).sizes["run"] == 2 and not np.isnan(d.reward[2]).any()' \
    'np.isnan(d.quote_count[0, 2]).all() and np.isnan(d.reward[0, 2]).all() and d.phase.dims == ("epoch",)'

sweep grid small.yaml --grid market.test_epochs=2,4 firms.0.agent=baseline,null choice.success_rate=0.1,0.15
all grid grid; silent
name='a grid'
holds grid/grid.h5 'd.reward.dims[:3] == ("test_epochs", "agent", "success_rate") and d.sizes["epoch"] == 6' \
    'd.run_id.sel(test_epochs=4, agent="null", success_rate=0.15) == d.run_id[1, 1, 1]' \
    'np.isnan(d.reward.sel(test_epochs=2).isel(epoch=slice(4, None))).all()'

# Firms, categories, trials' numbers and phases that differ; a text that is a map.
sweep mixed small.yaml firms.1.count=2,3 market.burn_in_epochs=1,3 "firms.0.agent=baseline,{kind: null}" -- --first-trial 4
sweep other small.yaml firms.0.name=pursuer,chaser firms.0.portfolio=random,none first_trial=0,5 -- --set firms.0.agent=null
all mixed mixed
all other other
name='firms by run'
holds other/other.h5 'd.firm_name.dims == ("run", "firm") and d.firm_name.values[4, 0] == "chaser" and list(d.firm) == [0, 1, 2, 3]' \
    'd.trial_number.dims == ("run", "trial") and d.trial_number.values[1, 0] == 5'
holds mixed/mixed.h5 'd.phase.dims == ("run", "epoch") and d.phase.values[0, 1] == 1 and np.isnan(d.phase.values[0, 4])'

# What agents log, and recorded rounds.
expect 'runs that log' 0 "$make_sweep_runs" logs 5 3 2
all logs logs; says 'recorded rounds of 5 runs are left out'; not_says missing

# --- runs that are missing -----------------------------------------------------------------------
sweep holes small.yaml --skip 1 --skip 2 --skip 3 --skip 4 seed=1,2,3,4,5,6,7
echo '{"status": "numerical failure", "message": "x"}' >"holes/runs/$(id holes 1).failed"
touch "holes/runs/$(id holes 2).h5.partial" "holes/runs/$(id holes 3).h5.checkpoint"
cut=$(id holes 5)
cp "holes/runs/$cut.h5" whole.h5
head -c 30000 whole.h5 >"holes/runs/$cut.h5"
all holes holes broken "$cut"
says '^pursuit merge: 1 of 7 runs is failed: missing'; says '3 of 7 runs are begun'; says "the file of run $cut is cut short"; says '1 of 7 runs is not begun'
name='states'
holds holes/holes.h5 'list(d.run_status.values) == [0, 1, 2, 2, 3, 2, 0]'
holds holes/holes.h5 'np.isnan(d.reward.values).all(axis=(1, 2, 3)).tolist() == [False, True, True, True, True, True, False]'
sweep none small.yaml --skip 0 --skip 1 seed=1,2
expect 'nothing is complete' 3 "$pursuit" merge none -o x.h5 --copy; says 'no run is complete'; absent x.h5

# --- what is damaged -----------------------------------------------------------------------------
cp "along/runs/$(id along 1).h5" good.h5
bad=along/runs/$(id along 1).h5
"$python" -c 'import sys; b = bytearray(open("good.h5", "rb").read()); b[len(b) // 2] ^= 1; open(sys.argv[1], "wb").write(b)' "$bad"
expect 'damaged' 3 "$pursuit" merge along -o x.h5; says "$bad: the file is damaged \(its checksum does not hold\)"; absent x.h5
cp "along/runs/$(id along 2).h5" "$bad"
expect "another run's" 3 "$pursuit" merge along -o x.h5; says "$bad: the scenario within is not the one that the file is named after"; absent x.h5
cp small.yaml "$bad"
expect 'no results' 3 "$pursuit" merge along -o x.h5; says "$bad: this is not an HDF5 file"; absent x.h5
cp along/plain.h5 "$bad"
expect 'a merged file' 3 "$pursuit" merge along -o x.h5; says "$bad: this is a merged sweep"; absent x.h5
cp good.h5 "$bad"
cp -r along sources
if "$python" -c 'import h5py, sys; f = h5py.File(sys.argv[1], "a"); f.attrs["source"] = "pursuit 9.9 (other)"' "sources/runs/$(id along 2).h5" 2>/dev/null; then
    expect 'made by another program' 0 "$pursuit" merge sources -o sources/sweep.h5 --copy
    says '^pursuit merge: warning: 1 run was made with another program than the first \(see run_source\)'
    holds sources/sweep.h5 'list(d.run_source.values == "pursuit 9.9 (other)") == [False, False, True, False]'
    merged sources/sweep.h5 sources
fi
cp -r along changed && sed -i '2s/"id": "[0-9a-f]*"/"id": "0123456789abcdef"/' changed/manifest.jsonl
expect 'a manifest that was changed' 3 "$pursuit" merge changed -o x.h5 --copy; says "changed/manifest.jsonl: "; absent x.h5
expect 'no manifest' 3 "$pursuit" merge nowhere -o x.h5 --copy; says "'nowhere/manifest.jsonl': No such file"; absent x.h5

# A book is not in the results, so that names of files cannot be checked.
{
    echo 'premium,vehicle_age'
    for i in $(seq 1 40); do echo "$((100 + 7 * i)).5,$((i % 12))"; done
} >book.csv
cat >book.yaml <<'YAML'
trials: 2
market: {rounds: 60, burn_in_epochs: 2, test_epochs: 2}
population: {kind: book, file: book.csv, pure_premium: premium, features: [{name: vehicle_age, kind: numeric}]}
firms: [{agent: null, count: 2}]
YAML
sweep books book.yaml seed=1,2
mv "books/runs/$(id books 0).h5" books/runs/fedcba9876543210.h5
"$python" - <<'PYTHON'
import hashlib, re
text = open("books/manifest.jsonl").read()
old = re.findall(r'"id": "(\w+)"', text)
text = text.replace(old[0], "fedcba9876543210")
old[0] = "fedcba9876543210"
sha = hashlib.sha256("".join(i + "\n" for i in old).encode()).hexdigest()
open("books/manifest.jsonl", "w").write(re.sub(r'"plan_sha256": "\w+"', f'"plan_sha256": "{sha}"', text))
PYTHON
all books books; silent

# --- what is in the way --------------------------------------------------------------------------
cp along/plain.h5 before.h5
expect 'existing file' 3 "$pursuit" merge grid -o before.h5 --copy; says "'before.h5' already exists \(--force replaces it\)"; same before.h5 along/plain.h5
expect '--force' 0 "$pursuit" merge grid -o before.h5 --copy --force; merged before.h5 grid
expect 'where a run is' 3 "$pursuit" merge along -o "$bad" --copy --force; says "is the sweep's own"; same "$bad" good.h5; absent "$bad.partial"
ln "$bad" linked.h5
expect 'the file of a run' 3 "$pursuit" merge along -o linked.h5 --copy --force; says "is the file of a run"; same linked.h5 good.h5; absent linked.h5.partial
rm linked.h5
cp along/manifest.jsonl manifest.before
expect 'the manifest' 3 "$pursuit" merge along -o along/manifest.jsonl --copy --force; says "is the sweep's own"; same along/manifest.jsonl manifest.before
expect 'among the runs' 3 "$pursuit" merge along -o along/runs/../runs/all.h5 --copy; says "is the sweep's own"; absent along/runs/all.h5
expect 'no such folder' 3 "$pursuit" merge along -o nowhere/x.h5 --copy; says "cannot create 'nowhere/x.h5.partial': No such file"
chmod -R a-w along
expect 'runs that cannot be written' 0 "$pursuit" merge along -o read.h5 --copy; merged read.h5 along
chmod -R u+w along
(ulimit -f 8 && exec "$pursuit" merge along -o x.h5 --copy) >out 2>err
got=$? name='file size limit'
if [ "$got" -eq 3 ]; then pass; else fail "$name" "exit code $got, not 3" "$(head -c 500 err)"; fi
says "cannot write 'x.h5.partial': File too large"; absent x.h5

# --- usage ---------------------------------------------------------------------------------------
expect '--copy, as ever' 0 "$pursuit" merge along -o as-ever.h5 --copy; merged as-ever.h5 along
expect '--virtual' 2 "$pursuit" merge along -o x.h5 --virtual; says '--virtual was removed: merging copies'; absent x.h5
expect 'no output' 2 "$pursuit" merge along --copy; says 'say where the file goes: -o FILE.h5'
expect 'no directory' 2 "$pursuit" merge -o x.h5 --copy; says 'usage: pursuit merge'
expect 'a typo' 2 "$pursuit" merge along -o x.h5 --cpy; says "did you mean '--copy'"

# --- merged files are told from results -----------------------------------------------------------
for command in 'summary before.h5' 'compare good.h5 before.h5' 'compare before.h5 good.h5' 'export before.h5 --csv x'; do
    expect "$command" 3 "$pursuit" $command; says 'before.h5: this is a merged sweep; what is wanted is the results file of one run'; empty
done

# --- many, and large -----------------------------------------------------------------------------
expect '300 runs' 0 "$make_sweep_runs" many 300
# Seconds, of a build for users alone: sanitizers take their time.
most=30
if grep -q __asan_init "$pursuit"; then most=600; fi
SECONDS=0
expect 'all of them' 0 "$pursuit" merge many -o many.h5 --copy; silent
if [ "$SECONDS" -lt "$most" ]; then pass; else fail "$name" "300 runs take $SECONDS s"; fi
merged many.h5 many
# Sanitizers keep what is freed, and so would show nothing.
expect 'large runs' 0 "$make_sweep_runs" large 3 2000
most=130000 name='memory'
if grep -q __asan_init "$pursuit"; then most=2000000; fi
if "$python" - "$pursuit" "$most" 2>python.err <<'PYTHON'; then pass; else fail "$name" "$(tail -n 1 python.err)"; fi
import resource, subprocess, sys
subprocess.run([sys.argv[1], "merge", "large", "-o", "large.h5", "--copy"], check=True)
kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
assert kilobytes < int(sys.argv[2]), f"{kilobytes} kB"
PYTHON
name='large runs'
holds large.h5 'd.sizes["trial"] == 2000 and not np.isnan(d.quote_count.values).any()'

# Every signal that asks for a stop, once the file has begun.
for signal in INT TERM HUP XCPU; do
    name="SIG$signal"
    "$pursuit" merge large -o stopped.h5 --copy >out 2>err </dev/null &
    job=$!
    for _ in $(seq 1 200); do [ -s stopped.h5.partial ] && break; sleep 0.02; done
    kill -s "$signal" "$job"
    wait "$job"
    got=$?
    if [ "$got" -eq 75 ]; then pass; else fail "$name" "exit code $got, not 75" "$(head -c 500 err)"; fi
    says 'interrupted; nothing was written'; absent stopped.h5; empty
done
name='SIGKILL'
"$pursuit" merge large -o killed.h5 --copy >out 2>err </dev/null &
job=$!
for _ in $(seq 1 200); do [ -s killed.h5.partial ] && break; sleep 0.02; done
expect 'two at once' 3 "$pursuit" merge along -o killed.h5 --copy; says "is writing 'killed.h5.partial'"
kill -KILL "$job"
wait "$job" 2>/dev/null
if [ -e killed.h5 ]; then fail "$name" 'half a file is there'; else pass; fi
expect 'and again' 0 "$pursuit" merge along -o killed.h5 --copy; merged killed.h5 along; absent killed.h5.partial

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
