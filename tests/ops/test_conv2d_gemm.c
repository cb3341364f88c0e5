/* Convolutions and fully connected layers as products in local memory: which calls and devices they
 * take, sizes that fit a group, and the device in every size on shapes that cut tiles and slabs. */
#include "ops/conv2d_gemm.h"

#include <stdio.h>
#include <string.h>

#include "conv2d_call.h"
#include "device_check.h"
#include "ops/tuning.h"
#include "support.h"
#include "verify/check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int find_gemm(enum op_kind kind)
{
    for (int a = 0; a < OP_MAX_ALGORITHMS && op_get(kind)->algorithms[a].name; a++)
        if (strcmp(op_get(kind)->algorithms[a].name, "gemm") == 0) return a;
    fail_msg("no gemm in %s", op_get(kind)->stem);
    return -1;
}

static struct device_traits gpu_traits(const char *platform)
{
    struct device_traits gpu = {.vector_width = 4,
                                .compute_units = 60,
                                .largest_group = 1024,
                                .local_bytes = 49152,
                                .loop_limit = UINT64_MAX};
    snprintf(gpu.platform, sizeof gpu.platform, "%s", platform);
    return gpu;
}

static void test_it_is_for_devices_with_groups(void **state)
{
    (void)state;
    const struct layer layer = {2, 8, 8, 3, 5, 3, 3, 2};
    for (int pass = 0; pass < 3; pass++) {
        const struct op_call call = conv2d_call(pass, &layer);
        struct device_traits device = gpu_traits("any");
        assert_true(conv2d_gemm_supports(&call, &device));
        device.largest_group = 32;
        device.local_bytes = 16384;
        assert_true(conv2d_gemm_supports(&call, &device));
        device.largest_group = 16;
        assert_false(conv2d_gemm_supports(&call, &device));
        device = gpu_traits("any");
        device.local_bytes = 512;
        assert_false(conv2d_gemm_supports(&call, &device));
        device = gpu_traits("any");
        device.cpu = true;
        assert_false(conv2d_gemm_supports(&call, &device));
        device.emulator = true;
        assert_true(conv2d_gemm_supports(&call, &device));
    }
}

static void test_wide_layers_prefer_it(void **state)
{
    (void)state;
    const struct device_traits gpu = gpu_traits("any");
    const struct layer wide = {64, 28, 28, 64, 64, 5, 5, 1}, thin = {64, 28, 28, 64, 1, 5, 5, 1};
    for (int pass = 0; pass < 3; pass++) {
        const struct op_call call = conv2d_call(pass, &wide);
        assert_true(conv2d_gemm_preferred(&call, &gpu));
    }
    const struct op_call forward = conv2d_call(0, &thin);
    assert_false(conv2d_gemm_preferred(&forward, &gpu));
}

/* A large GPU has work for all its items, few images or many, and scratch stays small. */
static void test_depth_is_split_where_pixels_are_few(void **state)
{
    (void)state;
    enum { SPLITS = 4 };
    const struct device_traits gpu = gpu_traits("NVIDIA CUDA");
    const struct layer one = {1, 28, 28, 64, 64, 5, 5, 1}, many = {64, 28, 28, 64, 64, 5, 5, 1};
    int values[OP_MAX_TUNABLES];
    for (int pass = 0; pass < 3; pass++) {
        const struct op_call small = conv2d_call(pass, &one), large = conv2d_call(pass, &many);
        conv2d_gemm_tune(&small, &gpu, values);
        assert_in_range(values[SPLITS], 2, 64);
        assert_in_range(conv2d_gemm_workspace(&small, &gpu), 1, 64 << 20);
        conv2d_gemm_tune(&large, &gpu, values);
        if (pass == 2)
            assert_in_range(values[SPLITS], 16, 256);
        else
            assert_int_equal(values[SPLITS], 1);
        assert_in_range(conv2d_gemm_workspace(&large, &gpu), 0, 64 << 20);
    }
}

/* As the program's first lines check them, so that no kernel fails to build on a device that was
 * not at hand. */
static void test_sizes_fit_the_group(void **state)
{
    (void)state;
    enum { ROWS, VECTORS, ITEMS, DEPTH };
    static const struct layer layers[] = {
        {64, 28, 28, 64, 64, 5, 5, 1}, {1, 1, 1, 1, 1, 1, 1, 1},   {2, 7, 5, 3, 17, 3, 3, 2},
        {64, 1, 1, 999, 128, 1, 1, 1}, {3, 4, 4, 16, 16, 5, 5, 1}, {2, 28, 28, 64, 1, 5, 5, 1}};
    static const char *const platforms[] = {"NVIDIA CUDA", "AMD Accelerated Parallel Processing",
                                            "Intel(R) OpenCL Graphics", "any"};
    static const int asked[][4] = {{0},
                                   {16, 4, 256, 32},
                                   {16, 4, 32, 32},
                                   {1, 1, 256, 4},
                                   {16, 1, 32, 4},
                                   {1, 4, 128, 16},
                                   {8, 2, 64, 8}};
    for (size_t l = 0; l < COUNT(layers); l++)
        for (size_t p = 0; p < COUNT(platforms); p++)
            for (size_t a = 0; a < COUNT(asked); a++)
                for (int pass = 0; pass < 3; pass++) {
                    const struct device_traits gpu = gpu_traits(platforms[p]);
                    struct op_call call = conv2d_call(pass, &layers[l]);
                    int values[OP_MAX_TUNABLES];
                    memcpy(call.tuning, asked[a], sizeof asked[a]);
                    assert_true(conv2d_gemm_supports(&call, &gpu));
                    conv2d_gemm_tune(&call, &gpu, values);
                    assert_in_range(values[ROWS] * values[VECTORS], 1, 128);
                    assert_in_range(values[ITEMS], 32, 256);
                    assert_in_range(values[DEPTH], 4, 32);
                    if (asked[a][ITEMS]) assert_int_equal(values[ITEMS], asked[a][ITEMS]);
                }
}

