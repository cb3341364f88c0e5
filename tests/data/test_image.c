#include "support.h"

#include <string.h>

#include "data/files.h"
#include "data/image.h"

static void test_size_limits(void **state)
{
    (void)state;
    assert_ok(image_check_size("x.png", 1, 1));
    assert_ok(image_check_size("x.png", 16384, 15625)); /* 256 million */
    assert_status(SAAE_INPUT, image_check_size("x.png", 16384, 15626));
    assert_status(SAAE_INPUT, image_check_size("x.png", 16385, 1));
    assert_status(SAAE_INPUT, image_check_size("x.png", 1, 16385));
    assert_status(SAAE_INPUT, image_check_size("x.png", 0, 1));
    assert_status(SAAE_INPUT, image_check_size("x.png", UINT64_MAX, UINT64_MAX));
    assert_message_contains("'x.png'");
    assert_message_contains("18446744073709551615x");
}

static void test_converts(void **state)
{
    (void)state;
    uint8_t colours[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 10, 20, 30};
    static const uint8_t luma[] = {76, 150, 29, 255, 18}; /* 76.245, 149.685, 29.07, 255, 18.15 */
    struct image rgb = {1, 5, 3, colours}, grey = {0}, back = {0}, same = {0};
    assert_ok(image_convert(&rgb, 1, &grey));
    assert_shape(&grey, 1, 5, 1);
    assert_memory_equal(grey.pixels, luma, sizeof luma);
    assert_ok(image_convert(&grey, 3, &back));
    assert_shape(&back, 1, 5, 3);
    for (int i = 0; i < 15; i++) assert_int_equal(back.pixels[i], luma[i / 3]);
    assert_ok(image_convert(&rgb, 3, &same));
    assert_memory_equal(same.pixels, colours, sizeof colours);
    image_free(&grey);
    image_free(&back);
    image_free(&same);
    assert_null(same.pixels);
    image_free(&same);
}

static void test_same_size_is_a_copy(void **state)
{
    (void)state;
    struct image image = make_image(5, 7, 3, 1), copy = {0};
    assert_ok(image_resize(&image, 5, 7, &copy));
    assert_memory_equal(copy.pixels, image.pixels, image_bytes(&image));
    image_free(&image);
    image_free(&copy);
}

static void test_shrinks_by_area(void **state)
{
    (void)state;
    uint8_t pixels[] = {0, 10, 20, 30, 40, 50}; /* 2 x 3 */
    struct image image = {2, 3, 1, pixels}, out = {0};
    assert_ok(image_resize(&image, 1, 1, &out));
    assert_int_equal(out.pixels[0], 25);
    image_free(&out);
    /* Three columns onto two: (1 a + 1/2 b) / 1.5 and (1/2 b + 1 c) / 1.5 */
    assert_ok(image_resize(&image, 2, 2, &out));
    static const uint8_t expected[] = {3, 17, 33, 47}; /* 3.33, 16.67, 33.33, 46.67 */
    assert_memory_equal(out.pixels, expected, sizeof expected);
    image_free(&out);
}

static void test_grows_linearly(void **state)
{
    (void)state;
    uint8_t pixels[] = {0, 100};
    struct image image = {1, 2, 1, pixels}, out = {0};
    assert_ok(image_resize(&image, 2, 4, &out));
    static const uint8_t expected[] = {0, 25, 75, 100, 0, 25, 75, 100};
    assert_memory_equal(out.pixels, expected, sizeof expected);
    image_free(&out);
}

/* A constant picture stays constant at any size, and the mean of an enlargement's shrinking is
 * that of the original: no weight is lost or counted twice. */
static void test_weights_add_up(void **state)
{
    (void)state;
    struct image image = {0}, out = {0};
    assert_ok(image_create(&image, 13, 29, 1));
    memset(image.pixels, 201, image_bytes(&image));
    static const int sizes[][2] = {{1, 1}, {7, 50}, {64, 3}, {13, 28}, {12, 30}, {100, 100}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        assert_ok(image_resize(&image, sizes[s][0], sizes[s][1], &out));
        assert_shape(&out, sizes[s][0], sizes[s][1], 1);
        for (size_t i = 0; i < image_bytes(&out); i++) assert_int_equal(out.pixels[i], 201);
        image_free(&out);
    }
    image_free(&image);
}

/* Against the plain definition in floating point. */
static void test_area_mean_of_channels(void **state)
{
    (void)state;
    struct image image = make_image(11, 17, 3, 5), out = {0};
    assert_ok(image_resize(&image, 4, 5, &out));
    for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 5; x++) {
            for (int c = 0; c < 3; c++) {
                double top = y * 11 / 4.0, left = x * 17 / 5.0, sum = 0;
                for (int i = 0; i < 11; i++) {
                    for (int j = 0; j < 17; j++) {
                        double high =
                            (i + 1 < top + 2.75 ? i + 1 : top + 2.75) - (i > top ? i : top);
                        double wide =
                            (j + 1 < left + 3.4 ? j + 1 : left + 3.4) - (j > left ? j : left);
                        if (high <= 0 || wide <= 0) continue;
                        sum += high * wide * image.pixels[(i * 17 + j) * 3 + c];
                    }
                }
                assert_near(out.pixels[(y * 5 + x) * 3 + c], sum / (2.75 * 3.4), 0.5 + 1e-9);
            }
        }
    }
    image_free(&image);
    image_free(&out);
}

const struct CMUnitTest image_tests[] = {
    cmocka_unit_test(test_size_limits),           cmocka_unit_test(test_converts),
    cmocka_unit_test(test_same_size_is_a_copy),   cmocka_unit_test(test_shrinks_by_area),
    cmocka_unit_test(test_grows_linearly),        cmocka_unit_test(test_weights_add_up),
    cmocka_unit_test(test_area_mean_of_channels),
};
const size_t image_test_count = sizeof image_tests / sizeof *image_tests;
