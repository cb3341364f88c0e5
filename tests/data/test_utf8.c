#include "support.h"

#include <string.h>

#include "data/utf8.h"

static void test_decodes_each_length(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xa4\xe4\xba\xac\xf0\x9f\x98\x80";
    static const uint32_t expected[] = {'a', 0xe4, 0x4eac, 0x1f600};
    static const size_t ends[] = {1, 3, 6, 10};
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t character = 0;
        assert_true(utf8_decode(text, sizeof text - 1, &at, &character));
        assert_int_equal(character, expected[i]);
        assert_int_equal(at, ends[i]);
    }
    assert_true(utf8_check(text, sizeof text - 1, &at));
}

static void test_refuses_what_is_not_utf8(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",             /* a continuation alone */
        "\xc3",             /* cut short */
        "\xe4\xba",         /* cut short */
        "\xf0\x9f\x98",     /* cut short */
        "\xc3(",            /* no continuation */
        "\xc0\xaf",         /* overlong */
        "\xe0\x80\xaf",     /* overlong */
        "\xf0\x80\x80\xaf", /* overlong */
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf8\x88\x80\x80", /* no lead byte */
        "\xff",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[16] = "ok";
        size_t at = 0;
        strcat(text, bad[i]);
        assert_false(utf8_check(text, strlen(text), &at));
        assert_int_equal(at, 2);
    }
}

static void test_shows_one_harmless_line(void **state)
{
    (void)state;
    char out[UTF8_SHOWN_SIZE], text[1024];
    assert_string_equal(utf8_show(out, "a\nb\x1b[31m\xff\xc3\xa4\xc2\x9b"), "a?b?[31m?\xc3\xa4?");
    for (size_t length = 100; length < 200; length++) {
        size_t at = 0;
        for (size_t i = 0; i + 1 < length; i += 2) memcpy(text + i, "\xc3\xa4", 3);
        utf8_show(out, text);
        assert_true(strlen(out) < sizeof out);
        assert_true(utf8_check(out, strlen(out), &at)); /* not cut inside a character */
    }
}

const struct CMUnitTest utf8_tests[] = {
    cmocka_unit_test(test_decodes_each_length),
    cmocka_unit_test(test_refuses_what_is_not_utf8),
    cmocka_unit_test(test_shows_one_harmless_line),
};
const size_t utf8_test_count = sizeof utf8_tests / sizeof *utf8_tests;
