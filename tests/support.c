#define _XOPEN_SOURCE 700
#include "support.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

enum { PATHS_MAX = 256 }; /* that one test may ask for */

static struct {
    char reason[512];
    char folder[512]; /* empty: not made yet */
    char *paths[PATHS_MAX];
    int path_count;
} running;

void test_skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(running.reason, sizeof running.reason, format, arguments);
    va_end(arguments);
    skip();
    abort(); /* skip() does not return */
}

const char *test_skip_reason(void)
{
    return running.reason[0] ? running.reason : NULL;
}

bool test_small(void)
{
    const char *value = getenv("SAAE_TEST_SMALL");
    return value && strcmp(value, "0") != 0;
}

const char *test_folder(void)
{
    if (running.folder[0]) return running.folder;
    const char *root = getenv("TMPDIR");
    snprintf(running.folder, sizeof running.folder, "%s/saae-test-XXXXXX",
             root && root[0] ? root : "/tmp");
    if (!mkdtemp(running.folder)) {
        running.folder[0] = '\0';
        fail_msg("cannot make a temporary folder; does $TMPDIR name a folder that can be written?");
    }
    return running.folder;
}

const char *test_path(const char *name)
{
    if (running.path_count == PATHS_MAX) fail_msg("a test may ask for %d paths", PATHS_MAX);
    char *path = NULL;
    assert_ok(file_join(&path, test_folder(), name));
    running.paths[running.path_count++] = path;
    char *slash = strrchr(path, '/');
    *slash = '\0';
    int status = file_make_folder(path);
    *slash = '/';
    assert_ok(status);
    return path;
}

const char *test_write_file(const char *name, const void *bytes, size_t size)
{
    const char *path = test_path(name);
    FILE *stream = fopen(path, "wb");
    if (!stream) fail_msg("cannot write '%s'", path);
    size_t written = fwrite(bytes, 1, size, stream);
    if (fclose(stream) != 0 || written != size) fail_msg("cannot write '%s'", path);
    return path;
}

const char *test_write_text(const char *name, const char *text)
{
    return test_write_file(name, text, strlen(text));
}

void test_message_contains(const char *text, const char *file, int line)
{
    if (strstr(saae_message(), text)) return;
    print_error("the message is \"%s\"\nand lacks \"%s\"\n", saae_message(), text);
    _fail(file, line);
}

void test_status_equal(int expected, int actual, const char *call, const char *file, int line)
{
    if (actual == expected) return;
    print_error("%s\ngives %s (%s)\nwhere %s is expected\n", call, saae_status_name(actual),
                actual == SAAE_OK ? "no message" : saae_message(), saae_status_name(expected));
    _fail(file, line);
}

void test_near(double actual, double expected, double tolerance, const char *what, const char *file,
               int line)
{
    if (fabs(actual - expected) <= tolerance) return; /* false for NaN */
    print_error("%s\nis %.17g, expected %.17g within %g\n", what, actual, expected, tolerance);
    _fail(file, line);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    remove(path);
    return 0;
}

void test_clean_up(void)
{
    if (running.folder[0]) nftw(running.folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    for (int i = 0; i < running.path_count; i++) free(running.paths[i]);
    memset(&running, 0, sizeof running);
}
