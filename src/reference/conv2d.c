#include "reference/conv2d.h"

#include <stdbool.h>
#include <stddef.h>

/* Offsets of the elements, counted in size_t because a batch may exceed int. */
static size_t at_x(const struct reference_conv2d *d, int n, int h, int w, int c)
{
    return (((size_t)n * (size_t)d->H + (size_t)h) * (size_t)d->W + (size_t)w) * (size_t)d->C +
           (size_t)c;
}

static size_t at_w(const struct reference_conv2d *d, int r, int s, int c, int k)
{
    return (((size_t)r * (size_t)d->S + (size_t)s) * (size_t)d->C + (size_t)c) * (size_t)d->K +
           (size_t)k;
}

static size_t at_y(const struct reference_conv2d *d, int n, int p, int q, int k)
{
    return (((size_t)n * (size_t)d->P + (size_t)p) * (size_t)d->Q + (size_t)q) * (size_t)d->K +
           (size_t)k;
}

/* The pixel of x that filter tap (r, s) meets at output pixel (p, q); false: in the border. */
static bool find_pixel(const struct reference_conv2d *d, int p, int q, int r, int s, int *h, int *w)
{
    *h = p * d->stride + r - d->R / 2;
    *w = q * d->stride + s - d->S / 2;
    return *h >= 0 && *h < d->H && *w >= 0 && *w < d->W;
}

void reference_conv2d_forward(const struct reference_conv2d *d, const double *x, const double *w,
                              double *y)
{
    int row, column;
    for (int n = 0; n < d->N; n++)
        for (int p = 0; p < d->P; p++)
            for (int q = 0; q < d->Q; q++) {
                double *out = &y[at_y(d, n, p, q, 0)];
                for (int k = 0; k < d->K; k++) out[k] = 0;
                for (int r = 0; r < d->R; r++)
                    for (int s = 0; s < d->S; s++) {
                        if (!find_pixel(d, p, q, r, s, &row, &column)) continue;
                        for (int c = 0; c < d->C; c++)
                            for (int k = 0; k < d->K; k++)
                                out[k] += x[at_x(d, n, row, column, c)] * w[at_w(d, r, s, c, k)];
                    }
            }
}

void reference_conv2d_finish(const struct reference_conv2d *d, const double *b, const double *a,
                             double slope, double *y)
{
    size_t count = at_y(d, d->N, 0, 0, 0);
    for (size_t i = 0; i < count; i++) {
        double z = y[i] + b[i % (size_t)d->K] + (a ? a[i] : 0);
        y[i] = z > 0 ? z : slope * z;
    }
}

void reference_conv2d_backward_data(const struct reference_conv2d *d, const double *dy,
                                    const double *w, double *dx)
{
    int row, column;
    size_t count = at_x(d, d->N, 0, 0, 0);
    for (size_t i = 0; i < count; i++) dx[i] = 0;
    for (int n = 0; n < d->N; n++)
        for (int p = 0; p < d->P; p++)
            for (int q = 0; q < d->Q; q++)
                for (int r = 0; r < d->R; r++)
                    for (int s = 0; s < d->S; s++) {
                        if (!find_pixel(d, p, q, r, s, &row, &column)) continue;
                        for (int c = 0; c < d->C; c++) {
                            double sum = 0;
                            for (int k = 0; k < d->K; k++)
                                sum += dy[at_y(d, n, p, q, k)] * w[at_w(d, r, s, c, k)];
                            dx[at_x(d, n, row, column, c)] += sum;
                        }
                    }
}

void reference_conv2d_backward_weights(const struct reference_conv2d *d, const double *x,
                                       const double *dy, double *dw)
{
    int row, column;
    size_t count = at_w(d, d->R, 0, 0, 0);
    for (size_t i = 0; i < count; i++) dw[i] = 0;
    for (int n = 0; n < d->N; n++)
        for (int p = 0; p < d->P; p++)
            for (int q = 0; q < d->Q; q++)
                for (int r = 0; r < d->R; r++)
                    for (int s = 0; s < d->S; s++) {
                        if (!find_pixel(d, p, q, r, s, &row, &column)) continue;
                        for (int c = 0; c < d->C; c++)
                            for (int k = 0; k < d->K; k++)
                                dw[at_w(d, r, s, c, k)] +=
                                    x[at_x(d, n, row, column, c)] * dy[at_y(d, n, p, q, k)];
                    }
}
