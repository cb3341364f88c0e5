/* The kernels of every op but the two that multiply matrices, on the device there is: a few small
 * cases of each pass, so that Oclgrind sees all of them. `saae verify` runs the rest. */
#include "device_check.h"
#include "support.h"
#include "verify/cases.h"
#include "verify/check.h"

/* Of each pass; the larger cases fill several groups of a reduction. */
enum { CASES = 6, CASES_SMALL = 2, ELEMENTS = 9000, ELEMENTS_SMALL = 4500 };

static bool multiplies_matrices(enum op_kind kind)
{
    return kind <= OP_fully_connected_backward_weights;
}

static bool small_enough(const struct verify_case *item)
{
    size_t elements = 0;
    for (int i = 0; i < item->call.inputs; i++) elements += shape_count(item->call.in[i].shape);
    for (int o = 0; o < item->call.outputs; o++) elements += shape_count(item->call.out[o].shape);
    return !item->full && elements <= (test_small() ? ELEMENTS_SMALL : ELEMENTS);
}

/* Runs cases of one pass, spread evenly over those that are small enough. */
static void check_pass(struct device *device, const struct case_list *list, enum op_kind kind)
{
    const struct check_options options = {.seed = 2};
    size_t count = 0, seen = 0, wanted = test_small() ? CASES_SMALL : CASES, checked = 0;
    for (size_t i = 0; i < list->count; i++) {
        count += list->cases[i].call.kind == kind && small_enough(&list->cases[i]);
    }
    for (size_t i = 0; i < list->count && count > 0; i++) {
        const struct verify_case *item = &list->cases[i];
        if (item->call.kind != kind || !small_enough(item)) continue;
        seen++;
        if (seen * wanted < (checked + 1) * count) continue; /* the last one is always taken */
        struct check_result result;
        checked++;
        if (check_run(device, item, 0, &options, &result) != SAAE_OK) {
            fail_msg("%s.%s case %d: %s", op_get(kind)->stem, op_get(kind)->pass, item->number,
                     saae_message());
        }
    }
    if (checked == 0) fail_msg("%s.%s: no small case", op_get(kind)->stem, op_get(kind)->pass);
}

static void test_small_cases_of_every_pass(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    struct case_list list;
    assert_ok(cases_create(&list));
    for (int kind = 0; kind < OP_COUNT; kind++) {
        if (!multiplies_matrices((enum op_kind)kind)) {
            check_pass(device, &list, (enum op_kind)kind);
        }
    }
    cases_free(&list);
    device_close(device);
}

const struct CMUnitTest element_kernels_tests[] = {
    cmocka_unit_test(test_small_cases_of_every_pass),
};
const size_t element_kernels_test_count =
    sizeof element_kernels_tests / sizeof *element_kernels_tests;
