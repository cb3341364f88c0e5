/* One call as it is planned, with its algorithm and tuning, against the reference. */
#ifndef SAAE_VERIFY_CALL_H
#define SAAE_VERIFY_CALL_H

#include "verify/check.h"

/* At a batch of 1, where the algorithm takes that: the reference takes its time, and a batch only
 * repeats what one picture does. Statuses: check_run. */
int verify_call(struct device *device, const struct op_call *call);

#endif
