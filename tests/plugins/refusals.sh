#!/usr/bin/env bash
# Plugins through the program: each bad one is refused by name, and nothing of a bad one ever takes a run down.
# Usage: refusals.sh PURSUIT PLUGIN_DIR SOURCE_DIR
set -u
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../checks.sh"
if [ $# -ne 3 ]; then
    echo "usage: $0 PURSUIT PLUGIN_DIR SOURCE_DIR" >&2
    exit 2
fi
pursuit=$(realpath "$1")
plugins=$(realpath "$2")
source=$(realpath "$3")
tmp=$(realpath "$(mktemp -d "${TMPDIR:-/tmp}/pursuit-plugins.XXXXXX")")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 2
abi=$(sed -n 's/.*PP_AGENT_ABI = \([0-9]*\).*/\1/p' "$source/agents/agent.h")

# The last command's first line of stderr, or a line of its stdout, in full.
says() { if [ "$(head -n 1 err)" = "$1" ]; then pass; else fail "$name" "expected: $1" "stderr: $(head -n 3 err)"; fi; }

scenario() { # NAME: one whose first firm has the plugin NAME.so, beside it
    [ -e "$plugins/$1.so" ] && ln -sf "$plugins/$1.so" .
    cat >"$1.yaml" <<YAML
trials: 3
market: {rounds: 60, burn_in_epochs: 2, test_epochs: 2}
firms:
  - name: ours
    portfolio: random
    agent:
      plugin: $1.so
  - {agent: null, count: 2}
YAML
}

# refused NAME MESSAGE: check and run say where and what, with exit code 2, and no file is left.
refused() {
    scenario "$1"
    expect "$1, check" 2 "$pursuit" check "$1.yaml"
    says "$1.yaml:7:15: firms[0].agent.plugin: $2"
    expect "$1, run" 2 "$pursuit" run "$1.yaml" -o x.h5
    says "$1.yaml:7:15: firms[0].agent.plugin: $2"
    absent x.h5
}
# bad NAME MESSAGE: the same for what is wrong with the object named.
bad() { refused "$1" "'$tmp/$1.so'$2"; }
# parameter NAME MESSAGE: for what is wrong with the second parameter of agent 'bad'.
parameter() { bad "$1" ": agent 'bad': parameter 'y': $2"; }

# --- files ---------------------------------------------------------------------------------------
bad absent ": No such file or directory"
mkdir folder.so
bad folder " is no regular file"
mkfifo fifo.so
bad fifo " is no regular file"
: >empty.so
refused empty "cannot be loaded: $tmp/empty.so: file too short"
echo 'this is no shared object, though it is long enough to have been one' >words.so
refused words "cannot be loaded: $tmp/words.so: invalid ELF header"

# Cut off anywhere: refused, or as good as whole where nothing but section headers is missing; never the end of the program.
size=$(stat -c %s "$plugins/good.so")
scenario cut
for length in 1 3 4 63 64 100 600 $(seq 1024 1024 "$((size - 1))") "$((size - 1))"; do
    head -c "$length" "$plugins/good.so" >cut.so
    "$pursuit" check cut.yaml >out 2>err
    code=$?
    case $code in
    0 | 2) pass ;;
    *) fail "good.so cut to $length bytes" "exit code $code" "$(head -n 1 err)" ;;
    esac
done
expect 'without section headers' 0 "$pursuit" check cut.yaml
head -c "$((size / 2))" "$plugins/good.so" >half.so
scenario half
expect 'half a file' 2 "$pursuit" check half.yaml
if [[ $(head -n 1 err) =~ "agent.plugin: '$tmp/half.so' is cut short: it has $((size / 2)) bytes, and its headers speak of "[0-9]+" from byte "[0-9]+" on"$ ]]; then
    pass
else
    fail "$name" "$(head -n 1 err)"
fi

refused unresolved "cannot be loaded: $tmp/unresolved.so: undefined symbol: nobody_has_this"
# What a plugin brings along is found in its own folder.
ln -s "$plugins/lib" lib
bad resolved ": agent 'unresolved' has no doc of one line"

# --- versions and sizes, before anything else of the object is looked at -----------------------------
bad no_symbol " is no agent: it lacks the symbol 'pp_agent_plugin', which PP_AGENT_PLUGIN of agents/agent.h defines"
bad old_abi " was built for version 1 of the agents' interface, this program has version $abi"
scenario other_types
expect 'other types' 2 "$pursuit" check other_types.yaml
types=$(sed -n "s/.*it has 3 types, this program's has \([0-9]*\)$/\1/p" err)
if [ "${types:-0}" -gt 3 ]; then pass; else fail "$name" "$(head -n 1 err)"; fi
says "other_types.yaml:7:15: firms[0].agent.plugin: '$tmp/other_types.so' was built with another agents/agent.h: it has 3 types, \
this program's has $types"
scenario other_sizes
expect 'other sizes' 2 "$pursuit" check other_sizes.yaml
size=$(sed -n "s/.*its pp_agent_class has \([0-9]*\) bytes.*/\1/p" err)
says "other_sizes.yaml:7:15: firms[0].agent.plugin: '$tmp/other_sizes.so' was built with other headers: its pp_agent_class has \
$size bytes, this program's has $((${size:-0} - 8))"

