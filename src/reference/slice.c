#include "reference/slice.h"

void reference_slice_forward(const struct reference_slice *s, const double *x, double *y)
{
    for (size_t r = 0; r < s->rows; r++) {
        for (size_t i = 0; i < s->length; i++) *y++ = x[r * s->pitch + s->offset + i];
    }
}

void reference_slice_backward(const struct reference_slice *s, const double *dy, double *dx)
{
    for (size_t i = 0; i < s->rows * s->pitch; i++) dx[i] = 0.0;
    for (size_t r = 0; r < s->rows; r++) {
        for (size_t i = 0; i < s->length; i++) dx[r * s->pitch + s->offset + i] = *dy++;
    }
}
