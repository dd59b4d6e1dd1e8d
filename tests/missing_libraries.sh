#!/usr/bin/env bash
# missing_libraries.sh CMAKE SOURCE_DIR SCRATCH_DIR GENERATOR: with every library hidden, configuring must
# fail and name all of them, each with the Debian package that brings it. With half of MPI it must succeed without.
set -euo pipefail
cmake=$1 source=$2 scratch=$3 generator=$4

hide=()
for package in GSL HDF5 LibYAML OpenMP XxHash CMocka MPI; do
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
    "xxHash not found: install libxxhash-dev" "cmocka not found: install libcmocka-dev" \
    "MPI not found: install libopenmpi-dev"; do
    grep -qF "$line" <<<"$output" || { echo "not said: $line" >&2; failed=1; }
done
[ $failed -eq 0 ] || { echo "$output" >&2; exit 1; }
echo "missing libraries: all named"

# Open MPI's wrapper and library without the headers, which Debian packages apart.
rm -rf "$scratch"
mkdir -p "$scratch/bin"
echo 'int MPI_Init(void) { return 0; }' | gcc -shared -fPIC -x c - -o "$scratch/bin/libmpi.so"
cat >"$scratch/bin/mpicc" <<'SCRIPT'
#!/bin/sh
lib=$(dirname "$0") include=$lib/include
case $* in
-showme:compile*) echo "-I$include -I$include/openmpi" ;;
-showme:incdirs*) echo "$include $include/openmpi" ;;
-showme:link*) echo "-L$lib -lmpi" ;;
-showme:libdirs*) echo "$lib" ;;
-showme:libs*) echo "mpi" ;;
-showme*) echo "gcc" ;;
*) exec gcc "-I$include" "$@" -L$lib -lmpi ;;
esac
SCRIPT
chmod +x "$scratch/bin/mpicc"
ln -s /bin/true "$scratch/bin/mpiexec"
configure() { # MPI: with the wrapper first on the path
    PATH=$scratch/bin:$PATH "$cmake" -G "$generator" -S "$source" -B "$scratch/$1" -DCMAKE_C_COMPILER=gcc \
        -DBUILD_TESTING=OFF "-DPURSUIT_MPI=$1" >"$scratch/output" 2>&1
}
fail() {
    echo "$1" >&2
    cat "$scratch/output" >&2
    exit 1
}
configure AUTO || fail "half of MPI stops the configuration"
grep -qF -- "-- Without MPI: $scratch/bin/mpicc cannot compile" "$scratch/output" || fail "not said: without MPI"
! configure ON || fail "configured although MPI is asked for and cannot be used"
grep -qF "MPI not found: install libopenmpi-dev" "$scratch/output" || fail "not said: MPI not found"
echo "half of MPI: left out"
