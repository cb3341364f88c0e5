/* What passed is noted, and the note holds only for what it was made of. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "runtime/device.h"
#include "support.h"
#include "verify/self_test.h"

static const enum self_test_scope scope = SELF_TEST_GENERATION;

static struct device *open_device(void)
{
    struct device *device = NULL;
    device_set_cache_folder(test_path("cache"));
    if (device_open(&device, getenv("SAAE_DEVICE"), false) != SAAE_OK) {
        device_set_cache_folder("");
        test_skip("OpenCL: %s", saae_message());
    }
    return device;
}

static void close_device(struct device *device)
{
    device_close(device);
    device_set_cache_folder("");
    device_set_kernel_folder(NULL);
}

/* Runs it, which must pass. Were kernels launched for it? */
static bool launches(struct device *device, const char *version)
{
    size_t waits = device_counts(device).waits;
    assert_ok(self_test_run(device, scope, version));
    return device_counts(device).waits > waits;
}

static void test_what_passed_is_noted(void **state)
{
    (void)state;
    struct device *device = open_device();
    assert_true(launches(device, "1.0"));
    assert_false(launches(device, "1.0"));
    assert_true(launches(device, "1.1")); /* another program */
    assert_false(launches(device, "1.1"));
    assert_true(launches(device, NULL));
    close_device(device);
}

static void test_a_damaged_note_does_not_count(void **state)
{
    (void)state;
    char **names = NULL, *path = NULL;
    size_t count = 0;
    struct device *device = open_device();
    assert_true(launches(device, "1.0"));
    assert_ok(file_list(test_path("cache/self-tests"), &names, &count));
    assert_int_equal(count, 1);
    assert_ok(file_join(&path, test_path("cache/self-tests"), names[0]));
    assert_ok(file_write(path, "passed", 6));
    assert_true(launches(device, "1.0"));
    assert_false(launches(device, "1.0"));
    file_free_names(names, count);
    free(path);
    close_device(device);
}

/* They may change at any moment. */
static void test_kernels_from_a_folder_are_tested(void **state)
{
    (void)state;
    struct device *device = open_device();
    assert_true(launches(device, "1.0"));
    device_set_kernel_folder(test_path("cl"));
    assert_true(launches(device, "1.0"));
    assert_true(launches(device, "1.0"));
    close_device(device);
}

const struct CMUnitTest self_test_tests[] = {
    cmocka_unit_test(test_what_passed_is_noted),
    cmocka_unit_test(test_a_damaged_note_does_not_count),
    cmocka_unit_test(test_kernels_from_a_folder_are_tested),
};
const size_t self_test_test_count = sizeof self_test_tests / sizeof *self_test_tests;
