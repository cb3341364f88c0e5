/* Convolution: the reference on cases worked out by hand, adjoint identities, refusals, gradients,
 * and the device on shapes that cut tiles and vectors. */
#include "base/rng.h"
#include "device_check.h"
#include "gradcheck.h"
#include "reference/conv2d.h"
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_values(const double *actual, const double *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) assert_near(actual[i], expected[i], 1e-12);
}

/* x and w are 1..9 in rows of three. The middle is 1 + 4 + 9 + ... + 81 = 285; the corner sees the
 * pixels 1 2 4 5 under the taps 5 6 8 9: 5 + 12 + 32 + 45 = 94. */
static void test_a_square_filter_by_hand(void **state)
{
    (void)state;
    const struct reference_conv2d d = {
        .N = 1, .H = 3, .W = 3, .C = 1, .P = 3, .Q = 3, .K = 1, .R = 3, .S = 3, .stride = 1};
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const double expected[] = {94, 154, 106, 186, 285, 186, 106, 154, 94};
    double y[9];
    reference_conv2d_forward(&d, x, x, y);
    assert_values(y, expected, COUNT(y));
}

/* Three rows, one column of taps 1, 10, 100: y = above + 10 * here + 100 * below. */
static void test_a_column_filter_by_hand(void **state)
{
    (void)state;
    const struct reference_conv2d d = {
        .N = 1, .H = 3, .W = 2, .C = 1, .P = 3, .Q = 2, .K = 1, .R = 3, .S = 1, .stride = 1};
    const double x[] = {1, 2, 3, 4, 5, 6}, w[] = {1, 10, 100};
    const double expected[] = {310, 420, 531, 642, 53, 64};
    double y[6];
    reference_conv2d_forward(&d, x, w, y);
    assert_values(y, expected, COUNT(y));
}

/* One row of five pixels with two channels (i, 10 i), three taps (1 2) (3 4) (5 6), stride 2. */
static const struct reference_conv2d row = {
    .N = 1, .H = 1, .W = 5, .C = 2, .P = 1, .Q = 3, .K = 1, .R = 1, .S = 3, .stride = 2};
static const double row_x[] = {1, 10, 2, 20, 3, 30, 4, 40, 5, 50};
static const double row_w[] = {1, 2, 3, 4, 5, 6};
static const double row_dy[] = {1, 2, 3};

/* Output 0 is centred on pixel 0: (3 + 40) + (10 + 120); output 1 on pixel 2: (2 + 40) + (9 + 120)
 * + (20 + 240); output 2 on pixel 4: (4 + 80) + (15 + 200). */
static void test_stride_by_hand(void **state)
{
    (void)state;
    const double expected[] = {173, 431, 299};
    double y[3];
    reference_conv2d_forward(&row, row_x, row_w, y);
    assert_values(y, expected, COUNT(y));
}

/* Even pixels are under the middle tap of one output: dx = dy (3 4). Odd ones are under the last
 * tap of the output before and the first of the one behind: pixel 1 has 1 (5 6) + 2 (1 2). */
static void test_backward_data_by_hand(void **state)
{
    (void)state;
    const double expected[] = {3, 4, 7, 10, 6, 8, 13, 18, 9, 12};
    double dx[10];
    reference_conv2d_backward_data(&row, row_dy, row_w, dx);
    assert_values(dx, expected, COUNT(dx));
}

/* Tap 0 meets pixels 1 and 3 at outputs 1 and 2: 2*2 + 3*4 = 16; tap 1 pixels 0, 2, 4:
 * 1*1 + 2*3 + 3*5 = 22; tap 2 pixels 1 and 3 at outputs 0 and 1: 1*2 + 2*4 = 10. */
static void test_backward_weights_by_hand(void **state)
{
    (void)state;
    const double expected[] = {16, 160, 22, 220, 10, 100};
    double dw[6];
    reference_conv2d_backward_weights(&row, row_x, row_dy, dw);
    assert_values(dw, expected, COUNT(dw));
}

/* Two images, channels that mix: y[n][k] = sum over c of x[n][c] w[c][k] for one pixel, 1x1. */
static void test_channels_and_batch_by_hand(void **state)
{
    (void)state;
    const struct reference_conv2d d = {
        .N = 2, .H = 1, .W = 1, .C = 2, .P = 1, .Q = 1, .K = 3, .R = 1, .S = 1, .stride = 1};
    const double x[] = {1, 2, 3, 4}, w[] = {1, 10, 100, 5, 50, 500};
    const double expected[] = {11, 110, 1100, 23, 230, 2300};
    double y[6];
    reference_conv2d_forward(&d, x, w, y);
    assert_values(y, expected, COUNT(y));
}

