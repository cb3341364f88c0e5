/* Values for checks: what the inputs of an op are filled with. */
#ifndef SAAE_VERIFY_VALUES_H
#define SAAE_VERIFY_VALUES_H

#include <stdint.h>

#include "base/rng.h"
#include "ops/tensor.h"

enum value_kind {
    VALUE_NORMAL,        /* standard normal */
    VALUE_POSITIVE,      /* uniform in [0.5, 1.5): variances, step sizes */
    VALUE_LARGE_MEAN,    /* 1000 + standard normal: what E[x*x] - E[x]^2 gets wrong */
    VALUE_APART,         /* all different, at least 0.01 apart and 0.05 away from 0: no kinks */
    VALUE_TIES,          /* -1, 0 or 1: equal maxima, arguments on the kink itself */
    VALUE_EXTREME,       /* 0, +-80, +-1000 or ten times a standard normal: logits */
    VALUE_ZERO,          /* all 0: the variance of a constant map */
    VALUE_REPEATS,       /* 0, 1, 2 or 40, the first one not 0: how often a picture occurs */
    VALUE_SMALL_INTEGER, /* -4 .. 4: sums of 10^6 products are exact in float */
    VALUE_LABEL,         /* I32: 0 .. limit-1 */
    VALUE_LABEL_BEYOND,  /* I32: -1 .. limit+1 */
    VALUE_BYTE,          /* U8: 0 .. 255 */
};

/* Fills `count` elements: DTYPE_F32 as double (each one exactly a float), DTYPE_I32 as int32_t,
 * DTYPE_U8 as uint8_t. limit: of the labels, > 0. An integer tensor takes a label kind or
 * VALUE_BYTE. */
void values_fill(void *values, enum dtype dtype, size_t count, enum value_kind kind, int limit,
                 const struct rng *rng);

/* Bytes of one element on the host: 8 for DTYPE_F32, the stored size for the others. */
size_t values_element_bytes(enum dtype dtype);

#endif
