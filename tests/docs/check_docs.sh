#!/usr/bin/env bash
# Tests of the documentation: every block marked <!-- run --> runs, tables of results match a results file, links
# lead to files, and the example agent compiles.
# Usage: check_docs.sh PURSUIT SOURCE_DIR CC MAKE_RESULTS MAKE_SWEEP_RUNS COVERAGE
set -u
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../checks.sh"
if [ $# -ne 6 ]; then
    echo "usage: $0 PURSUIT SOURCE_DIR CC MAKE_RESULTS MAKE_SWEEP_RUNS COVERAGE" >&2
    exit 2
fi
pursuit=$(realpath "$1")
source_dir=$(realpath "$2")
cc=$3
make_results=$(realpath "$4")
make_sweep_runs=$(realpath "$5")
coverage=$(realpath "$6")
python=/usr/bin/python3
[ -x "$python" ] || python=python3
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-docs.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
skipped=0

skip() {
    skipped=$((skipped + 1))
    echo "skipped: $1"
}

# Readers run 24 trials; here two small ones must do. What comes last counts.
mkdir "$tmp/bin"
cat >"$tmp/bin/pursuit" <<SCRIPT
#!/bin/sh
if [ "\$1" = run ]; then
    exec '$pursuit' "\$@" --trials 2 --set market.rounds=200 --quiet
fi
exec '$pursuit' "\$@"
SCRIPT
chmod +x "$tmp/bin/pursuit"
PATH=$tmp/bin:$PATH

# blocks FILE LANGUAGE FOLDER: write the marked blocks of a language to FOLDER/01, 02, ...; all languages count.
blocks() {
    awk -v language="$2" -v folder="$3" '
        in_block && /^```$/ { in_block = 0; next }
        in_block { if (wanted) print > file; next }
        /^```/ {
            in_block = 1
            name = substr($0, 4)
            if (marked)
                n++
            wanted = marked && name == language
            file = sprintf("%s/%02d.%s", folder, n, language)
            marked = 0
            next
        }
        { marked = $0 == "<!-- run -->" || (marked && $0 == "") }' "$1"
}

has_modules() { "$python" -c "import numpy, xarray, netCDF4" 2>/dev/null; }

run_block() {
    case $1 in
    *.sh) sh -eu "$1" ;;
    *.python) "$python" "$1" ;;
    esac
}

# run_blocks FILE LEAST: run a document's blocks in order, in one folder that has the scenarios; there are LEAST of them.
run_blocks() {
    local document=$1 least=$2 name folder work block n=0
    name=$(basename "$document" .md)
    folder=$tmp/$name.blocks work=$tmp/$name
    mkdir "$folder" "$work"
    mkdir -p "$work/scenarios" && cp "$source_dir"/scenarios/*.yaml "$work/scenarios"
    blocks "$document" sh "$folder"
    blocks "$document" python "$folder"
    for block in "$folder"/*; do
        [ -e "$block" ] || continue
        n=$((n + 1))
        if [[ $block == *.python ]] && ! has_modules; then
            skip "$name, block ${block##*/}: no numpy, xarray and netCDF4"
        elif (cd "$work" && run_block "$block") >"$tmp/out" 2>&1 </dev/null; then
            pass
        else
            fail "$name, block ${block##*/}" "$(head -n 20 "$block")" "$(tail -n 20 "$tmp/out")"
        fi
    done
    if [ "$n" -ge "$least" ]; then pass; else fail "$name: $n blocks to run, fewer than $least"; fi
    # The audit's own verdict.
    if [ "$name" = results ] && has_modules; then
        if grep -q '^choices that differ: 0 of' "$tmp/out"; then pass; else fail "audit" "$(cat "$tmp/out")"; fi
    fi
}

# variables FILE.h5 [GROUP]: "name axes type units" of every variable, of that group only if one is named, "name" alone
# of every root attribute.
variables() {
    ncdump -h "$1" | awk -v only="${2-}" '
        BEGIN { letter["trial"] = "T"; letter["epoch"] = "E"; letter["firm"] = "F"; letter["category"] = "K"
                letter["rank"] = "R"; letter["band"] = "B"; letter["quote"] = "Q"; letter["update"] = "U"
                letter["run"] = "S"
                type["double"] = "float64"; type["int64"] = "int64"; type["int"] = "int32"
                type["byte"] = "int8"; type["string"] = "string" }
        /^\/\/ global attributes/ { global = 1 }
        /^group:/ { global = 0; group = $2 }
        only != "" && group != only { next }
        global && /:[A-Za-z_]+ =/ { name = $0; sub(/^[^:]*:/, "", name); sub(/ =.*/, "", name); print name; next }
        ($1 in type) && $2 !~ /:/ && / ;$/ && !/=/ {
            text = $0
            sub(/^[ \t]*[a-z0-9]+ /, "", text)
            sub(/ ;$/, "", text)
            name = text; sub(/\(.*/, "", name)
            axes = "none"
            if (text ~ /\(/) {
                axes = text; sub(/.*\(/, "", axes); sub(/\)/, "", axes)
                count = split(axes, part, ", ")
                axes = letter[part[1]]
                for (i = 2; i <= count; i++)
                    axes = axes ", " letter[part[i]]
            }
            about = name " | " axes " | " type[$1]
        }
        /:units = / { unit = $0; sub(/.*= "/, "", unit); sub(/" ;$/, "", unit)
                      printf "`%s | %s\n", about, unit }' |
        sed 's/^`\([^ ]*\) /| `\1` /'
}

# check_rows FILE.h5 LEAST [GROUP]: docs/results.md has every variable of the file; there are LEAST of them.
check_rows() {
    local row n=0
    while IFS= read -r row; do
        n=$((n + 1))
        case $row in
        '|'*) wanted="$row |" ;;
        *) wanted="\`$row\`" ;;
        esac
        if grep -Fq -- "$wanted" "$source_dir/docs/results.md"; then pass; else fail "docs/results.md lacks" "$wanted"; fi
    done < <(variables "$1" "${3-}")
    if [ "$n" -ge "$2" ]; then pass; else fail "ncdump told of $n variables of $1 only"; fi
}

