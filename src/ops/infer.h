/* Checks that the shape rules of many ops share. Each returns SAAE_OK, or SAAE_USAGE with a message
 * that names the op, the pass and all input shapes. */
#ifndef SAAE_OPS_INFER_H
#define SAAE_OPS_INFER_H

#include "ops/op.h"

/* Records "<stem>.<pass>: <why> (<inputs>)". */
int infer_refuse(const struct op_call *call, const char *why, ...) PRINTF_LIKE(2, 3);

/* One letter for each input that is there: f float, i 32-bit integer, u byte. */
int infer_check_types(const struct op_call *call, const char *letters);
int infer_check_same_shape(const struct op_call *call, int a, int b);
/* Is input i a vector {1, 1, 1, length}? */
int infer_check_vector(const struct op_call *call, int i, int length);
/* Inputs 0 and 1 are logits [N, 1, 1, K] and labels {N, 1, 1, 1}. */
int infer_check_logits(const struct op_call *call);

/* Sets the outputs: one of this type, or `count` of them. */
int infer_outputs(struct op_call *call, int count, struct tensor_type type);

/* Complete rules: one float input, output alike; two floats of one shape, output alike. */
int infer_unary(struct op_call *call);
int infer_binary(struct op_call *call);

#endif
