/* Winograd's algorithm in stages for GPUs: which calls and devices it takes, its memory, and the
 * device on maps that cut tiles, channels and slices. */
#include "ops/conv2d_winograd_staged.h"

#include <string.h>

#include "conv2d_call.h"
#include "device_check.h"
#include "support.h"
#include "verify/check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { ROWS, VECTORS, ITEMS, DEPTH, TILES, SPLITS };

static const struct device_traits gpu = {.platform = "NVIDIA CUDA",
                                         .vector_width = 4,
                                         .compute_units = 60,
                                         .largest_group = 1024,
                                         .local_bytes = 49152,
                                         .loop_limit = UINT64_MAX};

static int find_staged(enum op_kind kind)
{
    for (int a = 0; a < OP_MAX_ALGORITHMS && op_get(kind)->algorithms[a].name; a++)
        if (strcmp(op_get(kind)->algorithms[a].name, "winograd_staged") == 0) return a;
    fail_msg("no winograd_staged in %s.%s", op_get(kind)->stem, op_get(kind)->pass);
    return -1;
}

static void test_supports(void **state)
{
    (void)state;
    static const struct {
        struct layer layer;
        bool expected;
    } cases[] = {
        {{2, 8, 8, 16, 16, 3, 3, 1}, true},    {{2, 8, 8, 16, 16, 5, 5, 1}, true},
        {{1, 1, 1, 5, 33, 5, 5, 1}, true},     {{2, 8, 8, 16, 16, 3, 3, 2}, false},
        {{2, 8, 8, 16, 16, 3, 5, 1}, false},   {{2, 8, 8, 16, 16, 1, 1, 1}, false},
        {{2, 8, 8, 16, 16, 7, 7, 1}, false},   {{2, 8, 8, 3, 16, 3, 3, 1}, false},
        {{2, 8, 8, 16, 3, 3, 3, 1}, false},    {{1, 4, 4, 512, 512, 5, 5, 1}, true},
        {{1, 4, 4, 600, 600, 5, 5, 1}, false},
    };
    struct device_traits cpu = gpu, narrow = gpu, small = gpu, limited = gpu;
    cpu.cpu = true;
    narrow.largest_group = 16;
    small.local_bytes = 512;
    limited.loop_limit = 65535;
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            const struct op_call call = conv2d_call(pass, &cases[i].layer);
            assert_int_equal(conv2d_winograd_staged_supports(&call, &gpu), cases[i].expected);
            assert_false(conv2d_winograd_staged_supports(&call, &cpu));
            assert_false(conv2d_winograd_staged_supports(&call, &narrow));
            assert_false(conv2d_winograd_staged_supports(&call, &small));
        }
    /* A sum over channels cannot be split, one over tiles can. */
    const struct layer deep = {64, 28, 28, 4000, 16, 3, 3, 1};
    for (int pass = 0; pass < 3; pass++) {
        const struct op_call call = conv2d_call(pass, &deep);
        assert_true(conv2d_winograd_staged_supports(&call, &gpu));
        assert_int_equal(conv2d_winograd_staged_supports(&call, &limited), pass != 0);
    }
}

static void test_wide_layers_prefer_it(void **state)
{
    (void)state;
    static const struct {
        struct layer layer;
        bool expected;
    } cases[] = {
        {{64, 28, 28, 64, 64, 5, 5, 1}, true},
        {{64, 14, 14, 32, 32, 3, 3, 1}, true},
        {{64, 28, 28, 16, 64, 5, 5, 1}, false},
        {{64, 2, 2, 64, 64, 3, 3, 1}, false}, /* tiles of 4x4 are for the most part outside */
    };
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            const struct op_call call = conv2d_call(pass, &cases[i].layer);
            const struct op *op = op_get(call.kind);
            const char *usual = op->algorithms[op_usual_algorithm(&call, &gpu, false)].name;
            assert_int_equal(conv2d_winograd_staged_preferred(&call, &gpu), cases[i].expected);
            assert_string_equal(usual, cases[i].expected ? "winograd_staged" : "gemm");
        }
}

/* Large batches go through in slices of one size. */
static void test_memory_does_not_grow_with_the_batch(void **state)
{
    (void)state;
    static const struct layer large = {2048, 28, 28, 64, 64, 5, 5, 1},
                              wide = {4, 64, 64, 512, 512, 5, 5, 1};
    for (int pass = 0; pass < 3; pass++) {
        int values[OP_MAX_TUNABLES] = {0};
        struct op_call call = conv2d_call(pass, &large);
        assert_in_range(conv2d_winograd_staged_workspace(&call, &gpu), 1 << 20, 256 << 20);
        conv2d_winograd_staged_tune(&call, &gpu, values);
        assert_in_range(values[TILES], 1000, 2048 * 49 / 8);
        if (pass == 2) assert_in_range(values[SPLITS], 2, 64);
        call.tuning[TILES] = 700;
        conv2d_winograd_staged_tune(&call, &gpu, values);
        assert_in_range(values[TILES], 690, 700);
        call = conv2d_call(pass, &wide);
        assert_in_range(conv2d_winograd_staged_workspace(&call, &gpu), 1 << 20, 256 << 20);
    }
}

