#define _GNU_SOURCE
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/terminal.h"

static int kept_error;

/* Standard error goes to `target` until restore_error(). */
static void replace_error(int target)
{
    fflush(stderr);
    kept_error = dup(STDERR_FILENO);
    assert_true(kept_error >= 0);
    dup2(target, STDERR_FILENO);
    terminal_start();
}

static void restore_error(void)
{
    log_set_sink(NULL, NULL);
    fflush(stderr);
    dup2(kept_error, STDERR_FILENO);
    close(kept_error);
}

/* What is shown does not depend on how fast this runs, but for the seconds between plain lines. */
static void work(void)
{
    terminal_progress("step %d", 1);
    log_info("saved");
    log_warning("slow");
    terminal_progress("step %d", 2);
    terminal_progress_end();
    log_info("done");
}

static void test_plain_lines_in_a_file(void **state)
{
    (void)state;
    char text[512] = "";
    FILE *file = tmpfile();
    assert_non_null(file);
    replace_error(fileno(file));
    work();
    restore_error();
    rewind(file);
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[got] = '\0';
    assert_string_equal(text, "step 1\nsaved\nwarning: slow\nstep 2\ndone\n");
}

/* On a terminal the progress line gives way to a message and comes back below it. */
static void test_one_line_on_a_terminal(void **state)
{
    (void)state;
    char text[1024] = "";
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        test_skip("pseudo-terminals: none here");
    }
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    replace_error(slave);
    work();
    restore_error();
    size_t used = 0;
    while (used < sizeof text - 1 && !strstr(text, "done\r\n")) {
        ssize_t got = read(master, text + used, sizeof text - 1 - used);
        if (got <= 0) break;
        used += (size_t)got;
        text[used] = '\0';
    }
    close(slave);
    close(master);
    assert_string_equal(text, "\rstep 1\033[K"
                              "\r\033[Ksaved\r\n\rstep 1\033[K"
                              "\r\033[Kwarning: slow\r\n\rstep 1\033[K"
                              "\rstep 2\033[K\r\ndone\r\n");
}

/* Between the first line and the last a file gets none that come within the same few seconds. */
static void test_plain_lines_are_rare(void **state)
{
    (void)state;
    char text[512] = "";
    FILE *file = tmpfile();
    assert_non_null(file);
    replace_error(fileno(file));
    for (int step = 1; step <= 1000; step++) terminal_progress("step %d", step);
    terminal_progress_end();
    terminal_progress_end();
    restore_error();
    rewind(file);
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[got] = '\0';
    assert_string_equal(text, "step 1\nstep 1000\n");
}

const struct CMUnitTest terminal_tests[] = {
    cmocka_unit_test(test_plain_lines_in_a_file),
    cmocka_unit_test(test_plain_lines_are_rare),
    cmocka_unit_test(test_one_line_on_a_terminal),
};
const size_t terminal_test_count = sizeof terminal_tests / sizeof terminal_tests[0];
