#include "support.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/files.h"
#include "data/png.h"

/* A PNG of any kind, written with libpng itself. `palette` counts its colours, (40 i, 10 i, i). */
struct kind {
    int depth, colour, interlace, palette;
    bool transparent; /* tRNS: palette entry 0, or the value 0 */
};

static const char *write_kind(const struct kind *kind, int width, int height, const uint8_t *rows,
                              size_t row_bytes)
{
    const char *path = test_path("kind.png");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_color colours[256];
    png_byte alphas[1] = {0};
    png_color_16 clear = {0};
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    png_init_io(png, stream);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, kind->depth, kind->colour,
                 kind->interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    for (int i = 0; i < kind->palette; i++) {
        colours[i] = (png_color){(png_byte)(40 * i), (png_byte)(10 * i), (png_byte)i};
    }
    if (kind->palette) png_set_PLTE(png, info, colours, kind->palette);
    if (kind->transparent) png_set_tRNS(png, info, alphas, kind->palette ? 1 : 0, &clear);
    png_write_info(png, info);
    int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++) {
        for (int y = 0; y < height; y++) png_write_row(png, rows + (size_t)y * row_bytes);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(stream);
    return path;
}

static void assert_kind(struct kind kind, const uint8_t *rows, size_t row_bytes, int channels,
                        const uint8_t *expected)
{
    struct image image = {0};
    int width = 4, height = 2;
    assert_ok(png_read(write_kind(&kind, width, height, rows, row_bytes), &image));
    assert_shape(&image, height, width, channels);
    assert_memory_equal(image.pixels, expected, image_bytes(&image));
    image_free(&image);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        struct image image = make_image(9, 14, channels, 3), back = {0};
        const char *path = test_path("a.png");
        assert_ok(png_write(path, &image));
        assert_ok(png_read(path, &back));
        assert_shape(&back, 9, 14, channels);
        assert_memory_equal(back.pixels, image.pixels, image_bytes(&image));
        image_free(&image);
        image_free(&back);
    }
}

static void test_few_bits(void **state)
{
    (void)state;
    static const uint8_t one[] = {0x50, 0xa0}, two[] = {0x1b, 0xe4};
    static const uint8_t white[] = {0, 255, 0, 255, 255, 0, 255, 0};
    static const uint8_t quarters[] = {0, 85, 170, 255, 255, 170, 85, 0};
    assert_kind((struct kind){.depth = 1, .colour = PNG_COLOR_TYPE_GRAY}, one, 1, 1, white);
    assert_kind((struct kind){.depth = 2, .colour = PNG_COLOR_TYPE_GRAY}, two, 1, 1, quarters);
}

static void test_palette(void **state)
{
    (void)state;
    static const uint8_t two[] = {0x1b, 0xe4}; /* indices 0 1 2 3 / 3 2 1 0 */
    static const uint8_t opaque[] = {0,   0,  0, 40, 10, 1, 80, 20, 2, 120, 30, 3,
                                     120, 30, 3, 80, 20, 2, 40, 10, 1, 0,   0,  0};
    uint8_t clear[sizeof opaque];
    memcpy(clear, opaque, sizeof clear);
    memset(clear, 255, 3);
    memset(clear + sizeof clear - 3, 255, 3);
    struct kind kind = {.depth = 2, .colour = PNG_COLOR_TYPE_PALETTE, .palette = 4};
    assert_kind(kind, two, 1, 3, opaque);
    kind.transparent = true;
    assert_kind(kind, two, 1, 3, clear);
}

static void test_sixteen_bits(void **state)
{
    (void)state;
    /* 0x807f / 257 = 127.99: rounded to 128; 0x7f80 / 257 = 127.00 */
    static const uint8_t grey[] = {0, 0, 0xff, 0xff, 0x80, 0x7f, 0x7f, 0x80,
                                   0, 0, 0xff, 0xff, 0x80, 0x7f, 0x7f, 0x80};
    static const uint8_t expected[] = {0, 255, 128, 127, 0, 255, 128, 127};
    assert_kind((struct kind){.depth = 16, .colour = PNG_COLOR_TYPE_GRAY}, grey, 8, 1, expected);
}

