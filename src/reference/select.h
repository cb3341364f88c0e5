/* Rows taken by their numbers, with repetition:
 *     forward   y[n][r] = x[index[n]][r] + a[n][r],  n = 0 .. n-1, r = 0 .. row-1 (row = H * W * C)
 *     backward  dx[k][r] = sum of dy[n][r] over the n with index[n] = k, in order of n
 * An index below 0 counts as 0, one above the last row of x as the last. */
#ifndef SAAE_REFERENCE_SELECT_H
#define SAAE_REFERENCE_SELECT_H

#include <stddef.h>
#include <stdint.h>

struct reference_select {
    int k;      /* rows of x */
    int n;      /* rows of y */
    size_t row; /* elements of one */
};

/* a may be NULL: nothing is added. */
void reference_select_forward(const struct reference_select *s, const double *x,
                              const int32_t *index, const double *a, double *y);
void reference_select_backward(const struct reference_select *s, const double *dy,
                               const int32_t *index, double *dx);

#endif
