#include <math.h>

#include "gradcheck.h"
#include "opcheck.h"
#include "reference/batch_norm.h"
#include "support.h"

static void test_statistics(void **state)
{
    (void)state;
    /* channel 0: 1, 3, 5, 7: mean 4, squares 9 + 1 + 1 + 9 = 20, variance 5; channel 1: constant */
    const double x[] = {1, 2, 3, 2, 5, 2, 7, 2};
    struct reference_batch_norm s = {.rows = 4, .channels = 2};
    double mean[2], var[2];
    reference_batch_norm_statistics(&s, x, mean, var);
    opcheck_near(mean, (double[]){4, 2}, 2, 0);
    opcheck_near(var, (double[]){5, 0}, 2, 0);
}

/* E[x^2] - E[x]^2 would find 0 here: (2^30)^2 swallows 1/4. */
static void test_variance_survives_a_large_mean(void **state)
{
    (void)state;
    const double x[] = {0x1p30, 0x1p30 + 1};
    struct reference_batch_norm s = {.rows = 2, .channels = 1};
    double mean, var;
    reference_batch_norm_statistics(&s, x, &mean, &var);
    assert_near(mean, 0x1p30 + 0.5, 0);
    assert_near(var, 0.25, 0);
}

static void test_apply(void **state)
{
    (void)state;
    /* deviation sqrt(3 + 1) = 2: xhat = -1.5, -0.5, 0.5, 1.5; gamma 2, beta 10 */
    const double x[] = {1, 3, 5, 7}, mean = 4, var = 3, gamma = 2, beta = 10;
    struct reference_batch_norm s = {.rows = 4, .channels = 1, .eps = 1, .slope = 1};
    double y[4];
    reference_batch_norm_apply(&s, x, &mean, &var, &gamma, &beta, y);
    opcheck_near(y, (double[]){7, 9, 11, 13}, 4, 1e-15);
}

static void test_backward(void **state)
{
    (void)state;
    /* xhat = -1.5, -0.5, 0.5, 1.5 as above; dy = 1, 0, 0, 1:
     *     dbeta = 2, dgamma = -1.5 + 1.5 = 0
     *     dx = 2/2 (dy - 2/4) = 0.5, -0.5, -0.5, 0.5; with constant statistics dx = dy */
    const double x[] = {1, 3, 5, 7}, mean = 4, var = 3, gamma = 2, beta = 10;
    struct reference_batch_norm s = {.rows = 4, .channels = 1, .eps = 1, .slope = 1};
    double dx[4], dgamma, dbeta;
    const double even[] = {1, 0, 0, 1};
    reference_batch_norm_backward(&s, 1, x, &mean, &var, &gamma, &beta, even, dx, &dgamma, &dbeta);
    assert_near(dbeta, 2, 0);
    assert_near(dgamma, 0, 1e-15);
    opcheck_near(dx, (double[]){0.5, -0.5, -0.5, 0.5}, 4, 1e-15);
    reference_batch_norm_backward(&s, 0, x, &mean, &var, &gamma, &beta, even, dx, &dgamma, &dbeta);
    opcheck_near(dx, even, 4, 1e-15);
    /* dy = -1, 0, 0, 1: dbeta = 0, dgamma = 3; dx = dy - xhat 3/4 = 0.125, 0.375, -0.375, -0.125 */
    const double odd[] = {-1, 0, 0, 1};
    reference_batch_norm_backward(&s, 1, x, &mean, &var, &gamma, &beta, odd, dx, &dgamma, &dbeta);
    assert_near(dbeta, 0, 0);
    assert_near(dgamma, 3, 1e-15);
    opcheck_near(dx, (double[]){0.125, 0.375, -0.375, -0.125}, 4, 1e-15);
}

/* z = 2 xhat + 1 = -2, 0, 2, 4 with xhat = -1.5, -0.5, 0.5, 1.5; at 0 the left derivative counts.
 */
static void test_leaky_relu_behind(void **state)
{
    (void)state;
    const double x[] = {1, 3, 5, 7}, mean = 4, var = 3, gamma = 2, beta = 1, dy[] = {4, 8, 1, 2};
    struct reference_batch_norm s = {.rows = 4, .channels = 1, .eps = 1, .slope = 0.25};
    double y[4], dx[4], dgamma, dbeta;
    reference_batch_norm_apply(&s, x, &mean, &var, &gamma, &beta, y);
    opcheck_near(y, (double[]){-0.5, 0, 2, 4}, 4, 1e-15);
    /* dz = 1, 2, 1, 2: dbeta = 6, dgamma = -1.5 - 1 + 0.5 + 3 = 1 */
    reference_batch_norm_backward(&s, 0, x, &mean, &var, &gamma, &beta, dy, dx, &dgamma, &dbeta);
    opcheck_near(dx, (double[]){1, 2, 1, 2}, 4, 1e-15);
    assert_near(dbeta, 6, 0);
    assert_near(dgamma, 1, 1e-15);
    /* dx = dz - 6/4 - xhat/4 */
    reference_batch_norm_backward(&s, 1, x, &mean, &var, &gamma, &beta, dy, dx, &dgamma, &dbeta);
    opcheck_near(dx, (double[]){-0.125, 0.625, -0.625, 0.125}, 4, 1e-15);
}

