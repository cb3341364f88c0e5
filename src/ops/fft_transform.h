/* Discrete Fourier transforms as expressions: what fft_codelet.c makes codelets of. n is 2^a 3^b
 * 5^c, at most FFT_MOST_LENGTH. Split by factors (Cooley and Tukey, "An Algorithm for the Machine
 * Calculation of Complex Fourier Series", 1965). */
#ifndef SAAE_OPS_FFT_TRANSFORM_H
#define SAAE_OPS_FFT_TRANSFORM_H

#include "ops/fft_expression.h"

struct fft_complex {
    struct fft_value re, im;
};

struct fft_complex fft_complex_add(struct fft_expressions *e, struct fft_complex x,
                                   struct fft_complex y);
struct fft_complex fft_complex_subtract(struct fft_expressions *e, struct fft_complex x,
                                        struct fft_complex y);
struct fft_complex fft_complex_scale(struct fft_complex x, double factor);
struct fft_complex fft_complex_conjugate(struct fft_complex x);

/* out[k] = sum over j of x[j * step] exp(sign 2 pi i j k / n), k = 0 .. n - 1; out is not x. */
void fft_transform(struct fft_expressions *e, const struct fft_complex *x, int step, int n,
                   int sign, struct fft_complex *out);

/* The same for real x and sign -1: out[k] for k = 0 .. n/2, the others are their conjugates. */
void fft_transform_real(struct fft_expressions *e, const struct fft_value *x, int n,
                        struct fft_complex *out);

/* Its inverse, times n: out[j] = sum over k of X[k] exp(2 pi i j k / n), real, from X[0 .. n/2]. */
void fft_inverse_real(struct fft_expressions *e, const struct fft_complex *X, int n,
                      struct fft_value *out);

#endif
