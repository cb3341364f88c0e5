/* The memory plan: nothing that is alive at the same time may share bytes. */
#include "graph/plan.h"

#include "base/rng.h"
#include "support.h"

static void assert_apart(const struct plan_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct plan_item *a = &items[i], *b = &items[j];
            if (a->slab != b->slab || a->last < b->first || b->last < a->first) continue;
            assert_true(a->offset + a->bytes <= b->offset || b->offset + b->bytes <= a->offset);
        }
    }
}

static void reuses_what_is_dead(void **state)
{
    (void)state;
    struct plan_item items[] = {{1000, 0, 1, 0, 0}, {1000, 1, 2, 0, 0}, {1000, 2, 3, 0, 0}};
    struct plan_result result;
    assert_ok(plan_memory(items, 3, 1 << 20, 64, &result));
    assert_apart(items, 3);
    assert_int_equal(result.slabs, 1);
    assert_int_equal(result.total, 2048); /* two of 1000, rounded up to 1024 */
    assert_int_equal(result.live, 2048);
    assert_int_equal(result.naive, 3072);
}

static void random_lives_never_overlap(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct plan_item items[COUNT];
    for (uint32_t round = 0; round < 20; round++) {
        struct rng rng = {7, RNG_VERIFY, round};
        struct plan_result result;
        for (uint64_t i = 0; i < COUNT; i++) {
            int first = (int)rng_below(&rng, 3 * i, 100);
            items[i] = (struct plan_item){.bytes = rng_below(&rng, 3 * i + 1, 5000),
                                          .first = first,
                                          .last = first + (int)rng_below(&rng, 3 * i + 2, 20)};
        }
        assert_ok(plan_memory(items, COUNT, 16384, 512, &result));
        assert_apart(items, COUNT);
        assert_true(result.total >= result.live && result.total <= result.naive);
        for (int s = 0; s < result.slabs; s++) assert_true(result.slab_bytes[s] <= 16384);
        for (size_t i = 0; i < COUNT; i++) assert_int_equal(items[i].offset % 512, 0);
    }
}

static void refuses_what_fits_no_buffer(void **state)
{
    (void)state;
    struct plan_item item = {2 << 20, 0, 0, 0, 0};
    struct plan_result result;
    assert_status(SAAE_MEMORY, plan_memory(&item, 1, 1 << 20, 64, &result));
    assert_message_contains("smaller batch");
}

const struct CMUnitTest plan_tests[] = {
    cmocka_unit_test(reuses_what_is_dead),
    cmocka_unit_test(random_lives_never_overlap),
    cmocka_unit_test(refuses_what_fits_no_buffer),
};
const size_t plan_test_count = sizeof plan_tests / sizeof *plan_tests;