/* A shift of all x changes no output, so dx adds up to 0 over the batch. */
static void test_backward_is_orthogonal_to_shifts(void **state)
{
    (void)state;
    double x[12], dy[12], dx[12], mean[3], var[3], dgamma[3], dbeta[3];
    const double gamma[] = {1, -2, 0.5}, beta[] = {0.25, 0, -1};
    struct reference_batch_norm s = {.rows = 4, .channels = 3, .eps = 1e-5, .slope = 1};
    for (int i = 0; i < 12; i++) {
        x[i] = sin(3.0 * i);
        dy[i] = cos(5.0 * i);
    }
    reference_batch_norm_statistics(&s, x, mean, var);
    reference_batch_norm_backward(&s, 1, x, mean, var, gamma, beta, dy, dx, dgamma, dbeta);
    for (int c = 0; c < 3; c++) assert_near(dx[c] + dx[3 + c] + dx[6 + c] + dx[9 + c], 0, 1e-13);
}

enum { AREA = 6, CHANNELS = 2, DIFFERENT = 3, BATCH = 5, ROW = AREA * CHANNELS };

/* Pictures 0, 1 and 2 occur 2, 0 and 3 times in the batch: what is computed once with weights is
 * what the whole batch gives, gradients of copies added up. */
static void test_weights_stand_for_repeats(void **state)
{
    (void)state;
    const int picture[BATCH] = {0, 2, 2, 0, 2};
    const double weights[DIFFERENT] = {2, 0, 3}, gamma[] = {1.5, -0.5}, beta[] = {0.25, -0.125};
    double few[DIFFERENT * ROW], few_y[DIFFERENT * ROW], few_dy[DIFFERENT * ROW] = {0};
    double few_dx[DIFFERENT * ROW], sum_dx[DIFFERENT * ROW] = {0};
    double all[BATCH * ROW], all_y[BATCH * ROW], all_dy[BATCH * ROW], all_dx[BATCH * ROW];
    double mean[2][CHANNELS], var[2][CHANNELS], dgamma[2][CHANNELS], dbeta[2][CHANNELS];
    struct reference_batch_norm once = {.rows = DIFFERENT * AREA,
                                        .channels = CHANNELS,
                                        .eps = 1e-3,
                                        .slope = 0.25,
                                        .weights = weights,
                                        .area = AREA};
    struct reference_batch_norm whole = {
        .rows = BATCH * AREA, .channels = CHANNELS, .eps = 1e-3, .slope = 0.25};
    for (int i = 0; i < DIFFERENT * ROW; i++) few[i] = sin(3.0 * i) + 0.1 * i;
    for (int i = 0; i < BATCH * ROW; i++) {
        int from = picture[i / ROW] * ROW + i % ROW;
        all[i] = few[from];
        all_dy[i] = cos(5.0 * i);
        few_dy[from] += all_dy[i];
    }
    reference_batch_norm_statistics(&once, few, mean[0], var[0]);
    reference_batch_norm_statistics(&whole, all, mean[1], var[1]);
    opcheck_near(mean[0], mean[1], CHANNELS, 1e-14);
    opcheck_near(var[0], var[1], CHANNELS, 1e-14);
    reference_batch_norm_apply(&once, few, mean[0], var[0], gamma, beta, few_y);
    reference_batch_norm_apply(&whole, all, mean[1], var[1], gamma, beta, all_y);
    reference_batch_norm_backward(&once, 1, few, mean[0], var[0], gamma, beta, few_dy, few_dx,
                                  dgamma[0], dbeta[0]);
    reference_batch_norm_backward(&whole, 1, all, mean[1], var[1], gamma, beta, all_dy, all_dx,
                                  dgamma[1], dbeta[1]);
    opcheck_near(dgamma[0], dgamma[1], CHANNELS, 1e-13);
    opcheck_near(dbeta[0], dbeta[1], CHANNELS, 1e-13);
    for (int i = 0; i < BATCH * ROW; i++) {
        int from = picture[i / ROW] * ROW + i % ROW;
        assert_near(few_y[from], all_y[i], 1e-13);
        sum_dx[from] += all_dx[i];
    }
    opcheck_near(few_dx, sum_dx, (size_t)DIFFERENT * ROW, 1e-12);
    /* the picture that does not occur: no gradient came, none leaves */
    for (int i = ROW; i < 2 * ROW; i++) assert_near(few_dx[i], 0, 0);
}

