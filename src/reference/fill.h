/* y = value, everywhere. */
#ifndef SAAE_REFERENCE_FILL_H
#define SAAE_REFERENCE_FILL_H

#include <stddef.h>

void reference_fill_forward(size_t count, double value, double *y);

#endif
