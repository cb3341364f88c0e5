#include <math.h>

#include "gradcheck.h"
#include "opcheck.h"
#include "reference/sigmoid.h"
#include "support.h"

static void test_forward(void **state)
{
    (void)state;
    const double x[] = {0, log(3), -log(3)}; /* 1/2, 3/4, 1/4 */
    double y[3];
    reference_sigmoid_forward(3, x, y);
    opcheck_near(y, (double[]){0.5, 0.75, 0.25}, 3, 1e-15);
}

static void test_extremes_are_finite(void **state)
{
    (void)state;
    const double x[] = {80, -80, 1000, -1000};
    double y[4];
    reference_sigmoid_forward(4, x, y);
    opcheck_near(y, (double[]){1, 1.8048513878454153e-35, 1, 0}, 4, 1e-15);
    assert_near(y[1], exp(-80), 1e-48);
}

static void test_backward(void **state)
{
    (void)state;
    const double y[] = {0.5, 0.75, 0, 1}, dy[] = {4, 16, 1, 1};
    double dx[4];
    reference_sigmoid_backward(4, y, dy, dx);
    opcheck_near(dx, (double[]){1, 3, 0, 0}, 4, 0);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 3, 4, 5), tensor_f32(2, 3, 5, 4)};
    opcheck_infers(OP_sigmoid_forward, NULL, in, 1, 1, 0, in[0].shape);
    opcheck_infers(OP_sigmoid_backward, NULL, (struct tensor_type[]){in[0], in[0]}, 2, 1, 0,
                   in[0].shape);
    opcheck_refuses(OP_sigmoid_backward, NULL, in, 2, "2x3x5x4");
}

static void test_gradient(void **state)
{
    (void)state;
    struct tensor_type x = tensor_f32(2, 3, 4, 5);
    gradcheck(OP_sigmoid_forward, NULL, &x, 1, NULL);
}

const struct CMUnitTest sigmoid_tests[] = {
    cmocka_unit_test(test_forward),  cmocka_unit_test(test_extremes_are_finite),
    cmocka_unit_test(test_backward), cmocka_unit_test(test_shapes),
    cmocka_unit_test(test_gradient),
};
const size_t sigmoid_test_count = sizeof sigmoid_tests / sizeof *sigmoid_tests;
