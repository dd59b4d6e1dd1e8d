#!/usr/bin/env bash
# missing_libraries.sh CMAKE SOURCE_DIR SCRATCH_DIR GENERATOR: with every library hidden, configuring must
# fail and name all of them, each with the Debian package that brings it.
set -euo pipefail
cmake=$1 source=$2 scratch=$3 generator=$4

hide=()
for package in GSL HDF5 LibYAML OpenMP Random123 CMocka MPI; do
    hide+=("-DCMAKE_DISABLE_FIND_PACKAGE_$package=ON")
done
rm -rf "$scratch"
if output=$("$cmake" -G "$generator" -S "$source" -B "$scratch" -DCMAKE_C_COMPILER=gcc -DPURSUIT_MPI=ON "${hide[@]}" 2>&1); then
    echo "configured although every library is hidden" >&2
    exit 1
fi

failed=0
for line in "GSL not found: install libgsl-dev" "HDF5 not found: install libhdf5-dev" \
    "libyaml not found: install libyaml-dev" "OpenMP not found: install gcc" \
    "Random123 not found: install librandom123-dev" "cmocka not found: install libcmocka-dev" \
    "MPI not found: install libopenmpi-dev"; do
    grep -qF "$line" <<<"$output" || { echo "not said: $line" >&2; failed=1; }
done
[ $failed -eq 0 ] || { echo "$output" >&2; exit 1; }
echo "missing libraries: all named"
