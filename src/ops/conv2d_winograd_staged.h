/* Winograd's algorithm for the conv2d passes in stages, for GPUs: see cl/conv2d_winograd_staged.cl.
 * Stride 1, filters of 3x3 and 5x5. Its bound and its flops are those of conv2d_winograd.h. */
#ifndef SAAE_OPS_CONV2D_WINOGRAD_STAGED_H
#define SAAE_OPS_CONV2D_WINOGRAD_STAGED_H

#include "ops/op.h"

bool conv2d_winograd_staged_supports(const struct op_call *call,
                                     const struct device_traits *traits);

/* Less than half of the multiplications, and 32 channels on both sides, so that the transforms,
 * which pass over memory, are the smaller part. */
bool conv2d_winograd_staged_preferred(const struct op_call *call,
                                      const struct device_traits *traits);

/* At most 256 MiB. */
size_t conv2d_winograd_staged_workspace(const struct op_call *call,
                                        const struct device_traits *traits);
int conv2d_winograd_staged_launch(const struct op_call *call, const struct op_buffers *buffers,
                                  struct launch_list *list);
/* The filters, transformed; of backward_weights none. */
void conv2d_winograd_staged_form(const struct op_call *call, int input,
                                 const struct device_traits *traits, struct op_form *form);

/* Of forward, infer and backward_data; of backward_weights. */
extern const struct op_tunable conv2d_winograd_staged_tunables[],
    conv2d_winograd_staged_weights_tunables[];
void conv2d_winograd_staged_tune(const struct op_call *call, const struct device_traits *traits,
                                 int values[OP_MAX_TUNABLES]);

#endif
