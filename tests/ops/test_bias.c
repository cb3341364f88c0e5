#include "gradcheck.h"
#include "opcheck.h"
#include "reference/bias.h"
#include "support.h"

static void test_forward_adds_to_channels_or_places(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5, 6}, channels[] = {10, 20, 30}, one[] = {-1};
    double y[6];
    reference_bias_forward(6, 3, 1.0, x, channels, y);
    opcheck_near(y, (double[]){11, 22, 33, 14, 25, 36}, 6, 0);
    reference_bias_forward(6, 1, 1.0, x, one, y);
    opcheck_near(y, (double[]){0, 1, 2, 3, 4, 5}, 6, 0);
    reference_bias_forward(6, 6, 1.0, x, x, y);
    opcheck_near(y, (double[]){2, 4, 6, 8, 10, 12}, 6, 0);
    reference_bias_forward(6, 3, 0.5, x, (double[]){-1, -4, -4}, y);
    opcheck_near(y, (double[]){0, -1, -0.5, 3, 1, 2}, 6, 0);
}

static void test_backward_sums_columns(void **state)
{
    (void)state;
    const double dy[] = {1, 2, 3, 4, 5, 6};
    double db[3];
    reference_bias_backward(6, 3, 1.0, dy, NULL, db, NULL);
    opcheck_near(db, (double[]){5, 7, 9}, 3, 0);
    double dx[6];
    reference_bias_backward(6, 3, 0.5, dy, (double[]){1, -1, 0, 1, 1, -2}, db, dx);
    opcheck_near(dx, (double[]){1, 1, 1.5, 4, 5, 3}, 6, 0);
    opcheck_near(db, (double[]){5, 6, 4.5}, 3, 0);
    reference_bias_backward(6, 1, 1.0, dy, NULL, db, NULL);
    assert_near(db[0], 21, 0);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 4, 5, 6), tensor_f32(1, 1, 1, 6)};
    opcheck_infers(OP_bias_forward, NULL, in, 2, 1, 0, (struct shape){2, 4, 5, 6});
    in[1] = tensor_f32(1, 1, 1, 30); /* one row of 5 pixels */
    opcheck_infers(OP_bias_forward, NULL, in, 2, 1, 0, (struct shape){2, 4, 5, 6});
    in[1] = tensor_f32(1, 1, 1, 12); /* two pixels divide the 20 of an image ... */
    opcheck_infers(OP_bias_forward, NULL, in, 2, 1, 0, (struct shape){2, 4, 5, 6});
    in[1] = tensor_f32(1, 1, 1, 18); /* ... three do not */
    opcheck_refuses(OP_bias_forward, NULL, in, 2, "18 elements");
    in[1] = tensor_f32(1, 1, 1, 3); /* half of the channels */
    opcheck_refuses(OP_bias_forward, NULL, in, 2, "3 elements");
    in[1] = tensor_f32(1, 1, 6, 1);
    opcheck_refuses(OP_bias_forward, NULL, in, 2, "1x1x1x1");
    in[1] = opcheck_i32(1, 1, 1, 6);
    opcheck_refuses(OP_bias_forward, NULL, in, 2, "floats");
    opcheck_infers(OP_bias_backward, &(struct op_attributes){.channels = 120, .slope = 1.0}, in, 1,
                   1, 0, (struct shape){1, 1, 1, 120});
    opcheck_refuses(OP_bias_backward, &(struct op_attributes){.channels = 0, .slope = 1.0}, in, 1,
                    "0 elements");
    struct op_attributes leaky = {.channels = 6, .slope = 0.2}, negative = {.slope = -0.1};
    in[1] = in[0];
    opcheck_infers(OP_bias_backward, &leaky, in, 2, 2, 1, (struct shape){2, 4, 5, 6});
    opcheck_refuses(OP_bias_backward, &leaky, in, 1, "needs y");
    in[1] = tensor_f32(2, 4, 6, 5);
    opcheck_refuses(OP_bias_backward, &leaky, in, 2, "one shape");
    in[1] = tensor_f32(1, 1, 1, 6);
    opcheck_refuses(OP_bias_forward, &negative, in, 2, "at least 0");
}

static void test_gradient(void **state)
{
    (void)state;
    const struct op_attributes plain = {.slope = 1.0}, leaky = {.slope = 0.2};
    struct tensor_type in[] = {tensor_f32(3, 2, 5, 4), tensor_f32(1, 1, 1, 4)};
    gradcheck(OP_bias_forward, &plain, in, 2, NULL);
    gradcheck(OP_bias_forward, &leaky, in, 2, NULL);
    in[1] = tensor_f32(1, 1, 1, 40);
    gradcheck(OP_bias_forward, &plain, in, 2, NULL);
    gradcheck(OP_bias_forward, &leaky, in, 2, &(struct gradcheck_options){.constant = 2});
}

const struct CMUnitTest bias_tests[] = {
    cmocka_unit_test(test_forward_adds_to_channels_or_places),
    cmocka_unit_test(test_backward_sums_columns),
    cmocka_unit_test(test_shapes),
    cmocka_unit_test(test_gradient),
};
const size_t bias_test_count = sizeof bias_tests / sizeof *bias_tests;
