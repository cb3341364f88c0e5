#include "reference/binary_cross_entropy.h"

#include <math.h>
#include <stddef.h>

double reference_binary_cross_entropy_term(double z, int is_label)
{
    return fmax(z, 0.0) - (is_label ? z : 0.0) + log1p(exp(-fabs(z)));
}

void reference_binary_cross_entropy_forward(const struct reference_binary_cross_entropy *s,
                                            const double *logits, const int32_t *labels,
                                            double *loss)
{
    double sum = 0.0;
    for (int n = 0; n < s->n; n++) {
        for (int k = 0; k < s->classes; k++) {
            double z = logits[(size_t)n * (size_t)s->classes + (size_t)k];
            sum += reference_binary_cross_entropy_term(z, k == labels[n]);
        }
    }
    *loss = s->scale * sum;
}

void reference_binary_cross_entropy_backward(const struct reference_binary_cross_entropy *s,
                                             const double *logits, const int32_t *labels,
                                             double dloss, double *dlogits)
{
    for (int n = 0; n < s->n; n++) {
        for (int k = 0; k < s->classes; k++) {
            size_t i = (size_t)n * (size_t)s->classes + (size_t)k;
            double difference =
                k == labels[n] ? -1.0 / (1.0 + exp(logits[i])) : 1.0 / (1.0 + exp(-logits[i]));
            dlogits[i] = s->scale * dloss * difference;
        }
    }
}
