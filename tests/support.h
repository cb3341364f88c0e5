/* What every test file includes: cmocka and the helpers that cmocka lacks. */
#ifndef SAAE_TESTS_SUPPORT_H
#define SAAE_TESTS_SUPPORT_H

/* cmocka.h needs these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <cmocka.h>

#include "base/status.h"

/* Ends the test as skipped. The reason reads "NAME: why", NAME being what is missing ("OpenCL: no
 * device"). A skip fails the run with CI=true or SAAE_TEST_NO_SKIP=1; in a build without OpenCL a
 * test that misses "OpenCL:" does not count at all. */
_Noreturn void test_skip(const char *format, ...) PRINTF_LIKE(1, 2);

/* True where shapes must stay small, in an interpreter such as Oclgrind (SAAE_TEST_SMALL=1). */
bool test_small(void);

/* This test's own empty folder, made at the first call and removed with all that is in it when the
 * test ends, however it ends. */
const char *test_folder(void);

/* "<test_folder()>/name", valid until the test ends; folders in `name` are made. */
const char *test_path(const char *name);

/* Writes a file below test_folder() and returns its path. */
const char *test_write_file(const char *name, const void *bytes, size_t size);
const char *test_write_text(const char *name, const char *text);

/* Fails unless the last recorded message contains `text`. */
#define assert_message_contains(text) test_message_contains((text), __FILE__, __LINE__)
void test_message_contains(const char *text, const char *file, int line);

/* Fails unless the call returns the status; shows both names and the recorded message. */
#define assert_status(expected, call)                                                              \
    test_status_equal((expected), (call), #call, __FILE__, __LINE__)
#define assert_ok(call) assert_status(SAAE_OK, call)
void test_status_equal(int expected, int actual, const char *call, const char *file, int line);

/* Fails unless |actual - expected| <= tolerance; a NaN fails. */
#define assert_near(actual, expected, tolerance)                                                   \
    test_near((actual), (expected), (tolerance), #actual, __FILE__, __LINE__)
void test_near(double actual, double expected, double tolerance, const char *what, const char *file,
               int line);

/* For the runner: the reason of the test that ended with test_skip, or NULL; and the end of a test,
 * which forgets the reason and removes the folder. */
const char *test_skip_reason(void);
void test_clean_up(void);

#endif
