#!/usr/bin/env bash
# Tests of the command `pursuit` as a user meets it: every command, exit code and message.
# Usage: run_cli_tests.sh PURSUIT SOURCE_DIR MAKE_RESULTS
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
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-cli.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
unset NO_COLOR

json() { if "$python" -m json.tool out >/dev/null 2>&1; then pass; else fail "$name" "not JSON" "$(head -c 500 out)"; fi; }
# json_has EXPRESSION: a Python expression of the parsed JSON `d` holds.
json_has() {
    if "$python" -c "import json,sys; d=json.load(open('out')); sys.exit(not ($1))" 2>python.err; then pass
    else fail "$name" "not so: $1" "$(tail -n 1 python.err)"; fi
}

# --- scenarios and books -------------------------------------------------------------------------
cat >small.yaml <<'YAML'
title: Small market
seed: 7
trials: 3
market: {rounds: 60, burn_in_epochs: 2, test_epochs: 2}
firms:
  - {name: pursuer, agent: baseline, portfolio: random}
  - {agent: null, count: 3}
YAML

book_scenario() { # FILE [KIND of vehicle_age]
    cat <<YAML
trials: 2
market: {rounds: 60, burn_in_epochs: 2, test_epochs: 2}
population:
  kind: book
  file: $1
  pure_premium: premium
  features: [{name: vehicle_age, kind: ${2:-numeric}}, {name: garage, kind: categorical}]
firms:
  - name: pursuer
    agent: baseline
    portfolio: {categories: [{name: kept inside, where: [{feature: garage, level: "yes, private"}], target_multiple: 1.3}]}
  - {agent: null, count: 2}
YAML
}
{
    echo 'premium,vehicle_age,garage'
    for i in $(seq 1 40); do
        if [ $((i % 3)) -eq 0 ]; then echo "$((100 + 7 * i)).5,$((i % 12)),street"; else echo "$((100 + 5 * i)),$((i % 9)),\"yes, private\""; fi
    done
} >book.csv
book_scenario book.csv >book.yaml

# --- the program itself --------------------------------------------------------------------------
expect 'no command' 2 "$pursuit"; says 'Commands:'; empty
expect '--help' 0 "$pursuit" --help; prints '^Examples:'; prints '  summary  '; silent
expect '-h' 0 "$pursuit" -h; prints 'Commands:'
expect 'help' 0 "$pursuit" help; prints 'Commands:'
expect 'help run' 0 "$pursuit" help run; prints '^Usage: pursuit run'
expect 'help of a typo' 2 "$pursuit" help rum; says "no command 'rum' \(did you mean 'run'\?\)"
expect '--version' 0 "$pursuit" --version; prints '^pursuit [0-9]+\.[0-9]+\.[0-9]+ \('
expect 'version' 0 "$pursuit" version; prints '^pursuit [0-9]'
expect 'vector instructions unknown' 2 env PURSUIT_SIMD=sse9 "$pursuit" run small.yaml -o simd.h5; says "PURSUIT_SIMD: 'sse9' is none of baseline, avx2 and avx512"; empty
expect 'vector instructions unknown, nothing computed' 0 env PURSUIT_SIMD=sse9 "$pursuit" version; silent
expect 'vector instructions of every machine' 0 env PURSUIT_SIMD=baseline "$pursuit" check small.yaml
printf 'trials: 2\nmarket: {rounds: 30}\nfirms:\n  - {name: alone, agent: klq, portfolio: random}\n' >alone.yaml
expect 'one firm in pursuit, nobody else' 0 "$pursuit" run alone.yaml -o alone.h5 --quiet; rm -f alone.h5
expect 'unknown command' 2 "$pursuit" sumary; says "unknown command 'sumary' \(did you mean 'summary'\?\)"; empty
expect 'nonsense command' 2 "$pursuit" xyzzyplugh; says "unknown command 'xyzzyplugh'$"; not_says 'did you mean'
expect 'unknown option of the program' 2 "$pursuit" --frobnicate; says "unknown option '--frobnicate'"
for command in run summary compare export merge init check agents schema sample manual version help; do
    expect "$command --help" 0 "$pursuit" "$command" --help; silent
    if [ "$(head -n 1 out)" = 'Examples:' ]; then pass; else fail "$name" 'does not start with examples'; fi
    prints "^Usage: pursuit $command"
    expect "$command, unknown option" 2 "$pursuit" "$command" --unlikely; says "unknown option '--unlikely'"; says "usage: pursuit $command"; empty
    expect "$command, unknown letter" 2 "$pursuit" "$command" -Z; says "unknown option '-Z'"
    expect "$command, too many operands" 2 "$pursuit" "$command" a b c; says 'unexpected operand'
done
for command in run summary compare export merge check sample; do
    expect "$command without operand" 2 "$pursuit" "$command"; says 'operand is missing'
done
expect 'mistyped option' 2 "$pursuit" run small.yaml --trails 3; says "unknown option '--trails' \(did you mean '--trials'\?\)"
expect 'mistyped option with =' 2 "$pursuit" run small.yaml --theads=3; says "'--theads' \(did you mean '--threads'\?\)"
expect 'option without its argument' 2 "$pursuit" run small.yaml --seed; says "'--seed' needs an argument"
expect 'flag with an argument' 2 "$pursuit" summary --json=yes x.h5; says 'takes no argument'
expect 'shortened option' 0 "$pursuit" check small.yaml --js; json

