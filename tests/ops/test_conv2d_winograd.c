/* Winograd's algorithm of conv2d: which calls it takes, its bound, and the device on maps that cut
 * tiles and channels. */
#include <math.h>

#include "conv2d_call.h"
#include "device_check.h"
#include "ops/conv2d_winograd.h"
#include "support.h"
#include "verify/host.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void test_supports(void **state)
{
    (void)state;
    static const struct {
        struct layer layer;
        bool expected;
    } cases[] = {
        {{2, 8, 8, 16, 16, 3, 3, 1}, true},    {{2, 8, 8, 16, 16, 5, 5, 1}, true},
        {{1, 1, 1, 17, 33, 5, 5, 1}, true},    {{2, 8, 8, 16, 16, 3, 3, 2}, false},
        {{2, 8, 8, 16, 16, 3, 5, 1}, false},   {{2, 8, 8, 16, 16, 1, 1, 1}, false},
        {{2, 8, 8, 16, 16, 7, 7, 1}, false},   {{2, 8, 8, 15, 16, 3, 3, 1}, false},
        {{2, 8, 8, 16, 15, 3, 3, 1}, false},   {{2, 8, 8, 1, 64, 5, 5, 1}, false},
        {{1, 4, 4, 5000, 16, 3, 3, 1}, false},
    };
    const struct device_traits cpu = {
        .cpu = true, .vector_width = 16, .compute_units = 2, .loop_limit = UINT64_MAX};
    struct device_traits gpu = cpu, limited = cpu;
    gpu.cpu = false;
    limited.loop_limit = 65535;
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            const struct op_call call = conv2d_call(pass, &cases[i].layer);
            assert_int_equal(conv2d_winograd_supports(&call, &cpu), cases[i].expected);
            assert_false(conv2d_winograd_supports(&call, &gpu));
            assert_false(conv2d_winograd_supports(&call, &limited));
        }
}

/* The scratch belongs to the work-items: it does not grow with the batch. */
static void test_workspace_is_bounded(void **state)
{
    (void)state;
    const struct device_traits traits = {
        .cpu = true, .vector_width = 16, .compute_units = 2, .loop_limit = UINT64_MAX};
    const struct layer small = {64, 28, 28, 64, 64, 5, 5, 1},
                       large = {512, 28, 28, 64, 64, 5, 5, 1};
    for (int pass = 0; pass < 3; pass++) {
        struct op_call call = conv2d_call(pass, &small);
        call.algorithm = 1;
        const size_t bytes = op_workspace_of(&call, &traits);
        assert_true(bytes > 0 && bytes < (16 << 20));
        call = conv2d_call(pass, &large);
        call.algorithm = 1;
        assert_int_equal(op_workspace_of(&call, &traits), bytes);
    }
}

/* 4 tiles of 8x8 points a map of 8x8, and of a map of 5x7 too. */
static void test_flops_are_those_of_the_products(void **state)
{
    (void)state;
    const struct layer layers[] = {{3, 8, 8, 16, 20, 5, 5, 1}, {3, 5, 7, 16, 20, 5, 5, 1}};
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < COUNT(layers); i++) {
            struct op_call call = conv2d_call(pass, &layers[i]);
            call.algorithm = 1;
            assert_near(op_flops_done(&call), 2.0 * 3 * 4 * 64 * 16 * 20, 0);
        }
}

/* The bound is wider than that of the direct sum, but not so wide that a lost term fits in: the
 * terms here have a size of 1. */
static void test_bound_is_tight(void **state)
{
    (void)state;
    static const struct layer layers[] = {{2, 9, 8, 16, 20, 3, 3, 1}, {2, 9, 8, 20, 16, 5, 5, 1}};
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < COUNT(layers); i++) {
            double worst[2] = {0, 0};
            for (int algorithm = 0; algorithm < 2; algorithm++) {
                struct verify_case item = {.call = conv2d_call(pass, &layers[i])};
                struct host_case host;
                item.call.algorithm = algorithm;
                assert_ok(host_create(&host, &item));
                assert_ok(host_compute(&host, false, 1));
                const size_t count = shape_count(item.call.out[0].shape);
                for (size_t k = 0; k < count; k++) {
                    assert_true(host.bound[0][k] > 0);
                    worst[algorithm] = fmax(worst[algorithm], host.bound[0][k]);
                }
                host_free(&host);
            }
            assert_true(worst[1] > worst[0]);
            assert_true(worst[1] < 40 * worst[0]);
            assert_true(worst[1] < 0.02);
        }
}

static void test_device_agrees(void **state)
{
    (void)state;
    static const struct layer layers[] = {
        {1, 5, 3, 5, 6, 3, 3, 1}, /* for the narrow vectors of an interpreter, and small enough */
        {1, 3, 4, 4, 9, 5, 5, 1},    {1, 5, 6, 16, 16, 3, 3, 1},  {1, 4, 3, 17, 18, 5, 5, 1},
        {2, 9, 14, 32, 34, 5, 5, 1}, {40, 2, 2, 16, 48, 3, 3, 1},
    };
    const size_t count = test_small() ? 2 : COUNT(layers);
    struct device *device = device_check_open();
    for (size_t i = 0; i < count; i++)
        for (int pass = 0; pass < 3; pass++) {
            const struct op_call call = conv2d_call(pass, &layers[i]);
            device_check(device, call.kind, &call.attributes, call.in, call.inputs);
        }
    device_close(device);
}

const struct CMUnitTest conv2d_winograd_tests[] = {
    cmocka_unit_test(test_supports),
    cmocka_unit_test(test_workspace_is_bounded),
    cmocka_unit_test(test_flops_are_those_of_the_products),
    cmocka_unit_test(test_bound_is_tight),
    cmocka_unit_test(test_device_agrees),
};
const size_t conv2d_winograd_test_count = COUNT(conv2d_winograd_tests);
