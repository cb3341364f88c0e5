/* Two-dimensional convolution in double: what cl/conv2d.cl must compute.
 *
 *     x  [N][H][W][C]   w [R][S][C][K], R and S odd   y [N][P][Q][K]
 *
 * It is the cross-correlation of every deep learning library, with zeros around the image and the
 * filter's middle on the pixel ("same" padding, R/2 rows and S/2 columns):
 *
 *     y[n,p,q,k] = sum over r, s, c of x[n, p*stride + r - R/2, q*stride + s - S/2, c] w[r,s,c,k]
 *
 * with P = (H-1)/stride + 1 and Q = (W-1)/stride + 1. The gradients are those of this sum; see
 * Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), for
 * backward_data as a transposed convolution. All functions overwrite their output. */
#ifndef SAAE_REFERENCE_CONV2D_H
#define SAAE_REFERENCE_CONV2D_H

struct reference_conv2d {
    int N;       /* images */
    int H, W, C; /* rows, columns and channels of x */
    int P, Q, K; /* rows, columns and channels of y */
    int R, S;    /* rows and columns of the filter */
    int stride;
};

/* y from x and w. */
/* y += b[k] [+ a], then the leaky ReLU: y > 0 ? y : slope y. b [K]; a [N][P][Q][K] or NULL. */
void reference_conv2d_finish(const struct reference_conv2d *d, const double *b, const double *a,
                             double slope, double *y);

void reference_conv2d_forward(const struct reference_conv2d *d, const double *x, const double *w,
                              double *y);

/* dx [N][H][W][C] from dy [N][P][Q][K] and w: every product x*w of the forward sum, with dy in the
 * place of y, goes back to the x that it came from. */
void reference_conv2d_backward_data(const struct reference_conv2d *d, const double *dy,
                                    const double *w, double *dx);

/* dw [R][S][C][K] from x and dy. */
void reference_conv2d_backward_weights(const struct reference_conv2d *d, const double *x,
                                       const double *dy, double *dw);

#endif