# --- init, schema, agents, manual ----------------------------------------------------------------
expect 'init to stdout' 0 "$pursuit" init; prints '^firms:'; silent; cp out starter.out
expect 'init to a file' 0 "$pursuit" init starter.yaml; empty; same starter.yaml starter.out
expect 'init equals the shipped starter' 0 cmp starter.yaml "$source_dir/scenarios/starter.yaml"
expect 'init does not overwrite' 3 "$pursuit" init starter.yaml; says 'starter.yaml: already exists \(--force'
echo precious >mine.yaml
expect 'init keeps the old file' 3 "$pursuit" init mine.yaml; expect 'kept' 0 grep -q precious mine.yaml
expect 'init --force' 0 "$pursuit" init --force mine.yaml; same mine.yaml starter.out
expect 'init in no folder' 3 "$pursuit" init nowhere/a.yaml; says 'nowhere/a.yaml: cannot be written: No such file'
expect 'init on a full disk' 3 "$pursuit" init --force /dev/full; says 'No space left'; present /dev/full
expect 'starter is valid' 0 "$pursuit" check starter.yaml
expect 'schema' 0 "$pursuit" schema; json; json_has "'json-schema.org/draft/2020-12' in d['\$schema']"; silent
expect 'agents' 0 "$pursuit" agents; prints '^null'; prints '^baseline'
expect 'one agent' 0 "$pursuit" agents baseline; prints '^baseline'; not_prints '^null'; prints 'cost: given_sale'
# rows_of AGENT PREFIX NAME...: parameters whose description begins with what they count for, and no others.
rows_of() {
    expect "rows of $1, $2" 0 "$pursuit" agents "$1" --json
    json_has "[p['name'] for p in d[0]['parameters'] if p['doc'].startswith('$2: ')] == '${*:3}'.split()"
}
rows_of klq model_based value grid layers width passes learning_rate
rows_of klq model_free iterations rollouts trace alpha start
rows_of klq 'model_based: network' layers width passes learning_rate
rows_of bellman network layers width passes learning_rate
rows_of bellman 'bids on the grid' candidates centre support
expect 'unknown agent' 2 "$pursuit" agents basline; says "no agent 'basline' \(did you mean 'baseline'\?\)"
expect 'agents --json' 0 "$pursuit" agents --json; json; json_has "{'null', 'baseline'} <= {a['name'] for a in d}"
json_has "all({'name', 'type', 'default', 'doc', 'source'} <= set(p) for a in d for p in a['parameters'])"
expect 'manual' 0 "$pursuit" manual; silent; cp out manual.1; prints '^firms.correction: a map|SS firms.correction'; prints 'fBvariance'
for part in NAME SYNOPSIS DESCRIPTION COMMANDS OPTIONS 'SCENARIO FILE' AGENTS FILES 'EXIT STATUS' EXAMPLES; do
    prints "^\.SH $part\$"
done
prints 'SS firms.limits'; prints 'min_premium'; prints 'exploration_rate'; prints 'dry\\-run'
if command -v groff >/dev/null 2>&1; then
    expect 'manual has no troff warnings' 0 groff -man -ww -Tutf8 -z manual.1; silent
fi

# --- check ---------------------------------------------------------------------------------------
expect 'check' 0 "$pursuit" check small.yaml; prints 'small.yaml is valid'; prints 'pursuer +baseline +random'; silent
expect 'check --json' 0 "$pursuit" check small.yaml --json; json; json_has "d['valid'] and d['problems'] == [] and len(d['firms']) == 4"
expect 'check, costs' 0 "$pursuit" check small.yaml --set firms.0.correction='{kind: load, load: 0.02}'
prints 'cost of a sale'; prints ' load 0\.02 *$'; prints ' booked *$'; not_prints 'given_sale'
expect 'check --json, costs' 0 "$pursuit" check small.yaml --set firms.0.cost=given_sale --json; json
json_has "d['firms'][0]['cost'] == 'given_sale' and d['firms'][0]['correction']['kind'] == 'tilt' and d['firms'][1]['cost'] == 'booked'"
expect 'check --set' 0 "$pursuit" check small.yaml --set trials=9 --set firms.1.count=1 --json; json_has "d['trials'] == 9 and len(d['firms']) == 2"
expect 'the last --set counts' 0 "$pursuit" check small.yaml --set seed=4 --set seed=5 --json; json_has "d['seed'] == 5"
expect 'check published' 0 "$pursuit" check "$source_dir/scenarios/published.yaml" --json; json_has "len(d['firms']) == 6"
expect 'absent scenario' 3 "$pursuit" check nowhere.yaml; says 'nowhere.yaml'
expect 'scenario is a folder' 3 "$pursuit" check .; says '\.'
cat >bad.yaml <<'YAML'
trials: many
seed: -1
markte: {}
market: {rounds: 0, estimate_variance: .nan, test_epochs: 2.5}
choice: {success_rate: 0.1, success_rate: 0.2}
firms:
  - {agent: basline, portfolio: random, lamda: 3}
YAML
expect 'every problem at once' 2 "$pursuit" check bad.yaml; empty
says '^bad.yaml:1:[0-9]+: .*trials'
says '^bad.yaml:2:[0-9]+: .*seed'
says "^bad.yaml:3:[0-9]+: .*'markte' \(did you mean 'market'\?\)"
says '^bad.yaml:4:[0-9]+: .*rounds'
says '^bad.yaml:4:[0-9]+: .*estimate_variance'
says '^bad.yaml:4:[0-9]+: .*test_epochs'
says '^bad.yaml:5:[0-9]+: .*success_rate'
says "^bad.yaml:7:[0-9]+: .*'basline' \(did you mean 'baseline'\?\)"
says "^bad.yaml:7:[0-9]+: .*'lamda'"
says '[0-9]+ problems in bad.yaml'
expect 'problems as JSON' 2 "$pursuit" check bad.yaml --json; json; json_has "not d['valid'] and len(d['problems']) >= 9"
expect 'run refuses it too' 2 "$pursuit" run bad.yaml -o bad.h5; absent bad.h5
cat >kinds.yaml <<'YAML'
sede: 4
market: {rounds: 0}
pricing: {bid_min: 3, bid_max: 2}
firms:
  - {agent: {kind: klq, cap_min: 1.5, cap_max: 1.2}, portfolio: random}
  - {agent: null, portfolio: {categories: [{name: young, where: [{feature: aeg, upper: 29}]}]}}
