#include "models/layout.h"

int layout_shape(const struct parameter *parameter, size_t shape[LAYOUT_MAX_RANK])
{
    struct shape s = parameter->shape;
    switch (parameter->kind) {
    case PARAMETER_CONVOLUTION:
        shape[0] = (size_t)s.c;
        shape[1] = (size_t)s.w;
        shape[2] = (size_t)s.n;
        shape[3] = (size_t)s.h;
        return 4;
    case PARAMETER_LINEAR:
        shape[0] = (size_t)s.c;
        shape[1] = (size_t)s.w;
        return 2;
    default:
        shape[0] = (size_t)s.c;
        return 1;
    }
}

/* The place of element `index` of a map flattened with channels last, with channels first. */
static size_t channels_first(struct shape rows, size_t index)
{
    size_t channels = (size_t)rows.c, pixels = (size_t)rows.h * (size_t)rows.w;
    return index % channels * pixels + index / channels;
}

/* Where element `index` of our array, no matrix, lies in PyTorch's. */
static size_t place(const struct parameter *parameter, size_t index)
{
    struct shape s = parameter->shape;
    size_t last = index % (size_t)s.c, rest = index / (size_t)s.c;
    switch (parameter->kind) {
    case PARAMETER_CONVOLUTION: {
        size_t channel = rest % (size_t)s.w, pixel = rest / (size_t)s.w; /* pixel = r S + s */
        return (last * (size_t)s.w + channel) * (size_t)s.n * (size_t)s.h + pixel;
    }
    case PARAMETER_LINEAR_BIAS:
        return channels_first(parameter->out_rows, last);
    default:
        return index;
    }
}

/* A matrix is turned by blocks whose lines stay in the first-level cache: BLOCK neighbours in
 * PyTorch's rows, which are BLOCK of our rows. */
static void copy_matrix(const struct parameter *parameter, const float *from, float *to,
                        bool to_pytorch)
{
    enum { BLOCK = 16 };
    const struct shape rows = parameter->in_rows, shape = parameter->shape;
    const size_t channels = (size_t)rows.c, pixels = (size_t)rows.h * (size_t)rows.w;
    const size_t inputs = (size_t)shape.w, outputs = (size_t)shape.c;
    for (size_t c = 0; c < channels; c++) {
        for (size_t first = 0; first < pixels; first += BLOCK) {
            const size_t last = first + BLOCK < pixels ? first + BLOCK : pixels;
            for (size_t o = 0; o < outputs; o++) {
                const size_t row = channels_first(parameter->out_rows, o) * inputs + c * pixels;
                for (size_t p = first; p < last; p++) {
                    const size_t ours = (p * channels + c) * outputs + o;
                    if (to_pytorch)
                        to[row + p] = from[ours];
                    else
                        to[ours] = from[row + p];
                }
            }
        }
    }
}

void layout_to_pytorch(const struct parameter *parameter, const float *values, float *pytorch)
{
    size_t count = shape_count(parameter->shape);
    if (parameter->kind == PARAMETER_LINEAR) {
        copy_matrix(parameter, values, pytorch, true);
        return;
    }
    for (size_t i = 0; i < count; i++) pytorch[place(parameter, i)] = values[i];
}

void layout_from_pytorch(const struct parameter *parameter, const float *pytorch, float *values)
{
    size_t count = shape_count(parameter->shape);
    if (parameter->kind == PARAMETER_LINEAR) {
        copy_matrix(parameter, pytorch, values, false);
        return;
    }
    for (size_t i = 0; i < count; i++) values[i] = pytorch[place(parameter, i)];
}
