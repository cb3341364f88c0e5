#!/usr/bin/env bash
# tests/oclgrind.sh BUILD [FILTER...]: the tests that launch kernels, with small shapes, on
# Oclgrind's interpreted device. It fails on data races, uninitialised values, accesses out of
# bounds and wrong API calls, none of which show in a test's own result. The last line is
# "N passed, N failed, N skipped"; each kind of report counts as one failure.
set -uo pipefail

BUILD=${1:-build}
shift
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] || set -- runtime/ ops/ graph/ models/
command -v oclgrind >/dev/null || {
    echo "oclgrind not found: run 'make deps-ci'" >&2
    exit 1
}
reports=$(mktemp)
output=$(mktemp)
trap 'rm -f "$reports" "$output"' EXIT

if [ -z "$("$BUILD/tests/run" -l "$@")" ]; then
    echo "no test launches kernels in this build"
    echo "0 passed, 0 failed, 0 skipped"
    exit 0
fi
# Optimised code may hold LLVM's `freeze` (wherever a / b and a % b meet), which Oclgrind 21.10
# cannot follow with --uninitialized: it ends the kernel.
SAAE_TEST_SMALL=1 SAAE_DEVICE=Oclgrind oclgrind --data-races --uninitialized --check-api \
    --build-options -cl-opt-disable \
    --max-errors 100 --log "$reports" "$BUILD/tests/run" "$@" 2>&1 | tee "$output"
code=${PIPESTATUS[0]}

totals=$(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$output")
read -r passed failed skipped <<<"${totals:-0 1 0}"
[ -n "$totals" ] || echo "FAIL  the runner ended without its totals (exit code $code)"
# A report's first line starts at the margin and names an address: without it, the kinds remain.
kinds=$({
    grep -E '^[^[:space:]]' "$reports" | grep -v 'suppressing further errors'
    grep -A 3 'OpenCL runtime error detected' "$output" | grep -E 'Function:|Error:' | paste - -
} | sed -E 's/0x[0-9a-f]+/ADDRESS/g' | sort | uniq -c)
if [ -n "$kinds" ]; then
    printf '\nOclgrind reports, the first of them in full:\n'
    head -n 60 "$reports"
    printf '\nkinds of reports:\n%s\n' "$kinds"
    failed=$((failed + $(wc -l <<<"$kinds")))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
