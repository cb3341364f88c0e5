#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/files.h"
#include "data/glyph.h"

static struct glyph_font *open_font(void)
{
    struct glyph_font *font = NULL;
    if (!file_exists("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")) {
        test_skip("fonts-dejavu-core: the package is not installed");
    }
    assert_ok(glyph_font_open(NULL, &font));
    return font;
}

/* The rows and columns that hold ink (more than `threshold`), as first and last. */
struct extents {
    int top, bottom, left, right;
};

static struct extents ink_extents(const struct image *image, int threshold)
{
    struct extents ink = {image->height, -1, image->width, -1};
    for (int y = 0; y < image->height; y++) {
        for (int x = 0; x < image->width; x++) {
            if (image->pixels[y * image->width + x] <= threshold) continue;
            if (y < ink.top) ink.top = y;
            if (y > ink.bottom) ink.bottom = y;
            if (x < ink.left) ink.left = x;
            if (x > ink.right) ink.right = x;
        }
    }
    return ink;
}

static void test_digits_fill_the_frame(void **state)
{
    (void)state;
    struct glyph_font *font = open_font();
    struct glyph_options options = glyph_default_options(28, 28);
    assert_near(options.margin, 4, 1e-12);
    for (uint32_t digit = '0'; digit <= '9'; digit++) {
        struct image image = {0};
        assert_ok(glyph_render(font, digit, &options, &image));
        assert_shape(&image, 28, 28, 1);
        struct extents ink = ink_extents(&image, 0), core = ink_extents(&image, 40);
        assert_true(ink.top >= 3 && ink.bottom <= 24); /* a 64th of a pixel may stick out */
        assert_int_equal(core.top, 4);
        assert_int_equal(core.bottom, 23);
        assert_true(abs(ink.left - (27 - ink.right)) <= 1); /* centred */
        image_free(&image);
    }
    glyph_font_close(font);
}

/* The grey values add up to the area of the outline: "-" (U+002D) is a rectangle. */
static void test_coverage_is_exact(void **state)
{
    (void)state;
    struct glyph_font *font = open_font();
    struct glyph_options options = {.height = 40, .width = 40, .channels = 1, .margin = 5};
    struct image image = {0};
    assert_ok(glyph_render(font, '-', &options, &image));
    struct extents ink = ink_extents(&image, 0);
    double sum = 0, row = 0;
    for (int i = 0; i < 1600; i++) sum += image.pixels[i] / 255.0;
    for (int y = 0; y < 40; y++) row += image.pixels[y * 40 + 20] / 255.0;
    assert_int_equal(ink.left, 5);
    assert_int_equal(ink.right, 34);
    assert_near(sum, 30 * row, 0.5);
    image_free(&image);
    glyph_font_close(font);
}

static void test_ink_and_channels(void **state)
{
    (void)state;
    struct glyph_font *font = open_font();
    struct glyph_options options = glyph_default_options(20, 30);
    struct image white = {0}, black = {0}, again = {0};
    assert_ok(glyph_render(font, 'g', &options, &white));
    assert_ok(glyph_render(font, 'g', &options, &again));
    assert_memory_equal(white.pixels, again.pixels, 600);
    options.ink = GLYPH_BLACK_ON_WHITE;
    options.channels = 3;
    assert_ok(glyph_render(font, 'g', &options, &black));
    assert_shape(&black, 20, 30, 3);
    for (int i = 0; i < 1800; i++) {
        assert_int_equal(black.pixels[i], 255 - white.pixels[i / 3]);
    }
    image_free(&white);
    image_free(&again);
    image_free(&black);
    glyph_font_close(font);
}

static void test_sizes(void **state)
{
    (void)state;
    struct glyph_font *font = open_font();
    struct glyph_options options = glyph_default_options(28, 28);
    struct image fitted = {0}, sized = {0};
    double size = 0;
    assert_ok(glyph_fit(font, 'O', &options, &size));
    assert_true(size > 20 && size < 35);
    assert_ok(glyph_render(font, 'O', &options, &fitted));
    options.size = size;
    assert_ok(glyph_render(font, 'O', &options, &sized));
    assert_memory_equal(fitted.pixels, sized.pixels, 784);
    image_free(&sized);
    options.size = 100;
    assert_status(SAAE_USAGE, glyph_render(font, 'O', &options, &sized));
    assert_message_contains("U+004F at 100 pixels per em is");
    image_free(&fitted);
    image_free(&sized);
    glyph_font_close(font);
}

static void test_descenders_are_centred(void **state)
{
    (void)state;
    struct glyph_font *font = open_font();
    struct glyph_options options = {.height = 28, .width = 30, .channels = 1, .size = 17};
    for (const char *at = "ygQ,%"; *at; at++) {
        struct image image = {0};
        assert_ok(glyph_render(font, (uint32_t)*at, &options, &image));
        struct extents ink = ink_extents(&image, 0);
        assert_true(abs(ink.top - (27 - ink.bottom)) <= 1);
        assert_true(abs(ink.left - (29 - ink.right)) <= 1);
        image_free(&image);
    }
    glyph_font_close(font);
}

static void test_faults(void **state)
{
    (void)state;
    struct glyph_font *font = open_font(), *none = NULL;
    struct glyph_options options = glyph_default_options(28, 28);
    struct image image = {0};
    double size = 0;
    assert_status(SAAE_INPUT, glyph_render(font, 0x4eac, &options, &image));
    assert_message_contains("no character U+4EAC");
    assert_message_contains(glyph_font_path(font));
    assert_status(SAAE_INPUT, glyph_fit(font, 0x4eac, &options, &size));
    assert_status(SAAE_INPUT, glyph_render(font, ' ', &options, &image));
    assert_message_contains("U+0020 draws nothing");
    static const struct glyph_options wrong[] = {
        {.height = 0, .width = 28, .channels = 1},
        {.height = 28, .width = 16385, .channels = 1},
        {.height = 28, .width = 28, .channels = 2},
        {.height = 28, .width = 28, .channels = 1, .margin = -1},
        {.height = 28, .width = 28, .channels = 1, .margin = 14},
        {.height = 28, .width = 28, .channels = 1, .margin = NAN},
        {.height = 28, .width = 28, .channels = 1, .size = -1},
        {.height = 28, .width = 28, .channels = 1, .size = INFINITY},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_status(SAAE_USAGE, glyph_render(font, 'a', &wrong[i], &image));
    }
    glyph_font_close(font);
    assert_status(SAAE_INPUT, glyph_font_open(test_path("none.ttf"), &none));
    assert_message_contains("none.ttf");
    assert_status(SAAE_INPUT, glyph_font_open(test_write_text("no.ttf", "text"), &none));
    assert_message_contains("no.ttf' is not a sound font file");
    assert_null(none);
}

const struct CMUnitTest glyph_tests[] = {
    cmocka_unit_test(test_digits_fill_the_frame),  cmocka_unit_test(test_coverage_is_exact),
    cmocka_unit_test(test_ink_and_channels),       cmocka_unit_test(test_sizes),
    cmocka_unit_test(test_descenders_are_centred), cmocka_unit_test(test_faults),
};
const size_t glyph_test_count = sizeof glyph_tests / sizeof *glyph_tests;
