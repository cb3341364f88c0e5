#include "opcheck.h"
#include "reference/fill.h"
#include "support.h"

static void test_forward(void **state)
{
    (void)state;
    double y[] = {9, 9, 9};
    reference_fill_forward(2, -1.5, y);
    opcheck_near(y, (double[]){-1.5, -1.5, 9}, 3, 0);
}

static void test_shapes(void **state)
{
    (void)state;
    struct op_attributes a = {.channels = 7, .scale = 1};
    struct tensor_type unwanted = tensor_f32(1, 1, 1, 1);
    opcheck_infers(OP_fill_forward, &a, NULL, 0, 1, 0, (struct shape){1, 1, 1, 7});
    opcheck_refuses(OP_fill_forward, &a, &unwanted, 1, "1 inputs");
    a.channels = 0;
    opcheck_refuses(OP_fill_forward, &a, NULL, 0, "channels is 0");
}

const struct CMUnitTest fill_tests[] = {
    cmocka_unit_test(test_forward),
    cmocka_unit_test(test_shapes),
};
const size_t fill_test_count = sizeof fill_tests / sizeof *fill_tests;
