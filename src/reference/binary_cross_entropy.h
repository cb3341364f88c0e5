/* Sum of independent binary cross-entropies, from logits.
 *
 * logits z [n][classes], labels [n]; the target t of class k is 1 if k is the label, else 0. A
 * label outside 0 .. classes-1 makes all targets 0.
 *     loss    = scale sum over n, k of  max(z, 0) - z t + log(1 + exp(-|z|))
 *     dz[n,k] = scale dloss (sigmoid(z) - t)
 * The loss is -t log(sigmoid(z)) - (1 - t) log(1 - sigmoid(z)), rewritten so that exp never
 * overflows and no log of 0 is taken. The gradient for t = 1 is written as -sigmoid(-z), which
 * keeps its digits where sigmoid(z) is near 1. */
#ifndef SAAE_REFERENCE_BINARY_CROSS_ENTROPY_H
#define SAAE_REFERENCE_BINARY_CROSS_ENTROPY_H

#include <stdint.h>

struct reference_binary_cross_entropy {
    int n, classes;
    double scale;
};

/* The contribution of one logit, without scale. */
double reference_binary_cross_entropy_term(double z, int is_label);

/* loss: one number. */
void reference_binary_cross_entropy_forward(const struct reference_binary_cross_entropy *s,
                                            const double *logits, const int32_t *labels,
                                            double *loss);
void reference_binary_cross_entropy_backward(const struct reference_binary_cross_entropy *s,
                                             const double *logits, const int32_t *labels,
                                             double dloss, double *dlogits);

#endif
