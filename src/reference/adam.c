#include "reference/adam.h"

#include <math.h>

void reference_adam_forward(const struct reference_adam *s, const double *g, double *p, double *m,
                            double *v)
{
    for (size_t i = 0; i < s->count; i++) {
        m[i] = s->beta1 * m[i] + (1.0 - s->beta1) * g[i];
        v[i] = s->beta2 * v[i] + (1.0 - s->beta2) * g[i] * g[i];
        p[i] -= s->step * m[i] / (sqrt(v[i]) * s->root + s->eps);
    }
}
