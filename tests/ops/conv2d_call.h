/* Calls of conv2d for the tests of its algorithms. */
#ifndef SAAE_TESTS_OPS_CONV2D_CALL_H
#define SAAE_TESTS_OPS_CONV2D_CALL_H

#include "ops/op.h"

struct layer {
    int n, h, w, c, k, r, s, stride;
};

/* The call of a pass: 0 forward, 1 backward_data, 2 backward_weights. */
struct op_call conv2d_call(int pass, const struct layer *l);

#endif