YAML
expect 'mistakes of five kinds' 2 "$pursuit" check kinds.yaml; empty; says '5 problems in kinds.yaml'
says "^kinds.yaml:1:1: unknown key 'sede'"; says '^kinds.yaml:2:18: market.rounds: 0 is out of range'
says '^kinds.yaml:3:20: pricing: bid_min 3 is above bid_max 2'; says '^kinds.yaml:5:34: firms\[0\].agent: cap_min: 1.5'
says "^kinds.yaml:6:76: firms\[1\].portfolio: there is no feature 'aeg'"
printf 'firms: [\n  {agent: null\n' >malformed.yaml
expect 'malformed YAML' 2 "$pursuit" check malformed.yaml; says '^malformed.yaml:[0-9]+:[0-9]+:'
printf 'firms:\n\t- agent: null\n' >tab.yaml
expect 'a tab' 2 "$pursuit" check tab.yaml; says '^tab.yaml:2:[0-9]+:'
: >empty.yaml
expect 'empty scenario' 2 "$pursuit" check empty.yaml; says 'empty.yaml'
expect 'no firms' 2 "$pursuit" check small.yaml --set 'firms=[]'; says 'firm'
expect 'too many firms' 2 "$pursuit" check small.yaml --set firms.1.count=9; says 'success_rate'
expect 'bad --set path' 2 "$pursuit" check small.yaml --set firms.9.agent=null; says '--set firms.9.agent'
expect '--set without =' 2 "$pursuit" check small.yaml --set trials; says '--set trials'
expect '--set of the wrong type' 2 "$pursuit" check small.yaml --set trials=few; says '--set trials=few'
expect 'two bad --set' 2 "$pursuit" check small.yaml --set trials=0 --set sed=1; says 'trials=0'; says "'sed' \(did you mean 'seed'\?\)"

# --- run -----------------------------------------------------------------------------------------
expect 'run without -o' 2 "$pursuit" run small.yaml; says 'say where the results go: -o'
expect 'run' 0 "$pursuit" run small.yaml -o run.h5; empty; says '3/3 trials, 100%'; present run.h5
if [ -e run.h5.partial ]; then fail 'run' 'a partial file is left'; else pass; fi
if grep -q "$(printf '\033')" err; then fail 'run' 'escapes off a terminal'; else pass; fi
expect 'run --quiet' 0 "$pursuit" run small.yaml -o quiet.h5 --quiet; silent; empty
expect 'ten lines of progress at most' 0 "$pursuit" run small.yaml -o many.h5 --trials 35 --set market.rounds=10
if [ "$(wc -l <err)" -le 10 ] && [ "$(wc -l <err)" -ge 5 ]; then pass; else fail "$name" "$(wc -l <err) lines"; fi
expect 'existing output' 3 "$pursuit" run small.yaml -o run.h5 --seed 8; says "'run.h5' already exists \(--force replaces it\)"
expect 'it was kept' 0 "$pursuit" summary run.h5 --json; json_has "d['seed'] == 7"
expect 'run --force' 0 "$pursuit" run small.yaml -o quiet.h5 --force --seed 8
expect 'it was replaced' 0 "$pursuit" summary quiet.h5 --json; json_has "d['seed'] == 8"
expect 'no such folder' 3 "$pursuit" run small.yaml -o nowhere/run.h5; says 'nowhere/run.h5'
expect 'a folder that is a file' 3 "$pursuit" run small.yaml -o book.csv/run.h5; says 'book.csv/run.h5'
mkdir folder.h5
echo 'my notes' >notes.txt; cp notes.txt kept.txt
expect 'output is no results file' 3 "$pursuit" run small.yaml -o notes.txt --force; says "'notes.txt' stays as it is"; same notes.txt kept.txt
expect 'output looks like an option' 2 "$pursuit" run small.yaml -o --quiet; says "-o needs a file"; absent ./--quiet
expect 'two outputs' 2 "$pursuit" run small.yaml -o a.h5 -o b.h5; says "-o is given twice"; absent a.h5
expect 'output is a folder' 3 "$pursuit" run small.yaml -o folder.h5 --force; says 'folder.h5'
expect 'wrong --threads' 2 "$pursuit" run small.yaml -o x.h5 --threads zero; says "--threads: 'zero' is not a whole number from 1"
expect 'no threads' 2 "$pursuit" run small.yaml -o x.h5 --threads 0; says '--threads'
expect 'wrong --trials' 2 "$pursuit" run small.yaml -o x.h5 --trials 0; says 'trials=0'
expect 'wrong --seed' 2 "$pursuit" run small.yaml -o x.h5 --seed 1.5; says 'seed=1.5'; absent x.h5
# rules_of AGENT MESSAGE: what ties an agent's parameters together is checked when the scenario is read.
rules_of() {
    expect "rules of $1" 2 "$pursuit" check small.yaml --set "firms.0.agent=$1"
    says "firms\[0\]\.agent: $2"
}
rules_of '{kind: klq, cap_min: 1.5, cap_max: 1.2}' 'cap_min: 1.5 is above cap_max, 1.2$'
rules_of '{kind: bellman, cap_min: 1.5, cap_max: 1.2}' 'cap_min: 1.5 is above'
rules_of '{kind: klq, grid: 1}' 'grid: 1 point is no table'
rules_of '{kind: bellman, grid: 0}' 'grid: shadow prices need the curvature of a table'
rules_of '{kind: oracle, grid: 1}' 'grid: 1 point is no table'
rules_of '{kind: klq, method: model_free, temperature: 0}' 'temperature: learning from rollouts needs'
rules_of '{kind: ppo, temperature: 0}' 'temperature: learning from rollouts needs'
expect 'no rule broken' 0 "$pursuit" check small.yaml --set 'firms.0.agent={kind: klq, temperature: 0, cap_max: 1.2}'
rules_of '{kind: klq, cap_min: 3}' "cap_min: 3 is above the bid's range, which ends at 2$"
# Limits: each key named with its place in the file.
economics_of() {
    expect "economics $1" 2 "$pursuit" check small.yaml --set "firms.0.economics=$1"
    says "firms\[0\]\.economics$2"
}
economics_of japan "\.kind: unknown value 'japan'|\.kind: .*japan"
economics_of '{kind: uk, fixed_expense: -1}' '\.fixed_expense: -1 is out of range'
economics_of '{kind: uk, levy: most}' "\.levy: expected a number, not 'most'"
economics_of '{commision: 45}' ".*commission"
economics_of '{variable_expense: 0.6, levy: 0.4}' ': variable_expense and levy less finance are 1 of the price'
economics_of '{finance: 0.1}' ': variable_expense and levy less finance are -0\.1 of the price'
economics_of '{kind: uk, add_ons: 96}' ': add_ons of 96 GBP are more than fixed_expense and commission together, 95 GBP'
expect 'offers of firms with other economics' 2 "$pursuit" check small.yaml --set firms.0.cost=given_sale --set firms.0.economics=uk
says 'offers tell it only where all firms have the same economics; give correction: \{kind: tilt, variance: NUMBER\}'
expect 'all with the same' 0 "$pursuit" check small.yaml --set firms.0.cost=given_sale --set firms.0.economics=uk --set firms.1.economics=uk
expect 'economics in short' 0 "$pursuit" check small.yaml --set firms.0.economics=uk --set firms.0.economics.commission=60

