#!/usr/bin/env bash
# tests/cli/run.sh [-b BUILD] [FILTER...]: runs tests/cli/test_*.sh and tests/tools/test_*.sh, those
# whose path holds one of the filters. The last line is "N passed, N failed, N skipped".
set -uo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=build
if [ "${1:-}" = -b ]; then
    BUILD=$2
    shift 2
fi
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
SAAE=$BUILD/saae
CHECKS=$(mktemp)
trap 'rm -f "$CHECKS"' EXIT
export ROOT BUILD SAAE CHECKS
unset MAKEFLAGS MFLAGS MAKELEVEL

selected() {
    local file=$1
    shift
    [ $# -eq 0 ] && return 0
    for filter in "$@"; do
        case $file in *"$filter"*) return 0 ;; esac
    done
    return 1
}

cd "$ROOT" || exit 1
for file in tests/cli/test_*.sh tests/tools/test_*.sh; do
    selected "$file" "$@" || continue
    script=${file#tests/} script=${script%.sh}
    before=$(wc -l <"$CHECKS")
    code=0
    script=$script bash -c 'source tests/cli/support.sh; source "$0"' "$file" </dev/null || code=$?
    if [ "$code" -ne 0 ]; then
        echo "not ok $script: the script ended with exit code $code" | tee -a "$CHECKS"
    elif [ "$(wc -l <"$CHECKS")" -eq "$before" ]; then
        echo "not ok $script: the script checked nothing" | tee -a "$CHECKS"
    fi
done

count() { grep -c "^$1 " "$CHECKS"; }
if [ "$(count 'not ok')" -gt 0 ]; then
    printf '\nfailed:\n'
    sed -n 's/^not ok /  /p' "$CHECKS"
    echo "    repeat: tests/cli/run.sh -b $BUILD NAME"
fi
if [ "$(count skip)" -gt 0 ]; then
    printf '\nskipped:\n'
    sed -n 's/^skip /  /p' "$CHECKS"
fi
echo "$(count ok) passed, $(count 'not ok') failed, $(count skip) skipped"
[ "$(count 'not ok')" -eq 0 ] && [ "$(count ok)" -gt 0 ]
