/* Correlation: against values worked out by hand. */
#include <math.h>

#include "eval/correlation.h"
#include "support.h"

static void test_known_values(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4}, up[] = {3, 5, 7, 9}, down[] = {8, 6, 4, 2};
    /* means 2.5 and 2.5: sum dx dy = 2.25 - 0.25 - 0.25 + 2.25 = 4, sums of squares 5 and 5 */
    const double swapped[] = {1, 3, 2, 4};
    assert_near(correlation(x, up, 4), 1.0, 1e-15);
    assert_near(correlation(x, down, 4), -1.0, 1e-15);
    assert_near(correlation(x, swapped, 4), 0.8, 1e-15);
}

static void test_offset_does_not_matter(void **state)
{
    (void)state;
    const double x[] = {1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4}, y[] = {1, 3, 2, 4};
    assert_near(correlation(x, y, 4), 0.8, 1e-6);
}

static void test_undefined(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, same[] = {0.1, 0.1, 0.1};
    assert_true(isnan(correlation(x, same, 3)));
    assert_true(isnan(correlation(same, x, 3)));
    assert_true(isnan(correlation(x, x, 1)));
    assert_true(isnan(correlation(x, x, 0)));
}

static void test_means_are_removed(void **state)
{
    (void)state;
    double values[] = {1, 10, 3, 20, 7};
    const int32_t group[] = {0, 2, 0, 2, 1};
    assert_ok(correlation_remove_means(values, group, 3, 5));
    const double expected[] = {-1, -5, 1, 5, 0};
    for (int i = 0; i < 5; i++) assert_near(values[i], expected[i], 1e-14);
}

/* Between groups x and y rise together, within each they go against each other. */
static void test_within_groups(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 11, 12, 13}, y[] = {3, 2, 1, 13, 12, 11};
    const int32_t group[] = {0, 0, 0, 1, 1, 1};
    double within = 0.0;
    assert_ok(correlation_within(x, y, group, 2, 6, &within));
    assert_near(within, -1.0, 1e-14);
    assert_true(correlation(x, y, 6) > 0.9);
}

/* What the group explains alone leaves rounding only, which is no correlation. */
static void test_within_explained_by_group(void **state)
{
    (void)state;
    const double x[] = {0.1, 0.1, 0.1, 0.7, 0.7, 0.7}, y[] = {1, 2, 3, 4, 5, 6};
    const int32_t group[] = {0, 0, 0, 1, 1, 1};
    double within = 0.0;
    assert_ok(correlation_within(x, y, group, 2, 6, &within));
    assert_true(isnan(within));
}

const struct CMUnitTest correlation_tests[] = {
    cmocka_unit_test(test_known_values),  cmocka_unit_test(test_offset_does_not_matter),
    cmocka_unit_test(test_undefined),     cmocka_unit_test(test_means_are_removed),
    cmocka_unit_test(test_within_groups), cmocka_unit_test(test_within_explained_by_group),
};
const size_t correlation_test_count = sizeof correlation_tests / sizeof correlation_tests[0];
