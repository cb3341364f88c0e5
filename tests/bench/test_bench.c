/* A bench of the smallest preset on the default device, and that a wrong kernel is not timed. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/resident.h"
#include "runtime/embedded.h"
#include "support.h"
#include "train/settings.h"

static struct device *open_device(void)
{
    struct device *device = NULL;
    if (device_open(&device, getenv("SAAE_DEVICE"), false) != SAAE_OK) {
        test_skip("OpenCL: %s", saae_message());
    }
    return device;
}

static void calls_are_described_by_their_sizes(void **state)
{
    (void)state;
    char text[BENCH_CASE_TEXT];
    struct op_call call;
    const struct tensor_type x = tensor_f32(2, 6, 8, 4), y = tensor_f32(2, 3, 4, 5);
    const struct tensor_type w = tensor_f32(5, 3, 4, 5);
    const struct op_attributes a = {
        .stride = 2, .height = 6, .width = 8, .filter_h = 5, .filter_w = 3};
    assert_ok(op_prepare(&call, OP_conv2d_forward, &a, (struct tensor_type[]){x, w}, 2));
    bench_describe_call(&call, text);
    assert_string_equal(text, "2x6x8x4->5 5x3 stride 2");
    assert_ok(op_prepare(&call, OP_conv2d_backward_data, &a, (struct tensor_type[]){y, w}, 2));
    call.accumulate = 1;
    bench_describe_call(&call, text);
    assert_string_equal(text, "2x6x8x4->5 5x3 stride 2 added");
    assert_ok(op_prepare(&call, OP_conv2d_backward_weights, &a, (struct tensor_type[]){x, y}, 2));
    bench_describe_call(&call, text);
    assert_string_equal(text, "2x6x8x4->5 5x3 stride 2");
    const struct tensor_type rows = tensor_f32(7, 2, 2, 3), matrix = tensor_f32(1, 1, 12, 9);
    assert_ok(op_prepare(&call, OP_fully_connected_forward, NULL,
                         (struct tensor_type[]){rows, matrix}, 2));
    bench_describe_call(&call, text);
    assert_string_equal(text, "7x12->9");
    assert_ok(op_prepare(&call, OP_tanh_forward, NULL, &x, 1));
    bench_describe_call(&call, text);
    assert_string_equal(text, "2x6x8x4 -> 2x6x8x4");
}

static void ops_are_asked_for_by_stem_or_pass(void **state)
{
    (void)state;
    struct bench_options options = {.ops = true};
    assert_true(bench_op_wanted(&options, OP_bias_backward));
    options.op = "bias";
    assert_true(bench_op_wanted(&options, OP_bias_backward));
    assert_false(bench_op_wanted(&options, OP_conv2d_forward));
    options.op = "bias.forward";
    assert_true(bench_op_wanted(&options, OP_bias_forward));
    assert_false(bench_op_wanted(&options, OP_bias_backward));
    options.op = "bia";
    assert_false(bench_op_wanted(&options, OP_bias_forward));
    options.ops = false;
    options.op = NULL;
    assert_false(bench_op_wanted(&options, OP_bias_forward));
}

static void the_peak_of_memory_grows_with_use(void **state)
{
    (void)state;
    enum { BYTES = 64 << 20 };
    resident_reset();
    size_t before = resident_peak();
    volatile char *bytes = malloc(BYTES);
    assert_non_null(bytes);
    for (size_t i = 0; i < BYTES; i += 1024) bytes[i] = 1;
    size_t after = resident_peak();
    free((void *)bytes);
    assert_true(before > 0);
    assert_true(after >= before + BYTES / 2);
}

static struct bench_options small_options(void)
{
    return (struct bench_options){.preset = "tiny", .batch = 3, .rounds = 2, .seed = 5};
}

static void check_times(const struct race_times *times)
{
    assert_true(times->least > 0.0);
    assert_true(times->least <= times->median && times->median <= times->most);
}

static void every_part_and_op_gets_its_figures(void **state)
{
    (void)state;
    struct device *device = open_device();
    struct device *devices[] = {device, device};
    struct bench_result results[2];
    struct bench_options options = small_options();
    size_t convolutions = 0, added = 0;
    options.ops = true;
    options.every_algorithm = true;
    options.encode_contents = ENCODE_ONCE;
    for (int p = 0; p < BENCH_PARTS; p++) options.parts[p] = true;
    assert_ok(bench_run(devices, 2, &options, results));
    assert_int_equal(results[0].op_count, results[1].op_count);
    for (int d = 0; d < 2; d++) {
        const struct bench_result *result = &results[d];
        assert_true(result->contents_once);
        assert_true(result->verified && result->gflops > 0.0 && result->gbs > 0.0);
        assert_true(result->peak_device_bytes > 1000000 && result->peak_rss_bytes > 1000000);
        for (int p = 0; p < BENCH_PARTS; p++) check_times(&result->parts[p]);
    }
    for (size_t i = 0; i < results[0].op_count; i++) {
        const struct bench_op *op = &results[0].ops[i];
        int uses = 0;
        for (int p = 0; p < BENCH_PARTS; p++) uses += op->uses[p];
        assert_int_equal(op->verdict, BENCH_PASSED);
        check_times(&op->times);
        assert_true(op->chosen == (uses > 0));
        added += !op->chosen;
        convolutions += strncmp(op->name, "conv2d.", 7) == 0;
    }
    assert_true(results[0].op_count > 60 && convolutions >= 12);
    /* besides the direct one, products may be CLBlast's */
    assert_true(added > 0 || !launch_has_product());
    for (int d = 0; d < 2; d++) bench_result_free(&results[d]);
    device_close(device);
}

