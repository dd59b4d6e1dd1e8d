#!/usr/bin/env bash
# installed.sh CMAKE SOURCE_DIR BUILD_DIR SCRATCH_DIR CC LIBDIR GENERATOR: plugins as a stranger makes them, out of tree
# against an installed pursuit: the page docs/plugins.md as it stands, and agents of the tree that must then price as ever.
set -euo pipefail
cmake=$1 source=$2 build=$3 scratch=$4 cc=$5 libdir=$6 generator=$7
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
page=$source/docs/plugins.md

die() {
    echo "installed.sh: $*" >&2
    exit 1
}

rm -rf "$scratch"
mkdir -p "$scratch/bin" "$scratch/work"
scratch=$(realpath "$scratch")
prefix=$scratch/prefix
"$cmake" --install "$build" --prefix "$prefix" >"$scratch/install.log"
ln -s "$(command -v "$cc")" "$scratch/bin/cc"
export PATH=$prefix/bin:$scratch/bin:$PATH PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig
unset LD_LIBRARY_PATH
cd "$scratch/work"

# --- the page: its files are written, its commands run, and what they print is what it says, numbers aside
awk -v printed="$scratch/printed.txt" -v commands="$scratch/commands.sh" '
    in_block && /^```$/ { in_block = 0; to = ""; next }
    in_block { if (to != "") print > to; next }
    /^```/ { in_block = 1; next }
    /^<!-- file: .* -->$/ { to = $3 }
    /^<!-- run -->$/ { to = commands }
    /^<!-- printed -->$/ { to = printed }' "$page"
for file in pace.c CMakeLists.txt pace.yaml "$scratch/commands.sh" "$scratch/printed.txt"; do
    [ -s "$file" ] || die "docs/plugins.md has no $(basename "$file")"
done
sh -eu "$scratch/commands.sh" >"$scratch/out.txt" 2>"$scratch/err.txt" || die "$(cat "$scratch/err.txt")"

# Numbers are those of one machine; all else must be as it is printed.
shape() { sed 's/[-+]\{0,1\}[0-9][0-9,.]*/#/g; s/ \{1,\}/ /g; s/^ //; s/ $//' "$1"; }
shape "$scratch/out.txt" >"$scratch/out.shape"
n=0
while IFS= read -r line; do
    n=$((n + 1))
    grep -Fxq -- "$line" "$scratch/out.shape" || die "nothing printed is like '$line'; printed was:
$(cat "$scratch/out.txt")"
done < <(shape "$scratch/printed.txt")
[ "$n" -ge 10 ] || die "docs/plugins.md shows $n lines only"

# What the agent is for: the firm with it misses its target by less, in every trial's pair taken together.
pursuit compare null.h5 pace.h5 --json >compare.json
awk '/"portfolio_loss"/ { loss = 1 }
     loss && /"difference_95"/ { getline; getline; high = $1 + 0; exit }
     END { exit !(high < 0) }' compare.json ||
    die "pace does not lower the portfolio loss: $(cat compare.json)"

# summary FILE: every figure of a file, without its name.
summary() { pursuit summary "$1" --json | grep -v '"file"'; }
# equal A B: the same figures to the last digit; differ: not.
equal() { [ "$(summary "$1")" = "$(summary "$2")" ] || die "$1 and $2 differ"; }
differ() { [ "$(summary "$1")" != "$(summary "$2")" ] || die "$1 and $2 are the same"; }
simulate() { # FILE [--set ...]
    local file=$1
    shift
    pursuit run pace.yaml -o "$file" --quiet --trials 4 --set market.rounds=300 "$@"
}

# Without any steering it is the agent null; with it, it is not.
simulate still.h5 --set firms.0.agent.most=0
simulate plain.h5 --set firms.0.agent=null
simulate steered.h5
equal still.h5 plain.h5
differ steered.h5 plain.h5

# --- with CMake, which links the library too
"$cmake" -G "$generator" -S . -B cmake -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix" >cmake.log || die "$(cat cmake.log)"
"$cmake" --build cmake >cmake.log || die "$(cat cmake.log)"
simulate cmake.h5 --set firms.0.agent.plugin=cmake/pace.so
equal cmake.h5 steered.h5

# --- agents of the tree, as plugins
read -ra flags < <(pkg-config --cflags pursuit)
plugin() { # FILE.c: makes FILE.so with warnings as errors
    "$cc" -std=c17 -O2 -Wall -Wextra -Werror -shared -fPIC "${flags[@]}" "$1" -o "${1%.c}.so" -lm
}
{
    cat "$source/agents/baseline.c"
    echo 'PP_AGENT_PLUGIN(pp_agent_baseline);'
} >baseline.c
plugin baseline.c
simulate built-in.h5 --set 'firms.0.agent={kind: baseline, b: 0.3}'
simulate plugin.h5 --set 'firms.0.agent={plugin: baseline.so, b: 0.3}' --threads 3
equal built-in.h5 plugin.h5
differ built-in.h5 plain.h5

# The agent of CONTRIBUTING.md.
awk '/^```c$/ { inside = 1; next } inside && /^```$/ { exit } inside' "$source/CONTRIBUTING.md" >full.c
echo 'PP_AGENT_PLUGIN(pp_agent_full);' >>full.c
plugin full.c
simulate full-0.h5 --set 'firms.0.agent={plugin: full.so, loading: 0}'
simulate full.h5 --set 'firms.0.agent={plugin: full.so, loading: 1}' --set firms.0.portfolio.categories.0.target_multiple=0.2
simulate low.h5 --set firms.0.agent=null --set firms.0.portfolio.categories.0.target_multiple=0.2
equal full-0.h5 plain.h5
differ full.h5 low.h5

# --- one that calls functions: of the program, and of a program that has them from the shared library
cp "$here/caller.c" .
plugin caller.c
simulate caller.h5 --set 'firms.0.agent={plugin: caller.so}'
equal caller.h5 plain.h5
read -ra libraries < <(pkg-config --libs pursuit)
"$cc" -std=c17 -Wall -Wextra -Werror "${flags[@]}" "$source/tests/package/consumer.c" -o consumer "${libraries[@]}" \
    "-Wl,-rpath,$prefix/$libdir"
sed 's/{plugin: .*}/{plugin: caller.so}/' pace.yaml >caller.yaml
./consumer caller.yaml consumer.h5
echo "plugins against the installed library: ok"
