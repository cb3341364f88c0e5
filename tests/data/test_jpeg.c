#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "base/file.h"
#include "data/files.h"
#include "data/jpeg.h"

/* A smooth picture as a JPEG in memory, of 1, 3 or (CMYK) 4 components; released with free(). */
static unsigned char *encode(int channels, bool progressive, unsigned long *size)
{
    enum { SIDE = 32 };
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL, row[SIDE * 4];
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, size);
    jpeg.image_width = SIDE;
    jpeg.image_height = SIDE;
    jpeg.input_components = channels;
    jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 95, TRUE);
    if (progressive) jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < SIDE; y++) {
        for (int i = 0; i < SIDE * channels; i++) {
            row[i] = (unsigned char)(4 * y + 3 * (i / channels) + 10 * (i % channels));
        }
        JSAMPROW at = row;
        jpeg_write_scanlines(&jpeg, &at, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return bytes;
}

static void test_reads_grey_and_colour(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        for (int progressive = 0; progressive < 2; progressive++) {
            struct image image = {0};
            unsigned long size = 0;
            unsigned char *bytes = encode(channels, progressive, &size);
            assert_ok(jpeg_read(test_write_file("a.jpg", bytes, size), &image));
            assert_shape(&image, 32, 32, channels);
            for (int i = 0; i < 32 * 32 * channels; i++) {
                int pixel = i / channels;
                int expected = 4 * (pixel / 32) + 3 * (pixel % 32) + 10 * (i % channels);
                assert_near(image.pixels[i], expected, 12);
            }
            image_free(&image);
            free(bytes);
        }
    }
}

static void test_refuses_cmyk(void **state)
{
    (void)state;
    struct image image = {0};
    unsigned long size = 0;
    unsigned char *bytes = encode(4, false, &size);
    assert_status(SAAE_INPUT, jpeg_decode("a.jpg", bytes, size, &image));
    assert_message_contains("CMYK");
    free(bytes);
}

static void test_damage(void **state)
{
    (void)state;
    struct image image = {0};
    unsigned long size = 0;
    unsigned char *bytes = encode(3, false, &size);
    for (size_t length = 0; length < size; length++) {
        assert_status(SAAE_INPUT, jpeg_decode("cut.jpg", bytes, length, &image));
        assert_message_contains("'cut.jpg': not a sound JPEG");
        assert_null(image.pixels);
    }
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 0x5a;
        int status = jpeg_decode("changed.jpg", bytes, size, &image);
        assert_true(status == SAAE_OK || status == SAAE_INPUT);
        if (at < 2) assert_int_equal(status, SAAE_INPUT);
        image_free(&image);
        bytes[at] ^= 0x5a;
    }
    free(bytes);
}

static void test_absurd_size(void **state)
{
    (void)state;
    struct image image = {0};
    unsigned long size = 0;
    unsigned char *bytes = encode(3, false, &size);
    size_t at = 0; /* the frame header SOF0: ff c0, length, precision, height, width */
    while (bytes[at] != 0xff || bytes[at + 1] != 0xc0) at++;
    memset(bytes + at + 5, 0xff, 4);
    assert_status(SAAE_INPUT, jpeg_decode("huge.jpg", bytes, size, &image));
    assert_message_contains("huge.jpg");
    bytes[at + 5] = bytes[at + 7] = 0x7f; /* libjpeg's own bound is passed, ours is not */
    assert_status(SAAE_INPUT, jpeg_decode("huge.jpg", bytes, size, &image));
    assert_message_contains("'huge.jpg': a picture of 32767x32767");
    free(bytes);
}

const struct CMUnitTest jpeg_tests[] = {
    cmocka_unit_test(test_reads_grey_and_colour),
    cmocka_unit_test(test_refuses_cmyk),
    cmocka_unit_test(test_damage),
    cmocka_unit_test(test_absurd_size),
};
const size_t jpeg_test_count = sizeof jpeg_tests / sizeof *jpeg_tests;