limits_of() {
    expect "limits $1" 2 "$pursuit" check small.yaml --set "firms.0.limits=$1"
    says "firms\[0\]\.limits$2"
}
limits_of '{min_multiple: 0}' '\.min_multiple: 0 is out of range'
limits_of '{max_multiple: 1001}' '\.max_multiple: 1001 is out of range'
limits_of '{min_premium: -5}' '\.min_premium: -5 is out of range'
limits_of '{max_premium: much}' "\.max_premium: expected a number, not 'much'"
limits_of '{step: 0}' '\.step: 0 is out of range'
limits_of '{min_multiple: 1.3, max_multiple: 1.2}' ": 'min_multiple' 1.3 is above 'max_multiple' 1.2"
limits_of '{min_premium: 300, max_premium: 200}' ": 'min_premium' 300 is above 'max_premium' 200"
# A loss far above what customers pay, and one far below: planning comes to an end.
for scale in 1e9 80000 1 0; do
    expect "a loss of $scale" 0 timeout 60 "$pursuit" run small.yaml -o scale.h5 --force --quiet \
        --set firms.0.agent=bellman --set "portfolio.loss_scale=$scale"
done
# Training that would take minutes is not dropped at once, but the second time.
"$pursuit" run small.yaml -o train.h5 --quiet --set 'firms.0.agent={kind: klq, method: model_free, rollouts: 10000}' \
    >out 2>err </dev/null &
sleep 1
kill -TERM $!
name='interrupted in training'
sleep 0.5
if kill -TERM $!; then pass; else fail "$name" 'the trial in hand was dropped' "$(head -c 500 err)"; fi
wait $!
if [ $? -eq 75 ]; then pass; else fail "$name" 'exit code is not 75' "$(head -c 500 err)"; fi
says 'interrupted after 0 of [0-9]+ trials; nothing was written, and the same command starts again'
absent train.h5; absent train.h5.checkpoint
# How many categories a random portfolio has depends on the population: known before any trial, if not where the agent stands.
for command in check 'run -o table.h5 --quiet'; do
    # shellcheck disable=SC2086
    expect "$command, a table too large" 2 "$pursuit" $command small.yaml --set market.rounds=2000 \
        --set firms.0.portfolio=random --set 'firms.0.agent={kind: bellman, value: table}'
    says "firms\[0\].agent: value: a table over 5 categories and 2000 rounds has more than"; absent table.h5
done

expect '--dry-run' 0 "$pursuit" run small.yaml --dry-run --trials 5 --set firms.0.agent.b=0.05
prints '^trials: 5$'; prints 'b: 0.05'; says '^# memory: [0-9.]+ [kMG]B'; says '^# results file: [0-9.]+ [kM]B'; cp out resolved.yaml
expect 'the resolved scenario is valid' 0 "$pursuit" check resolved.yaml
expect 'and resolves to itself' 0 "$pursuit" run resolved.yaml --dry-run; same out resolved.yaml
"$pursuit" run small.yaml --dry-run >both.yaml 2>&1
expect 'both streams in one file are valid' 0 "$pursuit" check both.yaml
expect '--dry-run writes nothing' 0 "$pursuit" run small.yaml -o dry.h5 --dry-run; absent dry.h5
expect 'agent by --set' 0 "$pursuit" run small.yaml -o null.h5 --quiet --set firms.0.agent=null
expect 'trials elsewhere' 0 "$pursuit" run small.yaml -o late.h5 --quiet --first-trial 100
expect 'a thread' 0 "$pursuit" run small.yaml -o one.h5 --quiet --threads 1
expect 'three threads' 0 "$pursuit" run small.yaml -o three.h5 --quiet --threads 3
expect 'summary of one' 0 "$pursuit" summary one.h5 --json; grep -v '"file"' out >one.json
expect 'summary of three' 0 "$pursuit" summary three.h5 --json; grep -v '"file"' out >three.json; same one.json three.json