/* Training and generation transform filters alike; backward_data has others. */
static void test_filters_are_a_form(void **state)
{
    (void)state;
    static const struct layer layer = {2, 8, 8, 16, 16, 3, 3, 1};
    struct op_form forms[3], of_weights = {0};
    struct op_call infer = conv2d_call(0, &layer);
    infer.kind = OP_conv2d_infer;
    const struct op_call calls[] = {conv2d_call(0, &layer), infer, conv2d_call(1, &layer)};
    for (size_t i = 0; i < COUNT(calls); i++) {
        const struct op_algorithm *staged =
            &op_get(calls[i].kind)->algorithms[find_staged(calls[i].kind)];
        assert_true(op_form_of(staged, &calls[i], 1, &gpu, &forms[i]));
        assert_int_equal(forms[i].bytes, 36 * 16 * 16 * sizeof(float));
    }
    assert_true(op_form_equal(&forms[0], &forms[1]));
    assert_false(op_form_equal(&forms[0], &forms[2]));
    const struct op_call weights = conv2d_call(2, &layer);
    conv2d_winograd_staged_form(&weights, 1, &gpu, &of_weights);
    assert_int_equal(of_weights.bytes, 0);
}

static void check(struct device *device, struct op_call call, unsigned accumulate)
{
    const struct check_options options = {.seed = 1};
    struct check_result result;
    struct verify_case item = {.call = call};
    item.call.accumulate = accumulate;
    assert_ok(check_run(device, &item, find_staged(call.kind), &options, &result));
}

/* The usual sizes and others, in one slice and in several, whose last one is smaller. */
static void test_device_agrees(void **state)
{
    (void)state;
    static const struct {
        struct layer layer;
        int tuning[OP_MAX_TUNABLES];
    } cases[] = {
        {{1, 5, 3, 5, 6, 3, 3, 1}, {[ITEMS] = 32, [TILES] = 1}},
        {{2, 9, 14, 12, 21, 5, 5, 1}, {0}},
        {{3, 6, 7, 20, 40, 3, 3, 1}, {8, 2, 128, 16, 5, 2}},
        {{7, 4, 4, 8, 9, 5, 5, 1}, {1, 4, 64, 4, 3, 3}},
    };
    struct device *device = device_check_open();
    device_treat_as_gpu(device);
    for (size_t i = 0; i < (test_small() ? 1 : COUNT(cases)); i++)
        for (int pass = 0; pass < 3; pass++) {
            struct op_call call = conv2d_call(pass, &cases[i].layer);
            memcpy(call.tuning, cases[i].tuning, sizeof call.tuning);
            if (pass < 2) call.tuning[SPLITS] = 0;
            if (!test_small()) check(device, call, 0);
            check(device, call, 1);
        }
    device_close(device);
}

static void test_device_finishes(void **state)
{
    (void)state;
    static const struct layer layer = {1, 5, 6, 4, 5, 3, 3, 1};
    const struct op_call plain = conv2d_call(0, &layer);
    const struct op_attributes attributes = {.stride = 1, .slope = 0.2};
    const struct tensor_type in[] = {plain.in[0], plain.in[1], tensor_f32(1, 1, 1, layer.k),
                                     plain.out[0]};
    struct device *device = device_check_open();
    device_treat_as_gpu(device);
    for (int inputs = 3; inputs <= 4; inputs++) {
        struct op_call call;
        assert_ok(op_prepare(&call, OP_conv2d_infer, &attributes, in, inputs));
        call.tuning[TILES] = 3;
        check(device, call, 0);
    }
    device_close(device);
}

const struct CMUnitTest conv2d_winograd_staged_tests[] = {
    cmocka_unit_test(test_supports),
    cmocka_unit_test(test_wide_layers_prefer_it),
    cmocka_unit_test(test_memory_does_not_grow_with_the_batch),
    cmocka_unit_test(test_filters_are_a_form),
    cmocka_unit_test(test_device_agrees),
    cmocka_unit_test(test_device_finishes),
};
const size_t conv2d_winograd_staged_test_count = COUNT(conv2d_winograd_staged_tests);
