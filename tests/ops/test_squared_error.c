#include "gradcheck.h"
#include "opcheck.h"
#include "reference/squared_error.h"
#include "support.h"

static void test_forward(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, t[] = {0, 4, 3}; /* 1 + 4 + 0 */
    double loss;
    reference_squared_error_forward(3, 0.5, x, t, &loss);
    assert_near(loss, 2.5, 0);
}

static void test_backward(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, t[] = {0, 4, 3};
    double dx[3];
    reference_squared_error_backward(3, 0.5, x, t, 10, dx); /* 10 (x - t) */
    opcheck_near(dx, (double[]){10, -20, 0}, 3, 0);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 3, 4, 5), tensor_f32(2, 3, 4, 5),
                               tensor_f32(1, 1, 1, 1)};
    opcheck_infers(OP_squared_error_forward, NULL, in, 2, 1, 0, (struct shape){1, 1, 1, 1});
    opcheck_infers(OP_squared_error_backward, NULL, in, 3, 1, 0, in[0].shape);
    in[2] = tensor_f32(2, 1, 1, 1);
    opcheck_refuses(OP_squared_error_backward, NULL, in, 3, "input 2 must be 1x1x1x1");
    in[1] = tensor_f32(2, 3, 4, 1);
    opcheck_refuses(OP_squared_error_forward, NULL, in, 2, "2x3x4x1");
}

static void test_gradient(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 3, 4, 2), tensor_f32(2, 3, 4, 2)};
    struct gradcheck_options options = {.constant = 2};
    gradcheck(OP_squared_error_forward, &(struct op_attributes){.scale = 0.25}, in, 2, &options);
}

const struct CMUnitTest squared_error_tests[] = {
    cmocka_unit_test(test_forward),
    cmocka_unit_test(test_backward),
    cmocka_unit_test(test_shapes),
    cmocka_unit_test(test_gradient),
};
const size_t squared_error_test_count = sizeof squared_error_tests / sizeof *squared_error_tests;
