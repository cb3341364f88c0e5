#include "reference/winograd.h"

#include <math.h>
#include <string.h>

enum { MOST_SQUARE = WINOGRAD_MOST_POINTS * WINOGRAD_MOST_POINTS };

/* ---- Matrices ---- */

static const double points_of_3[] = {0.0, 2.0 / 3, -2.0 / 3, 3.0 / 2, -3.0 / 2};
static const double points_of_5[] = {0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5};

/* Coefficients, lowest first, of the product of (t - point) over all finite points but one. */
static void expand(const double *point, int finite, int left_out, double *coefficients)
{
    int degree = 0;
    coefficients[0] = 1.0;
    for (int q = 0; q < finite; q++) {
        if (q == left_out) continue;
        coefficients[++degree] = 0.0;
        for (int k = degree; k >= 0; k--)
            coefficients[k] = (k > 0 ? coefficients[k - 1] : 0.0) - point[q] * coefficients[k];
    }
}

/* G of the given length: row j holds powers of point j over the product of its distances. */
static void fill_factor(const double *point, int finite, int length, int pitch, double *matrix)
{
    for (int j = 0; j < finite; j++) {
        double distances = 1.0;
        for (int q = 0; q < finite; q++)
            if (q != j) distances *= point[j] - point[q];
        for (int k = 0; k < length; k++) matrix[j * pitch + k] = pow(point[j], k) / distances;
    }
    matrix[finite * pitch + length - 1] = 1.0;
}

/* A with the given number of results. */
static void fill_result(const double *point, int finite, int results, double *matrix)
{
    for (int i = 0; i < results; i++)
        for (int j = 0; j < finite; j++) matrix[i * WINOGRAD_MOST_POINTS + j] = pow(point[j], i);
    matrix[(results - 1) * WINOGRAD_MOST_POINTS + finite] = 1.0;
}

void reference_winograd_create(struct reference_winograd *matrices, int taps)
{
    const double *point = taps == 3 ? points_of_3 : points_of_5;
    const int points = WINOGRAD_TILE + taps - 1, finite = points - 1;
    *matrices = (struct reference_winograd){.taps = taps, .points = points};
    for (int j = 0; j <= finite; j++) expand(point, finite, j, matrices->input[j]);
    fill_factor(point, finite, taps, WINOGRAD_MOST_TAPS, matrices->filter[0]);
    fill_factor(point, finite, WINOGRAD_TILE, WINOGRAD_TILE, matrices->gradient[0]);
    fill_result(point, finite, WINOGRAD_TILE, matrices->output[0]);
    fill_result(point, finite, taps, matrices->weights[0]);
}

static void square(double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) values[i] *= values[i];
}

void reference_winograd_square(struct reference_winograd *matrices)
{
    square(matrices->input[0], sizeof matrices->input / sizeof(double));
    square(matrices->filter[0], sizeof matrices->filter / sizeof(double));
    square(matrices->output[0], sizeof matrices->output / sizeof(double));
    square(matrices->gradient[0], sizeof matrices->gradient / sizeof(double));
    square(matrices->weights[0], sizeof matrices->weights / sizeof(double));
}

/* ---- Tiles ---- */

/* out = T in T', T [rows][columns] with the given pitch, in and out dense squares. */
static void transform(const double *T, int pitch, int rows, int columns, const double *in,
                      double *out)
{
    double half[WINOGRAD_MOST_POINTS][WINOGRAD_MOST_POINTS];
    for (int i = 0; i < rows; i++)
        for (int l = 0; l < columns; l++) {
            half[i][l] = 0.0;
            for (int k = 0; k < columns; k++) half[i][l] += T[i * pitch + k] * in[k * columns + l];
        }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < rows; j++) {
            double sum = 0.0;
            for (int l = 0; l < columns; l++) sum += half[i][l] * T[j * pitch + l];
            out[i * rows + j] = sum;
        }
}

/* Channel c of size x size pixels of an image [H][W][C] from (top, left) on, zeros around it. */
static void read_tile(const double *image, int H, int W, int C, int c, int top, int left, int size,
                      double *tile)
{
    for (int i = 0; i < size; i++)
        for (int j = 0; j < size; j++) {
            const int h = top + i, w = left + j;
            const int inside = h >= 0 && h < H && w >= 0 && w < W;
            const size_t at = ((size_t)h * (size_t)W + (size_t)w) * (size_t)C + (size_t)c;
            tile[i * size + j] = inside ? image[at] : 0.0;
        }
}

size_t reference_winograd_scratch(const struct reference_conv2d *d)
{
    const size_t C = (size_t)d->C, K = (size_t)d->K;
    return (C * K + C + K) * MOST_SQUARE;
}

static void transform_filters(const struct reference_winograd *matrices,
                              const struct reference_conv2d *d, const double *w, double *u)
{
    const int r = d->R;
    const size_t filters = (size_t)d->C * (size_t)d->K;
    double taps[WINOGRAD_MOST_TAPS * WINOGRAD_MOST_TAPS] = {0};
    for (size_t f = 0; f < filters; f++, u += MOST_SQUARE) {
        for (int tap = 0; tap < r * r; tap++) taps[tap] = w[(size_t)tap * filters + f];
        transform(matrices->filter[0], WINOGRAD_MOST_TAPS, matrices->points, r, taps, u);
    }
}

