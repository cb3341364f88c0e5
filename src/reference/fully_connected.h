/* Fully connected layer in double: what cl/fully_connected.cl must compute.
 *
 *     x [N][I]   w [I][O]   y [N][O]
 *
 * y = x w, a matrix product without bias (op bias adds it); dx = dy w^T and dw = x^T dy are its
 * gradients. An image is a row in the order in which it lies in memory, [h][w][c]. All functions
 * overwrite their output. */
#ifndef SAAE_REFERENCE_FULLY_CONNECTED_H
#define SAAE_REFERENCE_FULLY_CONNECTED_H

struct reference_fully_connected {
    int N; /* rows of the batch */
    int I; /* elements of a row of x */
    int O; /* elements of a row of y */
};

/* y[n,o] = sum over i of x[n,i] w[i,o] */
void reference_fully_connected_forward(const struct reference_fully_connected *d, const double *x,
                                       const double *w, double *y);

/* dx[n,i] = sum over o of dy[n,o] w[i,o] */
void reference_fully_connected_backward_data(const struct reference_fully_connected *d,
                                             const double *dy, const double *w, double *dx);

/* dw[i,o] = sum over n of x[n,i] dy[n,o] */
void reference_fully_connected_backward_weights(const struct reference_fully_connected *d,
                                                const double *x, const double *dy, double *dw);

#endif