static void check(struct device *device, const struct op_call *made, const int tuning[4],
                  unsigned accumulate)
{
    const struct check_options options = {.seed = 1};
    struct check_result result;
    struct verify_case item = {.call = *made};
    memcpy(item.call.tuning, tuning, 4 * sizeof *tuning);
    item.call.accumulate = accumulate;
    item.call.tuning[4] = accumulate ? 3 : 0; /* in splits, too */
    assert_ok(check_run(device, &item, find_gemm(made->kind), &options, &result));
}

/* The usual sizes and the ends of the ranges, each on another shape. */
static void test_device_agrees_in_every_size(void **state)
{
    (void)state;
    static const struct {
        int tuning[4];
        struct layer layer;
    } cases[] = {
        {{16, 4, 32, 32}, {2, 5, 7, 4, 20, 3, 3, 1}},  {{4, 1, 64, 8}, {2, 7, 9, 3, 17, 5, 3, 2}},
        {{8, 2, 128, 16}, {1, 9, 9, 20, 70, 3, 3, 1}}, {{1, 1, 256, 4}, {3, 6, 5, 1, 33, 3, 3, 1}},
        {{8, 2, 128, 8}, {5, 4, 3, 8, 1, 3, 5, 2}},
    };
    struct device *device = device_check_open();
    device_treat_as_gpu(device);
    for (size_t i = 0; i < (test_small() ? 1 : COUNT(cases)); i++)
        for (int pass = 0; pass < 3; pass++) {
            const struct op_call call = conv2d_call(pass, &cases[i].layer);
            if (!test_small()) check(device, &call, cases[i].tuning, 0);
            check(device, &call, cases[i].tuning, 1);
        }
    device_close(device);
}

/* What a convolution ends with: behind one sum, and behind those of splits. */
static void test_device_finishes(void **state)
{
    (void)state;
    enum { SPLITS = 4 };
    static const struct layer layers[] = {{2, 5, 4, 8, 10, 3, 3, 1}, {1, 5, 7, 16, 12, 5, 5, 2}};
    const struct check_options options = {.seed = 1};
    struct check_result result;
    struct device *device = device_check_open();
    device_treat_as_gpu(device);
    for (size_t i = 0; i < (test_small() ? 1 : COUNT(layers)); i++) {
        const struct op_call plain = conv2d_call(0, &layers[i]);
        const struct op_attributes attributes = {.stride = layers[i].stride, .slope = 0.25};
        const struct tensor_type in[] = {plain.in[0], plain.in[1], tensor_f32(1, 1, 1, layers[i].k),
                                         plain.out[0]};
        for (int inputs = 3; inputs <= 4; inputs++)
            for (int splits = 1; splits <= 3; splits += 2) {
                struct verify_case item = {0};
                assert_ok(op_prepare(&item.call, OP_conv2d_infer, &attributes, in, inputs));
                item.call.tuning[SPLITS] = splits;
                assert_ok(check_run(device, &item, find_gemm(OP_conv2d_infer), &options, &result));
            }
    }
    device_close(device);
}

static void test_device_agrees_on_layers(void **state)
{
    (void)state;
    static const int usual[4] = {0}, shapes[][3] = {{5, 300, 24}, {3, 37, 11}, {70, 16, 130}};
    struct device *device = device_check_open();
    device_treat_as_gpu(device);
    for (size_t i = 0; i < (test_small() ? 1 : COUNT(shapes)); i++) {
        const struct tensor_type x = tensor_f32(shapes[i][0], 1, 1, shapes[i][1]);
        const struct tensor_type y = tensor_f32(shapes[i][0], 1, 1, shapes[i][2]);
        const struct tensor_type w = tensor_f32(1, 1, shapes[i][1], shapes[i][2]);
        const struct tensor_type in[][2] = {{x, w}, {y, w}, {x, y}};
        static const enum op_kind kinds[] = {OP_fully_connected_forward,
                                             OP_fully_connected_backward_data,
                                             OP_fully_connected_backward_weights};
        for (size_t k = 0; k < COUNT(kinds); k++) {
            struct op_call call;
            assert_ok(op_prepare(&call, kinds[k], NULL, in[k], 2));
            check(device, &call, usual, 0);
            check(device, &call, usual, 1);
        }
    }
    device_close(device);
}

const struct CMUnitTest conv2d_gemm_tests[] = {
    cmocka_unit_test(test_it_is_for_devices_with_groups),
    cmocka_unit_test(test_wide_layers_prefer_it),
    cmocka_unit_test(test_depth_is_split_where_pixels_are_few),
    cmocka_unit_test(test_sizes_fit_the_group),
    cmocka_unit_test(test_device_agrees_in_every_size),
    cmocka_unit_test(test_device_finishes),
    cmocka_unit_test(test_device_agrees_on_layers),
};
const size_t conv2d_gemm_test_count = COUNT(conv2d_gemm_tests);