# A full disk, played by a limit on the size of files.
(ulimit -f 8 && exec "$pursuit" run small.yaml -o full.h5 --quiet --trials 40 --set results.quotes_every=1) >out 2>err
got=$? name='file size limit'
if [ "$got" -eq 3 ]; then pass; else fail "$name" "exit code $got, not 3" "$(head -c 500 err)"; fi
says 'full.h5'; absent full.h5

# What a run reads is never what it replaces.
cp small.yaml own.yaml
expect 'output is the scenario' 2 "$pursuit" run own.yaml -o own.yaml --force; says "'own.yaml' is the scenario of this run"
if cmp -s small.yaml own.yaml; then pass; else fail "$name" 'the scenario has changed'; fi

# Every signal that asks for a stop.
for signal in INT TERM HUP XCPU USR1; do
    name="SIG$signal"
    "$pursuit" run small.yaml -o stopped.h5 --trials 100000 --set market.rounds=2000 >out 2>err &
    job=$!
    for _ in $(seq 1 100); do [ -e stopped.h5.partial ] && break; sleep 0.05; done
    sleep 0.3
    kill -s "$signal" "$job"
    wait "$job"
    got=$?
    if [ "$got" -eq 75 ]; then pass; else fail "$name" "exit code $got, not 75" "$(head -c 500 err)"; fi
    says 'interrupted after [0-9]+ of 100000 trials; the same command goes on from there \(stopped.h5.checkpoint\)'
    absent stopped.h5; present stopped.h5.checkpoint; rm -f stopped.h5.checkpoint
done

# --- books ---------------------------------------------------------------------------------------
expect 'book' 0 "$pursuit" run book.yaml -o book.h5 --quiet; silent
expect 'summary of a book' 0 "$pursuit" summary book.h5; prints 'kept inside'
expect 'book as JSON' 0 "$pursuit" summary book.h5 --json; json; json_has "d['firms'][0]['portfolio']['same_in_all_trials']"
expect 'absent book' 3 "$pursuit" check book.yaml --set population.file=none.csv; says 'none.csv'
sed 1s/vehicle_age/car_age/ book.csv >missing.csv
expect 'missing column' 3 "$pursuit" check book.yaml --set population.file=missing.csv; says "missing.csv.*vehicle_age"
: >empty.csv
expect 'book that is a device' 3 "$pursuit" check book.yaml --set population.file=/dev/zero; says 'is no regular file'
expect 'output is the book' 2 "$pursuit" run book.yaml -o book.csv --force; says "'book.csv' is the book of this run"
expect 'empty book' 3 "$pursuit" check book.yaml --set population.file=empty.csv; says 'empty.csv.*empty'
head -n 1 book.csv >header.csv
expect 'book without rows' 3 "$pursuit" check book.yaml --set population.file=header.csv; says 'header.csv'
sed '5s/^[0-9.]*,[0-9]*/123,n\/a/' book.csv >text.csv
expect 'a cell that is no number' 3 "$pursuit" check book.yaml --set population.file=text.csv; says "text.csv:5: column 'vehicle_age': 'n/a' is not a number"
sed '7s/^/-/' book.csv >negative.csv
expect 'negative pure premium' 3 "$pursuit" run book.yaml -o neg.h5 --set population.file=negative.csv; says 'negative.csv'; absent neg.h5
sed '9s/$/,extra/' book.csv >ragged.csv
expect 'a row too long' 3 "$pursuit" check book.yaml --set population.file=ragged.csv; says 'ragged.csv:9'
expect 'an unknown level' 2 "$pursuit" check book.yaml --set 'firms.0.portfolio.categories.0.where.0.level=barn'; says 'barn'
expect 'a book that is a folder' 3 "$pursuit" check book.yaml --set population.file=.; says '\.'

# --- sample --------------------------------------------------------------------------------------
expect 'sample' 0 "$pursuit" sample small.yaml -n 25; silent; prints '^age,.*,has_children,price_sensitivity,walk_away_price$'
if [ "$(wc -l <out)" -eq 26 ]; then pass; else fail "$name" "$(wc -l <out) lines, not 26"; fi
if "$python" - <<'PYTHON'; then pass; else fail "$name" 'columns are not what they should be'; fi
import csv, math
rows = list(csv.DictReader(open("out")))
assert all(None not in r and None not in r.values() for r in rows)
assert all(math.isfinite(float(v)) for r in rows for v in r.values())
assert all(v["age"].isdigit() and 16 <= int(v["age"]) <= 100 and float(v["pure_premium"]) <= 6000 for v in rows)
assert all(v["has_children"] == str(int(int(v["children"]) > 0)) for v in rows)
PYTHON
cp out sample25
expect 'a longer sample starts alike' 0 "$pursuit" sample small.yaml -n 6000; head -n 26 out >head25; same head25 sample25
expect 'the default is 1000' 0 "$pursuit" sample small.yaml
if [ "$(wc -l <out)" -eq 1001 ]; then pass; else fail "$name" "$(wc -l <out) lines, not 1001"; fi
expect '--seed matters' 0 "$pursuit" sample small.yaml -n 25 --seed 99
if cmp -s out sample25; then fail "$name" 'the same customers'; else pass; fi
expect 'the same seed' 0 "$pursuit" sample small.yaml -n 25 --seed 7; same out sample25
expect 'sample of a book' 0 "$pursuit" sample book.yaml -n 30; prints 'vehicle_age,garage,price_sensitivity'; prints '"yes, private"'; prints ',street,'
prints '^35,352\.5,.*,394\.8$'
printf 'premium,row,pure_premium,walk_away_price\n100,7001,9.5,1\n' >clash.csv
printf 'population: {kind: book, file: clash.csv, pure_premium: premium, features: [row, pure_premium, walk_away_price]}\nfirms: [{agent: null}]\n' >clash.yaml
expect 'sample of a book with columns named like the latent ones' 0 "$pursuit" sample clash.yaml -n 1
prints '^book_row,latent_pure_premium,row,pure_premium,walk_away_price,price_sensitivity,latent_walk_away_price$'; prints '^0,100,7001,9.5,1,'
for n in 0 -3 1.5 many 1000000001 99999999999999999999; do
    expect "sample -n $n" 2 "$pursuit" sample small.yaml -n "$n"; says "-n: '$n' is not a whole number"; empty
