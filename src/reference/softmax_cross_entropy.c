#include "reference/softmax_cross_entropy.h"

#include <math.h>
#include <stddef.h>

int reference_softmax_cross_entropy_argmax(const double *z, int classes)
{
    int best = 0;
    for (int k = 1; k < classes; k++) {
        if (z[k] > z[best]) best = k;
    }
    return best;
}

/* Sum of exp(z - maximum) over all classes but `left_out`. */
static double sum_others(const double *z, int classes, double maximum, int left_out)
{
    double sum = 0.0;
    for (int k = 0; k < classes; k++) {
        if (k != left_out) sum += exp(z[k] - maximum);
    }
    return sum;
}

void reference_softmax_cross_entropy_forward(const struct reference_softmax_cross_entropy *s,
                                             const double *logits, const int32_t *labels,
                                             double *loss)
{
    double sum = 0.0;
    for (int n = 0; n < s->n; n++) {
        const double *z = logits + (size_t)n * (size_t)s->classes;
        if (labels[n] < 0 || labels[n] >= s->classes) continue;
        int best = reference_softmax_cross_entropy_argmax(z, s->classes);
        sum += log1p(sum_others(z, s->classes, z[best], best)) + (z[best] - z[labels[n]]);
    }
    *loss = s->scale * sum;
}

void reference_softmax_cross_entropy_backward(const struct reference_softmax_cross_entropy *s,
                                              const double *logits, const int32_t *labels,
                                              double dloss, double *dlogits)
{
    for (int n = 0; n < s->n; n++) {
        const double *z = logits + (size_t)n * (size_t)s->classes;
        double *dz = dlogits + (size_t)n * (size_t)s->classes;
        int known = labels[n] >= 0 && labels[n] < s->classes;
        double maximum = z[reference_softmax_cross_entropy_argmax(z, s->classes)];
        double all = sum_others(z, s->classes, maximum, -1);
        for (int k = 0; k < s->classes; k++) {
            double difference = k == labels[n] ? -sum_others(z, s->classes, maximum, k) / all
                                               : exp(z[k] - maximum) / all;
            dz[k] = known ? s->scale * dloss * difference : 0.0;
        }
    }
}
