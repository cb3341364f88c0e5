#include "reference/concat.h"

void reference_concat_forward(size_t rows, size_t channels_a, size_t channels_b, const double *a,
                              const double *b, double *y)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < channels_a; c++) *y++ = a[r * channels_a + c];
        for (size_t c = 0; c < channels_b; c++) *y++ = b[r * channels_b + c];
    }
}

void reference_concat_backward(size_t rows, size_t pitch, size_t offset, size_t channels,
                               const double *y, double *slice)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < channels; c++) slice[r * channels + c] = y[r * pitch + offset + c];
    }
}