done

# --- summary -------------------------------------------------------------------------------------
expect 'summary' 0 "$pursuit" summary run.h5; silent; not_prints 'reference policy'
for words in 'Small market' '3 trials \(0 to 2\) of 2 burn-in and 2 test epochs, 60 customers each; 4 firms; seed 7' \
    'reward' 'curse' 'cheapest' 'pursuer' 'null-3' 'all firms' 'Sales by rank of the price' 'Sales by price over the mean' \
    'A sale at rank 1 costs [0-9.]+% (more|less) than estimated' 'Quotes by expected conversion' 'bought from no firm: [0-9.]+% in test' 'Portfolio of pursuer'; do
    prints "$words"
done
if [ "$(awk '{ if (length > most) most = length } END { print most }' out)" -le 100 ]; then pass; else fail "$name" 'wider than 100 columns'; fi
if grep -q "$(printf '\033')" out; then fail "$name" 'escapes off a terminal'; else pass; fi
expect 'summary --json' 0 "$pursuit" summary run.h5 --json; json; silent
json_has "d['trials'] == 3 and d['test_epochs'] == 2 and d['customers_per_epoch'] == 60"
json_has "abs(sum(f['test']['market_share'] for f in d['firms']) - 1) < 1e-9"
json_has "all(abs(f['test']['booked_profit'] - f['test']['true_profit'] - f['test']['winners_curse']) < 1e-6 for f in d['firms'])"
json_has "all(abs(f['test']['booked_profit'] - f['test']['portfolio_loss'] - f['test']['reward']) < 1e-6 for f in d['firms'])"
json_has "all(f['test']['reward_95'][0] <= f['test']['reward'] <= f['test']['reward_95'][1] for f in d['firms'])"
json_has "abs(d['all_firms']['test']['policies'] / 60 + d['walk_away_rate']['test'] - 1) < 1e-9"
json_has "all(f['reference_kl'] is None for f in d['firms'])"
json_has "sorted(d['test_by']) == ['conversion', 'price', 'rank'] and len(d['test_by']['rank']) == 4"
json_has "all(abs(sum(b['all_firms']['share_of_sales'] for b in view) - 1) < 1e-9 for view in d['test_by'].values())"
json_has "all(sum(b['firms'][0]['policies'] for b in view) == d['firms'][0]['test']['policies'] * 6 for view in d['test_by'].values())"
if "$python" - run.h5 out 2>python.err <<'PYTHON'; then pass; else fail "$name" "$(tail -n 1 python.err)"; fi
import json, sys
try:
    import h5py
except ImportError:
    sys.exit(0)
f, d = h5py.File(sys.argv[1]), json.load(open(sys.argv[2]))
test = f["phase"][:] == 1
total = lambda name, i: f[name][:][:, test, i].sum()
for i, firm in enumerate(d["firms"]):
    got = firm["test"]
    expected = {
        "reward": f["reward"][:][:, test, i].mean(),
        "conversion": total("policies", i) / total("quote_count", i),
        "booked_loss_ratio": total("expected_claims", i) / total("gwp", i),
        "mean_multiplier": total("multiplier_sum", i) / total("quote_count", i),
        "mean_rank": total("rank_sum", i) / total("quote_count", i),
    }
    for name, value in expected.items():
        assert abs(got[name] - value) <= 1e-9 * abs(value), (i, name, got[name], value)
PYTHON
# Six firms, each with a NaN in some epochs: see tests/support/results_fixture.h.
# Prices double within the run: amounts add up all the same, as they are at base prices.
expect 'run under inflation' 0 "$pursuit" run small.yaml -o inflated.h5 --quiet --set inflation.mean_rate=0.7 --set inflation.rounds_per_week=5
expect 'summary under inflation' 0 "$pursuit" summary inflated.h5; prints 'at base prices'
expect 'summary --json under inflation' 0 "$pursuit" summary inflated.h5 --json; json
json_has "all(abs(f['test']['booked_profit'] - f['test']['true_profit'] - f['test']['winners_curse']) < 1e-6 for f in d['firms'])"
json_has "all(abs(f['test']['booked_profit'] - f['test']['portfolio_loss'] - f['test']['reward']) < 1e-6 for f in d['firms'])"
json_has "all(abs(f['test']['true_profit'] - f['test']['gwp'] * (1 - f['test']['true_loss_ratio'])) < 1e-6 for f in d['firms'])"

expect 'a file with what agents log' 0 "$make_results" known.h5 3
expect 'summary of it' 0 "$pursuit" summary known.h5; silent
if [ "$(grep -c '^KL of quotes from the reference policy of .*: [0-9,.]* nats an epoch in test$' out)" -eq 6 ]; then pass
else fail "$name" "not a line for each of six firms" "$(grep 'reference policy' out)"; fi
prints '^KL of quotes from the reference policy of Société Générale: '
expect 'summary of it as JSON' 0 "$pursuit" summary known.h5 --json; json
if "$python" - known.h5 out 2>python.err <<'PYTHON'; then pass; else fail "$name" "$(tail -n 1 python.err)"; fi
import json, sys
try:
    import h5py, numpy
except ImportError:
    sys.exit(0)
f, d = h5py.File(sys.argv[1]), json.load(open(sys.argv[2]))
values = f["learning/reference_kl"][:][:, f["phase"][:] == 1]
assert numpy.isnan(values).any()
for i, firm in enumerate(d["firms"]):
    assert abs(firm["reference_kl"] - numpy.nanmean(values[:, :, i])) < 1e-6, (i, firm["reference_kl"])
