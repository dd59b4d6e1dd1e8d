#!/usr/bin/env bash
# Run a test in a locale that writes a decimal comma: run.sh DIR COMMAND...
# The locale is made in DIR. Where its sources are missing the test is skipped, or fails under CI.
set -euo pipefail

locales=$1
name=de_DE.UTF-8
shift

if [ ! -d "$locales/$name" ]; then
    mkdir -p "$locales"
    made=$(mktemp -d "$locales/XXXXXX")
    trap 'rm -rf "$made"' EXIT
    if ! localedef -i de_DE -f UTF-8 "$made/$name" >"$made/log" 2>&1; then
        echo "no locale $name can be made (package locales): $(tail -n 1 "$made/log")" >&2
        [ -z "${CI-}" ] || exit 1
        exit 77
    fi
    mv -T "$made/$name" "$locales/$name" 2>/dev/null || [ -d "$locales/$name" ] # made by another test
    rm -rf "$made"
fi
LOCPATH=$locales PP_TEST_LOCALE=$name exec "$@"
