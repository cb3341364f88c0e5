/* Joins two tensors along the channels, and cuts a slice of channels out again.
 *
 *     a [rows][channels_a], b [rows][channels_b] -> y [rows][channels_a + channels_b], a first
 *     slice [rows][channels] = y[rows][offset .. offset + channels - 1] */
#ifndef SAAE_REFERENCE_CONCAT_H
#define SAAE_REFERENCE_CONCAT_H

#include <stddef.h>

void reference_concat_forward(size_t rows, size_t channels_a, size_t channels_b, const double *a,
                              const double *b, double *y);
/* pitch: channels of y. */
void reference_concat_backward(size_t rows, size_t pitch, size_t offset, size_t channels,
                               const double *y, double *slice);

#endif
