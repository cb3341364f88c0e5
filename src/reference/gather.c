#include "reference/gather.h"

void reference_gather_forward(const struct reference_gather *s, const uint8_t *bytes,
                              const int32_t *index, double *y)
{
    for (int n = 0; n < s->n; n++) {
        int image = index[n];
        if (image < 0) image = 0;
        if (image > s->images - 1) image = s->images - 1;
        for (size_t r = 0; r < s->row; r++) {
            y[(size_t)n * s->row + r] = (double)bytes[(size_t)image * s->row + r] / 255.0;
        }
    }
}
