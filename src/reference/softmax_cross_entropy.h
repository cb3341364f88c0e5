/* Cross-entropy of the softmax of logits against labels.
 *
 * logits z [n][classes], labels [n] in 0 .. classes-1; a row whose label lies outside counts
 * nothing, in the loss and in the gradient.
 *     p[n,k]  = exp(z[n,k]) / sum over j of exp(z[n,j])
 *     loss    = scale sum over n of -log p[n, label]
 *     dz[n,k] = scale dloss (p[n,k] - (k == label))
 * Computed with the row's maximum subtracted, so that exp never overflows; the maximum's own term,
 * 1, is left to log1p, and p - 1 is written as minus the other classes' share, so that a confident
 * row keeps its digits. */
#ifndef SAAE_REFERENCE_SOFTMAX_CROSS_ENTROPY_H
#define SAAE_REFERENCE_SOFTMAX_CROSS_ENTROPY_H

#include <stdint.h>

struct reference_softmax_cross_entropy {
    int n, classes;
    double scale;
};

/* Index of the largest of `classes` logits, the first of equals. */
int reference_softmax_cross_entropy_argmax(const double *z, int classes);

/* loss: one number. */
void reference_softmax_cross_entropy_forward(const struct reference_softmax_cross_entropy *s,
                                             const double *logits, const int32_t *labels,
                                             double *loss);
void reference_softmax_cross_entropy_backward(const struct reference_softmax_cross_entropy *s,
                                              const double *logits, const int32_t *labels,
                                              double dloss, double *dlogits);

#endif
