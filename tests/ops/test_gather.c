#include <math.h>

#include "opcheck.h"
#include "reference/gather.h"
#include "support.h"

static void test_forward(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0, 51, 102, 153, 204, 255}; /* three images of two bytes */
    const int32_t index[] = {2, 0, 2};
    struct reference_gather s = {.images = 3, .n = 3, .row = 2};
    double y[6];
    reference_gather_forward(&s, bytes, index, y);
    opcheck_near(y, (double[]){0.8, 1, 0, 0.2, 0.8, 1}, 6, 1e-15);
}

static void test_indices_are_clamped(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0, 51, 255};
    const int32_t index[] = {-1, 3, INT32_MIN, INT32_MAX};
    struct reference_gather s = {.images = 3, .n = 4, .row = 1};
    double y[4];
    reference_gather_forward(&s, bytes, index, y);
    opcheck_near(y, (double[]){0, 1, 0, 1}, 4, 0);
}

/* What cl/gather.cl relies on: the kernel's two fma are the rounded quotient for every byte. */
static void test_kernel_formula_rounds_correctly(void **state)
{
    (void)state;
    const float reciprocal = 1.0f / 255.0f;
    for (int byte = 0; byte < 256; byte++) {
        float b = (float)byte, guess = b * reciprocal;
        float value = fmaf(fmaf(guess, -255.0f, b), reciprocal, guess);
        assert_true(value == (float)(byte / 255.0));
    }
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {opcheck_u8(100, 3, 4, 5), opcheck_i32(7, 1, 1, 1)};
    opcheck_infers(OP_gather_forward, NULL, in, 2, 1, 0, (struct shape){7, 3, 4, 5});
    in[1] = opcheck_i32(7, 1, 1, 2);
    opcheck_refuses(OP_gather_forward, NULL, in, 2, "Nx1x1x1");
    in[1] = opcheck_i32(7, 1, 1, 1);
    in[0] = tensor_f32(100, 3, 4, 5);
    opcheck_refuses(OP_gather_forward, NULL, in, 2, "bytes");
}

const struct CMUnitTest gather_tests[] = {
    cmocka_unit_test(test_forward),
    cmocka_unit_test(test_indices_are_clamped),
    cmocka_unit_test(test_kernel_formula_rounds_correctly),
    cmocka_unit_test(test_shapes),
};
const size_t gather_test_count = sizeof gather_tests / sizeof *gather_tests;
