/* Largest value of each 2x2 window, stride 2.
 *
 * x, dx [n][height][width][channels] -> y, dy [n][height/2][width/2][channels], halves rounded
 * down: the last row or column of an odd size belongs to no window.
 * backward: dx = dy at the window's maximum, 0 elsewhere. Of equal values the first in row order
 * (0,0), (0,1), (1,0), (1,1) is the maximum. */
#ifndef SAAE_REFERENCE_MAX_POOL_H
#define SAAE_REFERENCE_MAX_POOL_H

struct reference_max_pool {
    int n, height, width, channels; /* of x; height and width at least 2 */
};

void reference_max_pool_forward(const struct reference_max_pool *s, const double *x, double *y);
void reference_max_pool_backward(const struct reference_max_pool *s, const double *x,
                                 const double *dy, double *dx);

#endif
