#include <math.h>

#include "opcheck.h"
#include "reference/adam.h"
#include "support.h"

enum { T_MAX = 3 };

static struct reference_adam settings(int t, double rate, double beta1, double beta2, double eps)
{
    return (struct reference_adam){.count = 1,
                                   .beta1 = beta1,
                                   .beta2 = beta2,
                                   .eps = eps,
                                   .step = rate / (1 - pow(beta1, t)),
                                   .root = 1 / sqrt(1 - pow(beta2, t))};
}

/* The corrections make m = g and v = g^2: the step is the learning rate against the sign of g,
 * whatever the size of g, as long as it dwarfs eps. */
static void test_first_step_is_the_learning_rate(void **state)
{
    (void)state;
    const double gradients[] = {1e-3, -1e-3, 1, -1, 1e4, -1e4};
    struct reference_adam s = settings(1, 0.01, 0.9, 0.999, 1e-12);
    for (int i = 0; i < 6; i++) {
        double p = 5, m = 0, v = 0, g = gradients[i];
        reference_adam_forward(&s, &g, &p, &m, &v);
        assert_near(p, g > 0 ? 4.99 : 5.01, 1e-10);
        assert_near(m, 0.1 * g, 1e-12 * fabs(g));
        assert_near(v, 0.001 * g * g, 1e-12 * g * g);
    }
}

static void test_no_gradient_no_step(void **state)
{
    (void)state;
    double p = 5, m = 0, v = 0, g = 0;
    struct reference_adam s = settings(1, 0.01, 0.9, 0.999, 1e-8);
    reference_adam_forward(&s, &g, &p, &m, &v);
    assert_near(p, 5, 0);
}

/* beta1 = 1/2, beta2 = 3/4, rate 1, eps 1, gradients 4, 0, -4:
 *     t = 1: m = 2,    v = 4, corrected 4, 16:             step 4 / (4 + 1) = 0.8
 *     t = 2: m = 1,    v = 3, corrected 4/3, 48/7:         step (4/3) / (sqrt(48/7) + 1)
 *     t = 3: m = -1.5, v = 2.25 + 4 = 6.25, corrected -12/7, 400/37: step (-12/7) / (sqrt(400/37) +
 * 1) */
static void test_three_steps_by_hand(void **state)
{
    (void)state;
    const double gradients[T_MAX] = {4, 0, -4};
    const double means[T_MAX] = {2, 1, -1.5}, squares[T_MAX] = {4, 3, 6.25};
    const double steps[T_MAX] = {0.8, (4.0 / 3.0) / (sqrt(48.0 / 7.0) + 1),
                                 (-12.0 / 7.0) / (sqrt(400.0 / 37.0) + 1)};
    double p = 10, m = 0, v = 0, expected = 10;
    for (int t = 1; t <= T_MAX; t++) {
        struct reference_adam s = settings(t, 1, 0.5, 0.75, 1);
        reference_adam_forward(&s, &gradients[t - 1], &p, &m, &v);
        expected -= steps[t - 1];
        assert_near(m, means[t - 1], 1e-15);
        assert_near(v, squares[t - 1], 1e-15);
        assert_near(p, expected, 1e-14);
    }
}

static void test_shapes(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(1, 1, 1, 1000), tensor_f32(1, 1, 1, 2)};
    struct op_attributes a = {.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
    opcheck_infers(OP_adam_forward, &a, in, 2, 3, 2, in[0].shape);
    assert_int_equal(op_get(OP_adam_forward)->updates, 7);
    a.beta2 = 1;
    opcheck_refuses(OP_adam_forward, &a, in, 2, "betas are 0.9 and 1");
    a.beta2 = NAN;
    opcheck_refuses(OP_adam_forward, &a, in, 2, "betas");
    a.beta2 = 0.999;
    a.eps = 0;
    opcheck_refuses(OP_adam_forward, &a, in, 2, "eps");
    a.eps = 1e-8;
    in[1] = tensor_f32(1, 1, 1, 1);
    opcheck_refuses(OP_adam_forward, &a, in, 2, "input 1 must be 1x1x1x2");
    in[0] = tensor_f32(10, 1, 1, 100);
    opcheck_refuses(OP_adam_forward, &a, in, 2, "input 0");
}

const struct CMUnitTest adam_tests[] = {
    cmocka_unit_test(test_first_step_is_the_learning_rate),
    cmocka_unit_test(test_no_gradient_no_step),
    cmocka_unit_test(test_three_steps_by_hand),
    cmocka_unit_test(test_shapes),
};
const size_t adam_test_count = sizeof adam_tests / sizeof *adam_tests;
