/* Hyperbolic tangent, element by element:
 *     y  = tanh(x)
 *     dx = dy (1 - y^2) */
#ifndef SAAE_REFERENCE_TANH_H
#define SAAE_REFERENCE_TANH_H

#include <stddef.h>

void reference_tanh_forward(size_t count, const double *x, double *y);
void reference_tanh_backward(size_t count, const double *y, const double *dy, double *dx);

#endif