# --- the class -----------------------------------------------------------------------------------
bad no_class ": it has no class"
bad class_abi ": its class says version 999, this program has $abi"
bad no_name ": its agent has no name"
bad empty_name ": its agent has no name"
bad odd_name ": its agent's name is not 1 to 59 characters of a-z, 0-9 and _"
bad no_doc ": agent 'bad' has no doc of one line"
bad empty_doc ": agent 'bad' has no doc of one line"
bad no_train ": agent 'bad': it has no 'train'"
bad no_quote ": agent 'bad': it has no way to quote: neither 'quote' nor 'quote_batch'"
bad seeing ": agent 'bad': it has a 'quote_seeing', which only the built-in oracle may have"
bad prepare_nothing ": agent 'bad': it has a 'prepare' that prepares nothing: 'prepared' is 0"
bad nothing_prepares ": agent 'bad': its 'prepared' is not 0 but it has no 'prepare'"
bad prepared_much ": agent 'bad': its 'prepared' is above 65536"

# --- its table of parameters ---------------------------------------------------------------------
table=": agent 'bad': its table of parameters needs a name, a doc, at most 1000 rows and a struct of at most 1048576 bytes"
bad no_table ": agent 'bad' has no table of parameters"
for name in table_name no_rows many_rows big_struct; do
    bad $name "$table"
done
odd=": agent 'bad': the name of parameter 1 is not 1 to 59 characters of a-z, 0-9 and _"
bad row_no_name ": agent 'bad': parameter 1 has no name"
bad row_odd_name "$odd"
bad row_twice ": agent 'bad': parameter 'x': the name is there twice"
for name in kind plugin plugin_sha256; do
    bad "row_${name#plugin_}" ": agent 'bad': parameter '$name': the name is that of a key of every agent"
done
for name in doc source unit; do
    parameter row_no_$name 'it needs a doc, a source and a unit ("" for none)'
done
parameter row_type 'its type is unknown'
parameter row_beyond "8 bytes at offset 8 are outside the 8 bytes of the table's struct"
scenario row_far
expect 'row_far' 2 "$pursuit" check row_far.yaml
says "row_far.yaml:7:15: firms[0].agent.plugin: '$tmp/row_far.so': agent 'bad': parameter 'y': 8 bytes at offset \
$(getconf ULONG_MAX | sed 's/5$/2/') are outside the $(sed -n 's/.* outside the \([0-9]*\) bytes.*/\1/p' err) bytes of the table's struct"
parameter row_crooked "its offset is no multiple of its type's alignment"
parameter row_flags 'its flags are wrong'
parameter row_optional 'its flags are wrong'
parameter row_range 'its minimum is above its maximum'
parameter row_range_nan 'its minimum is above its maximum'
bad default_high ": agent 'bad': default of bad.y: 5 is out of range ([0, 1])"
bad default_nan ": agent 'bad': default of bad.y: nan is out of range ([0, 1])"
parameter default_part 'its default is no whole number'
parameter default_truth 'its default is neither 0 nor 1'
parameter choice_null 'it has no choices'
parameter choice_none 'it has no choices'
parameter choice_empty 'a choice is empty or no text'
parameter choice_default 'its default is none of its choices'
parameter list_nowhere 'its default is no list of at most 32 numbers'
bad list_high ": agent 'bad': default of bad.y: 1.5 is out of range ([0, 1])"

# --- wrong only once they run ------------------------------------------------------------------------
for quote in NAN -1 0 INFINITY; do
    case $quote in
    NAN) number=nan ;;
    INFINITY) number=inf ;;
    *) number=$quote ;;
    esac
    for way in quotes batch; do
        scenario "${way}_$quote"
        expect "${way}_$quote, check" 0 "$pursuit" check "${way}_$quote.yaml"
        expect "${way}_$quote" 4 "$pursuit" run "${way}_$quote.yaml" -o x.h5 --quiet
        says "pursuit run: trial 0, epoch 2, round 7: firm 'ours': agent 'bad' quoted $number times its price unit; a quote must be \
positive and finite"
        absent x.h5
    done
