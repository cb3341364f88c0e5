#include "reference/tanh.h"

#include <math.h>

void reference_tanh_forward(size_t count, const double *x, double *y)
{
    for (size_t i = 0; i < count; i++) y[i] = tanh(x[i]);
}

void reference_tanh_backward(size_t count, const double *y, const double *dy, double *dx)
{
    for (size_t i = 0; i < count; i++) dx[i] = dy[i] * (1.0 - y[i]) * (1.0 + y[i]);
}
