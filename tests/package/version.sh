#!/usr/bin/env bash
# version.sh CMAKE SOURCE_DIR SCRATCH_DIR: the commit and the build that a checkout, an archive and a plain copy of the
# sources say that they are.
set -euo pipefail
cmake=$1 source=$2 scratch=$3
command -v git >/dev/null || { echo "skipped: no git"; exit 77; }

rm -rf "$scratch"
mkdir -p "$scratch/copy" "$scratch/archive"
tar c -C "$source" .gitattributes README.md cmake market pricing agents data experiments | tar x -C "$scratch/copy"
# So that the scratch folder is below no other checkout.
export GIT_CEILING_DIRECTORIES=$scratch GIT_CONFIG_GLOBAL=/dev/null

look() { # FOLDER [FLAGS]: sets commit and build
    "$cmake" "-DSOURCE=$scratch/$1" "-DHEADER=$scratch/version.h" -DVERSION=1.2.3 "-DCOMPILER=cc ${2-}" \
        -P "$scratch/$1/cmake/WriteVersion.cmake"
    commit=$(sed -n 's/.*PURSUIT_COMMIT "\(.*\)"$/\1/p' "$scratch/version.h")
    build=$(sed -n 's/.*PURSUIT_BUILD "\(.*\)"$/\1/p' "$scratch/version.h")
}
expect() { # LABEL COMMAND...
    local label=$1
    shift
    "$@" || { echo "$label: commit '$commit', build '$build'" >&2; exit 1; }
}
in_copy() { git -C "$scratch/copy" -c user.name=a -c user.email=a@b.c "$@"; }

look copy
expect "a plain copy is known by its sources" grep -qxE 'sources-[0-9a-f]{12}' <<<"$commit"
expect "a build is a checksum" [ ${#build} -eq 64 ]
plain=$build

in_copy init --quiet
in_copy add .
in_copy commit --quiet -m one
head=$(in_copy rev-parse --short=12 HEAD)
look copy
expect "a checkout is known by its commit" [ "$commit" = "$head" ]
expect "the same sources are the same build" [ "$build" = "$plain" ]
look copy -O3
expect "other flags are another build" [ "$build" != "$plain" ]

in_copy archive HEAD | tar x -C "$scratch/archive"
look archive
expect "an archive is known by its commit" [ "$commit" = "$head" ]
expect "an archive is the same build" [ "$build" = "$plain" ]

echo >>"$scratch/copy/README.md"
look copy
expect "a checkout that was modified says so" [ "$commit" = "$head-modified" ]
expect "documents are no part of a build" [ "$build" = "$plain" ]
for file in market/random.c agents/agents.def experiments/engine/run.h cmake/PursuitCompiler.cmake; do
    last=$build
    echo >>"$scratch/copy/$file"
    look copy
    expect "another $file is another build" [ "$build" != "$last" ]
done
last=$build
echo >>"$scratch/copy/experiments/cli/main.c"
look copy
expect "the command line is no part of the library's build" [ "$build" = "$last" ]
echo "version: ok"
