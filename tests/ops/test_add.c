#include "gradcheck.h"
#include "opcheck.h"
#include "reference/add.h"
#include "support.h"

static void test_forward(void **state)
{
    (void)state;
    const double a[] = {1, 2, 3}, b[] = {10, 20, 30};
    double y[3];
    reference_add_forward(3, 2, -0.5, a, b, y);
    opcheck_near(y, (double[]){-3, -6, -9}, 3, 0);
    reference_add_forward(3, 2, -0.5, a, NULL, y);
    opcheck_near(y, (double[]){2, 4, 6}, 3, 0);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 3, 4, 5), tensor_f32(2, 3, 4, 5)};
    struct op_attributes a = {.scale = 1, .scale_b = 1};
    opcheck_infers(OP_add_forward, &a, in, 1, 1, 0, in[0].shape);
    opcheck_infers(OP_add_forward, &a, in, 2, 1, 0, in[0].shape);
    in[1] = tensor_f32(2, 3, 20, 1); /* as many elements do not suffice */
    opcheck_refuses(OP_add_forward, &a, in, 2, "same shape");
    opcheck_refuses(OP_add_forward, &a, in, 0, "0 inputs");
}

static void test_gradient(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 3, 4, 1), tensor_f32(2, 3, 4, 1)};
    struct op_attributes a = {.scale = 3, .scale_b = -0.5};
    gradcheck(OP_add_forward, &a, in, 2, NULL);
    gradcheck(OP_add_forward, &a, in, 1, NULL);
}

const struct CMUnitTest add_tests[] = {
    cmocka_unit_test(test_forward),
    cmocka_unit_test(test_shapes),
    cmocka_unit_test(test_gradient),
};
const size_t add_test_count = sizeof add_tests / sizeof *add_tests;
