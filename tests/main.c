/* The test runner: build/tests/run [-l] [FILTER...]
 *
 * A test's full name is room/suite/function; a filter is a part of it or a pattern with * and ?.
 * -l lists the tests. Each test runs as a cmocka group of one, so that cmocka's assertions, its
 * catching of signals and skip() work, while the counting over all suites is ours. cmocka's own
 * lines and what a test prints are shown for a failed test only.
 *
 * CI=true or SAAE_TEST_NO_SKIP=1 makes a skip a failure. A build without OpenCL has no tests that
 * need a device: they are named and not counted. The last line is "N passed, N failed, N skipped";
 * the exit code is 0 only if nothing failed and something ran. */
#include "support.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define ROOM(name)
#define SUITE(stem)                                                                                \
    extern const struct CMUnitTest stem##_tests[];                                                 \
    extern const size_t stem##_test_count;
#include "suites.def"
#undef ROOM
#undef SUITE

/* A row with a room only opens that room. */
static const struct row {
    const char *room, *suite;
    const struct CMUnitTest *tests;
    const size_t *count;
} rows[] = {
#define ROOM(name)  {#name, NULL, NULL, NULL},
#define SUITE(stem) {NULL, #stem, stem##_tests, &stem##_test_count},
#include "suites.def"
};

enum { NAME_SIZE = 256 };

struct totals {
    int passed, failed, skipped;
    char *skips, *failures; /* one line each, for the end */
    size_t skips_size, failures_size;
};

static struct {
    CMUnitTestFunction function;
    bool returned; /* false after a failure and after a skip: cmocka jumps out */
} current;

static void call_current(void **state)
{
    current.function(state);
    current.returned = true;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] && strcmp(value, "0") != 0 && strcmp(value, "false") != 0;
}

static bool selected(const char *name, char **filters, int count)
{
    for (int i = 0; i < count; i++) {
        if (strpbrk(filters[i], "*?") ? fnmatch(filters[i], name, 0) == 0
                                      : strstr(name, filters[i]) != NULL) {
            return true;
        }
    }
    return count == 0;
}

static void add_line(char **text, size_t *size, const char *name, const char *rest)
{
    size_t room = strlen(name) + strlen(rest) + 8;
    char *grown = realloc(*text, *size + room);
    if (!grown) abort();
    *size += (size_t)snprintf(grown + *size, room, "  %s%s\n", name, rest);
    *text = grown;
}

static void show_file(FILE *file)
{
    char buffer[4096];
    rewind(file);
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, file)) > 0;) {
        fwrite(buffer, 1, got, stdout);
    }
}

/* Runs the test with standard output kept aside. True if cmocka counts no failure. */
static bool run_quietly(const char *name, const struct CMUnitTest *test)
{
    struct CMUnitTest wrapped = *test;
    wrapped.name = name;
    wrapped.test_func = call_current;
    current.function = test->test_func;
    current.returned = false;
    FILE *kept = tmpfile();
    if (!kept) abort();
    fflush(stdout);
    int terminal = dup(STDOUT_FILENO);
    dup2(fileno(kept), STDOUT_FILENO);
    bool good = _cmocka_run_group_tests(name, &wrapped, 1, NULL, NULL) == 0;
    fflush(stdout);
    dup2(terminal, STDOUT_FILENO);
    close(terminal);
    if (!good) show_file(kept);
    fclose(kept);
    return good;
}

static bool skip_is_failure(void)
{
    return is_set("CI") || is_set("SAAE_TEST_NO_SKIP");
}

/* Does the test ask for what this build leaves out? */
static bool absent(const char *reason)
{
    return !SAAE_WITH_OPENCL && strncmp(reason, "OpenCL:", 7) == 0;
}

static void run_and_count(const char *name, const struct CMUnitTest *test, const char *program,
                          struct totals *totals)
{
    char rest[768];
    double start = clock_seconds();
    bool good = run_quietly(name, test);
    double seconds = clock_seconds() - start;
    const char *reason = test_skip_reason();
    if (good && !current.returned && !reason) reason = "no reason given: use test_skip()";
    if (good && current.returned) {
        totals->passed++;
        printf("ok    %s (%.2f s)\n", name, seconds);
    } else if (good && absent(reason)) {
        printf("none  %s: this build is without OpenCL\n", name);
    } else if (good && !skip_is_failure()) {
        totals->skipped++;
        printf("skip  %s: %s\n", name, reason);
        snprintf(rest, sizeof rest, ": %s", reason);
        add_line(&totals->skips, &totals->skips_size, name, rest);
    } else {
        totals->failed++;
        if (good) {
            printf("FAIL  %s: skipped (%s)\n", name, reason);
        } else {
            printf("FAIL  %s (%.2f s)\n", name, seconds);
        }
        snprintf(rest, sizeof rest, "%s%s\n    repeat: %s '%s'", good ? ": skipped, " : "",
                 good ? reason : "", program, name);
        add_line(&totals->failures, &totals->failures_size, name, rest);
    }
    fflush(stdout);
    test_clean_up();
}

static void visit_all(char **filters, int count, bool list, const char *program,
                      struct totals *totals)
{
    const char *room = "";
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (rows[r].room) room = rows[r].room;
        for (size_t t = 0; rows[r].suite && t < *rows[r].count; t++) {
            const struct CMUnitTest *test = &rows[r].tests[t];
            char name[NAME_SIZE];
            snprintf(name, sizeof name, "%s/%s/%s", room, rows[r].suite, test->name);
            if (!selected(name, filters, count)) continue;
            if (list) {
                puts(name);
            } else {
                run_and_count(name, test, program, totals);
            }
        }
    }
}

int main(int argc, char **argv)
{
    struct totals totals = {0};
    bool list = argc > 1 && strcmp(argv[1], "-l") == 0;
    int first = list ? 2 : 1;
    if (argc > first && argv[first][0] == '-') {
        fprintf(stderr, "usage: %s [-l] [FILTER...]\n", argv[0]);
        return SAAE_USAGE;
    }
    cmocka_set_message_output(CM_OUTPUT_TAP); /* the one that keeps off standard error */
    visit_all(argv + first, argc - first, list, argv[0], &totals);
    if (list) return SAAE_OK;
    if (totals.skipped) printf("\nskipped:\n%s", totals.skips);
    if (totals.failed) printf("\nfailed:\n%s", totals.failures);
    if (totals.passed + totals.failed + totals.skipped == 0) puts("no test matches the filter");
    printf("%d passed, %d failed, %d skipped\n", totals.passed, totals.failed, totals.skipped);
    int status = totals.failed || totals.passed + totals.skipped == 0 ? SAAE_FAILED : SAAE_OK;
    free(totals.skips);
    free(totals.failures);
    return status;
}
