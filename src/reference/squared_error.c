#include "reference/squared_error.h"

void reference_squared_error_forward(size_t count, double scale, const double *x, const double *t,
                                     double *loss)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += (x[i] - t[i]) * (x[i] - t[i]);
    *loss = scale * sum;
}

void reference_squared_error_backward(size_t count, double scale, const double *x, const double *t,
                                      double dloss, double *dx)
{
    for (size_t i = 0; i < count; i++) dx[i] = 2.0 * scale * dloss * (x[i] - t[i]);
}