/* v [C][MOST_SQUARE]: the inputs of the tile whose first output is (top, left). */
static void transform_inputs(const struct reference_winograd *matrices,
                             const struct reference_conv2d *d, const double *x, int n, int top,
                             int left, double *v)
{
    const double *image = x + (size_t)n * (size_t)d->H * (size_t)d->W * (size_t)d->C;
    const int points = matrices->points;
    double tile[MOST_SQUARE];
    for (int c = 0; c < d->C; c++, v += MOST_SQUARE) {
        read_tile(image, d->H, d->W, d->C, c, top - d->R / 2, left - d->S / 2, points, tile);
        transform(matrices->input[0], WINOGRAD_MOST_POINTS, points, points, tile, v);
    }
}

static void write_tile(const struct reference_conv2d *d, int n, int top, int left, int k,
                       const double *tile, double *y)
{
    for (int i = 0; i < WINOGRAD_TILE && top + i < d->P; i++)
        for (int j = 0; j < WINOGRAD_TILE && left + j < d->Q; j++) {
            const size_t row = (size_t)n * (size_t)d->P + (size_t)(top + i);
            const size_t at = (row * (size_t)d->Q + (size_t)(left + j)) * (size_t)d->K;
            y[at + (size_t)k] = tile[i * WINOGRAD_TILE + j];
        }
}

void reference_winograd_forward(const struct reference_winograd *matrices,
                                const struct reference_conv2d *d, const double *x, const double *w,
                                double *scratch, double *y)
{
    const int square_points = matrices->points * matrices->points;
    double *u = scratch, *v = u + (size_t)d->C * (size_t)d->K * MOST_SQUARE;
    double product[MOST_SQUARE], tile[WINOGRAD_TILE * WINOGRAD_TILE];
    transform_filters(matrices, d, w, u);
    for (int n = 0; n < d->N; n++)
        for (int top = 0; top < d->P; top += WINOGRAD_TILE)
            for (int left = 0; left < d->Q; left += WINOGRAD_TILE) {
                transform_inputs(matrices, d, x, n, top, left, v);
                for (int k = 0; k < d->K; k++) {
                    memset(product, 0, sizeof product);
                    for (int c = 0; c < d->C; c++) {
                        const double *a = v + (size_t)c * MOST_SQUARE;
                        const double *b = u + ((size_t)c * (size_t)d->K + (size_t)k) * MOST_SQUARE;
                        for (int p = 0; p < square_points; p++) product[p] += a[p] * b[p];
                    }
                    transform(matrices->output[0], WINOGRAD_MOST_POINTS, WINOGRAD_TILE,
                              matrices->points, product, tile);
                    write_tile(d, n, top, left, k, tile, y);
                }
            }
}

/* z [K][MOST_SQUARE]: the gradients of the tile's outputs. */
static void transform_gradients(const struct reference_winograd *matrices,
                                const struct reference_conv2d *d, const double *dy, int n, int top,
                                int left, double *z)
{
    const double *image = dy + (size_t)n * (size_t)d->P * (size_t)d->Q * (size_t)d->K;
    double tile[WINOGRAD_TILE * WINOGRAD_TILE];
    for (int k = 0; k < d->K; k++, z += MOST_SQUARE) {
        read_tile(image, d->P, d->Q, d->K, k, top, left, WINOGRAD_TILE, tile);
        transform(matrices->gradient[0], WINOGRAD_TILE, matrices->points, WINOGRAD_TILE, tile, z);
    }
}

void reference_winograd_backward_weights(const struct reference_winograd *matrices,
                                         const struct reference_conv2d *d, const double *x,
                                         const double *dy, double *scratch, double *dw)
{
    const int square_points = matrices->points * matrices->points;
    const size_t filters = (size_t)d->C * (size_t)d->K;
    double *sums = scratch, *v = sums + filters * MOST_SQUARE;
    double *z = v + (size_t)d->C * MOST_SQUARE;
    double taps[WINOGRAD_MOST_TAPS * WINOGRAD_MOST_TAPS] = {0};
    memset(sums, 0, filters * MOST_SQUARE * sizeof *sums);
    for (int n = 0; n < d->N; n++)
        for (int top = 0; top < d->P; top += WINOGRAD_TILE)
            for (int left = 0; left < d->Q; left += WINOGRAD_TILE) {
                transform_inputs(matrices, d, x, n, top, left, v);
                transform_gradients(matrices, d, dy, n, top, left, z);
                for (size_t f = 0; f < filters; f++) {
                    const double *a = v + f / (size_t)d->K * MOST_SQUARE;
                    const double *b = z + f % (size_t)d->K * MOST_SQUARE;
                    double *sum = sums + f * MOST_SQUARE;
                    for (int p = 0; p < square_points; p++) sum[p] += a[p] * b[p];
                }
            }
    for (size_t f = 0; f < filters; f++) {
        transform(matrices->weights[0], WINOGRAD_MOST_POINTS, d->R, matrices->points,
                  sums + f * MOST_SQUARE, taps);
        for (int tap = 0; tap < d->R * d->S; tap++) dw[(size_t)tap * filters + f] = taps[tap];
    }
}
