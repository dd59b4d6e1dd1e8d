#!/usr/bin/env bash
# exports.sh CC LIBRARY.so INCLUDE_DIR: the shared library exports exactly what the installed headers declare
# PP_API; a header that is not installed exports nothing, and nothing that is PP_API is missing.
set -euo pipefail
cc=$1 library=$2 include=$3
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pursuit-exports.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

read -ra flags < <(pkg-config --cflags pursuit)
# PP_API as the compiler sees it, comments and macros gone. A declaration ends in ';', a definition before it in '}'.
(cd "$include" && find pursuit -name '*.h' | sort | sed 's/.*/#include <&>/') |
    "$cc" -std=c17 -E -P "${flags[@]}" -x c - | tr '\n' ' ' | tr ';}' '\n\n' |
    sed -n 's/.*__attribute__((visibility("default")))//p' |
    while IFS= read -r declaration; do
        case $declaration in
        *'('*) sed 's/ *(.*//; s/.*[^A-Za-z0-9_]//' <<<"$declaration" ;; # a function: the word before its arguments
        *) tr ',' '\n' <<<"$declaration" | sed 's/ *\[.*//; s/ *$//; s/.*[^A-Za-z0-9_]//' ;; # objects: the last words
        esac
    done | sort >"$scratch/declared"
nm -D --defined-only "$library" | awk '{ print $NF }' | sort >"$scratch/exported"

if [ "$(wc -l <"$scratch/declared")" -lt 50 ]; then
    echo "only $(wc -l <"$scratch/declared") names are declared PP_API" >&2
    exit 1
fi
if ! diff "$scratch/declared" "$scratch/exported" >"$scratch/difference"; then
    echo "names declared PP_API in installed headers (<) and exported by $library (>) differ:" >&2
    cat "$scratch/difference" >&2
    exit 1
fi
echo "$(wc -l <"$scratch/exported") names, declared and exported"
