/* y = scale a + scale_b b, element by element; b may be NULL: y = scale a. */
#ifndef SAAE_REFERENCE_ADD_H
#define SAAE_REFERENCE_ADD_H

#include <stddef.h>

void reference_add_forward(size_t count, double scale, double scale_b, const double *a,
                           const double *b, double *y);

#endif
