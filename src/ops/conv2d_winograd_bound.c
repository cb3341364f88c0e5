/* How far Winograd's results may be from the direct sum: reference/winograd.h has the derivation.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ops/conv2d_finish.h"
#include "ops/conv2d_winograd.h"
#include "reference/winograd.h"

/* Copies of the inputs, squared; the reference's scratch. */
struct squares {
    double *first, *second, *scratch;
};

static double *copy_squared(double *target, const double *source, size_t count)
{
    for (size_t i = 0; i < count; i++) target[i] = source[i] * source[i];
    return target;
}

/* Filters as backward_data slides them over dy: opposite taps, [R][S][K][C]. */
static void copy_flipped(double *target, const double *source, const struct shape w)
{
    const size_t taps = (size_t)w.n * (size_t)w.h, C = (size_t)w.w, K = (size_t)w.c;
    for (size_t tap = 0; tap < taps; tap++)
        for (size_t c = 0; c < C; c++)
            for (size_t k = 0; k < K; k++) {
                const double value = source[(tap * C + c) * K + k];
                target[((taps - 1 - tap) * K + k) * C + c] = value * value;
            }
}

/* The convolution of stride 1 that the pass is: what the filter slides over is x. */
static struct reference_conv2d dimensions(const struct op_call *call)
{
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const struct shape x = call->in[0].shape;
    const struct shape y = weights ? call->in[1].shape : call->out[0].shape;
    const struct shape w = weights ? call->out[0].shape : call->in[1].shape;
    return (struct reference_conv2d){.N = x.n,
                                     .H = x.h,
                                     .W = x.w,
                                     .C = x.c,
                                     .P = y.h,
                                     .Q = y.w,
                                     .K = y.c,
                                     .R = w.n,
                                     .S = w.h,
                                     .stride = 1};
}

/* Products behind an element, and the terms of the six transforms on their way. */
static double longest_sum(const struct op_call *call, const struct reference_conv2d *d)
{
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const struct winograd_grid grid = winograd_grid_make(d->N, d->P, d->Q);
    const int points = WINOGRAD_TILE + d->R - 1, taps = weights ? WINOGRAD_TILE : d->R;
    return (weights ? grid.tiles : d->C) + 2.0 * (points + taps + points);
}

int conv2d_winograd_bound(const struct op_call *call, const void *const *in, double *scale,
                          double *reduction)
{
    int status = SAAE_OK;
    const struct reference_conv2d d = dimensions(call);
    const size_t first = shape_count(call->in[0].shape), second = shape_count(call->in[1].shape);
    const size_t out = shape_count(call->out[0].shape);
    struct reference_winograd matrices;
    struct squares s = {0};
    TRY(memory_allocate(&s.first, first, sizeof(double)));
    TRY(memory_allocate(&s.second, second, sizeof(double)));
    TRY(memory_allocate(&s.scratch, reference_winograd_scratch(&d), sizeof(double)));
    reference_winograd_create(&matrices, d.R);
    reference_winograd_square(&matrices);
    copy_squared(s.first, in[0], first);
    if (call->kind == OP_conv2d_backward_data) {
        copy_flipped(s.second, in[1], call->in[1].shape);
    } else {
        copy_squared(s.second, in[1], second);
    }
    if (call->kind == OP_conv2d_backward_weights) {
        reference_winograd_backward_weights(&matrices, &d, s.first, s.second, s.scratch, scale);
    } else {
        reference_winograd_forward(&matrices, &d, s.first, s.second, s.scratch, scale);
    }
    for (size_t i = 0; i < out; i++) scale[i] = sqrt(scale[i]);
    conv2d_finish_bound(call, in, scale);
    *reduction = longest_sum(call, &d);
done:
    free(s.first);
    free(s.second);
    free(s.scratch);
    return status;
}
