/* Forms that a node leaves of what it writes (op_algorithm.leaves), for checks: the moments that
 * batch_norm.statistics reads. Private to src/verify. */
#ifndef SAAE_VERIFY_LEFT_H
#define SAAE_VERIFY_LEFT_H

#include "verify/guard.h"

#include "ops/op.h"

struct left {
    struct op_call reader; /* of output 0 */
    struct op_form form;
    struct guarded buffer;
};

/* False: the call leaves nothing on this device. */
bool left_of(const struct op_call *call, const struct device_traits *traits, struct left *left);

/* Runs the reader on what was left. SAAE_FAILED: its results are further from the reference's, of
 * output 0 as it came out, than they may be. */
int left_compare(struct device *device, const struct left *left, const float *output);

#endif
