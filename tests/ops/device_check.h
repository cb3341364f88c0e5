/* Runs calls of ops on the device against the reference, inside a test. */
#ifndef SAAE_TESTS_OPS_DEVICE_CHECK_H
#define SAAE_TESTS_OPS_DEVICE_CHECK_H

#include "ops/op.h"

/* The device of SAAE_DEVICE or the default one, to be closed by the caller. Skips the test where
 * there is none. */
struct device *device_check_open(void);

/* Checks the call, overwriting and adding, with every algorithm that the device supports, as
 * `saae verify` does; fails the test with the message of the first fault. */
void device_check(struct device *device, enum op_kind kind, const struct op_attributes *attributes,
                  const struct tensor_type *in, int inputs);

#endif
