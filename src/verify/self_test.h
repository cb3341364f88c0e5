/* A check before work begins: one case of every op pass that is about to be used. Well below a
 * second once the kernels are built. */
#ifndef SAAE_VERIFY_SELF_TEST_H
#define SAAE_VERIFY_SELF_TEST_H

#include "runtime/device.h"

enum self_test_scope {
    SELF_TEST_GENERATION, /* what the generator's inference uses */
    SELF_TEST_TRAINING,   /* every pass */
};

/* SAAE_FAILED: a kernel computes something else than the reference; the message names the op, the
 * shape, the device, the error and the command that repeats it.
 *
 * What passed is noted in the cache folder and not run again on the same device under the same
 * driver by the same program: `version` names its host code, NULL: always run. Kernels from a
 * folder (device_set_kernel_folder) are always tested. */
int self_test_run(struct device *device, enum self_test_scope scope, const char *version);

#endif
