#include "reference/max_pool.h"

#include <stddef.h>

/* Index in x of the maximum of output pixel (p, q), channel c, of image n. */
static size_t find_maximum(const struct reference_max_pool *s, const double *x, int n, int p, int q,
                           int c)
{
    size_t width = (size_t)s->width, channels = (size_t)s->channels;
    size_t row = (size_t)n * (size_t)s->height + (size_t)(2 * p);
    size_t first = (row * width + (size_t)(2 * q)) * channels + (size_t)c;
    size_t best = first;
    for (size_t dh = 0; dh < 2; dh++) {
        for (size_t dw = 0; dw < 2; dw++) {
            size_t i = first + (dh * width + dw) * channels;
            if (x[i] > x[best]) best = i;
        }
    }
    return best;
}

void reference_max_pool_forward(const struct reference_max_pool *s, const double *x, double *y)
{
    size_t o = 0;
    for (int n = 0; n < s->n; n++) {
        for (int p = 0; p < s->height / 2; p++) {
            for (int q = 0; q < s->width / 2; q++) {
                for (int c = 0; c < s->channels; c++) y[o++] = x[find_maximum(s, x, n, p, q, c)];
            }
        }
    }
}

void reference_max_pool_backward(const struct reference_max_pool *s, const double *x,
                                 const double *dy, double *dx)
{
    size_t count = (size_t)s->n * (size_t)s->height * (size_t)s->width * (size_t)s->channels;
    for (size_t i = 0; i < count; i++) dx[i] = 0.0;
    size_t o = 0;
    for (int n = 0; n < s->n; n++) {
        for (int p = 0; p < s->height / 2; p++) {
            for (int q = 0; q < s->width / 2; q++) {
                for (int c = 0; c < s->channels; c++) {
                    dx[find_maximum(s, x, n, p, q, c)] = dy[o++];
                }
            }
        }
    }
}
