#!/usr/bin/env bash
# folder.sh CMAKE SOURCE_DIR SCRATCH_DIR CC GENERATOR: a copy of the sources builds in a folder with an awkward name.
set -euo pipefail
cmake=$1 source=$2 scratch=$3 cc=$4 generator=$5

rm -rf "$scratch"
copy="$scratch/a #b \$c 100% 'd' & (e)"
mkdir -p "$copy"
tar c -C "$source" --exclude=./build --exclude=./.git . | tar x -C "$copy"

quietly() {
    "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
}
quietly "$cmake" -G "$generator" -S "$copy" -B "$copy/build" -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Debug \
    -DPURSUIT_MPI=OFF
quietly "$cmake" --build "$copy/build" --target pursuit -j 2
"$copy/build/pursuit" --version
[ -s "$copy/build/pursuit.1" ] || { echo "no manual page" >&2; exit 1; }

# CMake's own error would be about something else.
if "$cmake" -G "$generator" -S "$copy" -B "$scratch/f\"g" >"$scratch/log" 2>&1; then
    echo "configured in a folder with a quotation mark" >&2
    exit 1
fi
grep -q "CMake cannot build in a folder whose path has a quotation mark" "$scratch/log" || { cat "$scratch/log" >&2; exit 1; }
echo "folder: ok"
