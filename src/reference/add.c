#include "reference/add.h"

void reference_add_forward(size_t count, double scale, double scale_b, const double *a,
                           const double *b, double *y)
{
    for (size_t i = 0; i < count; i++) y[i] = b ? scale * a[i] + scale_b * b[i] : scale * a[i];
}
