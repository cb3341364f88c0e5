#include "reference/accuracy.h"

#include <stddef.h>

/* The largest of the first `candidates` logits, or the only one's sign. */
static int is_right(const double *z, int classes, int candidates, int32_t label)
{
    if (classes == 1) return (z[0] > 0.0) == (label == 0);
    int best = 0;
    for (int k = 1; k < candidates; k++) {
        if (z[k] > z[best]) best = k;
    }
    return best == label;
}

void reference_accuracy_forward(int n, int classes, int candidates, double scale, const double *logits,
                                const int32_t *labels, double *y)
{
    int right = 0;
    for (int i = 0; i < n; i++) {
        right += is_right(logits + (size_t)i * (size_t)classes, classes, candidates, labels[i]);
    }
    *y = scale * right;
}
