#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "data/grid.h"
#include "data/png.h"

/* 2 styles of 1x2 pixels, 3 contents of 2x1, each a value of its own. */
static const uint8_t contents[] = {10, 11, 20, 21, 30, 31};
static const uint8_t styles[] = {100, 101, 110, 111};
static const uint8_t cells[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14};

static struct grid sheet(int scale)
{
    return (struct grid){.rows = 2,
                         .columns = 3,
                         .height = 2,
                         .width = 1,
                         .channels = 1,
                         .style_height = 1,
                         .style_width = 2,
                         .contents = contents,
                         .styles = styles,
                         .cells = cells,
                         .scale = scale};
}

static void assert_square(const struct image *image, int top, int left, int side, int value)
{
    for (int y = top; y < top + side; y++) {
        for (int x = left; x < left + side; x++) {
            int found = image->pixels[(size_t)y * (size_t)image->width + (size_t)x];
            if (found != value) fail_msg("(%d, %d) is %d, not %d", y, x, found, value);
        }
    }
}

/* Every pixel of every picture is where it belongs, and all others are grey. */
static void check_places(int scale)
{
    struct grid grid = sheet(scale);
    struct image image;
    assert_ok(grid_draw(&grid, &image));
    int first_row = 2 * scale + 6, first_column = 2 * scale + 6;
    assert_int_equal(image.height, first_row + 2 * 2 * scale + 2);
    assert_int_equal(image.width, first_column + 3 * scale + 2 * 2);
    assert_int_equal(image.channels, 1);
    for (int c = 0; c < 3; c++) {
        int left = first_column + c * (scale + 2);
        for (int y = 0; y < 2; y++) {
            assert_square(&image, y * scale, left, scale, contents[c * 2 + y]);
            for (int r = 0; r < 2; r++) {
                int top = first_row + r * (2 * scale + 2) + y * scale;
                assert_square(&image, top, left, scale, cells[(r * 3 + c) * 2 + y]);
            }
        }
    }
    for (int r = 0; r < 2; r++) {
        int top = first_row + r * (2 * scale + 2);
        for (int x = 0; x < 2; x++) assert_square(&image, top, x * scale, scale, styles[r * 2 + x]);
    }
    int grey = 0;
    for (size_t i = 0; i < image_bytes(&image); i++) grey += image.pixels[i] == 128;
    assert_int_equal(grey, image.height * image.width - (6 + 4 + 12) * scale * scale);
    image_free(&image);
}

static void test_places(void **state)
{
    (void)state;
    for (int scale = 1; scale <= 3; scale++) check_places(scale);
}

static void test_colour(void **state)
{
    (void)state;
    const uint8_t red[] = {255, 0, 0}, green[] = {0, 255, 0}, blue[] = {0, 0, 255};
    const struct grid grid = {.rows = 1,
                              .columns = 1,
                              .height = 1,
                              .width = 1,
                              .channels = 3,
                              .style_height = 1,
                              .style_width = 1,
                              .contents = red,
                              .styles = green,
                              .cells = blue,
                              .scale = 1};
    struct image image;
    assert_ok(grid_draw(&grid, &image));
    assert_int_equal(image.height, 8);
    assert_int_equal(image.width, 8);
    assert_memory_equal(image.pixels + 7 * 3, red, 3);
    assert_memory_equal(image.pixels + 7 * 8 * 3, green, 3);
    assert_memory_equal(image.pixels + (7 * 8 + 7) * 3, blue, 3);
    image_free(&image);
}

/* 28 pixels become 84; a photograph stays as it is. */
static void test_scale_chosen(void **state)
{
    (void)state;
    static const int expected[][2] = {{1, 8}, {10, 8}, {28, 3}, {32, 3}, {64, 1}, {250, 1}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        int side = expected[i][0];
        uint8_t *pixels = calloc((size_t)side * (size_t)side, 1);
        const struct grid grid = {.rows = 1,
                                  .columns = 1,
                                  .height = side,
                                  .width = side,
                                  .channels = 1,
                                  .style_height = side,
                                  .style_width = side,
                                  .contents = pixels,
                                  .styles = pixels,
                                  .cells = pixels};
        struct image image;
        assert_non_null(pixels);
        assert_ok(grid_draw(&grid, &image));
        assert_int_equal(image.width, 2 * side * expected[i][1] + 6);
        image_free(&image);
        free(pixels);
    }
}

static void test_too_large(void **state)
{
    (void)state;
    struct grid grid = sheet(8);
    struct image image;
    grid.columns = 2000000; /* nothing is read before the size is refused */
    assert_status(SAAE_USAGE, grid_draw(&grid, &image));
    assert_message_contains("2 styles and 2000000 contents");
    assert_null(image.pixels);
}

static void test_file(void **state)
{
    (void)state;
    struct grid grid = sheet(2);
    struct image image, back;
    const char *path = test_path("grid.png");
    assert_ok(grid_write(path, &grid));
    assert_ok(grid_draw(&grid, &image));
    assert_ok(png_read(path, &back));
    assert_int_equal(image_bytes(&image), image_bytes(&back));
    assert_memory_equal(image.pixels, back.pixels, image_bytes(&image));
    image_free(&image);
    image_free(&back);
    assert_status(SAAE_IO, grid_write("/proc/grid.png", &grid));
}

static void test_floats(void **state)
{
    (void)state;
    const float values[] = {0.0f, 1.0f, 0.5f, -3.0f, 7.0f, NAN, 0.1f / 255.0f, 0.9f / 255.0f};
    const uint8_t expected[] = {0, 255, 128, 0, 255, 0, 0, 1};
    uint8_t bytes[8];
    grid_bytes_from_floats(values, 8, bytes);
    assert_memory_equal(bytes, expected, 8);
}

const struct CMUnitTest grid_tests[] = {
    cmocka_unit_test(test_places),       cmocka_unit_test(test_colour),
    cmocka_unit_test(test_scale_chosen), cmocka_unit_test(test_too_large),
    cmocka_unit_test(test_file),         cmocka_unit_test(test_floats),
};
const size_t grid_test_count = sizeof grid_tests / sizeof *grid_tests;
