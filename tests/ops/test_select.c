#include "gradcheck.h"
#include "opcheck.h"
#include "reference/select.h"
#include "support.h"

static const struct reference_select sizes = {.k = 3, .n = 4, .row = 2};

static void test_forward(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5, 6};
    const int32_t index[] = {2, 0, 2, 2};
    double y[8];
    reference_select_forward(&sizes, x, index, NULL, y);
    opcheck_near(y, (double[]){5, 6, 1, 2, 5, 6, 5, 6}, 8, 0);
    const double a[] = {10, 20, 30, 40, 50, 60, 70, 80};
    reference_select_forward(&sizes, x, index, a, y);
    opcheck_near(y, (double[]){15, 26, 31, 42, 55, 66, 75, 86}, 8, 0);
}

static void test_backward_adds_up_what_was_selected(void **state)
{
    (void)state;
    const double dy[] = {1, 2, 10, 20, 100, 200, 1000, 2000};
    const int32_t index[] = {2, 0, 2, 2};
    double dx[6] = {7, 7, 7, 7, 7, 7};
    reference_select_backward(&sizes, dy, index, dx);
    opcheck_near(dx, (double[]){10, 20, 0, 0, 1101, 2202}, 6, 0);
}

static void test_indices_are_clamped_alike(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5, 6}, dy[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const int32_t index[] = {-1, 3, INT32_MIN, INT32_MAX};
    double y[8], dx[6];
    reference_select_forward(&sizes, x, index, NULL, y);
    opcheck_near(y, (double[]){1, 2, 5, 6, 1, 2, 5, 6}, 8, 0);
    reference_select_backward(&sizes, dy, index, dx);
    opcheck_near(dx, (double[]){6, 8, 0, 0, 10, 12}, 6, 0);
}

static void test_gradient(void **state)
{
    (void)state;
    const struct tensor_type in[] = {tensor_f32(3, 2, 2, 5), opcheck_i32(8, 1, 1, 1),
                                     tensor_f32(8, 2, 2, 5)};
    gradcheck(OP_select_forward, NULL, in, 2, NULL);
    gradcheck(OP_select_forward, NULL, in, 3, NULL);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(10, 3, 4, 5), opcheck_i32(7, 1, 1, 1),
                               tensor_f32(7, 3, 4, 5)};
    struct op_attributes ten = {.count = 10}, none = {.count = 0};
    opcheck_infers(OP_select_forward, NULL, in, 2, 1, 0, (struct shape){7, 3, 4, 5});
    opcheck_infers(OP_select_forward, NULL, in, 3, 1, 0, (struct shape){7, 3, 4, 5});
    in[2].shape.n = 10;
    opcheck_refuses(OP_select_forward, NULL, in, 3, "must be 7x3x4x5");
    opcheck_refuses(OP_select_backward, &ten, in, 2, "one for each row");
    in[0] = tensor_f32(7, 3, 4, 5);
    opcheck_infers(OP_select_backward, &ten, in, 2, 1, 0, (struct shape){10, 3, 4, 5});
    opcheck_refuses(OP_select_backward, &none, in, 2, "count is 0");
    in[1] = opcheck_i32(7, 1, 1, 2);
    opcheck_refuses(OP_select_forward, NULL, in, 2, "Nx1x1x1");
    in[1] = opcheck_i32(7, 1, 1, 1);
    in[0] = opcheck_u8(10, 3, 4, 5);
    opcheck_refuses(OP_select_forward, NULL, in, 2, "floats");
}

const struct CMUnitTest select_tests[] = {
    cmocka_unit_test(test_forward),
    cmocka_unit_test(test_backward_adds_up_what_was_selected),
    cmocka_unit_test(test_indices_are_clamped_alike),
    cmocka_unit_test(test_gradient),
    cmocka_unit_test(test_shapes),
};
const size_t select_test_count = sizeof select_tests / sizeof *select_tests;
