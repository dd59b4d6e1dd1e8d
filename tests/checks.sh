# Sourced by the tests that are scripts: what passed is counted, what failed is told and counted.
passed=0
failed=0

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
    shift
    printf '    %s\n' "$@"
}
# expect NAME CODE COMMAND...: run it; its streams are left in out and err.
expect() {
    name=$1 code=$2
    shift 2
    "$@" >out 2>err </dev/null
    got=$?
    if [ "$got" -eq "$code" ]; then pass; else fail "$name" "exit code $got, not $code: $*" "$(head -c 500 err)"; fi
}
# prints PATTERN: the last command's stdout matches.
prints() { if grep -Eq -- "$1" out; then pass; else fail "$name" "stdout lacks '$1'" "$(head -c 500 out)"; fi; }
absent() { if [ -e "$1" ] || [ -e "$1.partial" ]; then fail "$name" "$1 or its partial file is there"; else pass; fi; }
same() { if cmp -s "$1" "$2"; then pass; else fail "$name" "$1 and $2 differ"; fi; }
# says PATTERN: the last command's stderr matches; not_says and not_prints that it does not.
says() { if grep -Eq -- "$1" err; then pass; else fail "$name" "stderr lacks '$1'" "$(head -c 500 err)"; fi; }
not_says() { if grep -Eq -- "$1" err; then fail "$name" "stderr has '$1'" "$(head -c 500 err)"; else pass; fi; }
not_prints() { if grep -Eq -- "$1" out; then fail "$name" "stdout has '$1'" "$(head -c 500 out)"; else pass; fi; }
silent() { if [ -s err ]; then fail "$name" "stderr is not empty" "$(head -c 500 err)"; else pass; fi; }
empty() { if [ -s out ]; then fail "$name" "stdout is not empty" "$(head -c 500 out)"; else pass; fi; }
present() { if [ -e "$1" ]; then pass; else fail "$name" "$1 is absent"; fi; }
