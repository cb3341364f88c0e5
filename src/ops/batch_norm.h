/* What the files of batch_norm share: batch_norm.c holds the table, the shape and gradient rules
 * and the bridge to the reference, batch_norm_bound.c the scales of the errors, batch_norm_device.c
 * the launches. */
#ifndef SAAE_OPS_BATCH_NORM_H
#define SAAE_OPS_BATCH_NORM_H

#include "ops/op.h"
#include "reference/batch_norm.h"

/* Algorithms of apply and backward: the same arithmetic, results written past the caches. */
enum { BATCH_NORM_DIRECT, BATCH_NORM_STREAMED };
bool batch_norm_supports_streamed(const struct op_call *call, const struct device_traits *traits);

/* M = N * H * W of input 0. */
size_t batch_norm_rows(const struct op_call *call);

/* Number of the input that says how often each picture of x counts; -1: none, once each. The last
 * input of statistics, apply and backward. */
int batch_norm_weights(const struct op_call *call);

/* What the reference wants to know of a call on x. */
struct reference_batch_norm batch_norm_sizes(const struct op_call *call, const void *const *in);

/* op.scale of each pass. */
void batch_norm_scale_statistics(const struct op_call *call, const void *const *in,
                                 void *const *out);
void batch_norm_scale_apply(const struct op_call *call, const void *const *in, void *const *out);
void batch_norm_scale_update(const struct op_call *call, const void *const *in, void *const *out);
void batch_norm_scale_backward(const struct op_call *call, const void *const *in, void *const *out);

void batch_norm_scale_fold(const struct op_call *call, const void *const *in, void *const *out);

size_t batch_norm_workspace_statistics(const struct op_call *call,
                                       const struct device_traits *traits);
size_t batch_norm_workspace_backward(const struct op_call *call,
                                     const struct device_traits *traits);

int batch_norm_launch_statistics(const struct op_call *call, const struct op_buffers *buffers,
                                 struct launch_list *list);
int batch_norm_launch_apply(const struct op_call *call, const struct op_buffers *buffers,
                            struct launch_list *list);
int batch_norm_launch_update(const struct op_call *call, const struct op_buffers *buffers,
                             struct launch_list *list);
int batch_norm_launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                               struct launch_list *list);
int batch_norm_launch_fold(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list);

#endif
