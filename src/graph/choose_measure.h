/* Timing the algorithms of one call against each other, on scratch buffers. */
#ifndef SAAE_GRAPH_CHOOSE_MEASURE_H
#define SAAE_GRAPH_CHOOSE_MEASURE_H

#include "ops/op.h"

/* What running a call takes, in seconds; INFINITY in all of them: it failed or was wrong. */
struct choose_time {
    double pass;
    double forms[OP_MAX_INPUTS]; /* making the form of each input; 0: it is read as it is */
};

/* times[i] = the median times of candidates[i] on the wall clock. The first one is the yardstick:
 * another is INFINITY where it fails or where its result differs by more than 1e-4 of the largest
 * value (or is not a number). The first run of each builds and is not timed; the others take turns,
 * so that a disturbance meets all. A candidate many times slower than the first is timed once. The
 * status is that of the buffers and of the first candidate. context is not used. */
int choose_measure(void *context, struct device *device, const struct op_call *call,
                   const struct op_algorithm *const *candidates, int count,
                   struct choose_time *times);

#endif
