#include "reference/fill.h"

void reference_fill_forward(size_t count, double value, double *y)
{
    for (size_t i = 0; i < count; i++) y[i] = value;
}
