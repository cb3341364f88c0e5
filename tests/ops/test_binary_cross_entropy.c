#include <math.h>

#include "gradcheck.h"
#include "opcheck.h"
#include "reference/binary_cross_entropy.h"
#include "support.h"

static void test_forward(void **state)
{
    (void)state;
    /* sigmoid = 1/2, 3/4; label 1: -log(1/2) - log(3/4) = log(8/3); label 0: -log(1/2) - log(1/4)
     */
    const double z[] = {0, log(3), 0, log(3)};
    struct reference_binary_cross_entropy s = {.n = 2, .classes = 2, .scale = 0.5};
    double loss;
    reference_binary_cross_entropy_forward(&s, z, (int32_t[]){1, 0}, &loss);
    assert_near(loss, 0.5 * (log(8.0 / 3.0) + log(8.0)), 1e-15);
}

static void test_label_outside_means_none(void **state)
{
    (void)state;
    const double z[] = {0, log(3)}; /* -log(1/2) - log(1/4) = log(8) */
    const double dloss = 1;
    struct reference_binary_cross_entropy s = {.n = 1, .classes = 2, .scale = 1};
    double loss, dz[2];
    for (int label = -1; label < 3; label += 3) {
        reference_binary_cross_entropy_forward(&s, z, &label, &loss);
        assert_near(loss, log(8.0), 1e-15);
        reference_binary_cross_entropy_backward(&s, z, &label, dloss, dz);
        opcheck_near(dz, (double[]){0.5, 0.75}, 2, 1e-15);
    }
}

static void test_backward(void **state)
{
    (void)state;
    const double z[] = {0, log(3)};
    struct reference_binary_cross_entropy s = {.n = 1, .classes = 2, .scale = 2};
    double dz[2];
    reference_binary_cross_entropy_backward(&s, z, (int32_t[]){1}, 4, dz); /* 8 (sigmoid - t) */
    opcheck_near(dz, (double[]){4, -2}, 2, 1e-14);
}

/* Confident and right costs exp(-|z|), confident and wrong |z|; nothing overflows, and the small
 * gradients keep their digits. */
static void test_extremes(void **state)
{
    (void)state;
    struct reference_binary_cross_entropy s = {.n = 1, .classes = 1, .scale = 1};
    const double z[] = {80, -80, 1000, -1000};
    const double right[] = {exp(-80), 80, 0, 1000}, wrong[] = {80, exp(-80), 1000, 0};
    const double d_right[] = {-exp(-80), -1, 0, -1}, d_wrong[] = {1, exp(-80), 1, 0};
    for (int i = 0; i < 4; i++) {
        double loss, dz;
        reference_binary_cross_entropy_forward(&s, z + i, (int32_t[]){0}, &loss);
        assert_near(loss, right[i], 1e-15 * right[i]);
        reference_binary_cross_entropy_forward(&s, z + i, (int32_t[]){1}, &loss);
        assert_near(loss, wrong[i], 1e-15 * wrong[i]);
        reference_binary_cross_entropy_backward(&s, z + i, (int32_t[]){0}, 1, &dz);
        assert_near(dz, d_right[i], 1e-15 * fabs(d_right[i]));
        reference_binary_cross_entropy_backward(&s, z + i, (int32_t[]){1}, 1, &dz);
        assert_near(dz, d_wrong[i], 1e-15 * d_wrong[i]);
    }
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(5, 1, 1, 3), opcheck_i32(5, 1, 1, 1),
                               tensor_f32(1, 1, 1, 1)};
    opcheck_infers(OP_binary_cross_entropy_forward, NULL, in, 2, 1, 0, (struct shape){1, 1, 1, 1});
    opcheck_infers(OP_binary_cross_entropy_backward, NULL, in, 3, 1, 0, in[0].shape);
    in[1] = opcheck_i32(4, 1, 1, 1);
    opcheck_refuses(OP_binary_cross_entropy_forward, NULL, in, 2, "5x1x1x1");
    in[1] = tensor_f32(5, 1, 1, 1);
    opcheck_refuses(OP_binary_cross_entropy_forward, NULL, in, 2, "32-bit integers");
    in[1] = opcheck_i32(5, 1, 1, 1);
    in[2] = tensor_f32(1, 1, 1, 2);
    opcheck_refuses(OP_binary_cross_entropy_backward, NULL, in, 3, "input 2");
    in[0] = tensor_f32(5, 1, 3, 1);
    opcheck_refuses(OP_binary_cross_entropy_forward, NULL, in, 2, "Nx1x1xK");
}

static void test_gradient(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(5, 1, 1, 3), opcheck_i32(5, 1, 1, 1)};
    struct op_attributes a = {.scale = 0.2};
    struct gradcheck_options options = {.values = {VALUE_NORMAL, VALUE_LABEL_BEYOND}};
    gradcheck(OP_binary_cross_entropy_forward, &a, in, 2, NULL);
    gradcheck(OP_binary_cross_entropy_forward, &a, in, 2, &options);
}

const struct CMUnitTest binary_cross_entropy_tests[] = {
    cmocka_unit_test(test_forward),  cmocka_unit_test(test_label_outside_means_none),
    cmocka_unit_test(test_backward), cmocka_unit_test(test_extremes),
    cmocka_unit_test(test_shapes),   cmocka_unit_test(test_gradient),
};
const size_t binary_cross_entropy_test_count =
    sizeof binary_cross_entropy_tests / sizeof *binary_cross_entropy_tests;
