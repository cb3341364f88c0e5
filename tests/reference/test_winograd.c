/* Winograd's algorithm: the matrices are those of a correlation, the whole algorithm is the direct
 * sum, and the kernels' straight-line transforms are these matrices. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "reference/winograd.h"
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static double multiply_add(double sum, double a, double b)
{
    return sum + a * b;
}

/* The transforms as cl/conv2d_winograd.cl includes them, in double. */
#define VECTOR            double
#define FRACTION(a, b)    ((double)(a) / (double)(b))
#define SPLAT(x)          (x)
#define winograd_input    input_3
#define winograd_filter   filter_3
#define winograd_gradient gradient_3
#define winograd_output   output_3
#define winograd_weights  weights_3
#include "cl/conv2d_winograd_3.clh"
#undef winograd_input
#undef winograd_filter
#undef winograd_gradient
#undef winograd_output
#undef winograd_weights
#define winograd_input    input_5
#define winograd_filter   filter_5
#define winograd_gradient gradient_5
#define winograd_output   output_5
#define winograd_weights  weights_5
#include "cl/conv2d_winograd_5.clh"

/* The matrices of the kernels' transforms, column by column from unit vectors. */
static void fill_column(void (*transform)(const double *, double *), int column, double *matrix,
                        int rows, int pitch)
{
    double unit[WINOGRAD_MOST_POINTS] = {0}, out[WINOGRAD_MOST_POINTS] = {0};
    unit[column] = 1;
    transform(unit, out);
    for (int i = 0; i < rows; i++) matrix[i * pitch + column] = out[i];
}

static void create_from_kernels(struct reference_winograd *m, int taps)
{
    const bool five = taps == 5;
    *m = (struct reference_winograd){.taps = taps, .points = WINOGRAD_TILE + taps - 1};
    for (int j = 0; j < m->points; j++) {
        fill_column(five ? input_5 : input_3, j, m->input[0], m->points, WINOGRAD_MOST_POINTS);
        fill_column(five ? output_5 : output_3, j, m->output[0], WINOGRAD_TILE,
                    WINOGRAD_MOST_POINTS);
        fill_column(five ? weights_5 : weights_3, j, m->weights[0], taps, WINOGRAD_MOST_POINTS);
    }
    for (int k = 0; k < taps; k++)
        fill_column(five ? filter_5 : filter_3, k, m->filter[0], m->points, WINOGRAD_MOST_TAPS);
    for (int k = 0; k < WINOGRAD_TILE; k++)
        fill_column(five ? gradient_5 : gradient_3, k, m->gradient[0], m->points, WINOGRAD_TILE);
}

/* Unit input l and unit tap k give 1 in output i where l = i + k, else 0: the correlation's own
 * coefficients. The same for the filter's gradient, whose outputs are the taps. */
static void check_correlation(const struct reference_winograd *m)
{
    for (int l = 0; l < m->points; l++)
        for (int i = 0; i < WINOGRAD_TILE; i++)
            for (int k = 0; k < m->taps; k++) {
                double forward = 0, weights = 0;
                for (int j = 0; j < m->points; j++) {
                    forward += m->output[i][j] * m->filter[j][k] * m->input[j][l];
                    weights += m->weights[k][j] * m->gradient[j][i] * m->input[j][l];
                }
                assert_near(forward, l == i + k ? 1 : 0, 1e-13);
                assert_near(weights, l == i + k ? 1 : 0, 1e-13);
            }
}

static void test_matrices_are_a_correlation(void **state)
{
    (void)state;
    for (int taps = 3; taps <= 5; taps += 2) {
        struct reference_winograd m;
        reference_winograd_create(&m, taps);
        check_correlation(&m);
    }
}

static void test_kernels_are_a_correlation(void **state)
{
    (void)state;
    for (int taps = 3; taps <= 5; taps += 2) {
        struct reference_winograd m;
        create_from_kernels(&m, taps);
        check_correlation(&m);
    }
}

/* The bound of the error is computed with the reference's matrices: the kernels must have the same
 * terms. A factor may be in G or in B. */
static void test_kernels_have_the_terms_of_the_reference(void **state)
{
    (void)state;
    for (int taps = 3; taps <= 5; taps += 2) {
        struct reference_winograd kernels, m;
        create_from_kernels(&kernels, taps);
        reference_winograd_create(&m, taps);
        for (int j = 0; j < m.points; j++)
            for (int l = 0; l < m.points; l++) {
                for (int k = 0; k < taps; k++)
                    assert_near(kernels.filter[j][k] * kernels.input[j][l],
                                m.filter[j][k] * m.input[j][l], 1e-13);
                for (int k = 0; k < WINOGRAD_TILE; k++)
                    assert_near(kernels.gradient[j][k] * kernels.input[j][l],
                                m.gradient[j][k] * m.input[j][l], 1e-13);
            }
    }
}

