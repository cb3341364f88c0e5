/* Damage to a guard band is found; needs no device. */
#include <string.h>

#include "support.h"
#include "verify/guard.h"

enum { BYTES = 10, TOTAL = 512 + 2 * GUARD_BYTES };

static uint8_t image[TOTAL], seen[TOTAL];
static struct guarded guarded = {.image = image, .seen = seen, .bytes = BYTES};

static void reset(void)
{
    memset(image, 0x5a, TOTAL);
    memcpy(seen, image, TOTAL);
}

static void test_whole_guards(void **state)
{
    (void)state;
    reset();
    assert_int_equal(guarded_total(BYTES), TOTAL);
    guarded_poison(&guarded, GUARD_POISON); /* the tensor itself may differ */
    assert_int_equal(guarded_find_damage(&guarded), 0);
}

static void test_damage_on_each_side(void **state)
{
    (void)state;
    const long places[] = {-GUARD_BYTES, -1, BYTES, BYTES + 1, 512, TOTAL - GUARD_BYTES - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        reset();
        seen[GUARD_BYTES + places[i]] ^= 1;
        assert_int_equal(guarded_find_damage(&guarded), places[i]);
    }
}

static void test_poison_fills_the_tensor_only(void **state)
{
    (void)state;
    reset();
    guarded_poison(&guarded, 0x04030201);
    const uint8_t expected[BYTES] = {1, 2, 3, 4, 1, 2, 3, 4, 1, 2};
    assert_memory_equal(guarded_values(&guarded), expected, BYTES);
    assert_int_equal(image[GUARD_BYTES - 1], 0x5a);
    assert_int_equal(image[GUARD_BYTES + BYTES], 0x5a);
}

const struct CMUnitTest guard_tests[] = {
    cmocka_unit_test(test_whole_guards),
    cmocka_unit_test(test_damage_on_each_side),
    cmocka_unit_test(test_poison_fills_the_tensor_only),
};
const size_t guard_test_count = sizeof guard_tests / sizeof *guard_tests;