PYTHON
expect 'one trial has no interval' 0 "$pursuit" run small.yaml -o single.h5 --quiet --trials 1
expect 'summary of one trial' 0 "$pursuit" summary single.h5 --json; json; json_has "d['firms'][0]['test']['reward_95'] == [None, None]"
expect 'no test epochs' 0 "$pursuit" run small.yaml -o burn.h5 --quiet --set market.test_epochs=0
expect 'summary of burn-in only' 0 "$pursuit" summary burn.h5; prints 'Result of the burn-in epochs'
expect 'absent results' 3 "$pursuit" summary none.h5; says 'none.h5'
expect 'not a results file' 3 "$pursuit" summary book.csv; says 'book.csv'
expect 'a folder for results' 3 "$pursuit" summary .
expect 'no title' 0 "$pursuit" run small.yaml -o untitled.h5 --quiet --trials 1 --set title=
expect 'summary without a title' 0 "$pursuit" summary untitled.h5; prints '^Untitled$'
expect 'summary without a title' 0 "$pursuit" summary untitled.h5 --json; json; json_has "d['title'] == ''"
head -c 3000 run.h5 >short.h5
expect 'truncated results' 3 "$pursuit" summary short.h5; says 'short.h5'
# Without its seal, and with another superblock: HDF5 has a say about it, but only one. It leaks as it fails.
head -c -16 run.h5 >unsealed.h5
printf '\001' | dd of=unsealed.h5 bs=1 seek=55 conv=notrunc 2>/dev/null
expect 'a damaged superblock' 3 env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" "$pursuit" summary unsealed.h5; says 'unsealed.h5'; not_says 'infinite loop'
expect 'a name that drives a terminal' 3 "$pursuit" summary "$(printf '\033]0;owned\007.h5')"
says '\?\]0;owned\?\.h5'; not_says "$(printf '\033')"

# --- compare -------------------------------------------------------------------------------------
expect 'compare' 0 "$pursuit" compare null.h5 run.h5; silent
for words in '3 trials paired' 'reward' 'booked profit' 'true profit' 'portfolio loss' "Cohen's d" 'd_z' 't-test' 'IQM' 'uplift' 'probability of' 'improvement  *pairs  *trials'; do prints "$words"; done
expect 'compare --json' 0 "$pursuit" compare null.h5 run.h5 --json; json
json_has "set(d['metrics']) == {'reward', 'true_reward', 'booked_profit', 'true_profit', 'portfolio_loss', 'true_loss_ratio'}"
json_has "all(m['difference_95'][0] <= m['difference'] <= m['difference_95'][1] for m in d['metrics'].values())"
json_has "all(abs(m['other'] - m['base'] - m['difference']) < 1e-6 for m in d['metrics'].values())"
json_has "all((m['difference_95'][0] > 0 or m['difference_95'][1] < 0) == (m['p'] < 0.05) for m in d['metrics'].values())"
json_has "all(m['paired_improvement_95'][0] <= m['paired_improvement'] <= m['paired_improvement_95'][1] for m in d['metrics'].values())"
json_has "all(0 <= m['paired_improvement_95'][0] < m['paired_improvement_95'][1] <= 1 for m in d['metrics'].values())"
# Of 3 trials; a lesser loss is the better one, and a mean that falls has fallen in some trial.
json_has "all(abs(m['paired_improvement'] * 6 - round(m['paired_improvement'] * 6)) < 1e-9 for m in d['metrics'].values())"
json_has "d['metrics']['portfolio_loss']['paired_improvement'] > 0 or d['metrics']['portfolio_loss']['difference'] >= 0"
expect 'one metric' 0 "$pursuit" compare null.h5 run.h5 --metric reward --json; json_has "list(d['metrics']) == ['reward']"
expect 'a firm by name' 0 "$pursuit" compare null.h5 run.h5 --firm null-2 --json; json_has "d['base']['firm'] == 2 and d['base']['name'] == 'null-2'"
expect 'a firm by number' 0 "$pursuit" compare null.h5 run.h5 --firm 3 --json; json_has "d['base']['name'] == 'null-3'"
expect 'a run with itself' 0 "$pursuit" compare run.h5 run.h5 --json; json_has "d['metrics']['reward']['difference'] == 0 and d['metrics']['reward']['p'] is None"
json_has "d['metrics']['reward']['difference_95'] == [None, None] and d['metrics']['reward']['paired_improvement'] == 0.5"
expect 'a ratio that is not there' 2 "$pursuit" compare null.h5 run.h5 --metric combined_ratio; says 'not both runs have economics'; empty
expect 'run with economics' 0 "$pursuit" run small.yaml -o costs.h5 --quiet --set firms.0.economics=uk --set firms.1.economics=uk
expect 'run with economics and corrected costs' 0 "$pursuit" run small.yaml -o costs2.h5 --quiet --set firms.0.economics=uk --set firms.1.economics=uk --set 'firms.0.correction={kind: load, load: 0.05}'
expect 'compare with economics' 0 "$pursuit" compare costs.h5 costs2.h5; prints 'combined ratio'; prints '% of premium, test'
expect 'compare with economics --json' 0 "$pursuit" compare costs.h5 costs2.h5 --json; json
json_has "abs(d['metrics']['combined_ratio']['base'] - d['metrics']['true_loss_ratio']['base'] - d['metrics']['expense_ratio']['base']) < 1e-9"
expect 'compare without and with economics' 2 "$pursuit" compare run.h5 costs.h5; says 'economics'; empty
expect 'the same, anyway' 0 "$pursuit" compare run.h5 costs.h5 --anyway; prints 'true loss ratio'; not_prints 'combined ratio'
expect 'summary with economics' 0 "$pursuit" summary costs.h5; prints 'combined'; prints 'Economics of the test epochs'
expect 'an unknown firm' 2 "$pursuit" compare null.h5 run.h5 --firm nobody; says "no firm 'nobody'.* 0 to 3"
expect 'a firm out of range' 2 "$pursuit" compare null.h5 run.h5 --firm 4; says "no firm '4'"
expect 'an unknown metric' 2 "$pursuit" compare null.h5 run.h5 --metric rewrad; says "unknown metric 'rewrad' \(did you mean 'reward'\?\)"
expect 'other seeds' 2 "$pursuit" compare run.h5 quiet.h5; says 'seeds differ \(7 and 8\)'; empty
expect 'no common trials' 2 "$pursuit" compare run.h5 late.h5; says '0 trials in common'
expect 'one common trial' 2 "$pursuit" compare run.h5 single.h5; says '1 trial in common'
expect 'fewer firms' 0 "$pursuit" run small.yaml -o fewer.h5 --quiet --set firms.1.count=2
expect 'other numbers of firms' 2 "$pursuit" compare run.h5 fewer.h5; says 'numbers of firms differ \(4 and 3\)'
expect 'no test epochs to compare' 2 "$pursuit" compare burn.h5 burn.h5; says 'no test epochs'
expect 'other numbers of test epochs' 2 "$pursuit" compare run.h5 burn.h5; says 'test epochs differ \(2 and 0\)'
expect 'another market' 0 "$pursuit" run small.yaml -o other.h5 --quiet --set market.rounds=90
expect 'refuses another market' 2 "$pursuit" compare run.h5 other.h5; empty
says "the scenarios differ: run.h5 has 'market.rounds: 60', other.h5 has 'market.rounds: 90' \(--anyway"
expect 'unless told to' 0 "$pursuit" compare run.h5 other.h5 --anyway; prints '3 trials paired'
says "warning: the scenarios differ: run.h5 has 'market.rounds: 60'"; says 'warning: the burn-in epochs differ'
says 'warning: the firm.s targets differ'
expect 'firms without a target' 0 "$pursuit" compare run.h5 other.h5 --anyway --firm 2; says 'warning: the burn-in epochs differ'
not_says 'targets differ'
expect 'other customers' 0 "$pursuit" run small.yaml -o customers.h5 --quiet --set population.claim_frequency=0.1
expect 'refuses other customers' 2 "$pursuit" compare run.h5 customers.h5; says "population.claim_frequency: 0.07', customers.h5 has"
expect 'another portfolio' 0 "$pursuit" run small.yaml -o bare.h5 --quiet --set firms.0.agent=null --set firms.0.portfolio=none
expect 'refuses another portfolio' 2 "$pursuit" compare run.h5 bare.h5; says 'firms\[0\].portfolio: random'
expect 'another portfolio anyway' 0 "$pursuit" compare run.h5 bare.h5 --anyway; says 'targets differ'; not_says 'burn-in epochs differ'
expect 'other titles, quotes and exploration' 0 "$pursuit" run small.yaml -o alike.h5 --quiet --trials 4 --set title=Else \
    --set results.quotes_every=20 --set firms.0.name=renamed --set firms.0.explore=always
