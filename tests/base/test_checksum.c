#include "support.h"

#include <string.h>

#include "base/checksum.h"

/* The vectors of the algorithm's authors (test_fnv.c of the reference code). */
static void test_known_answers(void **state)
{
    (void)state;
    assert_true(checksum_bytes("", 0) == 0xcbf29ce484222325);
    assert_true(checksum_bytes("a", 1) == 0xaf63dc4c8601ec8c);
    assert_true(checksum_bytes("foobar", 6) == 0x85944171f73967e8);
}

static void test_file(void **state)
{
    (void)state;
    static char bytes[200000];
    uint64_t checksum = 0;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 7);
    assert_ok(checksum_file(test_write_file("long", bytes, sizeof bytes), &checksum));
    assert_true(checksum == checksum_bytes(bytes, sizeof bytes));
    assert_ok(checksum_file(test_write_text("empty", ""), &checksum));
    assert_true(checksum == checksum_bytes("", 0));
    assert_status(SAAE_INPUT, checksum_file(test_path("none"), &checksum));
    assert_message_contains("none");
    assert_status(SAAE_INPUT, checksum_file(test_folder(), &checksum));
}

const struct CMUnitTest checksum_tests[] = {
    cmocka_unit_test(test_known_answers),
    cmocka_unit_test(test_file),
};
const size_t checksum_test_count = sizeof checksum_tests / sizeof *checksum_tests;
