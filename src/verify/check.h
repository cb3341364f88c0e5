/* Runs one case on a device and compares it with the reference.
 *
 * Inputs, their forms, outputs and workspace lie between guard bands; all but the inputs are
 * poisoned. The launches run twice (more often with `runs`) over different poison: the bits must
 * agree, nothing outside the outputs may change, nor a form once it is made. Ops that say so are
 * run on small integers first, which must come out exactly; then on the case's own values, within
 * the bound of the op or of the algorithm. */
#ifndef SAAE_VERIFY_CHECK_H
#define SAAE_VERIFY_CHECK_H

#include "runtime/device.h"
#include "verify/cases.h"
#include "verify/host.h"

struct check_options {
    uint64_t seed;
    int runs; /* with equal bits; below 2 counts as 2 */
};

struct check_result {
    struct host_comparison worst; /* over all outputs and values that were compared */
};

/* SAAE_OK: passed. SAAE_FAILED: it ran and a check did not hold; the message says which. Others:
 * it could not be run. `algorithm` is an index into op.algorithms. */
int check_run(struct device *device, const struct verify_case *item, int algorithm,
              const struct check_options *options, struct check_result *result);

/* Can the device hold the case's buffers? Otherwise *needed is the bytes of the largest one, or of
 * all together. */
bool check_fits(const struct device *device, const struct verify_case *item, int algorithm,
                size_t *needed);

#endif
