/* Convolution by Fourier transforms: which calls it takes, how it cuts maps, what its passes share,
 * its bound, and the device on maps of several windows. */
#include <math.h>

#include "conv2d_call.h"
#include "device_check.h"
#include "ops/conv2d_fft.h"
#include "support.h"
#include "verify/host.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { FFT = 2 }; /* among conv2d's algorithms */

static const struct device_traits cpu = {.cpu = true,
                                         .vector_width = 16,
                                         .compute_units = 2,
                                         .local_bytes = 256 * 1024,
                                         .loop_limit = UINT64_MAX};

static void test_supports(void **state)
{
    (void)state;
    static const struct {
        struct layer layer;
        bool expected;
    } cases[] = {
        {{2, 8, 8, 16, 16, 3, 3, 1}, true},      {{2, 8, 8, 16, 16, 5, 5, 1}, true},
        {{1, 1, 1, 17, 33, 7, 3, 1}, true},      {{2, 8, 8, 16, 16, 3, 3, 2}, false},
        {{2, 200, 100, 16, 16, 5, 5, 1}, true},  {{2, 8, 8, 16, 16, 1, 3, 1}, false},
        {{2, 8, 8, 16, 16, 9, 9, 1}, false},     {{2, 8, 8, 15, 16, 3, 3, 1}, false},
        {{2, 8, 8, 16, 15, 3, 3, 1}, false},     {{64, 28, 28, 128, 64, 5, 5, 1}, true},
        {{1, 4, 4, 5000, 5000, 3, 3, 1}, false},
    };
    struct device_traits gpu = cpu, limited = cpu;
    gpu.cpu = false;
    limited.loop_limit = 65535;
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            const struct op_call call = conv2d_call(pass, &cases[i].layer);
            assert_int_equal(conv2d_fft_supports(&call, &cpu), cases[i].expected);
            assert_false(conv2d_fft_supports(&call, &gpu));
            assert_false(conv2d_fft_supports(&call, &limited));
        }
}

/* Every output lies in one window, and its taps within what the window reads or where it is 0. */
static void test_windows_cover_maps(void **state)
{
    (void)state;
    for (int taps = 1; taps <= 7; taps += 2)
        for (int size = 1; size <= 300; size++) {
            const struct conv2d_fft_axis a = conv2d_fft_axis_make(size, taps);
            const int border = taps / 2;
            assert_in_range(a.length, 4, FFT_MOST_LENGTH);
            assert_true(a.windows * a.step >= size && (a.windows - 1) * a.step < size);
            if (a.windows == 1) {
                assert_int_equal(a.last, size);
                assert_int_equal(a.before, 0);
                assert_true(a.length >= size + border);
            } else {
                assert_int_equal(a.before, border);
                assert_int_equal(a.last, a.length);
                assert_int_equal(a.step, a.length - 2 * border);
            }
        }
    assert_int_equal(conv2d_fft_axis_make(28, 5).length, 30);
    assert_int_equal(conv2d_fft_axis_make(14, 5).length, 16);
    assert_int_equal(conv2d_fft_axis_make(64, 5).windows, 2);
}

static struct op_form form_of(const struct op_call *call, int input)
{
    struct op_form form;
    assert_true(op_form_of(&op_get(call->kind)->algorithms[FFT], call, input, &cpu, &form));
    return form;
}

/* The spectra of x and dy serve two passes each; dy's not where windows overlap, since a border
 * would be counted twice in the weights' gradient. */
static void test_passes_share_spectra(void **state)
{
    (void)state;
    const struct layer one = {4, 28, 28, 64, 32, 5, 5, 1}, many = {4, 28, 90, 64, 32, 5, 5, 1};
    for (int i = 0; i < 2; i++) {
        const struct layer *l = i ? &many : &one;
        const struct op_call forward = conv2d_call(0, l), data = conv2d_call(1, l);
        const struct op_call weights = conv2d_call(2, l);
        const struct op_form x = form_of(&forward, 0), dy = form_of(&data, 0);
        const struct op_form x_again = form_of(&weights, 0), dy_again = form_of(&weights, 1);
        const struct op_form w = form_of(&forward, 1), w_turned = form_of(&data, 1);
        assert_true(op_form_equal(&x, &x_again));
        assert_int_equal(op_form_equal(&dy, &dy_again), i == 0);
        assert_false(op_form_equal(&x, &dy));
        assert_false(op_form_equal(&w, &w_turned));
    }
}

/* 3 real products for each of 5 * 8 frequencies, of a complex number each; maps of 8x5. */
static void test_flops_are_those_of_the_products(void **state)
{
    (void)state;
    const struct layer layer = {3, 7, 6, 16, 20, 3, 5, 1};
    for (int pass = 0; pass < 3; pass++) {
        struct op_call call = conv2d_call(pass, &layer);
        call.algorithm = FFT;
        assert_near(op_flops_done(&call), 2.0 * 3 * (4 * 8) * 3 * 16 * 20, 0);
    }
}

/* Not so wide that a lost term, of a size of 1, fits in. */
static void test_bound_is_tight(void **state)
{
    (void)state;
    static const struct layer layers[] = {
        {2, 9, 8, 16, 20, 3, 3, 1}, {2, 9, 8, 20, 16, 5, 5, 1}, {1, 60, 5, 16, 16, 5, 3, 1}};
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < COUNT(layers); i++) {
            struct verify_case item = {.call = conv2d_call(pass, &layers[i])};
            struct host_case host;
            double worst = 0;
            item.call.algorithm = FFT;
            assert_ok(host_create(&host, &item));
            assert_ok(host_compute(&host, false, 1));
            const size_t count = shape_count(item.call.out[0].shape);
            for (size_t k = 0; k < count; k++) {
                assert_true(host.bound[0][k] > 0);
                worst = fmax(worst, host.bound[0][k]);
            }
            host_free(&host);
            assert_true(worst < 0.002);
        }
}

static void test_device_agrees(void **state)
{
    (void)state;
    static const struct layer layers[] = {
        {1, 5, 3, 5, 6, 3, 3, 1}, /* for the narrow vectors of an interpreter, and small enough */
        {2, 3, 4, 16, 16, 3, 3, 1},
        {3, 5, 6, 17, 34, 7, 3, 1},
        {1, 50, 2, 16, 32, 3, 5, 1},

    };
    const size_t count = test_small() ? 1 : COUNT(layers);
    struct device *device = device_check_open();
    for (size_t i = 0; i < count; i++)
        for (int pass = 0; pass < 3; pass++) {
            const struct op_call call = conv2d_call(pass, &layers[i]);
            device_check(device, call.kind, &call.attributes, call.in, call.inputs);
        }
    device_close(device);
}

const struct CMUnitTest conv2d_fft_tests[] = {
    cmocka_unit_test(test_supports),
    cmocka_unit_test(test_windows_cover_maps),
    cmocka_unit_test(test_passes_share_spectra),
    cmocka_unit_test(test_flops_are_those_of_the_products),
    cmocka_unit_test(test_bound_is_tight),
    cmocka_unit_test(test_device_agrees),
};
const size_t conv2d_fft_test_count = COUNT(conv2d_fft_tests);
