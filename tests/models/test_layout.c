#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "models/layout.h"

static void assert_layout(const struct parameter *parameter, const float *ours, const float *theirs)
{
    size_t count = shape_count(parameter->shape);
    float found[32];
    assert_true(count <= 32);
    layout_to_pytorch(parameter, ours, found);
    for (size_t i = 0; i < count; i++) assert_near((double)found[i], (double)theirs[i], 0);
    memset(found, 0, sizeof found);
    layout_from_pytorch(parameter, theirs, found);
    for (size_t i = 0; i < count; i++) assert_near((double)found[i], (double)ours[i], 0);
}

static void assert_shape(const struct parameter *parameter, int rank, const size_t *expected)
{
    size_t shape[LAYOUT_MAX_RANK];
    assert_int_equal(layout_shape(parameter, shape), rank);
    for (int i = 0; i < rank; i++) assert_int_equal(shape[i], expected[i]);
}

/* R = 1, S = 3, C = 2, K = 2; the digits of a value are s, c, k. */
static void test_convolution(void **state)
{
    (void)state;
    const struct parameter p = {.kind = PARAMETER_CONVOLUTION, .shape = {1, 3, 2, 2}};
    const float ours[] = {0, 1, 10, 11, 100, 101, 110, 111, 200, 201, 210, 211};
    const float theirs[] = {0, 100, 200, 10, 110, 210, 1, 101, 201, 11, 111, 211};
    assert_layout(&p, ours, theirs);
    assert_shape(&p, 4, (const size_t[]){2, 2, 1, 3});
}

/* 2x1 pixels of 3 channels to 2 outputs; the digits are h, c and the output. Ours runs h, c, out;
 * PyTorch's out, c, h. */
static void test_linear_of_a_map(void **state)
{
    (void)state;
    const struct parameter p = {.kind = PARAMETER_LINEAR,
                                .shape = {1, 1, 6, 2},
                                .in_rows = {4, 2, 1, 3},
                                .out_rows = {0, 1, 1, 2}};
    const float ours[] = {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121};
    const float theirs[] = {0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121};
    assert_layout(&p, ours, theirs);
    assert_shape(&p, 2, (const size_t[]){2, 6});
}

/* 2 inputs to a map of 1x2 pixels and 2 channels, and its bias; the digits are in, w, c. */
static void test_linear_to_a_map(void **state)
{
    (void)state;
    const struct parameter p = {.kind = PARAMETER_LINEAR,
                                .shape = {1, 1, 2, 4},
                                .in_rows = {4, 1, 1, 2},
                                .out_rows = {0, 1, 2, 2}};
    const float ours[] = {0, 1, 10, 11, 100, 101, 110, 111};
    const float theirs[] = {0, 100, 10, 110, 1, 101, 11, 111};
    assert_layout(&p, ours, theirs);
    assert_shape(&p, 2, (const size_t[]){4, 2});
    const struct parameter bias = {
        .kind = PARAMETER_LINEAR_BIAS, .shape = {1, 1, 1, 4}, .out_rows = {0, 1, 2, 2}};
    assert_layout(&bias, (const float[]){0, 1, 10, 11}, (const float[]){0, 10, 1, 11});
    assert_shape(&bias, 1, (const size_t[]){4});
}

static void test_vectors_stay(void **state)
{
    (void)state;
    const enum parameter_kind kinds[] = {PARAMETER_BIAS, PARAMETER_SCALE, PARAMETER_SHIFT,
                                         PARAMETER_MEAN, PARAMETER_VARIANCE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct parameter p = {.kind = kinds[i], .shape = {1, 1, 1, 3}};
        assert_layout(&p, (const float[]){3, 1, 2}, (const float[]){3, 1, 2});
        assert_shape(&p, 1, (const size_t[]){3});
    }
}

const struct CMUnitTest layout_tests[] = {
    cmocka_unit_test(test_convolution),
    cmocka_unit_test(test_linear_of_a_map),
    cmocka_unit_test(test_linear_to_a_map),
    cmocka_unit_test(test_vectors_stay),
};
const size_t layout_test_count = sizeof layout_tests / sizeof *layout_tests;
