/* Batch normalisation (Ioffe and Szegedy 2015): each channel of a batch is moved to mean 0 and
 * variance 1, then scaled by gamma and shifted by beta; with the leaky ReLU (Maas, Hannun and Ng
 * 2013) that follows it.
 *
 * x, y, dx, dy are [rows][channels], rows M = N * H * W; the others are [channels]. */
#ifndef SAAE_REFERENCE_BATCH_NORM_H
#define SAAE_REFERENCE_BATCH_NORM_H

#include <stddef.h>

struct reference_batch_norm {
    size_t rows;           /* M */
    size_t channels;       /* C */
    double eps;            /* added to the variance, > 0 */
    double slope;          /* of the leaky ReLU behind it, >= 0; 1: none */
    const double *weights; /* [N]; NULL: all 1 */
    size_t area;           /* H * W, where there are weights */
};

/* w of the picture that a row belongs to, and M. */
double reference_batch_norm_weight(const struct reference_batch_norm *s, size_t row);
double reference_batch_norm_count(const struct reference_batch_norm *s);

/* mean[c] = 1/M sum w x, var[c] = 1/M sum w (x - mean)^2 (biased, in two passes: the difference of
 * E[x^2] and E[x]^2 loses all digits where the mean is large). eps and slope are not used. */
void reference_batch_norm_statistics(const struct reference_batch_norm *s, const double *x,
                                     double *mean, double *var);

/* y = z > 0 ? z : slope z, z = gamma xhat + beta, xhat = (x - mean) / sqrt(var + eps). */
void reference_batch_norm_apply(const struct reference_batch_norm *s, const double *x,
                                const double *mean, const double *var, const double *gamma,
                                const double *beta, double *y);

/* Gradients of apply, with dz = z > 0 ? dy : slope dy (at 0 the derivative from the left):
 *     dbeta  = sum dz
 *     dgamma = sum dz xhat
 *     dx     = gamma / sqrt(var + eps) (dz - w dbeta / M - w xhat dgamma / M)   training
 *     dx     = gamma / sqrt(var + eps) dz                                       otherwise
 * With `training`, mean and var are statistics of x itself and dx contains the way through them
 * (the paper's equations, section 3); otherwise they are constants. */
void reference_batch_norm_backward(const struct reference_batch_norm *s, int training,
                                   const double *x, const double *mean, const double *var,
                                   const double *gamma, const double *beta, const double *dy,
                                   double *dx, double *dgamma, double *dbeta);

/* A convolution with weights w [rows][channels] (rows: its taps and input channels), then z of
 * apply with constant mean and var, is the convolution with w' and a bias b':
 *     w' = gamma / sqrt(var + eps) w,  b' = beta - gamma / sqrt(var + eps) mean */
void reference_batch_norm_fold(const struct reference_batch_norm *s, const double *w,
                               const double *mean, const double *var, const double *gamma,
                               const double *beta, double *folded, double *bias);

/* running = (1 - momentum) running + momentum new, for means and variances. The batch's variance
 * enters unbiased, var M / (M - 1) with M = rows; M = 1 has no unbiased variance and enters as it
 * is. */
void reference_batch_norm_update(const struct reference_batch_norm *s, double momentum,
                                 const double *mean, const double *var, double *running_mean,
                                 double *running_var);

#endif