static void test_update(void **state)
{
    (void)state;
    /* M = 5: unbiased variance 8 * 5/4 = 10; 0.75 * 4 + 0.25 * 2 = 3.5, 0.75 * 2 + 0.25 * 10 = 4 */
    const double mean = 2, var = 8;
    double running_mean = 4, running_var = 2;
    struct reference_batch_norm s = {.rows = 5, .channels = 1};
    reference_batch_norm_update(&s, 0.25, &mean, &var, &running_mean, &running_var);
    assert_near(running_mean, 3.5, 0);
    assert_near(running_var, 4, 1e-15);
    s.rows = 1; /* no unbiased variance: 0.5 * 4 + 0.5 * 8 = 6 */
    reference_batch_norm_update(&s, 0.5, &mean, &var, &running_mean, &running_var);
    assert_near(running_mean, 2.75, 0);
    assert_near(running_var, 6, 1e-15);
}

static void test_shapes(void **state)
{
    (void)state;
    struct op_attributes a = {.eps = 1e-5, .momentum = 0.1, .count = 7};
    struct tensor_type v = tensor_f32(1, 1, 1, 3), x = tensor_f32(2, 4, 5, 3);
    struct tensor_type in[] = {x, v, v, v, v, x, tensor_f32(2, 1, 1, 1)};
    opcheck_infers(OP_batch_norm_statistics, &a, in, 1, 2, 1, v.shape);
    opcheck_infers(OP_batch_norm_apply, &a, in, 5, 1, 0, x.shape);
    opcheck_infers(OP_batch_norm_backward, &a, in, 6, 3, 0, x.shape);
    opcheck_infers(OP_batch_norm_backward, &a, in, 6, 3, 2, v.shape);
    opcheck_infers(OP_batch_norm_update, &a, in + 1, 2, 2, 1, v.shape);
    opcheck_infers(OP_batch_norm_backward, &a, in, 7, 3, 0, x.shape);
    in[6] = tensor_f32(1, 1, 1, 2);
    opcheck_refuses(OP_batch_norm_backward, &a, in, 7, "weights must be 2x1x1x1");
    opcheck_refuses(OP_batch_norm_statistics, &a, in, 2, "weights must be 2x1x1x1");
    in[4] = x;
    opcheck_refuses(OP_batch_norm_apply, &a, in, 5, "1x1x1x3");
    in[4] = in[5] = v;
    opcheck_refuses(OP_batch_norm_backward, &a, in, 6, "inputs 0 and 5");
    in[3] = tensor_f32(1, 1, 1, 4);
    opcheck_refuses(OP_batch_norm_backward, &a, in, 6, "input 3");
    in[3] = v;
    in[5] = x;
    a.slope = -0.5;
    opcheck_refuses(OP_batch_norm_backward, &a, in, 6, "slope");
    a.slope = 1;
    a.eps = 0;
    opcheck_refuses(OP_batch_norm_backward, &a, in, 6, "eps");
    a.momentum = 1.5;
    opcheck_refuses(OP_batch_norm_update, &a, in + 1, 2, "momentum");
    a.count = 0;
    opcheck_refuses(OP_batch_norm_update, &a, in + 1, 2, "count");
}

static void test_gradient(void **state)
{
    (void)state;
    struct tensor_type v = tensor_f32(1, 1, 1, 3), x = tensor_f32(2, 4, 5, 3);
    struct tensor_type in[] = {x, v, v, v, v, tensor_f32(2, 1, 1, 1)};
    for (int i = 0; i < 4; i++) {
        struct op_attributes a = {.eps = 1e-5, .training = i % 2, .slope = i < 2 ? 1 : 0.2};
        struct gradcheck_options options = {.values = {[2] = VALUE_POSITIVE, [5] = VALUE_REPEATS},
                                            .constant = 1u << 1 | 1u << 2};
        if (a.training) options.derive = gradcheck_batch_statistics;
        gradcheck(OP_batch_norm_apply, &a, in, 5, &options);
        options.constant |= 1u << 5;
        gradcheck(OP_batch_norm_apply, &a, in, 6, &options);
    }
}

const struct CMUnitTest batch_norm_tests[] = {
    cmocka_unit_test(test_statistics),
    cmocka_unit_test(test_variance_survives_a_large_mean),
    cmocka_unit_test(test_apply),
    cmocka_unit_test(test_backward),
    cmocka_unit_test(test_leaky_relu_behind),
    cmocka_unit_test(test_backward_is_orthogonal_to_shifts),
    cmocka_unit_test(test_weights_stand_for_repeats),
    cmocka_unit_test(test_update),
    cmocka_unit_test(test_shapes),
    cmocka_unit_test(test_gradient),
};
const size_t batch_norm_test_count = sizeof batch_norm_tests / sizeof *batch_norm_tests;
