# Sourced by every tests/*/test_*.sh: checks of commands. run.sh sets SAAE (the program), ROOT (the
# sources), BUILD, and CHECKS (the file that gets a line a check); TEMP is an empty folder of the
# script's own. A check prints "ok WHAT" or "not ok WHAT" with what it saw instead.
#
#     expect_exit 2 "$SAAE" verify --device     # runs the command, checks its exit code
#     expect_error '--device needs a value'     # a fixed text in its standard error
#     expect_output 'usage: saae'               # a fixed text in its standard output
#     expect_output_matching '^[0-9]+ passed'   # an extended regular expression
#     expect_file "$TEMP/picture.png"           # exists and is not empty
#     expect 'what is claimed' test -d "$TEMP"  # any command that must succeed
#     skip_all 'Oclgrind: not installed'        # ends the script as one skipped check
#     has_opencl || export SAAE_DEVICE=reference
set -uo pipefail

TEMP=$(mktemp -d "${TMPDIR:-/tmp}/saae-test-XXXXXX")
trap 'chmod -R u+w "$TEMP"; rm -rf "$TEMP"' EXIT
mkdir "$TEMP/.last" || exit 1
last_command=

passed() {
    echo "ok $1" >>"$CHECKS"
    echo "ok    $script: $1"
}

failed() {
    echo "not ok $script: $1" >>"$CHECKS"
    echo "FAIL  $script: $1"
    echo "    command: $last_command"
    sed 's/^/    output: /' "$TEMP/.last/output" 2>/dev/null | head -n 20
    sed 's/^/    error: /' "$TEMP/.last/error" 2>/dev/null | head -n 20
}

# Whether this build has OpenCL; where not, the reference does the work.
has_opencl() {
    "$SAAE" version | grep -q 'with OpenCL'
}

skip_all() {
    if [ -n "${CI:-}" ] || [ -n "${SAAE_TEST_NO_SKIP:-}" ]; then
        echo "not ok $script: skipped, $1" >>"$CHECKS"
        echo "FAIL  $script: skipped ($1)"
    else
        echo "skip $script: $1" >>"$CHECKS"
        echo "skip  $script: $1"
    fi
    exit 0
}

expect() {
    local what=$1
    shift
    last_command="$*"
    if "$@" >"$TEMP/.last/output" 2>"$TEMP/.last/error" </dev/null; then
        passed "$what"
    else
        failed "$what"
    fi
}

expect_exit() {
    local code=$1 got=0
    shift
    last_command="$*"
    "$@" >"$TEMP/.last/output" 2>"$TEMP/.last/error" </dev/null || got=$?
    if [ "$got" -eq "$code" ]; then
        passed "exit $code: $(basename "$1") ${*:2}"
    else
        failed "exit $code, got $got: $(basename "$1") ${*:2}"
    fi
}

# check_text NAME GREP-OPTION PATTERN
check_text() {
    if grep -q "$2" -e "$3" "$TEMP/.last/$1"; then
        passed "$1 has: $3"
    else
        failed "$1 lacks: $3"
    fi
}
expect_output() { check_text output -F "$1"; }
expect_output_matching() { check_text output -E "$1"; }
expect_error() { check_text error -F "$1"; }
expect_error_matching() { check_text error -E "$1"; }

expect_no_output() {
    if [ -s "$TEMP/.last/output" ]; then failed "no output"; else passed "no output"; fi
}

expect_file() {
    last_command="ls $1"
    if [ -s "$1" ]; then passed "file: $(basename "$1")"; else failed "no file, or empty: $1"; fi
}
