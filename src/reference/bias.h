/* Bias: one number added at each place of a row, or to each channel.
 *
 * A tensor of `count` elements is read as rows of `length`, which divides count:
 *     y[i]  = x[i] + b[i mod length]
 *     db[l] = sum of dy[i] over all i with i mod length = l
 * length = channels adds to channels (NHWC), length = the whole row to each place. */
#ifndef SAAE_REFERENCE_BIAS_H
#define SAAE_REFERENCE_BIAS_H

#include <stddef.h>

void reference_bias_forward(size_t count, size_t length, const double *x, const double *b,
                            double *y);
void reference_bias_backward(size_t count, size_t length, const double *dy, double *db);

#endif
