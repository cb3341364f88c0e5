/* Winograd convolution in double: what cl/conv2d_winograd.cl computes, and how far rounding may
 * take it from the direct sum.
 *
 * One dimension. m = 4 outputs of a filter of r taps need n = m + r - 1 inputs. Read as
 * polynomials, a correlation is the transpose of a product, and the product of polynomials of
 * degrees m-1 and r-1 is known from its values at n points, infinity among them (Toom and Cook;
 * Winograd, "Arithmetic Complexity of Computations", 1980; Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks", 2016). With the points t_0 .. t_(n-2), infinity:
 *
 *     y = A [(G w) . (B x)]
 *     A[i][j] = t_j^i             (infinity: 1 in the last row, else 0)             m x n
 *     G[j][k] = t_j^k / prod over q != j of (t_j - t_q)    (infinity: 1 last)       n x r
 *     B[j][.] = coefficients of prod over q != j of (t - t_q)   (infinity: of all)  n x n
 *
 * Two dimensions do it to columns, then to rows. The gradient of the filter is a correlation of the
 * inputs with the m gradients of the outputs and has r results, so the same points serve it with
 * m and r exchanged in A and G.
 *
 * Bound of the error. Winograd's y is a sum like the direct one, of the terms
 * A[i][j] G[j][k] w_k B[j][l] x_l over j, k, l and the channels, most of which cancel: what remains
 * is the convolution, their roundings remain too. So the bound has the form of the direct one,
 * c eps sqrt(length) sqrt(sum of the squared terms), and the sum of squares is had by running the
 * algorithm below with squared matrices on squared inputs. */
#ifndef SAAE_REFERENCE_WINOGRAD_H
#define SAAE_REFERENCE_WINOGRAD_H

#include <stddef.h>

#include "reference/conv2d.h"

enum { WINOGRAD_TILE = 4, WINOGRAD_MOST_TAPS = 5, WINOGRAD_MOST_POINTS = 8 };

struct reference_winograd {
    int taps, points;                                         /* r, n */
    double input[WINOGRAD_MOST_POINTS][WINOGRAD_MOST_POINTS]; /* B */
    double filter[WINOGRAD_MOST_POINTS][WINOGRAD_MOST_TAPS];  /* G */
    double output[WINOGRAD_TILE][WINOGRAD_MOST_POINTS];       /* A */
    double gradient[WINOGRAD_MOST_POINTS][WINOGRAD_TILE];     /* G, m for r */
    double weights[WINOGRAD_MOST_TAPS][WINOGRAD_MOST_POINTS]; /* A, r for m */
};

/* taps: 3 or 5. */
void reference_winograd_create(struct reference_winograd *matrices, int taps);

/* Squares every coefficient, for the bound. */
void reference_winograd_square(struct reference_winograd *matrices);

/* Doubles of scratch for the functions below. */
size_t reference_winograd_scratch(const struct reference_conv2d *d);

/* As reference_conv2d_forward and reference_conv2d_backward_weights, for stride 1 and
 * R = S = taps. */
void reference_winograd_forward(const struct reference_winograd *matrices,
                                const struct reference_conv2d *d, const double *x, const double *w,
                                double *scratch, double *y);
void reference_winograd_backward_weights(const struct reference_winograd *matrices,
                                         const struct reference_conv2d *d, const double *x,
                                         const double *dy, double *scratch, double *dw);

#endif
