#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "support.h"
#include "verify/values.h"

enum { COUNT = 20000 };

static const struct rng numbers = {7, RNG_VERIFY, 3};

static double *draw(enum value_kind kind)
{
    double *values = NULL;
    assert_ok(memory_allocate(&values, COUNT, sizeof *values));
    values_fill(values, DTYPE_F32, COUNT, kind, 0, &numbers);
    return values;
}

static void test_every_value_is_a_float(void **state)
{
    (void)state;
    for (int kind = VALUE_NORMAL; kind <= VALUE_SMALL_INTEGER; kind++) {
        double *values = draw((enum value_kind)kind);
        for (size_t i = 0; i < COUNT; i++) {
            assert_true(isfinite(values[i]));
            assert_near((double)(float)values[i], values[i], 0);
        }
        free(values);
    }
}

static void test_ranges(void **state)
{
    (void)state;
    double *positive = draw(VALUE_POSITIVE), *large = draw(VALUE_LARGE_MEAN);
    double *ties = draw(VALUE_TIES), *integers = draw(VALUE_SMALL_INTEGER), sum = 0;
    int seen[9] = {0};
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(positive[i] >= 0.5 && positive[i] < 1.5);
        assert_true(fabs(ties[i]) <= 1 && fabs(integers[i]) <= 4);
        assert_near(integers[i], round(integers[i]), 0);
        seen[(int)integers[i] + 4]++;
        sum += large[i];
    }
    for (int k = 0; k < 9; k++) assert_true(seen[k] > COUNT / 18);
    assert_near(sum / COUNT, 1000, 0.05); /* standard error 0.007 */
    free(positive);
    free(large);
    free(ties);
    free(integers);
}

static void test_repeats_are_never_all_0(void **state)
{
    (void)state;
    for (uint32_t step = 0; step < 100; step++) {
        struct rng rng = {7, RNG_VERIFY, step};
        double values[8];
        values_fill(values, DTYPE_F32, 8, VALUE_REPEATS, 0, &rng);
        assert_true(values[0] >= 1);
        for (int i = 1; i < 8; i++) assert_true(values[i] >= 0 && values[i] <= 40);
    }
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void test_apart_values_have_no_neighbours(void **state)
{
    (void)state;
    double *values = draw(VALUE_APART);
    qsort(values, COUNT, sizeof *values, compare_doubles);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(fabs(values[i]) > 0.049);
        if (i > 0) assert_true(values[i] - values[i - 1] > 0.0099);
    }
    free(values);
}

static void test_labels_stay_in_their_range(void **state)
{
    (void)state;
    static int32_t inside[COUNT], beyond[COUNT];
    int32_t low = 0, high = 0;
    values_fill(inside, DTYPE_I32, COUNT, VALUE_LABEL, 5, &numbers);
    values_fill(beyond, DTYPE_I32, COUNT, VALUE_LABEL_BEYOND, 5, &numbers);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(inside[i] >= 0 && inside[i] < 5);
        low = beyond[i] < low ? beyond[i] : low;
        high = beyond[i] > high ? beyond[i] : high;
    }
    assert_int_equal(low, -1);
    assert_int_equal(high, 6);
}

const struct CMUnitTest values_tests[] = {
    cmocka_unit_test(test_every_value_is_a_float),
    cmocka_unit_test(test_ranges),
    cmocka_unit_test(test_repeats_are_never_all_0),
    cmocka_unit_test(test_apart_values_have_no_neighbours),
    cmocka_unit_test(test_labels_stay_in_their_range),
};
const size_t values_test_count = sizeof values_tests / sizeof *values_tests;