static void only_what_is_asked_for_is_timed(void **state)
{
    (void)state;
    struct device *device = open_device();
    struct bench_result result;
    struct bench_options options = small_options();
    options.parts[BENCH_GENERATE] = true;
    assert_ok(bench_run(&device, 1, &options, &result));
    check_times(&result.parts[BENCH_GENERATE]);
    for (int p = BENCH_STEP_1; p <= BENCH_STEP_3; p++) {
        assert_true(result.parts[p].median == 0.0);
    }
    for (size_t i = 0; i < result.op_count; i++) {
        assert_true(result.ops[i].uses[BENCH_GENERATE] > 0);
        assert_true(result.ops[i].times.median == 0.0);
    }
    bench_result_free(&result);

    options.ops = true;
    options.op = "conv3d";
    assert_status(SAAE_USAGE, bench_run(&device, 1, &options, &result));
    assert_message_contains("no op 'conv3d'");
    bench_result_free(&result);
    device_close(device);
}

/* The kernels in the test's folder, in `file` the first occurrence of `from` replaced by `to`. */
static void copy_kernels(const char *file, const char *from, const char *to)
{
    for (int i = 0; i < embedded_kernel_count; i++) {
        const struct embedded_kernel *kernel = &embedded_kernels[i];
        char text[65536];
        snprintf(text, sizeof text, "%s", kernel->text);
        if (strcmp(kernel->name, file) == 0) {
            const char *at = strstr(kernel->text, from);
            assert_non_null(at);
            size_t before = (size_t)(at - kernel->text);
            snprintf(text + before, sizeof text - before, "%s%s", to, at + strlen(from));
        }
        test_write_text(kernel->name, text);
    }
}

static void what_is_wrong_is_not_timed(void **state)
{
    (void)state;
    copy_kernels("sigmoid.cl", "1.0f / (1.0f + exp(", "1.001f / (1.0f + exp(");
    device_set_kernel_folder(test_folder());
    struct device *device = open_device();
    struct bench_result result;
    struct bench_options options = small_options();
    size_t failed = 0;
    options.ops = true;
    options.parts[BENCH_STEP_1] = options.parts[BENCH_GENERATE] = true;
    int status = bench_run(&device, 1, &options, &result);
    device_set_kernel_folder(NULL);
    assert_int_equal(status, SAAE_FAILED);
    assert_message_contains("sigmoid.forward");
    assert_false(result.verified);
    assert_non_null(strstr(result.why, "sigmoid.forward"));
    assert_true(result.parts[BENCH_STEP_1].median == 0.0);
    assert_true(result.parts[BENCH_GENERATE].median == 0.0);
    for (size_t i = 0; i < result.op_count; i++) {
        const struct bench_op *op = &result.ops[i];
        failed += op->verdict == BENCH_FAILED;
        assert_true((op->verdict == BENCH_PASSED) == (op->times.median > 0.0));
        assert_true((op->verdict == BENCH_FAILED) == (op->why[0] != '\0'));
    }
    assert_int_equal(failed, 1);
    bench_result_free(&result);
    device_close(device);
}

const struct CMUnitTest bench_tests[] = {
    cmocka_unit_test(calls_are_described_by_their_sizes),
    cmocka_unit_test(ops_are_asked_for_by_stem_or_pass),
    cmocka_unit_test(the_peak_of_memory_grows_with_use),
    cmocka_unit_test(every_part_and_op_gets_its_figures),
    cmocka_unit_test(only_what_is_asked_for_is_timed),
    cmocka_unit_test(what_is_wrong_is_not_timed),
};
const size_t bench_test_count = sizeof bench_tests / sizeof *bench_tests;
