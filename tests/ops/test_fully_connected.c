/* Fully connected layer: the reference on a case worked out by hand, adjoint identities, refusals,
 * gradients, and the device on shapes that cut tiles, vectors and splits. */
#include "base/rng.h"
#include "device_check.h"
#include "gradcheck.h"
#include "reference/fully_connected.h"
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_values(const double *actual, const double *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) assert_near(actual[i], expected[i], 1e-12);
}

/* Two rows (1 2 3) and (4 5 6) times w with rows (1 10), (2 20), (3 30). */
static const struct reference_fully_connected hand = {.N = 2, .I = 3, .O = 2};
static const double hand_x[] = {1, 2, 3, 4, 5, 6};
static const double hand_w[] = {1, 10, 2, 20, 3, 30};

/* 1*1 + 2*2 + 3*3 = 14; 4*1 + 5*2 + 6*3 = 32. */
static void test_forward_by_hand(void **state)
{
    (void)state;
    const double expected[] = {14, 140, 32, 320};
    double y[4];
    reference_fully_connected_forward(&hand, hand_x, hand_w, y);
    assert_values(y, expected, COUNT(y));
}

/* dy = (1 2), (3 4): dx[0][0] = 1*1 + 2*10 = 21, dx[1][0] = 3*1 + 4*10 = 43, times 1, 2, 3;
 * dw[0] = 1*(1 2) + 4*(3 4) = (13 18), dw[1] = 2*(1 2) + 5*(3 4), dw[2] = 3*(1 2) + 6*(3 4). */
static void test_gradients_by_hand(void **state)
{
    (void)state;
    const double dy[] = {1, 2, 3, 4};
    const double expected_dx[] = {21, 42, 63, 43, 86, 129};
    const double expected_dw[] = {13, 18, 17, 24, 21, 30};
    double dx[6], dw[6];
    reference_fully_connected_backward_data(&hand, dy, hand_w, dx);
    reference_fully_connected_backward_weights(&hand, hand_x, dy, dw);
    assert_values(dx, expected_dx, COUNT(dx));
    assert_values(dw, expected_dw, COUNT(dw));
}

enum { N = 3, I = 7, O = 5 };

static void fill(double *values, size_t count, uint32_t step)
{
    const struct rng rng = {.seed = 1, .purpose = RNG_VERIFY, .step = step};
    for (size_t i = 0; i < count; i++) values[i] = rng_normal(&rng, i);
}

