#include <stdlib.h>

#include "support.h"
#include "verify/cases.h"

static void test_every_pass_has_cases(void **state)
{
    (void)state;
    struct case_list list;
    size_t quick[OP_COUNT] = {0}, numbers[OP_COUNT] = {0};
    assert_ok(cases_create(&list));
    for (size_t i = 0; i < list.count; i++) {
        const struct verify_case *item = &list.cases[i];
        quick[item->call.kind] += !item->full;
        /* Numbers count up within a pass, so that `--case` names one case. */
        assert_int_equal(item->number, numbers[item->call.kind]);
        numbers[item->call.kind]++;
        assert_true(item->number < 4096); /* the seeds of cases leave 12 bits for it */
        assert_true(item->call.outputs > 0);
        assert_true(cases_cost(item) > 0);
    }
    for (int kind = 0; kind < OP_COUNT; kind++) {
        if (quick[kind] >= 3) continue;
        fail_msg("%s.%s has %zu cases", op_get((enum op_kind)kind)->stem,
                 op_get((enum op_kind)kind)->pass, quick[kind]);
    }
    cases_free(&list);
}

static void test_the_same_case_is_listed_once(void **state)
{
    (void)state;
    struct case_list list = {0};
    struct verify_case item = {
        .call = {.kind = OP_add_forward,
                 .attributes = {.scale = 1},
                 .in = {tensor_f32(1, 2, 3, 4)},
                 .inputs = 1},
    };
    assert_ok(cases_add(&list, &item));
    assert_ok(cases_add(&list, &item));
    assert_int_equal(list.count, 1);
    item.call.attributes.scale = 2;
    assert_ok(cases_add(&list, &item));
    item.call.accumulate = 1;
    assert_ok(cases_add(&list, &item));
    item.in_values[0] = VALUE_TIES;
    assert_ok(cases_add(&list, &item));
    assert_int_equal(list.count, 4);
    assert_int_equal(list.cases[3].number, 3);
    cases_free(&list);
}

static void test_a_case_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct case_list list = {0};
    struct verify_case item = {
        .call = {.kind = OP_add_forward,
                 .attributes = {.scale = 1},
                 .in = {tensor_f32(1, 2, 3, 4), tensor_f32(1, 2, 3, 5)},
                 .inputs = 2},
    };
    assert_status(SAAE_USAGE, cases_add(&list, &item));
    assert_message_contains("add");
    cases_free(&list);
}

const struct CMUnitTest cases_tests[] = {
    cmocka_unit_test(test_every_pass_has_cases),
    cmocka_unit_test(test_the_same_case_is_listed_once),
    cmocka_unit_test(test_a_case_that_does_not_fit_is_refused),
};
const size_t cases_test_count = sizeof cases_tests / sizeof *cases_tests;
