#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static void assert_content(const char *path, const char *expected)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(path, &bytes, &size));
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(bytes, expected, size + 1); /* the zero byte too */
    free(bytes);
}

/* Nothing but these names, separated by commas, is in the folder: no temporary was left. */
static void assert_names(const char *folder, const char *expected)
{
    char **names = NULL, found[1024] = "";
    size_t count = 0;
    assert_ok(file_list(folder, &names, &count));
    for (size_t i = 0; i < count; i++) {
        strncat(found, i ? "," : "", sizeof found - strlen(found) - 1);
        strncat(found, names[i], sizeof found - strlen(found) - 1);
    }
    file_free_names(names, count);
    assert_string_equal(found, expected);
}

static void test_write_then_read(void **state)
{
    (void)state;
    const char *path = test_path("a.txt");
    assert_ok(file_write(path, "first", 5));
    assert_content(path, "first");
    assert_ok(file_write(path, "", 0));
    assert_content(path, "");
    assert_names(test_folder(), "a.txt");
}

static void test_read_faults(void **state)
{
    (void)state;
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_status(SAAE_INPUT, file_read(test_path("none"), &bytes, &size));
    assert_message_contains("No such file");
    assert_message_contains(test_path("none"));
    assert_status(SAAE_INPUT, file_read(test_folder(), &bytes, &size));
    assert_message_contains("not a regular file");
    assert_null(bytes);
}

static void test_file_appears_at_commit(void **state)
{
    (void)state;
    struct file_writer writer;
    const char *path = test_write_text("a.txt", "old");
    assert_ok(file_begin(&writer, path));
    assert_ok(file_append(&writer, "new ", 4));
    assert_ok(file_append(&writer, "text", 4));
    assert_content(path, "old");
    assert_ok(file_commit(&writer));
    assert_content(path, "new text");
    file_abandon(&writer);
    assert_content(path, "new text");
    assert_names(test_folder(), "a.txt");
}

static void test_temporaries_of_the_killed_are_removed(void **state)
{
    (void)state;
    static const char *const names[] = {"a.part",           "a.part.part7", "a.part12",
                                        "a.part1.previous", "a.part1x",     "a.png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) test_write_text(names[i], "");
    file_remove_temporaries(test_folder());
    assert_names(test_folder(), "a.part,a.part1x,a.png");
    file_remove_temporaries(test_path("none"));
}

static void test_abandon_leaves_the_old_file(void **state)
{
    (void)state;
    struct file_writer writer;
    const char *path = test_write_text("a.txt", "old");
    assert_ok(file_begin(&writer, path));
    assert_ok(file_append(&writer, "new", 3));
    file_abandon(&writer);
    assert_content(path, "old");
    assert_names(test_folder(), "a.txt");
}

static void test_begin_in_a_missing_folder(void **state)
{
    (void)state;
    struct file_writer writer;
    assert_ok(file_make_folder(test_folder()));
    char *path = NULL;
    assert_ok(file_join(&path, test_folder(), "missing/a.txt"));
    assert_status(SAAE_IO, file_begin(&writer, path));
    assert_message_contains("choose a folder that can be written");
    file_abandon(&writer);
    free(path);
}

static void test_write_into_a_read_only_folder(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        /* root may write anywhere; a folder of the kernel's refuses root too */
        assert_status(SAAE_IO, file_write("/proc/saae-test", "new", 3));
        assert_message_contains("cannot write '/proc/saae-test'");
        return;
    }
    const char *path = test_write_text("closed/a.txt", "old");
    char *folder = NULL;
    assert_ok(file_join(&folder, test_folder(), "closed"));
    assert_int_equal(chmod(folder, 0555), 0);
    int status = file_write(path, "new", 3);
    chmod(folder, 0755);
    assert_int_equal(status, SAAE_IO);
    assert_message_contains("Permission denied");
    assert_content(path, "old");
    assert_names(folder, "a.txt");
    free(folder);
}

/* A limit on the size of files stands in for a full disk: write() fails in the same place. */
static void test_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = test_write_text("a.txt", "old");
    const size_t size = 1 << 20;
    char *big = calloc(1, size);
    struct rlimit before, tight;
    assert_non_null(big);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 64 * 1024;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int status = file_write(path, big, size);
    int restored = setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    free(big);
    assert_int_equal(restored, 0);
    assert_int_equal(status, SAAE_IO);
    assert_message_contains("nothing was changed");
    assert_content(path, "old");
    assert_names(test_folder(), "a.txt");
}

/* The same where the last bytes fail, those that only the flush at commit writes. */
static void test_full_disk_at_commit(void **state)
{
    (void)state;
    struct file_writer writer;
    struct rlimit before, tight;
    const char *path = test_write_text("a.txt", "old");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 0;
    assert_ok(file_begin(&writer, path));
    assert_ok(file_append(&writer, "new", 3));
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int status = file_commit(&writer);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, SAAE_IO);
    assert_content(path, "old");
    assert_names(test_folder(), "a.txt");
}

static int write_keeping(const char *path, const char *text)
{
    struct file_writer writer;
    assert_ok(file_begin(&writer, path));
    assert_ok(file_append(&writer, text, strlen(text)));
    return file_commit_keeping(&writer);
}

