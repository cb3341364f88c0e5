/* A device and kernels for tests. */
#ifndef SAAE_TESTS_RUNTIME_FIXTURE_H
#define SAAE_TESTS_RUNTIME_FIXTURE_H

#include "support.h"

#include "runtime/device.h"
#include "runtime/launch.h"

/* The device that SAAE_DEVICE names, else the default one; the test is skipped when there is none.
 * It keeps no cache. */
struct device *fixture_open(bool profiling);

/* Closes it and takes kernels from the binary again. */
void fixture_close(struct device *device);

/* Writes this text as cl/test.cl in the test's folder, from which kernels come until
 * fixture_close. */
void fixture_kernel(const char *text);

#endif