/* Five taps, point 1: t (t + 1) (t^2 - 4) (t^2 - 1/4) = t + t^2 - 17/4 t^3 - 17/4 t^4 + t^5 + t^6,
 * and 1 (1 + 1) (1 - 4) (1 - 1/4) = -9/2. Three taps, point 3/2: t (t + 3/2) (t^2 - 4/9), and
 * 3/2 * 3 (9/4 - 4/9) = 65/8. */
static void test_rows_by_hand(void **state)
{
    (void)state;
    const double five[] = {0, 1, 1, -17.0 / 4, -17.0 / 4, 1, 1, 0};
    const double three[] = {0, -2.0 / 3, -4.0 / 9, 3.0 / 2, 1, 0};
    struct reference_winograd m;
    reference_winograd_create(&m, 5);
    for (int l = 0; l < 8; l++) assert_near(m.input[1][l], five[l], 1e-13);
    for (int k = 0; k < 5; k++) assert_near(m.filter[1][k], -2.0 / 9, 1e-13);
    reference_winograd_create(&m, 3);
    for (int l = 0; l < 6; l++) assert_near(m.input[3][l], three[l], 1e-13);
    for (int k = 0; k < 3; k++) assert_near(m.filter[3][k], pow(1.5, k) * 8 / 65, 1e-13);
    for (int i = 0; i < 4; i++) assert_near(m.output[i][3], pow(1.5, i), 1e-13);
    assert_near(m.output[3][5], 1, 0);
}

static double *random_values(size_t count, uint32_t step)
{
    const struct rng rng = {.seed = 1, .purpose = RNG_VERIFY, .step = step};
    double *values = test_malloc(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = rng_normal(&rng, i);
    return values;
}

static void check_against_direct(const struct reference_conv2d *d)
{
    const size_t pixels = (size_t)d->N * (size_t)d->H * (size_t)d->W;
    const size_t nx = pixels * (size_t)d->C, ny = pixels * (size_t)d->K;
    const size_t nw = (size_t)d->R * (size_t)d->S * (size_t)d->C * (size_t)d->K;
    const size_t most = ny > nw ? ny : nw;
    double *x = random_values(nx, 1), *y = random_values(ny, 2), *w = random_values(nw, 3);
    double *direct = random_values(most, 4), *fast = random_values(most, 5);
    double *scratch = test_malloc(reference_winograd_scratch(d) * sizeof *scratch);
    struct reference_winograd m;
    reference_winograd_create(&m, d->R);
    reference_conv2d_forward(d, x, w, direct);
    reference_winograd_forward(&m, d, x, w, scratch, fast);
    for (size_t i = 0; i < ny; i++) assert_near(fast[i], direct[i], 1e-11);
    reference_conv2d_backward_weights(d, x, y, direct);
    reference_winograd_backward_weights(&m, d, x, y, scratch, fast);
    for (size_t i = 0; i < nw; i++) assert_near(fast[i], direct[i], 1e-11);
    test_free(scratch);
    test_free(fast);
    test_free(direct);
    test_free(w);
    test_free(y);
    test_free(x);
}

/* Whole tiles, tiles that hang over both edges, a map smaller than a tile. */
static void test_the_algorithm_is_the_direct_sum(void **state)
{
    (void)state;
    static const int sizes[][2] = {{8, 4}, {7, 10}, {1, 3}};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int taps = 3; taps <= 5; taps += 2) {
            const int H = sizes[i][0], W = sizes[i][1];
            const struct reference_conv2d d = {.N = 2,
                                               .H = H,
                                               .W = W,
                                               .C = 3,
                                               .P = H,
                                               .Q = W,
                                               .K = 2,
                                               .R = taps,
                                               .S = taps,
                                               .stride = 1};
            check_against_direct(&d);
        }
}

const struct CMUnitTest winograd_tests[] = {
    cmocka_unit_test(test_matrices_are_a_correlation),
    cmocka_unit_test(test_kernels_are_a_correlation),
    cmocka_unit_test(test_kernels_have_the_terms_of_the_reference),
    cmocka_unit_test(test_rows_by_hand),
    cmocka_unit_test(test_the_algorithm_is_the_direct_sum),
};
const size_t winograd_test_count = COUNT(winograd_tests);