expect 'are the same problem' 0 "$pursuit" compare run.h5 alike.h5; silent; prints "firm 0 'renamed'"
cp book.csv moved.csv
expect 'a book elsewhere' 0 "$pursuit" run book.yaml -o moved.h5 --quiet --set population.file=moved.csv
expect 'is the same book' 0 "$pursuit" compare book.h5 moved.h5 --json; silent; json_has "d['metrics']['reward']['difference'] == 0"
expect 'absent other' 3 "$pursuit" compare run.h5 none.h5; says 'none.h5'
expect 'malformed other' 3 "$pursuit" compare run.h5 short.h5; says 'short.h5'

# --- standard output that cannot be written ------------------------------------------------------
if [ -w /dev/full ]; then
    for line in 'schema' 'agents' 'agents --json' 'manual' 'init' 'check small.yaml' 'summary run.h5' 'summary run.h5 --json' \
        'compare null.h5 run.h5' 'export run.h5 --csv full --force' 'sample small.yaml -n 5' 'sample small.yaml -n 50000' 'run small.yaml --dry-run' '--version' '--help'; do
        name="$line > /dev/full"
        # shellcheck disable=SC2086
        "$pursuit" $line >/dev/full 2>err
        got=$?
        if [ "$got" -eq 3 ]; then pass; else fail "$name" "exit code $got, not 3"; fi
        says 'cannot write to standard output: No space left on device'
    done
fi
name='closed standard output'
"$pursuit" schema >&- 2>err
got=$?
if [ "$got" -eq 3 ]; then pass; else fail "$name" "exit code $got, not 3"; fi
name='closed pipe'
{ timeout 60 "$pursuit" sample small.yaml -n 1000000000 2>err; echo $? >code; } | head -n 1 >/dev/null
if [ "$(cat code)" -eq 3 ]; then pass; else fail "$name" "exit code $(cat code), not 3"; fi
silent

# --- a terminal ----------------------------------------------------------------------------------
if command -v script >/dev/null 2>&1; then
    escape=$(printf '\033')
    name='a terminal'
    TERM=xterm script -qec "'$pursuit' summary run.h5" /dev/null >out 2>err </dev/null; prints "$escape\[1m"
    TERM=xterm NO_COLOR=1 script -qec "'$pursuit' summary run.h5" /dev/null >out 2>err </dev/null; not_prints "$escape\[1m"; prints 'pursuer'
    TERM=xterm script -qec "'$pursuit' run small.yaml -o tty.h5" /dev/null >out 2>err </dev/null; prints '\[#+\] 3/3 trials 100%'
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
