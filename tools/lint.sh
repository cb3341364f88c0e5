#!/usr/bin/env bash
# tools/lint.sh "COMPILER FLAGS" FILE.c...: clang-tidy (.clang-tidy), cppcheck, shellcheck.
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1
read -ra flags <<<"$1"
shift
status=0
for tool in clang-tidy cppcheck shellcheck; do
    command -v "$tool" >/dev/null || {
        echo "$tool not found: run 'make deps-ci'" >&2
        exit 1
    }
done

echo "clang-tidy: $# files"
# One process a file; its counts of suppressed warnings, on standard error, say nothing.
tidy_file() { clang-tidy --quiet "$1" -- -std=c11 "${@:2}" 2>/dev/null; }
export -f tidy_file
printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -I FILE bash -c 'tidy_file "$@"' - FILE "${flags[@]}" ||
    status=1

echo "cppcheck"
cppcheck --quiet --std=c11 --inline-suppr --error-exitcode=1 -j 2 \
    --enable=warning,performance,portability --suppress=missingIncludeSystem \
    --suppress=checkLevelNormal -D_DEFAULT_SOURCE -DSAAE_WITH_OPENCL=1 -Isrc -Iinclude src || status=1

echo "shellcheck"
shellcheck -x -S warning tools/*.sh bench/*.sh tests/*.sh tests/cli/run.sh .ci/run || status=1
# What run.sh sources into one shell: its variables come from there.
shellcheck -s bash -S warning -e SC2154,SC2034 tests/cli/support.sh tests/cli/test_*.sh \
    tests/tools/test_*.sh || status=1

[ "$status" -eq 0 ] && echo "lint: no findings"
exit "$status"
