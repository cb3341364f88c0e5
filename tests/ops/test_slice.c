#include "gradcheck.h"
#include "opcheck.h"
#include "reference/slice.h"
#include "support.h"

static const struct reference_slice sizes = {.rows = 2, .pitch = 5, .offset = 1, .length = 3};

static void test_forward(void **state)
{
    (void)state;
    const double x[] = {0, 1, 2, 3, 4, 10, 11, 12, 13, 14};
    double y[6];
    reference_slice_forward(&sizes, x, y);
    opcheck_near(y, (double[]){1, 2, 3, 11, 12, 13}, 6, 0);
}

static void test_backward(void **state)
{
    (void)state;
    const double dy[] = {1, 2, 3, 11, 12, 13};
    double dx[10] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    reference_slice_backward(&sizes, dy, dx);
    opcheck_near(dx, (double[]){0, 1, 2, 3, 0, 0, 11, 12, 13, 0}, 10, 0);
}

static void test_gradient(void **state)
{
    (void)state;
    const struct tensor_type in[] = {tensor_f32(3, 3, 4, 5)};
    const struct op_attributes attributes = {.offset = 1, .width = 2};
    gradcheck(OP_slice_forward, &attributes, in, 1, NULL);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(5, 3, 8, 7)};
    struct op_attributes part = {.offset = 4, .width = 4}, beyond = {.offset = 5, .width = 4};
    struct op_attributes whole = {.offset = 2, .width = 10};
    opcheck_infers(OP_slice_forward, &part, in, 1, 1, 0, (struct shape){5, 3, 4, 7});
    opcheck_infers(OP_slice_backward, &whole, in, 1, 1, 0, (struct shape){5, 3, 10, 7});
    opcheck_refuses(OP_slice_forward, &beyond, in, 1, "a slice of 4 from 5 on");
    opcheck_refuses(OP_slice_forward, NULL, in, 1, "a slice of 0");
    opcheck_refuses(OP_slice_backward, &beyond, in, 1, "a slice of 8 from 5 on");
    in[0] = opcheck_i32(5, 3, 8, 7);
    opcheck_refuses(OP_slice_forward, &part, in, 1, "floats");
}

const struct CMUnitTest slice_tests[] = {
    cmocka_unit_test(test_forward),
    cmocka_unit_test(test_backward),
    cmocka_unit_test(test_gradient),
    cmocka_unit_test(test_shapes),
};
const size_t slice_test_count = sizeof slice_tests / sizeof *slice_tests;
