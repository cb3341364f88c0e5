/* Adam (Kingma and Ba 2015, algorithm 1), in place:
 *     m = beta1 m + (1 - beta1) g
 *     v = beta2 v + (1 - beta2) g^2
 *     p = p - step m / (sqrt(v) root + eps)
 * with step = learning rate / (1 - beta1^t) and root = 1 / sqrt(1 - beta2^t), t the number of the
 * update from 1: the paper's bias corrections, eps outside of them as in PyTorch. */
#ifndef SAAE_REFERENCE_ADAM_H
#define SAAE_REFERENCE_ADAM_H

#include <stddef.h>

struct reference_adam {
    size_t count;
    double beta1, beta2, eps;
    double step, root;
};

void reference_adam_forward(const struct reference_adam *s, const double *g, double *p, double *m,
                            double *v);

#endif
