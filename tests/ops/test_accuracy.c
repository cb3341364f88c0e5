#include "opcheck.h"
#include "reference/accuracy.h"
#include "support.h"

static void test_several_classes(void **state)
{
    (void)state;
    const double z[] = {1,  3, 2, /* 1 */
                        5,  5, 5, /* a tie: 0 */
                        -9, 0, 0, /* a tie: 1 */
                        7,  8, 9 /* 2 */};
    double y;
    reference_accuracy_forward(4, 3, 3, 0.25, z, (int32_t[]){1, 0, 1, 2}, &y);
    assert_near(y, 1, 0);
    reference_accuracy_forward(4, 3, 3, 0.25, z, (int32_t[]){1, 1, 2, 3}, &y);
    assert_near(y, 0.25, 0);
    /* among the first two only: 1, 0 (a tie), 1, 1 */
    reference_accuracy_forward(4, 3, 2, 0.25, z, (int32_t[]){1, 0, 1, 1}, &y);
    assert_near(y, 1, 0);
}

/* One logit: above 0 says that the label is 0. */
static void test_one_class(void **state)
{
    (void)state;
    const double z[] = {2, -2, 2, -2, 0};
    double y;
    reference_accuracy_forward(5, 1, 1, 1, z, (int32_t[]){0, 1, 1, 0, 1}, &y);
    assert_near(y, 3, 0); /* the third and the fourth are wrong */
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(5, 1, 1, 3), opcheck_i32(5, 1, 1, 1)};
    opcheck_infers(OP_accuracy_forward, NULL, in, 2, 1, 0, (struct shape){1, 1, 1, 1});
    in[1] = opcheck_i32(3, 1, 1, 1);
    opcheck_refuses(OP_accuracy_forward, NULL, in, 2, "labels");
    in[1] = opcheck_i32(5, 1, 1, 1);
    opcheck_refuses(OP_accuracy_forward, &(struct op_attributes){.channels = 4}, in, 2, "channels");
}

const struct CMUnitTest accuracy_tests[] = {
    cmocka_unit_test(test_several_classes),
    cmocka_unit_test(test_one_class),
    cmocka_unit_test(test_shapes),
};
const size_t accuracy_test_count = sizeof accuracy_tests / sizeof *accuracy_tests;
