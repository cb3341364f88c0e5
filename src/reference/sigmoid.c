#include "reference/sigmoid.h"

#include <math.h>

void reference_sigmoid_forward(size_t count, const double *x, double *y)
{
    for (size_t i = 0; i < count; i++) y[i] = 1.0 / (1.0 + exp(-x[i]));
}

void reference_sigmoid_backward(size_t count, const double *y, const double *dy, double *dx)
{
    for (size_t i = 0; i < count; i++) dx[i] = dy[i] * y[i] * (1.0 - y[i]);
}
