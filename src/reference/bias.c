#include "reference/bias.h"

#include <assert.h>

void reference_bias_forward(size_t count, size_t length, const double *x, const double *b,
                            double *y)
{
    for (size_t i = 0; i < count; i++) y[i] = x[i] + b[i % length];
}

void reference_bias_backward(size_t count, size_t length, const double *dy, double *db)
{
    assert(length > 0);
    for (size_t l = 0; l < length; l++) db[l] = 0.0;
    for (size_t i = 0; i < count; i++) db[i % length] += dy[i];
}
