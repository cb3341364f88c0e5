#include "support.h"

#include <string.h>

#include "data/files.h"
#include "data/pnm.h"

static void assert_pnm(const void *bytes, size_t size, int height, int width, int channels,
                       const uint8_t *expected)
{
    struct image image = {0};
    assert_ok(pnm_decode("a.pnm", bytes, size, &image));
    assert_shape(&image, height, width, channels);
    assert_memory_equal(image.pixels, expected, image_bytes(&image));
    image_free(&image);
}

static void assert_fault(const void *bytes, size_t size, const char *message)
{
    struct image image = {0};
    assert_status(SAAE_INPUT, pnm_decode("a.pnm", bytes, size, &image));
    assert_message_contains("'a.pnm'");
    assert_message_contains(message);
    assert_null(image.pixels);
}
#define assert_text_fault(text, message) assert_fault((text), strlen(text), (message))

static void test_reads_the_four_kinds(void **state)
{
    (void)state;
    static const uint8_t grey[] = {0, 128, 255, 1, 2, 3};
    static const char p2[] = "P2 # a comment\n3 2\n# another\n255\n0 128 255\n1 2 3\n";
    static const char p3[] = "P3 1 2 255 0 128 255 1 2 3";
    static const char p5[] = "P5\n3 2\n255\n\x00\x80\xff\x01\x02\x03";
    static const char p6[] = "P6\n1 2 255\n\x00\x80\xff\x01\x02\x03";
    assert_pnm(p2, sizeof p2 - 1, 2, 3, 1, grey);
    assert_pnm(p3, sizeof p3 - 1, 2, 1, 3, grey);
    assert_pnm(p5, sizeof p5 - 1, 2, 3, 1, grey);
    assert_pnm(p6, sizeof p6 - 1, 2, 1, 3, grey);
}

static void test_scales_to_eight_bits(void **state)
{
    (void)state;
    static const uint8_t thirds[] = {0, 85, 170, 255}, wide[] = {0, 128, 255};
    static const char p2[] = "P2 4 1 3 0 1 2 3";
    static const char p5[] = "P5 3 1 65535\n\x00\x00\x80\x80\xff\xff";
    assert_pnm(p2, sizeof p2 - 1, 1, 4, 1, thirds);
    assert_pnm(p5, sizeof p5 - 1, 1, 3, 1, wide);
}

static void test_faults(void **state)
{
    (void)state;
    assert_text_fault("", "begins with P2");
    assert_text_fault("PNG", "begins with P2");
    assert_text_fault("P4 1 1 x", "P4");
    assert_text_fault("P2", "no number for the width at byte 2, the file's end");
    assert_text_fault("P2 x", "no number for the width at byte 3");
    assert_text_fault("P2 2 -1 255 0 0", "no number for the height");
    assert_text_fault("P2 2 1 0 0 0", "largest value is 0");
    assert_text_fault("P2 2 1 65536 0 0", "largest value at byte 7 is above 65535");
    assert_text_fault("P2 2 1 255 0 256", "sample at byte 13 is above 255");
    assert_text_fault("P2 2 1 255 0", "cut short");
    assert_text_fault("P2 2 1 255 0   x", "no number for the sample at byte 15");
    assert_text_fault("P2 2 1 255 0 1 2", "behind the picture, from byte 15");
    assert_text_fault("P5 2 1 255", "no blank behind the header");
    assert_text_fault("P5 2 1 255 abc", "1 bytes behind the picture, from byte 13");
    assert_text_fault("P5 2 1 65 a~", "sample at byte 10 is 97, above the largest 65");
    assert_text_fault("P5 16385 1 255 a", "a picture of 16385x1");
    assert_text_fault("P5 99999999999999999999 1 255 a", "width at byte 3 is above");
    assert_text_fault("P6 16000 16000 255 a", "cut short"); /* before memory is asked for */
    assert_text_fault("P2 0 1 255 a", "a picture of 0x1");
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    static const char p6[] = "P6\n# c\n2 2 255\n\x10\x80\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09";
    for (size_t length = 0; length < sizeof p6 - 1; length++) assert_fault(p6, length, "");
}

const struct CMUnitTest pnm_tests[] = {
    cmocka_unit_test(test_reads_the_four_kinds),
    cmocka_unit_test(test_scales_to_eight_bits),
    cmocka_unit_test(test_faults),
    cmocka_unit_test(test_cut_anywhere),
};
const size_t pnm_test_count = sizeof pnm_tests / sizeof *pnm_tests;