check_tables() {
    if ! command -v ncdump >/dev/null; then
        skip "tables of docs/results.md: no ncdump"
        return
    fi
    check_rows "$tmp/results/run.h5" 60
    # The published market's firms log nothing.
    "$make_results" "$tmp/known.h5" 1 >/dev/null || fail "make_results" "exit code $?"
    check_rows "$tmp/known.h5" 6 learning
}

# check_merged FILE.h5 LEAST [GROUP]: docs/merged.md has every variable of a merged file, or docs/results.md has it without
# the dimension of the sweep; there are LEAST of them.
check_merged() {
    local row n=0
    while IFS= read -r row; do
        n=$((n + 1))
        case $row in
        '| `seed` |'*) continue ;; # what this sweep has swept
        '|'*) wanted="$row |" ;;
        *) wanted="\`$row\`" ;;
        esac
        if grep -Fq -- "$wanted" "$source_dir/docs/merged.md"; then pass
        elif [[ $wanted == *'| S, '* ]] && grep -Fq -- "${wanted/| S, /| }" "$source_dir/docs/results.md"; then pass
        elif [[ $wanted =~ ^'| `'(trial|epoch|firm|rank|band|band_view|band_low|band_high|update|phase)'` |' ]] && grep -Fq -- "$wanted" "$source_dir/docs/results.md"; then pass
        else fail "docs/merged.md and docs/results.md lack" "$wanted"; fi
    done < <(variables "$1" "${3-}")
    if [ "$n" -ge "$2" ]; then pass; else fail "ncdump told of $n variables of $1 only"; fi
}

# Merged files: one whose runs log and agree, and one whose runs agree on nothing.
check_merged_tables() {
    if ! command -v ncdump >/dev/null; then
        skip "tables of docs/merged.md: no ncdump"
        return
    fi
    (
        cd "$tmp" || exit 1
        "$make_sweep_runs" alike 2 && pursuit merge alike -o alike.h5 --copy || exit 1
        cat >differ.yaml <<'YAML'
scenario: results/scenarios/published.yaml
set: {market.rounds: 50}
designs: {zip: {seed: [1, 2], first_trial: [0, 3], firms.0.name: [a, b], market.burn_in_epochs: [1, 2], market.test_epochs: [3, 1]}}
YAML
        pursuit sweep differ.yaml --dir differ --quiet && pursuit merge differ -o differ.h5 --copy
    ) >"$tmp/out" 2>&1 || fail "merging" "$(tail -n 5 "$tmp/out")"
    check_merged "$tmp/alike.h5" 50
    check_merged "$tmp/alike.h5" 6 learning
    variables "$tmp/differ.h5" >"$tmp/differ.txt"
    for row in '`trial` | T | int64' '`trial_number` | S, T | int64' '`firm` | F | int64' '`firm_name` | S, F | string' '`phase` | S, E | int8'; do
        if grep -Fq -- "$row" "$tmp/differ.txt" && grep -Fq -- "$row" "$source_dir/docs/merged.md"; then pass
        else fail "docs/merged.md, or a file whose runs differ, lacks" "$row"; fi
    done
}

# The table of measured coverage in docs/model.md is what the test prints.
check_coverage() {
    local row n=0
    while IFS= read -r row; do
        n=$((n + 1))
        if grep -Fxq -- "$row" "$source_dir/docs/model.md"; then pass; else fail "docs/model.md lacks" "$row"; fi
    done < <("$coverage" | grep '^| ')
    if [ "$n" -eq 6 ]; then pass; else fail "coverage: $n rows, not 6"; fi
}

# Relative links of a document lead to what exists.
check_links() {
    local document=$1 link
    while IFS= read -r link; do
        if [ -e "$(dirname "$document")/$link" ]; then pass; else fail "${document#"$source_dir"/}: no such file" "$link"; fi
    done < <(grep -o '](\([^)]*\))' "$document" | sed 's/^](//; s/)$//; s/#.*//' | grep -v '^[a-z]*:\|^$')
}

# The agent in CONTRIBUTING.md: the C block that is a whole file.
check_agent() {
    awk '/^```c$/ { inside = 1; text = ""; next }
         inside && /^```$/ { inside = 0; if (text ~ /const pp_agent_class pp_agent_/) printf "%s", text; next }
         inside { text = text $0 "\n" }' "$source_dir/CONTRIBUTING.md" >"$tmp/agent.c"
    if [ ! -s "$tmp/agent.c" ]; then
        fail "CONTRIBUTING.md has no agent"
    elif "$cc" -std=c17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -fsyntax-only \
        -I "$source_dir" "$tmp/agent.c" 2>"$tmp/out"; then
        pass
    else
        fail "the agent in CONTRIBUTING.md does not compile" "$(cat "$tmp/out")"
    fi
}

run_blocks "$source_dir/README.md" 10
run_blocks "$source_dir/docs/results.md" 2
run_blocks "$source_dir/docs/export.md" 2
run_blocks "$source_dir/docs/sweeps.md" 1
run_blocks "$source_dir/docs/merged.md" 2
check_tables
check_merged_tables
check_coverage
for document in "$source_dir"/*.md "$source_dir"/docs/*.md "$source_dir"/examples/*/README.md "$source_dir"/notebooks/README.md; do
    check_links "$document"
done
check_agent

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
