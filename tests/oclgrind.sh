#!/usr/bin/env bash
# tests/oclgrind.sh BUILD [FILTER...]: on Oclgrind's interpreted device the tests that launch
# kernels, with small shapes. Without a FILTER also `saae verify`: each op for SAAE_OCLGRIND_BUDGET
# seconds (8 unless set), and with the compiler's optimisation five times as long for all ops and a
# training step of each kind. It fails on data races, uninitialised values, accesses out of bounds
# and wrong API calls, none of which show in a test's own result. The last line is
# "N passed, N failed, N skipped"; each kind of report counts as one failure.
set -uo pipefail

BUILD=${1:-build}
shift
cd "$(dirname "$0")/.." || exit 1
[ $# -gt 0 ] && verify=false || verify=true
[ $# -gt 0 ] || set -- runtime/ ops/ graph/ models/
command -v oclgrind >/dev/null || {
    echo "oclgrind not found: run 'make deps-ci'" >&2
    exit 1
}
budget=${SAAE_OCLGRIND_BUDGET:-8}
reports=$(mktemp)
output=$(mktemp)
trap 'rm -f "$reports" "$output"' EXIT
passed=0 failed=0 skipped=0

if [ -z "$("$BUILD/tests/run" -l "$@")" ]; then
    echo "no test launches kernels in this build"
    echo "0 passed, 0 failed, 0 skipped"
    exit 0
fi

# in_oclgrind COMMAND...: with Oclgrind's $options; its output in $output, the reports in $reports,
# its exit code in $code.
in_oclgrind() {
    echo "=== oclgrind ${options[*]} $*"
    : >"$reports"
    SAAE_TEST_SMALL=1 SAAE_DEVICE=Oclgrind oclgrind --data-races --check-api "${options[@]}" \
        --max-errors 100 --log "$reports" "$@" 2>&1 | tee "$output" | grep -v '^verify: '
    code=${PIPESTATUS[0]}
}

# A report's first line starts at the margin and names an address: without it, the kinds remain.
count_reports() {
    local kinds
    kinds=$({
        grep -E '^[^[:space:]]' "$reports" | grep -v 'suppressing further errors'
        grep -A 3 'OpenCL runtime error detected' "$output" | grep -E 'Function:|Error:' |
            paste - -
    } | sed -E 's/0x[0-9a-f]+/ADDRESS/g' | sort | uniq -c)
    [ -n "$kinds" ] || return 0
    printf '\nOclgrind reports, the first of them in full:\n'
    head -n 60 "$reports"
    printf '\nkinds of reports:\n%s\n' "$kinds"
    failed=$((failed + $(wc -l <<<"$kinds")))
}

# add PASSED FAILED SKIPPED: totals of a command that ended with $code.
add() {
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    if [ "$code" -ne 0 ] && [ "$2" -eq 0 ]; then
        echo "FAIL  it ended with exit code $code"
        failed=$((failed + 1))
    fi
    count_reports
}

run_tests() {
    local totals
    in_oclgrind "$BUILD/tests/run" "$@"
    totals=$(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$output")
    [ -n "$totals" ] || echo "FAIL  the runner ended without its totals (exit code $code)"
    # shellcheck disable=SC2086 # three numbers
    add ${totals:-0 1 0}
}

# run_verify SECONDS ARGUMENT...: the cases for which there is no time here run on every other
# device.
run_verify() {
    local p=0 f=1 s=0
    in_oclgrind "$BUILD/saae" verify --device Oclgrind --budget "$@"
    if grep -q '^all ' "$output"; then
        read -r _ p f s _ <<<"$(grep '^all ' "$output")"
        echo "verify: $p cases passed, $f failed; for $s the $1 s did not last"
    else
        echo "FAIL  verify ended without its totals (exit code $code)"
    fi
    if [ "$p" -eq 0 ] && [ "$f" -eq 0 ]; then
        echo "FAIL  no case fits into $1 s"
        f=1
    fi
    add "$p" "$f" 0
}

# Optimised code may hold LLVM's `freeze` (wherever a / b and a % b meet), which Oclgrind 21.10
# cannot follow with --uninitialized: it ends the kernel.
options=(--uninitialized --build-options -cl-opt-disable)
run_tests "$@"
if $verify; then
    for op in $(sed -nE 's/^STEM\(([a-z_0-9]+),.*/\1/p' src/ops/ops.def); do
        run_verify "$budget" --op "$op"
    done
    options=()
    run_verify $((5 * budget))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
