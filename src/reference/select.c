#include "reference/select.h"

static size_t source(const struct reference_select *s, int32_t index)
{
    if (index < 0) return 0;
    return (size_t)(index > s->k - 1 ? s->k - 1 : index);
}

void reference_select_forward(const struct reference_select *s, const double *x,
                              const int32_t *index, const double *a, double *y)
{
    for (int n = 0; n < s->n; n++) {
        const double *from = x + source(s, index[n]) * s->row;
        for (size_t r = 0; r < s->row; r++) *y++ = from[r] + (a ? *a++ : 0.0);
    }
}

void reference_select_backward(const struct reference_select *s, const double *dy,
                               const int32_t *index, double *dx)
{
    for (size_t i = 0; i < (size_t)s->k * s->row; i++) dx[i] = 0.0;
    for (int n = 0; n < s->n; n++) {
        double *to = dx + source(s, index[n]) * s->row;
        for (size_t r = 0; r < s->row; r++) to[r] += *dy++;
    }
}
