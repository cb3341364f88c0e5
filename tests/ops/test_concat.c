#include "gradcheck.h"
#include "opcheck.h"
#include "reference/concat.h"
#include "support.h"

static void test_forward_and_back(void **state)
{
    (void)state;
    const double a[] = {1, 2, 3, 4}, b[] = {10, 20}; /* two pixels of 2 and 1 channels */
    double y[6], slice[4];
    reference_concat_forward(2, 2, 1, a, b, y);
    opcheck_near(y, (double[]){1, 2, 10, 3, 4, 20}, 6, 0);
    reference_concat_backward(2, 3, 0, 2, y, slice);
    opcheck_near(slice, a, 4, 0);
    reference_concat_backward(2, 3, 2, 1, y, slice);
    opcheck_near(slice, b, 2, 0);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 3, 4, 5), tensor_f32(2, 3, 4, 1)};
    struct op_attributes a = {.offset = 2, .channels = 3};
    opcheck_infers(OP_concat_forward, NULL, in, 2, 1, 0, (struct shape){2, 3, 4, 6});
    opcheck_infers(OP_concat_backward, &a, in, 1, 1, 0, (struct shape){2, 3, 4, 3});
    a.offset = 3;
    opcheck_refuses(OP_concat_backward, &a, in, 1, "3 from 3");
    a = (struct op_attributes){.offset = -1, .channels = 2};
    opcheck_refuses(OP_concat_backward, &a, in, 1, "from -1");
    a = (struct op_attributes){.offset = 0, .channels = 0};
    opcheck_refuses(OP_concat_backward, &a, in, 1, "channels 0");
    in[1] = tensor_f32(2, 4, 3, 5);
    opcheck_refuses(OP_concat_forward, NULL, in, 2, "same n, h and w");
}

static void test_gradient(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 3, 2, 5), tensor_f32(2, 3, 2, 3)};
    gradcheck(OP_concat_forward, NULL, in, 2, NULL);
}

const struct CMUnitTest concat_tests[] = {
    cmocka_unit_test(test_forward_and_back),
    cmocka_unit_test(test_shapes),
    cmocka_unit_test(test_gradient),
};
const size_t concat_test_count = sizeof concat_tests / sizeof *concat_tests;
