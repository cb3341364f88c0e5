#include "reference/leaky_relu.h"

void reference_leaky_relu_forward(size_t count, double slope, const double *x, double *y)
{
    for (size_t i = 0; i < count; i++) y[i] = x[i] > 0.0 ? x[i] : slope * x[i];
}

void reference_leaky_relu_backward(size_t count, double slope, const double *y, const double *dy,
                                   double *dx)
{
    for (size_t i = 0; i < count; i++) dx[i] = y[i] > 0.0 ? dy[i] : slope * dy[i];
}
