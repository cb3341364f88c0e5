/* The comparison must be able to fail: each way of being wrong is tried on the reference's own
 * result. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "support.h"
#include "verify/host.h"

/* A convolution of the given case, computed, and its result rounded to float. */
struct fixture {
    struct case_list list;
    struct host_case host;
    float *got;
    size_t count;
};

static void set_up(struct fixture *fixture, bool exact, unsigned accumulate)
{
    struct verify_case item = {
        .call = {.kind = OP_conv2d_forward,
                 .attributes = {.stride = 1},
                 .in = {tensor_f32(2, 5, 7, 3), tensor_f32(3, 3, 3, 4)},
                 .inputs = 2,
                 .accumulate = accumulate},
    };
    *fixture = (struct fixture){0};
    assert_ok(cases_add(&fixture->list, &item));
    assert_ok(host_create(&fixture->host, fixture->list.cases));
    assert_ok(host_compute(&fixture->host, exact, 1));
    fixture->count = shape_count(fixture->list.cases[0].call.out[0].shape);
    assert_ok(memory_allocate(&fixture->got, fixture->count, sizeof(float)));
    for (size_t k = 0; k < fixture->count; k++) {
        fixture->got[k] = (float)fixture->host.expected[0][k];
    }
}

static void tear_down(struct fixture *fixture)
{
    free(fixture->got);
    host_free(&fixture->host);
    cases_free(&fixture->list);
}

static void test_the_right_result_passes(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        struct fixture f;
        struct host_comparison worst;
        set_up(&f, k / 2 == 1, k % 2 ? 1 : 0);
        assert_true(host_compare(&f.host, 0, f.got, &worst));
        assert_true(worst.ratio >= 0 && worst.ratio <= 1);
        tear_down(&f);
    }
}

static void test_one_wrong_element_fails(void **state)
{
    (void)state;
    struct fixture f;
    struct host_comparison worst;
    set_up(&f, false, 0);
    size_t last = f.count - 1;
    f.got[last] = (float)(f.host.expected[0][last] + 1.5 * f.host.bound[0][last] + 1e-6);
    assert_false(host_compare(&f.host, 0, f.got, &worst));
    assert_int_equal(worst.element, last);
    assert_true(worst.ratio > 1);
    tear_down(&f);
}

static void test_nan_and_infinity_fail(void **state)
{
    (void)state;
    const float wrong[] = {NAN, INFINITY, -INFINITY};
    for (int exact = 0; exact < 2; exact++) {
        for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            struct fixture f;
            struct host_comparison worst;
            set_up(&f, exact, 0);
            f.got[3] = wrong[k];
            assert_false(host_compare(&f.host, 0, f.got, &worst));
            assert_int_equal(worst.element, 3);
            assert_true(isinf(worst.ratio));
            tear_down(&f);
        }
    }
}

static void test_a_reference_that_is_not_a_number_fails(void **state)
{
    (void)state;
    struct fixture f;
    struct host_comparison worst;
    set_up(&f, false, 0);
    f.host.expected[0][2] = NAN;
    f.got[2] = NAN;
    assert_false(host_compare(&f.host, 0, f.got, &worst));
    tear_down(&f);
}

static void test_small_integers_must_be_exact(void **state)
{
    (void)state;
    struct fixture f;
    struct host_comparison worst;
    set_up(&f, true, 1);
    for (size_t k = 0; k < f.count; k++) {
        assert_near(f.host.expected[0][k], round(f.host.expected[0][k]), 0);
    }
    f.got[5] = nextafterf(f.got[5], 1e9f);
    assert_false(host_compare(&f.host, 0, f.got, &worst));
    tear_down(&f);
}

/* A sum of 27 products of normal numbers: the bound is 8 eps sqrt(27) times about sqrt(27), some
 * 2.6e-5. A kernel that drops a product or an initial value is off by about 1. */
static void test_bounds_are_tight(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, false, 1);
    for (size_t k = 0; k < f.count; k++) {
        assert_true(f.host.bound[0][k] > 8 * (double)FLT_EPSILON);
        assert_true(f.host.bound[0][k] < 1.5e-4);
    }
    tear_down(&f);
}

static void test_added_outputs_contain_their_initial_values(void **state)
{
    (void)state;
    struct fixture plain, added;
    set_up(&plain, true, 0);
    set_up(&added, true, 1);
    for (size_t k = 0; k < plain.count; k++) {
        double sum = plain.host.expected[0][k] + added.host.initial[0][k];
        assert_near(added.host.expected[0][k], sum, 0);
    }
    tear_down(&plain);
    tear_down(&added);
}

const struct CMUnitTest host_tests[] = {
    cmocka_unit_test(test_the_right_result_passes),
    cmocka_unit_test(test_one_wrong_element_fails),
    cmocka_unit_test(test_nan_and_infinity_fail),
    cmocka_unit_test(test_a_reference_that_is_not_a_number_fails),
    cmocka_unit_test(test_small_integers_must_be_exact),
    cmocka_unit_test(test_bounds_are_tight),
    cmocka_unit_test(test_added_outputs_contain_their_initial_values),
};
const size_t host_test_count = sizeof host_tests / sizeof *host_tests;