static double dot(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

/* <x w, y> = <x, y w^T> = <w, x^T y> for any x, w and y. */
static void test_passes_are_adjoint(void **state)
{
    (void)state;
    const struct reference_fully_connected d = {N, I, O};
    double x[N * I], w[I * O], y[N * O], out[N * O], dx[N * I], dw[I * O];
    fill(x, COUNT(x), 1);
    fill(w, COUNT(w), 2);
    fill(y, COUNT(y), 3);
    reference_fully_connected_forward(&d, x, w, out);
    reference_fully_connected_backward_data(&d, y, w, dx);
    reference_fully_connected_backward_weights(&d, x, y, dw);
    const double expected = dot(out, y, COUNT(y));
    assert_near(dot(x, dx, COUNT(x)), expected, 1e-12);
    assert_near(dot(w, dw, COUNT(w)), expected, 1e-12);
}

static void test_infer_gives_the_shapes(void **state)
{
    (void)state;
    struct op_call call;
    struct op_attributes a = {0};
    const struct tensor_type x = tensor_f32(4, 2, 3, 5), w = tensor_f32(1, 1, 30, 24);
    const struct tensor_type y = tensor_f32(4, 3, 4, 2);
    const struct tensor_type forward[] = {x, w}, data[] = {y, w}, weights[] = {x, y};
    assert_ok(op_prepare(&call, OP_fully_connected_forward, &a, forward, 2));
    assert_true(shape_equal(call.out[0].shape, (struct shape){4, 1, 1, 24}));
    assert_true(op_cost_of(&call).flops == 2.0 * 4 * 30 * 24);
    assert_true(op_reduction_of(&call) == 30);
    a = (struct op_attributes){.height = 3, .width = 4, .channels = 2};
    assert_ok(op_prepare(&call, OP_fully_connected_forward, &a, forward, 2));
    assert_true(shape_equal(call.out[0].shape, y.shape));

    a = (struct op_attributes){.height = 2, .width = 3, .channels = 5};
    assert_ok(op_prepare(&call, OP_fully_connected_backward_data, &a, data, 2));
    assert_true(shape_equal(call.out[0].shape, x.shape));
    assert_true(op_reduction_of(&call) == 24);

    a = (struct op_attributes){0};
    assert_ok(op_prepare(&call, OP_fully_connected_backward_weights, &a, weights, 2));
    assert_true(shape_equal(call.out[0].shape, w.shape));
    assert_true(op_reduction_of(&call) == 4);
}

static void refuse(enum op_kind kind, struct op_attributes a, struct tensor_type first,
                   struct tensor_type second, const char *why)
{
    struct op_call call;
    const struct tensor_type in[] = {first, second};
    assert_status(SAAE_USAGE, op_prepare(&call, kind, &a, in, 2));
    assert_message_contains(why);
    assert_message_contains(op_get(kind)->pass);
}

static void test_infer_refuses_what_does_not_fit(void **state)
{
    (void)state;
    const struct op_attributes none = {0}, bad = {.height = 2, .width = 3, .channels = 5};
    const struct tensor_type x = tensor_f32(4, 2, 3, 5), w = tensor_f32(1, 1, 30, 24);
    const struct tensor_type y = tensor_f32(4, 1, 1, 24);
    struct tensor_type integers = y;
    integers.dtype = DTYPE_I32;
    refuse(OP_fully_connected_forward, none, x, tensor_f32(1, 1, 31, 24), "30 elements");
    refuse(OP_fully_connected_forward, none, x, tensor_f32(1, 2, 15, 24), "1x1xIxO");
    refuse(OP_fully_connected_forward, bad, x, w, "24 elements cannot be 2x3x5");
    refuse(OP_fully_connected_forward, (struct op_attributes){.channels = 24}, x, w, "0x0x24");
    refuse(OP_fully_connected_forward, none, tensor_f32(1 << 20, 2, 3, 5),
           tensor_f32(1, 1, 30, 1 << 16), "2^31");
    refuse(OP_fully_connected_backward_data, none, integers, w, "must hold floats");
    refuse(OP_fully_connected_backward_data, bad, tensor_f32(4, 1, 1, 23), w, "23 elements");
    refuse(OP_fully_connected_backward_data, (struct op_attributes){.height = -1}, y, w, "-1x0x0");
    refuse(OP_fully_connected_backward_weights, none, x, tensor_f32(5, 1, 1, 24),
           "same number of rows");
}

static void test_gradients(void **state)
{
    (void)state;
    const struct tensor_type in[] = {tensor_f32(3, 2, 3, 4), tensor_f32(1, 1, 24, 10)};
    const struct op_attributes flat = {0}, shaped = {.height = 1, .width = 5, .channels = 2};
    gradcheck(OP_fully_connected_forward, &flat, in, 2, NULL);
    gradcheck(OP_fully_connected_forward, &shaped, in, 2, NULL);
}

static void test_device_agrees(void **state)
{
    (void)state;
    static const struct reference_fully_connected shapes[] = {
        {1, 1, 1}, {3, 5, 7}, {9, 17, 11}, {2, 260, 3}, {16, 33, 48}, {1, 4099, 2}, {5, 3, 2053},
    };
    const size_t count = test_small() ? 4 : COUNT(shapes);
    struct device *device = device_check_open();
    for (size_t i = 0; i < count; i++) {
        const struct reference_fully_connected d = shapes[i];
        const struct tensor_type x = tensor_f32(d.N, 1, 1, d.I), y = tensor_f32(d.N, 1, 1, d.O);
        const struct tensor_type w = tensor_f32(1, 1, d.I, d.O);
        const struct tensor_type forward[] = {x, w}, data[] = {y, w}, weights[] = {x, y};
        device_check(device, OP_fully_connected_forward, NULL, forward, 2);
        device_check(device, OP_fully_connected_backward_data, NULL, data, 2);
        device_check(device, OP_fully_connected_backward_weights, NULL, weights, 2);
    }
    device_close(device);
}

const struct CMUnitTest fully_connected_tests[] = {
    cmocka_unit_test(test_forward_by_hand),
    cmocka_unit_test(test_gradients_by_hand),
    cmocka_unit_test(test_passes_are_adjoint),
    cmocka_unit_test(test_infer_gives_the_shapes),
    cmocka_unit_test(test_infer_refuses_what_does_not_fit),
    cmocka_unit_test(test_gradients),
    cmocka_unit_test(test_device_agrees),
};
const size_t fully_connected_test_count = COUNT(fully_connected_tests);