static double *random_values(size_t count, uint32_t step)
{
    const struct rng rng = {.seed = 1, .purpose = RNG_VERIFY, .step = step};
    double *values = test_malloc(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = rng_normal(&rng, i);
    return values;
}

static double dot(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

/* <conv(x, w), y> = <x, conv^T(y, w)> = <w, weights(x, y)> for any x, w and y. */
static void check_adjoints(const struct reference_conv2d *d)
{
    size_t nx = (size_t)(d->N * d->H * d->W * d->C), ny = (size_t)(d->N * d->P * d->Q * d->K);
    size_t nw = (size_t)(d->R * d->S * d->C * d->K);
    double *x = random_values(nx, 1), *y = random_values(ny, 2), *w = random_values(nw, 3);
    double *out = test_malloc(ny * sizeof *out), *dx = test_malloc(nx * sizeof *dx);
    double *dw = test_malloc(nw * sizeof *dw);
    reference_conv2d_forward(d, x, w, out);
    reference_conv2d_backward_data(d, y, w, dx);
    reference_conv2d_backward_weights(d, x, y, dw);
    const double expected = dot(out, y, ny);
    assert_near(dot(x, dx, nx), expected, 1e-9);
    assert_near(dot(w, dw, nw), expected, 1e-9);
    double *all[] = {x, y, w, out, dx, dw};
    for (size_t i = 0; i < COUNT(all); i++) test_free(all[i]);
}

static void test_passes_are_adjoint(void **state)
{
    (void)state;
    static const struct reference_conv2d shapes[] = {
        {.N = 2, .H = 5, .W = 4, .C = 3, .P = 5, .Q = 4, .K = 2, .R = 3, .S = 5, .stride = 1},
        {.N = 1, .H = 6, .W = 7, .C = 2, .P = 3, .Q = 4, .K = 3, .R = 5, .S = 3, .stride = 2},
        {.N = 3, .H = 1, .W = 1, .C = 4, .P = 1, .Q = 1, .K = 5, .R = 7, .S = 7, .stride = 2},
        {.N = 1, .H = 8, .W = 2, .C = 1, .P = 4, .Q = 1, .K = 1, .R = 1, .S = 3, .stride = 2},
    };
    for (size_t i = 0; i < COUNT(shapes); i++) check_adjoints(&shapes[i]);
}

static void test_infer_gives_the_shapes(void **state)
{
    (void)state;
    struct op_call call;
    struct op_attributes a = {.stride = 2};
    const struct tensor_type forward[] = {tensor_f32(4, 7, 8, 3), tensor_f32(5, 3, 3, 6)};
    assert_ok(op_prepare(&call, OP_conv2d_forward, &a, forward, 2));
    assert_int_equal(call.outputs, 1);
    assert_true(shape_equal(call.out[0].shape, (struct shape){4, 4, 4, 6}));
    assert_true(call.out[0].dtype == DTYPE_F32);
    assert_true(op_cost_of(&call).flops == 2.0 * 4 * 4 * 4 * 6 * 5 * 3 * 3);
    assert_true(op_reduction_of(&call) == 5 * 3 * 3);

    const struct tensor_type data[] = {tensor_f32(4, 4, 4, 6), forward[1]};
    a = (struct op_attributes){.stride = 2, .height = 7, .width = 8};
    assert_ok(op_prepare(&call, OP_conv2d_backward_data, &a, data, 2));
    assert_true(shape_equal(call.out[0].shape, forward[0].shape));

    const struct tensor_type weights[] = {forward[0], data[0]};
    a = (struct op_attributes){.stride = 2, .filter_h = 5, .filter_w = 3};
    assert_ok(op_prepare(&call, OP_conv2d_backward_weights, &a, weights, 2));
    assert_true(shape_equal(call.out[0].shape, forward[1].shape));
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
    const struct tensor_type x = tensor_f32(2, 8, 8, 3), w = tensor_f32(3, 3, 3, 4);
    const struct tensor_type y = tensor_f32(2, 8, 8, 4);
    const struct op_attributes one = {.stride = 1};
    struct tensor_type bytes = x;
    bytes.dtype = DTYPE_U8;
    refuse(OP_conv2d_forward, (struct op_attributes){0}, x, w, "stride must be 1 or 2, it is 0");
    refuse(OP_conv2d_forward, (struct op_attributes){.stride = 3}, x, w, "it is 3");
    refuse(OP_conv2d_forward, one, bytes, w, "must hold floats");
    refuse(OP_conv2d_forward, one, x, tensor_f32(3, 2, 3, 4), "not 3x2");
    refuse(OP_conv2d_forward, one, x, tensor_f32(4, 3, 3, 4), "not 4x3");
    refuse(OP_conv2d_forward, one, x, tensor_f32(3, 3, 5, 4), "channels of x");
    refuse(OP_conv2d_forward, one, tensor_f32(65536, 256, 256, 3), w, "2^31");
    refuse(OP_conv2d_forward, one, tensor_f32(1, 1, 1 << 20, 1200), tensor_f32(1, 3, 1200, 1),
           "a row of an image with its border");
    refuse(OP_conv2d_backward_data, (struct op_attributes){.stride = 1}, y, w, "height 0");
    refuse(OP_conv2d_backward_data, (struct op_attributes){.stride = 2, .height = 8, .width = 8}, y,
           w, "does not give dy");
    refuse(OP_conv2d_backward_data, (struct op_attributes){.stride = 1, .height = 8, .width = 8}, x,
           w, "channels of dy");
    refuse(OP_conv2d_backward_weights, one, x, y, "odd numbers of rows and columns, not 0x0");
    refuse(OP_conv2d_backward_weights,
           (struct op_attributes){.stride = 2, .filter_h = 3, .filter_w = 3}, x, y,
           "not the output of x with stride 2");
    refuse(OP_conv2d_backward_weights,
           (struct op_attributes){.stride = 1, .filter_h = 3, .filter_w = 3}, x,
           tensor_f32(3, 8, 8, 4), "not the output of x");
}

static void test_gradients(void **state)
{
    (void)state;
    for (int stride = 1; stride <= 2; stride++) {
        const int p = (6 - 1) / stride + 1, q = (5 - 1) / stride + 1;
        const struct tensor_type forward[] = {tensor_f32(2, 6, 5, 3), tensor_f32(3, 5, 3, 4)};
        struct op_attributes a = {.stride = stride};
        gradcheck(OP_conv2d_forward, &a, forward, 2, NULL);
        const struct tensor_type data[] = {tensor_f32(2, p, q, 4), forward[1]};
        a = (struct op_attributes){.stride = stride, .height = 6, .width = 5};
        gradcheck(OP_conv2d_backward_data, &a, data, 2, NULL);
    }
}

static void check_on_device(struct device *device, const struct reference_conv2d *d)
{
    const int P = (d->H - 1) / d->stride + 1, Q = (d->W - 1) / d->stride + 1;
    const struct tensor_type x = tensor_f32(d->N, d->H, d->W, d->C);
    const struct tensor_type w = tensor_f32(d->R, d->S, d->C, d->K);
    const struct tensor_type y = tensor_f32(d->N, P, Q, d->K);
    const struct op_attributes forward = {.stride = d->stride};
    const struct op_attributes data = {.stride = d->stride, .height = d->H, .width = d->W};
    const struct op_attributes weights = {.stride = d->stride, .filter_h = d->R, .filter_w = d->S};
    device_check(device, OP_conv2d_forward, &forward, (struct tensor_type[]){x, w}, 2);
    device_check(device, OP_conv2d_backward_data, &data, (struct tensor_type[]){y, w}, 2);
    device_check(device, OP_conv2d_backward_weights, &weights, (struct tensor_type[]){x, y}, 2);
}

static void test_device_agrees(void **state)
{
    (void)state;
    static const struct reference_conv2d shapes[] = {
        {.N = 1, .H = 1, .W = 1, .C = 1, .K = 1, .R = 3, .S = 3, .stride = 1},
        {.N = 2, .H = 3, .W = 5, .C = 3, .K = 17, .R = 3, .S = 5, .stride = 1},
        {.N = 2, .H = 4, .W = 7, .C = 16, .K = 1, .R = 3, .S = 3, .stride = 1}, /* thin */
        {.N = 1, .H = 5, .W = 6, .C = 5, .K = 3, .R = 5, .S = 3, .stride = 2},
        {.N = 3, .H = 2, .W = 15, .C = 1, .K = 16, .R = 1, .S = 3, .stride = 1},
        {.N = 1, .H = 4, .W = 29, .C = 4, .K = 33, .R = 3, .S = 1, .stride = 2},
    };
    const size_t count = test_small() ? 4 : COUNT(shapes);
    struct device *device = device_check_open();
    for (size_t i = 0; i < count; i++) check_on_device(device, &shapes[i]);
    device_close(device);
}

/* Few output channels on a GPU, where items share a tile: input channels for some turns of all of
 * them and for a part of one, tiles that a row and a group cut. */
static void test_gpus_agree_on_few_channels(void **state)
{
    (void)state;
    static const struct reference_conv2d shapes[] = {
        {.N = 2, .H = 2, .W = 5, .C = 20, .K = 3, .R = 3, .S = 3, .stride = 1},
        {.N = 1, .H = 5, .W = 9, .C = 136, .K = 1, .R = 5, .S = 5, .stride = 2},
        {.N = 3, .H = 3, .W = 17, .C = 16, .K = 4, .R = 3, .S = 5, .stride = 1},
    };
    struct device *device = device_check_open();
    device_treat_as_gpu(device);
    for (size_t i = 0; i < (test_small() ? 1 : COUNT(shapes)); i++)
        check_on_device(device, &shapes[i]);
    device_close(device);
}

const struct CMUnitTest conv2d_tests[] = {
    cmocka_unit_test(test_a_square_filter_by_hand),
    cmocka_unit_test(test_a_column_filter_by_hand),
    cmocka_unit_test(test_stride_by_hand),
    cmocka_unit_test(test_backward_data_by_hand),
    cmocka_unit_test(test_backward_weights_by_hand),
    cmocka_unit_test(test_channels_and_batch_by_hand),
    cmocka_unit_test(test_passes_are_adjoint),
    cmocka_unit_test(test_infer_gives_the_shapes),
    cmocka_unit_test(test_infer_refuses_what_does_not_fit),
    cmocka_unit_test(test_gradients),
    cmocka_unit_test(test_device_agrees),
    cmocka_unit_test(test_gpus_agree_on_few_channels),
};
const size_t conv2d_test_count = COUNT(conv2d_tests);
