# The test runner and tests/run.sh must be able to fail: a failure, a crash, a skip under CI and a
# part without totals all end in a count and an exit code.

cp "$ROOT/tests/main.c" "$ROOT/tests/support.c" "$ROOT/tests/support.h" "$TEMP"
cat >"$TEMP/suites.def" <<'END'
ROOM(room)
SUITE(tried)
END
cat >"$TEMP/test_tried.c" <<'END'
#include "support.h"
#include <signal.h>
static void good(void **state) { (void)state; test_write_text("deep/file", "x"); }
static void wrong(void **state) { (void)state; assert_int_equal(1, 2); }
static void not_near(void **state) { (void)state; assert_near(0.0 / (double)(*state != NULL), 1.0, 9.0); }
static void crash(void **state) { (void)state; raise(SIGSEGV); }
static void missing(void **state) { (void)state; test_skip("OpenCL: no device"); }
static void message(void **state) { (void)state; assert_ok(status_set(SAAE_IO, "full")); }
const struct CMUnitTest tried_tests[] = {
    cmocka_unit_test(good), cmocka_unit_test(wrong), cmocka_unit_test(not_near),
    cmocka_unit_test(crash), cmocka_unit_test(missing), cmocka_unit_test(message),
};
const size_t tried_test_count = sizeof tried_tests / sizeof tried_tests[0];
END
build_runner() { # WITH_OPENCL NAME
    cc -std=c11 -D_DEFAULT_SOURCE -DSAAE_WITH_OPENCL="$1" -I"$ROOT/src" -I"$ROOT/include" \
        -o "$TEMP/$2" "$TEMP"/*.c "$ROOT"/src/base/{status,file,memory,clock}.c -lcmocka
}
expect 'a runner of its own' build_runner 1 run
expect 'a runner without OpenCL' build_runner 0 run-none
plain=(env -u CI -u SAAE_TEST_NO_SKIP TMPDIR="$TEMP/left")
mkdir "$TEMP/left"

expect_exit 1 "${plain[@]}" "$TEMP/run"
expect 'totals' test "$(tail -n 1 "$TEMP/.last/output")" = '1 passed, 4 failed, 1 skipped'
expect 'temporary folders are gone' test -z "$(ls "$TEMP/left")"
expect_exit 1 "${plain[@]}" "$TEMP/run"
expect_output 'skip  room/tried/missing: OpenCL: no device'
expect_output "run 'room/tried/crash'"
expect_output 'Segmentation fault'
expect_error 'gives SAAE_IO (full)'

expect_exit 0 "${plain[@]}" "$TEMP/run" good missing
expect_output '1 passed, 0 failed, 1 skipped'
expect_exit 0 "${plain[@]}" "$TEMP/run" '*/g??d'
expect_output '1 passed, 0 failed, 0 skipped'
expect_exit 0 "${plain[@]}" "$TEMP/run" -l tried
expect 'the list has all' test "$(wc -l <"$TEMP/.last/output")" = 6
expect_exit 1 "${plain[@]}" "$TEMP/run" nothing-of-this-name
expect_exit 2 "${plain[@]}" "$TEMP/run" --nonsense

expect_exit 1 env CI=true "$TEMP/run" good missing
expect_output '1 passed, 1 failed, 0 skipped'
expect_exit 1 env -u CI SAAE_TEST_NO_SKIP=1 "$TEMP/run" good missing
expect_exit 0 env CI=true "$TEMP/run-none" good missing
expect_output 'none  room/tried/missing: this build is without OpenCL'
expect_output '1 passed, 0 failed, 0 skipped'

# tests/run.sh adds two parts up; each stands in for itself here.
mkdir -p "$TEMP/tree/tests/cli" "$TEMP/tree/b/tests"
cp "$ROOT/tests/run.sh" "$TEMP/tree/tests"
part() { # FILE EXIT-CODE LAST-LINE
    printf '#!/bin/sh\necho "%s"\nexit %d\n' "$3" "$2" >"$TEMP/tree/$1"
    chmod +x "$TEMP/tree/$1"
}
expect_total() { # EXIT-CODE TOTALS
    expect_exit "$1" "$TEMP/tree/tests/run.sh" b
    expect "$2" test "$(tail -n 1 "$TEMP/.last/output")" = "$2"
}
part b/tests/run 0 '3 passed, 0 failed, 1 skipped'
part tests/cli/run.sh 0 '4 passed, 0 failed, 0 skipped'
expect_total 0 '7 passed, 0 failed, 1 skipped'
part tests/cli/run.sh 1 '4 passed, 2 failed, 0 skipped'
expect_total 1 '7 passed, 2 failed, 1 skipped'
part tests/cli/run.sh 139 'Segmentation fault'
expect_total 1 '3 passed, 1 failed, 1 skipped'
part tests/cli/run.sh 1 '4 passed, 0 failed, 0 skipped'
expect_total 1 '7 passed, 1 failed, 1 skipped'
part b/tests/run 0 '0 passed, 0 failed, 0 skipped'
part tests/cli/run.sh 0 '0 passed, 0 failed, 0 skipped'
expect_total 1 '0 passed, 0 failed, 0 skipped'
