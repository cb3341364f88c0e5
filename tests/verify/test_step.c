/* Whole steps on the default device against the reference, and that the comparison can fail. */
#include "verify/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/embedded.h"
#include "support.h"

static struct device *open_device(void)
{
    struct device *device = NULL;
    if (device_open(&device, getenv("SAAE_DEVICE"), false) != SAAE_OK) {
        test_skip("OpenCL: %s", saae_message());
    }
    return device;
}

static void each_kind_of_step_agrees(void **state)
{
    (void)state;
    struct device *device = open_device();
    for (int i = 0; i < 6; i++) {
        struct verify_step_options options = {.steps = 2,
                                              .contents_once = i % 2,
                                              .batch = test_small() ? 2 : 4,
                                              .kinds = {(enum step_kind)(i / 2 + 1)},
                                              .kind_count = 1,
                                              .follow_choices = true,
                                              .follow_state = true};
        struct verify_step_result result;
        assert_ok(verify_steps(device, &options, &result));
        assert_true(result.tensors > 50);
        assert_true(result.worst > 0.0 && result.worst <= 1.0);
    }
    device_close(device);
}

/* Gradients and losses that passes add up, on the device. */
static void each_kind_of_step_agrees_in_passes(void **state)
{
    (void)state;
    struct device *device = open_device();
    for (int i = 0; i < 3; i++) {
        struct verify_step_options options = {.steps = 2,
                                              .contents_once = true,
                                              .batch = 4,
                                              .micro_batch = 2,
                                              .kinds = {(enum step_kind)(i + 1)},
                                              .kind_count = 1,
                                              .follow_choices = true,
                                              .follow_state = true};
        struct verify_step_result result;
        assert_ok(verify_steps(device, &options, &result));
        assert_true(result.tensors > 100);
        assert_true(result.worst > 0.0 && result.worst <= 1.0);
    }
    device_close(device);
}

static void a_trace_of_one_device_against_itself_is_equal(void **state)
{
    (void)state;
    struct device *device = open_device();
    struct verify_step_options options = {
        .steps = 3,
        .batch = 2,
        .kinds = {STEP_AUTOENCODER, STEP_DISCRIMINATOR, STEP_ADVERSARIAL},
        .kind_count = 3,
        .against = device};
    struct verify_step_result result;
    assert_ok(verify_steps(device, &options, &result));
    assert_true(result.worst == 0.0);
    device_close(device);
}

/* The kernels in the test's folder, in `file` the last occurrence of `from` replaced by `to`. */
static void copy_kernels(const char *file, const char *from, const char *to)
{
    for (int i = 0; i < embedded_kernel_count; i++) {
        const struct embedded_kernel *kernel = &embedded_kernels[i];
        char text[65536];
        snprintf(text, sizeof text, "%s", kernel->text);
        if (strcmp(kernel->name, file) == 0) {
            const char *last = NULL;
            for (const char *at = kernel->text; (at = strstr(at, from)) != NULL; at++) last = at;
            assert_non_null(last);
            size_t before = (size_t)(last - kernel->text);
            snprintf(text + before, sizeof text - before, "%s%s", to, last + strlen(from));
        }
        test_write_text(kernel->name, text);
    }
}

static void a_wrong_kernel_is_named(void **state)
{
    (void)state;
    /* the slope of the backward pass moved: the forward half agrees, the backward half parts */
    copy_kernels("bias.cl", "slope * d", "0.9f * slope * d");
    device_set_kernel_folder(test_folder());
    struct device *device = open_device();
    struct verify_step_options options = {.steps = 1,
                                          .batch = 2,
                                          .kinds = {STEP_AUTOENCODER},
                                          .kind_count = 1,
                                          .follow_choices = true,
                                          .follow_state = true};
    struct verify_step_result result;
    int status = verify_steps(device, &options, &result);
    device_close(device);
    device_set_kernel_folder(NULL);
    assert_int_equal(status, SAAE_FAILED);
    assert_int_equal(result.step, 0);
    assert_non_null(strstr(result.node, "bias"));
}

const struct CMUnitTest step_tests[] = {
    cmocka_unit_test(each_kind_of_step_agrees),
    cmocka_unit_test(each_kind_of_step_agrees_in_passes),
    cmocka_unit_test(a_trace_of_one_device_against_itself_is_equal),
    cmocka_unit_test(a_wrong_kernel_is_named),
};
const size_t step_test_count = sizeof step_tests / sizeof *step_tests;
