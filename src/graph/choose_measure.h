/* Timing ways to run one call against each other, on scratch buffers. */
#ifndef SAAE_GRAPH_CHOOSE_MEASURE_H
#define SAAE_GRAPH_CHOOSE_MEASURE_H

#include "ops/tuning.h"

/* A way to run a call. */
struct choose_variant {
    const struct op_algorithm *algorithm;
    int tuning[OP_MAX_TUNABLES]; /* as in op_call */
};
enum { CHOOSE_MOST = 8 }; /* variants that meet */

/* The call with the variant's tuning. */
struct op_call choose_variant_call(const struct op_call *call,
                                   const struct choose_variant *variant);

/* What running a call takes, in seconds; INFINITY in all of them: it failed or was wrong. */
struct choose_time {
    double pass;
    double forms[OP_MAX_INPUTS]; /* making the form of each input; 0: it is read as it is */
};

/* times[i] = the median times of variants[i] on the wall clock. The first one is the yardstick:
 * another is INFINITY where it fails or where its result differs by more than 1e-4 of the largest
 * value (or is not a number). The first run of each builds and is not timed; the others take turns,
 * so that a disturbance meets all. A variant many times slower than the fastest is timed once. The
 * status is that of the buffers and of the first variant. context is not used. */
int choose_measure(void *context, struct device *device, const struct op_call *call,
                   const struct choose_variant *variants, int count, struct choose_time *times);

#endif
