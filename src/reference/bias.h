/* Bias: one number added at each place of a row, or to each channel; then a leaky ReLU.
 *
 * A tensor of `count` elements is read as rows of `length`, which divides count:
 *     z[i]  = x[i] + b[i mod length]
 *     y[i]  = z[i] > 0 ? z[i] : slope z[i]
 *     dx[i] = y[i] > 0 ? dy[i] : slope dy[i]
 *     db[l] = sum of dx[i] over all i with i mod length = l
 * slope >= 0, so that y > 0 where z > 0 and the backward pass needs the output only; 1: there is no
 * leaky ReLU, dx = dy.
 * length = channels adds to channels (NHWC), length = the whole row to each place. */
#ifndef SAAE_REFERENCE_BIAS_H
#define SAAE_REFERENCE_BIAS_H

#include <stddef.h>

void reference_bias_forward(size_t count, size_t length, double slope, const double *x,
                            const double *b, double *y);
/* y and dx may be NULL where slope is 1. */
void reference_bias_backward(size_t count, size_t length, double slope, const double *dy,
                             const double *y, double *db, double *dx);

#endif
