#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void test_allocation_is_zeroed_and_aligned(void **state)
{
    (void)state;
    const size_t counts[] = {0, 1, 63, 64, 65, 4097};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        unsigned char *block = NULL;
        assert_ok(memory_allocate(&block, counts[i], 1));
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % MEMORY_ALIGNMENT, 0);
        for (size_t b = 0; b < counts[i]; b++) assert_int_equal(block[b], 0);
        free(block);
    }
}

static void test_allocation_that_overflows_is_refused(void **state)
{
    (void)state;
    char *block = NULL;
    assert_status(SAAE_MEMORY, memory_allocate(&block, SIZE_MAX / 2, 3));
    assert_message_contains("3 bytes");
    assert_status(SAAE_MEMORY, memory_allocate(&block, SIZE_MAX, 1));
    assert_status(SAAE_MEMORY, memory_allocate(&block, SIZE_MAX - MEMORY_ALIGNMENT + 1, 1));
    assert_null(block);
}

static void test_grow_keeps_the_elements_and_zeroes_the_rest(void **state)
{
    (void)state;
    int *numbers = NULL;
    size_t capacity = 0;
    for (int i = 0; i < 1000; i++) {
        assert_ok(memory_grow(&numbers, (size_t)i, &capacity, sizeof *numbers));
        assert_true(capacity > (size_t)i);
        assert_int_equal(numbers[i], 0);
        numbers[i] = i + 1;
    }
    for (int i = 0; i < 1000; i++) assert_int_equal(numbers[i], i + 1);
    free(numbers);
}

static void test_grow_that_fails_leaves_the_array(void **state)
{
    (void)state;
    char element = 'a', *array = &element;
    size_t capacity = SIZE_MAX / 4;
    assert_status(SAAE_MEMORY, memory_grow(&array, capacity, &capacity, 1000));
    assert_ptr_equal(array, &element);
    assert_int_equal(capacity, SIZE_MAX / 4);
}

static void test_sizes(void **state)
{
    (void)state;
    size_t out = 7;
    assert_true(size_multiply(0, SIZE_MAX, &out));
    assert_int_equal(out, 0);
    assert_true(size_multiply(SIZE_MAX, 1, &out));
    assert_int_equal(out, SIZE_MAX);
    out = 7;
    assert_false(size_multiply(SIZE_MAX / 2 + 1, 2, &out));
    assert_false(size_add(SIZE_MAX, 1, &out));
    assert_int_equal(out, 7);
    assert_true(size_add(SIZE_MAX - 1, 1, &out));
    assert_int_equal(out, SIZE_MAX);
    assert_int_equal(size_divide_up(0, 8), 0);
    assert_int_equal(size_divide_up(9, 8), 2);
    assert_int_equal(size_divide_up(SIZE_MAX, 2), SIZE_MAX / 2 + 1);
    assert_int_equal(size_round_up(16, 8), 16);
    assert_int_equal(size_round_up(17, 8), 24);
}

static void test_copy_text(void **state)
{
    (void)state;
    char *copy = NULL;
    assert_ok(memory_copy_text(&copy, "plates"));
    assert_string_equal(copy, "plates");
    free(copy);
    assert_ok(memory_copy_text(&copy, ""));
    assert_string_equal(copy, "");
    free(copy);
}

const struct CMUnitTest memory_tests[] = {
    cmocka_unit_test(test_allocation_is_zeroed_and_aligned),
    cmocka_unit_test(test_allocation_that_overflows_is_refused),
    cmocka_unit_test(test_grow_keeps_the_elements_and_zeroes_the_rest),
    cmocka_unit_test(test_grow_that_fails_leaves_the_array),
    cmocka_unit_test(test_sizes),
    cmocka_unit_test(test_copy_text),
};
const size_t memory_test_count = sizeof memory_tests / sizeof memory_tests[0];