done
scenario train_fails
expect 'train fails' 4 "$pursuit" run train_fails.yaml -o x.h5 --quiet --first-trial 5
says "pursuit run: trial 5: agent 'bad' of firm 'ours' could not be trained: it does not converge"
absent x.h5
scenario train_silent
expect 'train says that it was interrupted' 4 "$pursuit" run train_silent.yaml -o x.h5 --quiet
says "pursuit run: trial 0: agent 'bad' of firm 'ours' could not be trained: interrupted"
absent x.h5

# --- a good one --------------------------------------------------------------------------------------
scenario good
scenario other
hash=$(sha256sum good.so | cut -d ' ' -f 1)
expect 'check' 0 "$pursuit" check good.yaml; prints '^ +0 +ours +good +random'
expect 'check --json' 0 "$pursuit" check good.yaml --json; prints '"agent": "good"'; prints "\"plugin\": \"$tmp/good.so\""
expect 'the null bid' 0 "$pursuit" run good.yaml -o good.h5 --quiet --threads 2
expect 'the agent null' 0 "$pursuit" run good.yaml -o null.h5 --quiet --set firms.0.agent=null
expect 'are the same problem' 0 "$pursuit" compare null.h5 good.h5 --json; prints '"difference": 0,'
expect 'compare' 0 "$pursuit" compare null.h5 good.h5
if [ -s err ]; then fail "$name" 'stderr is not empty' "$(cat err)"; else pass; fi
expect 'summary' 0 "$pursuit" summary good.h5 --json; grep -v '"file"' out >good.json
expect 'the summary of null' 0 "$pursuit" summary null.h5 --json; grep -v '"file"' out >null.json; same good.json null.json
expect 'a loading' 0 "$pursuit" run good.yaml -o loaded.h5 --quiet --set firms.0.agent.loading=0.5
expect 'loads' 0 "$pursuit" summary loaded.h5 --json; grep -v '"file"' out >loaded.json
if cmp -s good.json loaded.json; then fail "$name" 'a loading of a half changes nothing'; else pass; fi
expect 'two plugins' 0 "$pursuit" run good.yaml -o two.h5 --quiet --set 'firms.1.agent={plugin: other.so}' --threads 2

# The resolved scenario says which file it was, and means the same elsewhere.
expect 'resolved' 0 "$pursuit" run good.yaml --dry-run; cp out resolved.yaml
prints "^      plugin: \"$tmp/good.so\"\$"
prints "^      plugin_sha256: \"$hash\"\$"
mkdir elsewhere
cp resolved.yaml elsewhere
expect 'elsewhere' 0 "$pursuit" run elsewhere/resolved.yaml --dry-run; same out resolved.yaml
cp "$plugins/good.so" mine.so
expect 'a copy' 0 "$pursuit" run elsewhere/resolved.yaml --dry-run --set firms.0.agent.plugin=mine.so; cp out mine.yaml
echo >>mine.so
line=$(grep -n 'plugin_sha256' mine.yaml | cut -d : -f 1)
expect 'a plugin that has changed' 2 "$pursuit" check mine.yaml
says "mine.yaml:$line:22: firms[0].agent.plugin_sha256: the plugin has changed: '$tmp/mine.so' now has the checksum \
$(sha256sum mine.so | cut -d ' ' -f 1)"

# What a run reads is never what it replaces.
cp "$plugins/good.so" mine.so
expect 'output is the plugin' 2 "$pursuit" run good.yaml --set firms.0.agent.plugin=mine.so -o mine.so --force
says "pursuit run: 'mine.so' is the plugin of this run: it is not replaced"
same mine.so "$plugins/good.so"

# --- pursuit agents --------------------------------------------------------------------------------
expect 'agents' 0 "$pursuit" agents ./good.so; prints '^good$'; prints '^  loading +0 \(number, \[0, 1\]\)$'; prints '^  mode +fancy \(plain \| fancy\)$'
expect 'agents, a bare name' 0 "$pursuit" agents good.so --json; prints '"name": "good"'; prints '"name": "steps"'
expect 'agents, absent' 3 "$pursuit" agents ./none.so; says "pursuit agents: '$tmp/./none.so': No such file or directory"
expect 'agents, no shared object' 3 "$pursuit" agents ./words.so; says "pursuit agents: cannot be loaded: $tmp/./words.so: invalid ELF header"
expect 'agents, bad' 2 "$pursuit" agents odd_name.so; says "pursuit agents: '$tmp/odd_name.so': its agent's name is not 1 to 59 characters of a-z, 0-9 and _"

# Every bad plugin that was built has been tried.
for plugin in "$plugins"/*.so; do
    tried=$(basename "$plugin" .so)
    if [ -e "$tried.yaml" ]; then pass; else fail "$tried.so" 'was never tried'; fi
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
