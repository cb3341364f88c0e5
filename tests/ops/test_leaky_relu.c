#include "gradcheck.h"
#include "opcheck.h"
#include "reference/leaky_relu.h"
#include "support.h"

static void test_forward(void **state)
{
    (void)state;
    const double x[] = {-4, -0.5, 0, 0.5, 4};
    double y[5];
    reference_leaky_relu_forward(5, 0.25, x, y);
    opcheck_near(y, (double[]){-1, -0.125, 0, 0.5, 4}, 5, 0);
    reference_leaky_relu_forward(5, 0, x, y);
    opcheck_near(y, (double[]){0, 0, 0, 0.5, 4}, 5, 0);
}

/* From the output; at 0 the slope of the left side holds. */
static void test_backward(void **state)
{
    (void)state;
    const double y[] = {-1, -0.125, 0, 0.5, 4}, dy[] = {8, 8, 8, 8, -8};
    double dx[5];
    reference_leaky_relu_backward(5, 0.25, y, dy, dx);
    opcheck_near(dx, (double[]){2, 2, 2, 8, -8}, 5, 0);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 3, 4, 5), tensor_f32(2, 3, 5, 4)};
    struct op_attributes a = {.slope = 0.2};
    opcheck_infers(OP_leaky_relu_forward, &a, in, 1, 1, 0, in[0].shape);
    opcheck_refuses(OP_leaky_relu_backward, &a, in, 2, "same shape");
    in[1] = in[0];
    opcheck_infers(OP_leaky_relu_backward, &a, in, 2, 1, 0, in[0].shape);
    a.slope = -0.1;
    opcheck_refuses(OP_leaky_relu_forward, &a, in, 1, "slope is -0.1");
    opcheck_refuses(OP_leaky_relu_backward, &a, in, 2, "slope is -0.1");
    in[0] = opcheck_u8(2, 3, 4, 5);
    opcheck_refuses(OP_leaky_relu_forward, &(struct op_attributes){0}, in, 1, "floats");
}

static void test_gradient(void **state)
{
    (void)state;
    struct tensor_type x = tensor_f32(2, 3, 4, 5);
    struct gradcheck_options options = {.values = {VALUE_APART}};
    gradcheck(OP_leaky_relu_forward, &(struct op_attributes){.slope = 0.2}, &x, 1, &options);
    gradcheck(OP_leaky_relu_forward, &(struct op_attributes){.slope = 0}, &x, 1, &options);
}

const struct CMUnitTest leaky_relu_tests[] = {
    cmocka_unit_test(test_forward),
    cmocka_unit_test(test_backward),
    cmocka_unit_test(test_shapes),
    cmocka_unit_test(test_gradient),
};
const size_t leaky_relu_test_count = sizeof leaky_relu_tests / sizeof *leaky_relu_tests;
