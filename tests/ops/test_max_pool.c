#include "gradcheck.h"
#include "opcheck.h"
#include "reference/max_pool.h"
#include "support.h"

static void test_forward(void **state)
{
    (void)state;
    const double x[] = {1,  2,  5, 6, /* */
                        3,  4,  8, 7, /* */
                        -1, -2, 0, 0, /* */
                        -3, -4, 0, 0};
    struct reference_max_pool s = {1, 4, 4, 1};
    double y[4];
    reference_max_pool_forward(&s, x, y);
    opcheck_near(y, (double[]){4, 8, -1, 0}, 4, 0);
}

/* The third row and the third column belong to no window, in both channels. */
static void test_odd_sizes(void **state)
{
    (void)state;
    const double x[] = {1, 10, 2, 40, 9, 90, /* pixels of two channels */
                        4, 30, 3, 20, 9, 90, /* */
                        9, 90, 9, 90, 9, 90};
    const double dy[] = {5, 6};
    struct reference_max_pool s = {1, 3, 3, 2};
    double y[2], dx[18];
    reference_max_pool_forward(&s, x, y);
    opcheck_near(y, (double[]){4, 40}, 2, 0);
    reference_max_pool_backward(&s, x, dy, dx);
    opcheck_near(dx, (double[]){0, 0, 0, 6, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 18, 0);
}

/* Of equal values the first in row order gets the gradient. */
static void test_ties(void **state)
{
    (void)state;
    const double all[] = {7, 7, 7, 7}, last_row[] = {1, 2, 3, 3}, diagonal[] = {0, 2, 2, 1};
    const double dy = 1;
    struct reference_max_pool s = {1, 2, 2, 1};
    double dx[4];
    reference_max_pool_backward(&s, all, &dy, dx);
    opcheck_near(dx, (double[]){1, 0, 0, 0}, 4, 0);
    reference_max_pool_backward(&s, last_row, &dy, dx);
    opcheck_near(dx, (double[]){0, 0, 1, 0}, 4, 0);
    reference_max_pool_backward(&s, diagonal, &dy, dx);
    opcheck_near(dx, (double[]){0, 1, 0, 0}, 4, 0);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 7, 4, 5), tensor_f32(2, 3, 2, 5)};
    opcheck_infers(OP_max_pool_forward, NULL, in, 1, 1, 0, in[1].shape);
    opcheck_infers(OP_max_pool_backward, NULL, in, 2, 1, 0, in[0].shape);
    in[1] = tensor_f32(2, 4, 2, 5);
    opcheck_refuses(OP_max_pool_backward, NULL, in, 2, "2x3x2x5");
    in[0] = tensor_f32(2, 1, 4, 5);
    opcheck_refuses(OP_max_pool_forward, NULL, in, 1, "1x4 image");
    in[0] = tensor_f32(2, 4, 1, 5);
    opcheck_refuses(OP_max_pool_forward, NULL, in, 1, "4x1 image");
}

static void test_gradient(void **state)
{
    (void)state;
    struct tensor_type x = tensor_f32(2, 5, 4, 3);
    struct gradcheck_options options = {.values = {VALUE_APART}};
    gradcheck(OP_max_pool_forward, NULL, &x, 1, &options);
}

const struct CMUnitTest max_pool_tests[] = {
    cmocka_unit_test(test_forward), cmocka_unit_test(test_odd_sizes), cmocka_unit_test(test_ties),
    cmocka_unit_test(test_shapes),  cmocka_unit_test(test_gradient),
};
const size_t max_pool_test_count = sizeof max_pool_tests / sizeof *max_pool_tests;
