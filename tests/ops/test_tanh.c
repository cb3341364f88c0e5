#include <math.h>

#include "gradcheck.h"
#include "opcheck.h"
#include "reference/tanh.h"
#include "support.h"

/* tanh(log(3) / 2) = (3 - 1) / (3 + 1) = 1/2 */
static void test_forward(void **state)
{
    (void)state;
    const double x[] = {0, log(3) / 2, -log(3) / 2, 1000, -1000};
    double y[5];
    reference_tanh_forward(5, x, y);
    opcheck_near(y, (double[]){0, 0.5, -0.5, 1, -1}, 5, 1e-15);
}

static void test_backward(void **state)
{
    (void)state;
    const double y[] = {0, 0.5, -0.5, 1, -1}, dy[] = {2, 4, 8, 1, 1};
    double dx[5];
    reference_tanh_backward(5, y, dy, dx);
    opcheck_near(dx, (double[]){2, 3, 6, 0, 0}, 5, 0);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 3, 4, 5), opcheck_i32(2, 3, 4, 5)};
    opcheck_infers(OP_tanh_forward, NULL, in, 1, 1, 0, in[0].shape);
    opcheck_refuses(OP_tanh_backward, NULL, in, 2, "input 1 must hold floats");
}

static void test_gradient(void **state)
{
    (void)state;
    struct tensor_type x = tensor_f32(2, 3, 4, 5);
    gradcheck(OP_tanh_forward, NULL, &x, 1, NULL);
}

const struct CMUnitTest tanh_tests[] = {
    cmocka_unit_test(test_forward),
    cmocka_unit_test(test_backward),
    cmocka_unit_test(test_shapes),
    cmocka_unit_test(test_gradient),
};
const size_t tanh_test_count = sizeof tanh_tests / sizeof *tanh_tests;
