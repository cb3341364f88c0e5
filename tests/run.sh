#!/usr/bin/env bash
# tests/run.sh BUILD: the runner's tests and those of the command line; their totals are added in
# the last line, "N passed, N failed, N skipped". A part that ends without its own totals (it
# crashed) counts as a failure.
set -uo pipefail

BUILD=${1:-build}
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp)
trap 'rm -f "$log" "$log.skips"' EXIT
passed=0 failed=0 skipped=0

run_part() {
    local code=0 totals
    "$@" 2>&1 | tee "$log" || code=$?
    totals=$(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$log")
    if [ -z "$totals" ]; then
        echo "FAIL  $1 ended without its totals (exit code $code)"
        totals='0 1 0'
    elif [ "$code" -ne 0 ] && [ "$(cut -d' ' -f2 <<<"$totals")" -eq 0 ]; then
        echo "FAIL  $1 ended with exit code $code"
        totals="${totals% * *} 1 ${totals##* }"
    fi
    read -r p f s <<<"$totals"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$s" -eq 0 ] || sed -n '/^skip /p' "$log" >>"$log.skips"
}

run_part "$BUILD/tests/run"
run_part tests/cli/run.sh -b "$BUILD"
echo
if [ -s "$log.skips" ]; then
    echo "skipped:"
    sed 's/^skip  /  /' "$log.skips"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
