/* Logistic function, element by element:
 *     y  = 1 / (1 + exp(-x))
 *     dx = dy y (1 - y)
 * exp may overflow to infinity for x below -709; y is then 0, as it should be. */
#ifndef SAAE_REFERENCE_SIGMOID_H
#define SAAE_REFERENCE_SIGMOID_H

#include <stddef.h>

void reference_sigmoid_forward(size_t count, const double *x, double *y);
void reference_sigmoid_backward(size_t count, const double *y, const double *dy, double *dx);

#endif
