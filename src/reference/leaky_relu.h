/* Leaky rectifier (Maas, Hannun and Ng 2013), element by element:
 *     y  = x > 0 ? x : slope x
 *     dx = y > 0 ? dy : slope dy
 * slope >= 0, so that y > 0 exactly where x > 0 and the backward pass needs the output only. At 0
 * the derivative from the left is taken. */
#ifndef SAAE_REFERENCE_LEAKY_RELU_H
#define SAAE_REFERENCE_LEAKY_RELU_H

#include <stddef.h>

void reference_leaky_relu_forward(size_t count, double slope, const double *x, double *y);
void reference_leaky_relu_backward(size_t count, double slope, const double *y, const double *dy,
                                   double *dx);

#endif
