#include "reference/bias.h"

#include <assert.h>

void reference_bias_forward(size_t count, size_t length, double slope, const double *x,
                            const double *b, double *y)
{
    for (size_t i = 0; i < count; i++) {
        const double z = x[i] + b[i % length];
        y[i] = z > 0.0 ? z : slope * z;
    }
}

void reference_bias_backward(size_t count, size_t length, double slope, const double *dy,
                             const double *y, double *db, double *dx)
{
    assert(length > 0);
    for (size_t l = 0; l < length; l++) db[l] = 0.0;
    for (size_t i = 0; i < count; i++) {
        const double d = y && !(y[i] > 0.0) ? slope * dy[i] : dy[i];
        if (dx) dx[i] = d;
        db[i % length] += d;
    }
}