static void test_alpha_over_white(void **state)
{
    (void)state;
    static const uint8_t rows[] = {100, 255, 100, 0, 100, 128, 0, 51,
                                   0,   255, 255, 7, 200, 200, 0, 0};
    static const uint8_t expected[] = {100, 255, 177, 204, 0, 255, 212, 255};
    uint8_t rgba[32], colour[24];
    for (int i = 0; i < 8; i++) {
        memset(rgba + 4 * i, rows[2 * i], 3);
        rgba[4 * i + 3] = rows[2 * i + 1];
        memset(colour + 3 * i, expected[i], 3);
    }
    struct kind kind = {.depth = 8, .colour = PNG_COLOR_TYPE_GRAY_ALPHA};
    assert_kind(kind, rows, 8, 1, expected);
    kind.colour = PNG_COLOR_TYPE_RGB_ALPHA;
    assert_kind(kind, rgba, 16, 3, colour);
}

static void test_transparent_value(void **state)
{
    (void)state;
    static const uint8_t rows[] = {0, 1, 2, 3, 3, 2, 1, 0};
    static const uint8_t expected[] = {255, 1, 2, 3, 3, 2, 1, 255};
    assert_kind((struct kind){.depth = 8, .colour = PNG_COLOR_TYPE_GRAY, .transparent = true}, rows,
                4, 1, expected);
}

static void test_interlaced(void **state)
{
    (void)state;
    struct image source = make_image(19, 23, 3, 8), image = {0};
    struct kind kind = {.depth = 8, .colour = PNG_COLOR_TYPE_RGB, .interlace = PNG_INTERLACE_ADAM7};
    assert_ok(png_read(write_kind(&kind, 23, 19, source.pixels, 69), &image));
    assert_shape(&image, 19, 23, 3);
    assert_memory_equal(image.pixels, source.pixels, image_bytes(&source));
    image_free(&source);
    image_free(&image);
}

/* Cut at every length, and with each byte changed: never a crash; a cut is always noticed. */
static void test_damage(void **state)
{
    (void)state;
    struct image source = make_image(6, 5, 3, 2), image = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(png_encode(&source, &bytes, &size));
    for (size_t length = 0; length < size; length++) {
        assert_status(SAAE_INPUT, png_decode("cut.png", bytes, length, &image));
        assert_message_contains("'cut.png': not a sound PNG");
        assert_null(image.pixels);
    }
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 0x5a;
        int status = png_decode("changed.png", bytes, size, &image);
        assert_true(status == SAAE_OK || status == SAAE_INPUT);
        if (at < 8) assert_int_equal(status, SAAE_INPUT);
        bytes[at] ^= 0x5a;
        image_free(&image);
    }
    free(bytes);
    image_free(&source);
}

static void test_absurd_sizes(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {
        {16385, 1}, {1, 20000}, {16384, 16384}, {1u << 30, 1u << 30}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct image source = make_image(1, 1, 1, 2), image = {0};
        uint8_t *bytes = NULL;
        size_t size = 0;
        assert_ok(png_encode(&source, &bytes, &size));
        for (int side = 0; side < 2; side++)
            png_save_uint_32(bytes + 16 + 4 * side, sizes[i][side]);
        /* IHDR's checksum, bit by bit, so that the size is what is found wrong */
        uint32_t crc = 0xffffffffu;
        for (int at = 12; at < 29; at++) {
            crc ^= bytes[at];
            for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
        }
        png_save_uint_32(bytes + 29, ~crc);
        assert_status(SAAE_INPUT, png_decode("huge.png", bytes, size, &image));
        assert_message_contains("'huge.png': a picture of");
        free(bytes);
        image_free(&source);
    }
}

static void test_faults_name_the_file(void **state)
{
    (void)state;
    struct image image = make_image(2, 2, 1, 1), none = {0};
    assert_status(SAAE_INPUT, png_read(test_path("none.png"), &none));
    assert_message_contains("none.png");
    assert_status(SAAE_INPUT, png_read(test_write_text("text.png", "not a picture"), &none));
    assert_message_contains("text.png");
    assert_status(SAAE_IO, png_write("/nowhere/at/all.png", &image));
    assert_message_contains("/nowhere/at/all.png");
    image_free(&image);
}

const struct CMUnitTest png_tests[] = {
    cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_few_bits),
    cmocka_unit_test(test_palette),          cmocka_unit_test(test_sixteen_bits),
    cmocka_unit_test(test_alpha_over_white), cmocka_unit_test(test_transparent_value),
    cmocka_unit_test(test_interlaced),       cmocka_unit_test(test_damage),
    cmocka_unit_test(test_absurd_sizes),     cmocka_unit_test(test_faults_name_the_file),
};
const size_t png_test_count = sizeof png_tests / sizeof *png_tests;