static void test_commit_keeps_the_previous_file(void **state)
{
    (void)state;
    const char *path = test_path("a.txt"), *previous = test_path("a.txt.previous");
    assert_ok(write_keeping(path, "first"));
    assert_names(test_folder(), "a.txt");
    assert_ok(write_keeping(path, "second"));
    assert_content(previous, "first");
    assert_ok(write_keeping(path, "third"));
    assert_content(path, "third");
    assert_content(previous, "second");
    assert_names(test_folder(), "a.txt,a.txt.previous");
    /* left so by a process that ended between the two steps */
    assert_int_equal(unlink(previous), 0);
    assert_int_equal(link(path, previous), 0);
    assert_ok(write_keeping(path, "fourth"));
    assert_content(path, "fourth");
    assert_content(previous, "third");
    assert_names(test_folder(), "a.txt,a.txt.previous");
}

static void test_full_disk_leaves_the_previous_file(void **state)
{
    (void)state;
    struct rlimit before, tight;
    const char *path = test_write_text("a.txt", "old");
    const char *previous = test_write_text("a.txt.previous", "older");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 0;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int status = write_keeping(path, "new");
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, SAAE_IO);
    assert_content(path, "old");
    assert_content(previous, "older");
    assert_names(test_folder(), "a.txt,a.txt.previous");
}

static void test_commit_over_a_folder_fails(void **state)
{
    (void)state;
    test_path("taken/inner");
    char *folder = NULL;
    assert_ok(file_join(&folder, test_folder(), "taken"));
    assert_status(SAAE_IO, file_write(folder, "x", 1));
    assert_status(SAAE_IO, write_keeping(folder, "x"));
    assert_true(file_is_folder(folder));
    assert_names(test_folder(), "taken");
    free(folder);
}

static void test_make_folder(void **state)
{
    (void)state;
    char *deep = NULL;
    assert_ok(file_join(&deep, test_folder(), "a/b/c"));
    assert_ok(file_make_folder(deep));
    assert_ok(file_make_folder(deep));
    assert_true(file_is_folder(deep));
    free(deep);
    const char *file = test_write_text("file", "x");
    assert_status(SAAE_IO, file_make_folder(file));
    assert_message_contains("a file of that name is there");
    assert_true(file_exists(file));
    assert_false(file_is_folder(file));
}

static void test_join(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"/", "b", "/b"}, {"", "b", "b"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *joined = NULL;
        assert_ok(file_join(&joined, cases[i][0], cases[i][1]));
        assert_string_equal(joined, cases[i][2]);
        free(joined);
    }
}

static void test_list_is_in_byte_order(void **state)
{
    (void)state;
    const char *const names[] = {"b", "B", "a10", "a9", "\303\274"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) test_write_text(names[i], "");
    assert_names(test_folder(), "B,a10,a9,b,\303\274");
    char **list = NULL;
    size_t count = 0;
    assert_status(SAAE_INPUT, file_list("/nonexistent/folder", &list, &count));
    assert_null(list);
}

/* An empty folder is not a fault: no names, and nothing to release. */
static void test_list_of_an_empty_folder(void **state)
{
    (void)state;
    char **names = NULL;
    size_t count = 1;
    assert_ok(file_list(test_folder(), &names, &count));
    assert_int_equal(count, 0);
    file_free_names(names, count);
}

static void test_extension(void **state)
{
    (void)state;
    assert_true(file_has_extension("a.png", "png"));
    assert_true(file_has_extension("A.PnG", "png"));
    assert_false(file_has_extension("apng", "png"));
    assert_false(file_has_extension(".png", "png"));
    assert_false(file_has_extension("a.png.txt", "png"));
    assert_false(file_has_extension("", "png"));
}

static void test_link_outlives_a_new_file(void **state)
{
    (void)state;
    const char *first = test_write_text("first", "old"), *second = test_path("second");
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_true(file_link(first, second));
    assert_false(file_link(first, second)); /* the name is taken */
    assert_false(file_link(test_path("none"), test_path("third")));
    assert_ok(file_write(first, "new", 3));
    assert_ok(file_read(second, &bytes, &size));
    assert_string_equal((char *)bytes, "old");
    free(bytes);
}

const struct CMUnitTest file_tests[] = {
    cmocka_unit_test(test_write_then_read),
    cmocka_unit_test(test_read_faults),
    cmocka_unit_test(test_file_appears_at_commit),
    cmocka_unit_test(test_temporaries_of_the_killed_are_removed),
    cmocka_unit_test(test_abandon_leaves_the_old_file),
    cmocka_unit_test(test_begin_in_a_missing_folder),
    cmocka_unit_test(test_write_into_a_read_only_folder),
    cmocka_unit_test(test_full_disk_leaves_the_old_file),
    cmocka_unit_test(test_full_disk_at_commit),
    cmocka_unit_test(test_commit_keeps_the_previous_file),
    cmocka_unit_test(test_full_disk_leaves_the_previous_file),
    cmocka_unit_test(test_commit_over_a_folder_fails),
    cmocka_unit_test(test_link_outlives_a_new_file),
    cmocka_unit_test(test_make_folder),
    cmocka_unit_test(test_join),
    cmocka_unit_test(test_list_is_in_byte_order),
    cmocka_unit_test(test_list_of_an_empty_folder),
    cmocka_unit_test(test_extension),
};
const size_t file_test_count = sizeof file_tests / sizeof file_tests[0];
