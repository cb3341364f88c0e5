#include "reference/fully_connected.h"

#include <stddef.h>

void reference_fully_connected_forward(const struct reference_fully_connected *d, const double *x,
                                       const double *w, double *y)
{
    size_t N = (size_t)d->N, I = (size_t)d->I, O = (size_t)d->O;
    for (size_t n = 0; n < N; n++) {
        for (size_t o = 0; o < O; o++) y[n * O + o] = 0;
        for (size_t i = 0; i < I; i++)
            for (size_t o = 0; o < O; o++) y[n * O + o] += x[n * I + i] * w[i * O + o];
    }
}

void reference_fully_connected_backward_data(const struct reference_fully_connected *d,
                                             const double *dy, const double *w, double *dx)
{
    size_t N = (size_t)d->N, I = (size_t)d->I, O = (size_t)d->O;
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < I; i++) {
            double sum = 0;
            for (size_t o = 0; o < O; o++) sum += dy[n * O + o] * w[i * O + o];
            dx[n * I + i] = sum;
        }
}

void reference_fully_connected_backward_weights(const struct reference_fully_connected *d,
                                                const double *x, const double *dy, double *dw)
{
    size_t N = (size_t)d->N, I = (size_t)d->I, O = (size_t)d->O;
    for (size_t i = 0; i < I * O; i++) dw[i] = 0;
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < I; i++)
            for (size_t o = 0; o < O; o++) dw[i * O + o] += x[n * I + i] * dy[n * O + o];
}
