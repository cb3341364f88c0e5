#include <math.h>

#include "gradcheck.h"
#include "opcheck.h"
#include "reference/softmax_cross_entropy.h"
#include "support.h"

static void test_forward(void **state)
{
    (void)state;
    /* shares 1/6, 2/6, 3/6, whatever is added to all logits */
    const double z[] = {0, log(2), log(3), 50, 50 + log(2), 50 + log(3)};
    struct reference_softmax_cross_entropy s = {.n = 2, .classes = 3, .scale = 0.5};
    double loss;
    reference_softmax_cross_entropy_forward(&s, z, (int32_t[]){2, 0}, &loss);
    assert_near(loss, 0.5 * (log(2) + log(6)), 1e-14);
}

static void test_backward(void **state)
{
    (void)state;
    const double z[] = {0, log(2), log(3)};
    struct reference_softmax_cross_entropy s = {.n = 1, .classes = 3, .scale = 3};
    double dz[3];
    reference_softmax_cross_entropy_backward(&s, z, (int32_t[]){1}, 2, dz); /* 6 (p - t) */
    opcheck_near(dz, (double[]){1, -4, 3}, 3, 1e-14);
}

static void test_label_outside_counts_nothing(void **state)
{
    (void)state;
    const double z[] = {0, log(2), log(3)};
    struct reference_softmax_cross_entropy s = {.n = 1, .classes = 3, .scale = 1};
    double loss, dz[3];
    for (int label = -1; label < 4; label += 4) {
        reference_softmax_cross_entropy_forward(&s, z, &label, &loss);
        assert_near(loss, 0, 0);
        reference_softmax_cross_entropy_backward(&s, z, &label, 1, dz);
        opcheck_near(dz, (double[]){0, 0, 0}, 3, 0);
    }
}

static void test_extremes(void **state)
{
    (void)state;
    const double far[] = {80, 0}, farther[] = {-1000, 1000}, equal[] = {1000, 1000};
    struct reference_softmax_cross_entropy s = {.n = 1, .classes = 2, .scale = 1};
    double loss, dz[2];
    reference_softmax_cross_entropy_forward(&s, far, (int32_t[]){0}, &loss);
    assert_near(loss, exp(-80), 1e-49); /* not 0: log1p keeps it */
    reference_softmax_cross_entropy_backward(&s, far, (int32_t[]){0}, 1, dz);
    opcheck_near(dz, (double[]){-exp(-80), exp(-80)}, 2, 1e-49);
    reference_softmax_cross_entropy_forward(&s, farther, (int32_t[]){0}, &loss);
    assert_near(loss, 2000, 0);
    reference_softmax_cross_entropy_backward(&s, farther, (int32_t[]){0}, 1, dz);
    opcheck_near(dz, (double[]){-1, 1}, 2, 0);
    reference_softmax_cross_entropy_forward(&s, equal, (int32_t[]){1}, &loss);
    assert_near(loss, log(2), 1e-15);
}

static void test_argmax_takes_the_first(void **state)
{
    (void)state;
    const double z[] = {1, 5, 5, 2};
    assert_int_equal(reference_softmax_cross_entropy_argmax(z, 4), 1);
    assert_int_equal(reference_softmax_cross_entropy_argmax(z, 1), 0);
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(5, 1, 1, 3), opcheck_i32(5, 1, 1, 1),
                               tensor_f32(1, 1, 1, 1)};
    opcheck_infers(OP_softmax_cross_entropy_forward, NULL, in, 2, 1, 0, (struct shape){1, 1, 1, 1});
    opcheck_infers(OP_softmax_cross_entropy_backward, NULL, in, 3, 1, 0, in[0].shape);
    in[1] = opcheck_i32(5, 1, 1, 3);
    opcheck_refuses(OP_softmax_cross_entropy_backward, NULL, in, 3, "5x1x1x1");
    in[0] = tensor_f32(5, 3, 1, 1);
    opcheck_refuses(OP_softmax_cross_entropy_forward, NULL, in, 2, "Nx1x1xK");
}

static void test_gradient(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(5, 1, 1, 4), opcheck_i32(5, 1, 1, 1)};
    struct op_attributes a = {.scale = 0.2};
    struct gradcheck_options options = {.values = {VALUE_NORMAL, VALUE_LABEL_BEYOND}};
    gradcheck(OP_softmax_cross_entropy_forward, &a, in, 2, NULL);
    gradcheck(OP_softmax_cross_entropy_forward, &a, in, 2, &options);
}

const struct CMUnitTest softmax_cross_entropy_tests[] = {
    cmocka_unit_test(test_forward),
    cmocka_unit_test(test_backward),
    cmocka_unit_test(test_label_outside_counts_nothing),
    cmocka_unit_test(test_extremes),
    cmocka_unit_test(test_argmax_takes_the_first),
    cmocka_unit_test(test_shapes),
    cmocka_unit_test(test_gradient),
};
const size_t softmax_cross_entropy_test_count =
    sizeof softmax_cross_entropy_tests / sizeof *softmax_cross_entropy_tests;
