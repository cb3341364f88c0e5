/* A slice out of the middle of rows, and its gradient:
 *     forward   y[r][i] = x[r][offset + i],  i = 0 .. length-1
 *     backward  dx[r][i] = dy[r][i - offset] inside the slice, 0 outside
 * x, dx [rows][pitch]; y, dy [rows][length]. */
#ifndef SAAE_REFERENCE_SLICE_H
#define SAAE_REFERENCE_SLICE_H

#include <stddef.h>

struct reference_slice {
    size_t rows, pitch, offset, length;
};

void reference_slice_forward(const struct reference_slice *s, const double *x, double *y);
void reference_slice_backward(const struct reference_slice *s, const double *dy, double *dx);

#endif
