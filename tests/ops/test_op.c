#include <stdio.h>
#include <string.h>

#include "ops/op.h"
#include "support.h"

static void test_names_find_their_op(void **state)
{
    (void)state;
    assert_ptr_equal(op_find("conv2d"), op_get(OP_conv2d_forward));
    assert_ptr_equal(op_find("conv2d.forward"), op_get(OP_conv2d_forward));
    assert_ptr_equal(op_find("conv2d.backward_weights"), op_get(OP_conv2d_backward_weights));
    assert_ptr_equal(op_find("batch_norm"), op_get(OP_batch_norm_statistics));
    assert_null(op_find("conv2"));
    assert_null(op_find("conv2d."));
    assert_null(op_find("conv2d.sideways"));
    assert_null(op_find("conv2d_forward"));
    assert_null(op_find(""));
}

static void test_every_entry_is_complete(void **state)
{
    (void)state;
    for (int kind = 0; kind < OP_COUNT; kind++) {
        const struct op *op = op_get((enum op_kind)kind);
        char name[64];
        snprintf(name, sizeof name, "%s.%s", op->stem, op->pass);
        assert_ptr_equal(op_find(name), op);
        assert_true(op->min_inputs >= 0 && op->min_inputs <= op->max_inputs);
        assert_true(op->max_inputs <= OP_MAX_INPUTS);
        assert_non_null(op->infer);
        assert_non_null(op->reference);
        assert_true((op->bound == BOUND_SCALE) == (op->scale != NULL));
        assert_non_null(op->algorithms[0].name);
        assert_non_null(op->algorithms[0].launch);
        assert_null(op->algorithms[0].supports); /* the plain one runs everywhere */
    }
}

static void test_prepare_refuses_what_no_op_takes(void **state)
{
    (void)state;
    struct op_call call;
    struct tensor_type in[2] = {tensor_f32(1, 2, 2, 3), tensor_f32(3, 3, 3, 4)};
    struct op_attributes attributes = {.stride = 1};
    assert_ok(op_prepare(&call, OP_conv2d_forward, &attributes, in, 2));
    assert_status(SAAE_USAGE, op_prepare(&call, OP_conv2d_forward, &attributes, in, 1));
    assert_message_contains("conv2d.forward: 1 inputs, it takes 2 to 2");
    in[0].shape.h = 0;
    assert_status(SAAE_USAGE, op_prepare(&call, OP_conv2d_forward, &attributes, in, 2));
    assert_message_contains("input 0 is 1x0x2x3");
    in[0].shape = (struct shape){1, 70000, 70000, 3};
    assert_status(SAAE_USAGE, op_prepare(&call, OP_conv2d_forward, &attributes, in, 2));
    assert_message_contains("70000");
    in[0].shape = (struct shape){1, 2, -2, -3};
    assert_status(SAAE_USAGE, op_prepare(&call, OP_conv2d_forward, &attributes, in, 2));
}

static void test_describe(void **state)
{
    (void)state;
    struct op_call call;
    char text[128], cut[12];
    struct tensor_type in[2] = {tensor_f32(64, 28, 28, 3), tensor_f32(5, 5, 3, 16)};
    struct op_attributes attributes = {.stride = 2};
    assert_ok(op_prepare(&call, OP_conv2d_forward, &attributes, in, 2));
    op_describe(&call, text, sizeof text);
    assert_string_equal(text, "64x28x28x3,5x5x3x16 -> 64x14x14x16 stride 2");
    op_describe(&call, cut, sizeof cut);
    assert_string_equal(cut, "64x28x28x3,");
    call.accumulate = 1;
    call.in[1].dtype = DTYPE_U8;
    op_describe(&call, text, sizeof text);
    assert_string_equal(text, "64x28x28x3,5x5x3x16 u8 -> 64x14x14x16 stride 2 accumulate 1");
}

static void test_defaults_of_cost_and_reduction(void **state)
{
    (void)state;
    struct op_call call;
    struct tensor_type in[2] = {tensor_f32(2, 28, 28, 3), tensor_f32(5, 5, 3, 16)};
    struct op_attributes attributes = {.stride = 1};
    assert_ok(op_prepare(&call, OP_conv2d_forward, &attributes, in, 2));
    assert_near(op_cost_of(&call).flops, 2.0 * 2 * 28 * 28 * 16 * 75, 0.5);
    assert_near(op_reduction_of(&call), 75, 0);
    for (int kind = 0; kind < OP_COUNT; kind++) {
        if (op_get((enum op_kind)kind)->reduction) continue;
        call.kind = (enum op_kind)kind;
        assert_near(op_reduction_of(&call), 1, 0);
    }
}

const struct CMUnitTest op_tests[] = {
    cmocka_unit_test(test_names_find_their_op),
    cmocka_unit_test(test_every_entry_is_complete),
    cmocka_unit_test(test_prepare_refuses_what_no_op_takes),
    cmocka_unit_test(test_describe),
    cmocka_unit_test(test_defaults_of_cost_and_reduction),
};
const size_t op_test_count = sizeof op_tests / sizeof *op_tests;
