/* What conv2d.infer does with the sums of the convolution before they are stored:
 *
 *     y = leaky(sum + b + a),  leaky(z) = z > 0 ? z : slope z
 *
 * b: a bias [K]; a: another tensor like y, where given. Generation runs a whole block of a network
 * so, with batch-norm folded into the weights and b (batch_norm.fold). It has no gradient and is
 * none: nothing is added to its output. */
#ifndef SAAE_OPS_CONV2D_FINISH_H
#define SAAE_OPS_CONV2D_FINISH_H

#include "ops/op.h"

enum { CONV2D_BIAS = 2, CONV2D_ADDEND = 3 }; /* inputs of conv2d.infer behind x and w */

/* Arguments of the kernels; all 0 for the other passes. */
struct conv2d_finish {
    int parts; /* 1: b; 2: b and a */
    struct buffer *bias, *addend;
    float slope;
};
struct conv2d_finish conv2d_finish_of(const struct op_call *call, const struct op_buffers *buffers);
int conv2d_finish_parts(const struct op_call *call);

/* Shapes of b and a, and the slope, of a call whose output is known. */
int conv2d_finish_check(const struct op_call *call);

/* Adds b and a to the scale of an algorithm's error, whose squares add up; the leaky ReLU makes no
 * error larger, as slope <= 1. */
void conv2d_finish_bound(const struct op_call *call, const void *const *in, double *scale);

#endif
