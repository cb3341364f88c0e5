/* A batch of images out of a data set of bytes:
 *     y[n][r] = bytes[index[n]][r] / 255,  r = 0 .. row-1 (row = H * W * C)
 * An index below 0 counts as 0, one above the last image as the last. */
#ifndef SAAE_REFERENCE_GATHER_H
#define SAAE_REFERENCE_GATHER_H

#include <stddef.h>
#include <stdint.h>

struct reference_gather {
    int images; /* M, in bytes */
    int n;      /* of the batch */
    size_t row; /* bytes of one image */
};

void reference_gather_forward(const struct reference_gather *s, const uint8_t *bytes,
                              const int32_t *index, double *y);

#endif
