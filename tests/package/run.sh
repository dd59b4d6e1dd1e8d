#!/usr/bin/env bash
# run.sh CMAKE BUILD_DIR SCRATCH_DIR CC LIBDIR GENERATOR: test an installed pursuit from outside its tree.
set -euo pipefail
cmake=$1 build=$2 scratch=$3 cc=$4 libdir=$5 generator=$6
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=$scratch/moved

rm -rf "$scratch"
mkdir -p "$scratch"
"$cmake" --install "$build" --prefix "$scratch/prefix" >"$scratch/install.log"
# Nothing installed may remember where it was installed to.
mv "$scratch/prefix" "$prefix"

for file in "$libdir/pkgconfig/pursuit.pc" "$libdir/cmake/pursuit/pursuitConfig.cmake" \
    include/pursuit/agents/agent.h include/pursuit/market/base/param.h; do
    [ -f "$prefix/$file" ] || { echo "not installed: $file" >&2; exit 1; }
done

scenario=$prefix/share/pursuit/scenarios/published.yaml

echo "-- find_package"
"$cmake" -G "$generator" -S "$here" -B "$scratch/consumer" -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_PREFIX_PATH="$prefix" >"$scratch/configure.log" || { cat "$scratch/configure.log"; exit 1; }
"$cmake" --build "$scratch/consumer" >"$scratch/build.log" || { cat "$scratch/build.log"; exit 1; }
"$scratch/consumer/consumer" "$scenario" "$scratch/cmake.h5"

echo "-- pkg-config"
export PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig
read -ra flags < <(pkg-config --cflags --libs pursuit)
"$cc" -std=c17 -Wall -Wextra -Werror "$here/consumer.c" -o "$scratch/consumer-pc" "${flags[@]}" \
    "-Wl,-rpath,$prefix/$libdir"
"$scratch/consumer-pc" "$scenario" "$scratch/pkg-config.h5"

echo "-- every installed header compiles alone"
read -ra flags < <(pkg-config --cflags pursuit)
(cd "$prefix/include" && find pursuit -name '*.h' | sort) | while read -r header; do
    echo "#include <$header>" |
        "$cc" -std=c17 -Wall -Wextra -Werror -fsyntax-only "${flags[@]}" -x c - ||
        { echo "$header does not compile alone" >&2; exit 1; }
done

if [ -f "$prefix/$libdir/libpursuit.so" ]; then
    echo "-- exports"
    bash "$here/exports.sh" "$cc" "$prefix/$libdir/libpursuit.so" "$prefix/include"
fi

echo "-- examples"
for example in market agent; do
    cp -r "$here/../../examples/$example" "$scratch/example-$example"
    (cd "$scratch/example-$example" &&
        "$cmake" -G "$generator" -B build -DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="-Wall -Wextra -Werror" \
            -DCMAKE_PREFIX_PATH="$prefix" >configure.log && "$cmake" --build build >build.log) ||
        { cat "$scratch/example-$example"/*.log; exit 1; }
done
sed 's/^trials: .*/trials: 2/' "$scenario" >"$scratch/example.yaml"
"$scratch/example-market/build/market" "$scratch/example.yaml" "$scratch/example.h5" | tee "$scratch/example.out"
[ "$(grep -c ' GBP$' "$scratch/example.out")" -eq 6 ] || { echo "the market has not six firms" >&2; exit 1; }
if [ -x "$prefix/bin/pursuit" ]; then
    (cd "$scratch/example-agent" && "$prefix/bin/pursuit" run scenario.yaml -o full.h5 --quiet &&
        "$prefix/bin/pursuit" summary full.h5 >summary.txt && grep -q '^  pursuer ' summary.txt) || { echo "the agent has not run" >&2; exit 1; }
fi

if [ -x "$prefix/bin/pursuit" ]; then
    echo "-- the installed program"
    env -u LD_LIBRARY_PATH "$prefix/bin/pursuit" --version
    [ -s "$prefix/share/man/man1/pursuit.1" ] || { echo "no manual page" >&2; exit 1; }
    [ -s "$prefix/share/pursuit/scenarios/published.yaml" ] || { echo "no scenarios" >&2; exit 1; }
    "$prefix/bin/pursuit" check "$prefix/share/pursuit/scenarios/published.yaml"
fi
echo "package: ok"
