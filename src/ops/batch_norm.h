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

/* The form that statistics reads x in: for each group of its pixels and each channel the middle, a
 * number about the mean, and the sums of x - middle and of (x - middle)^2: [groups][3][channels].
 * Group g is `pixels` pixels of part g / pieces, the last one of a part those that are left. */
struct batch_norm_moments {
    int N, H, W, C;
    int parts; /* N: no group has pixels of two pictures; 1: all pictures are one part */
    int pixels, pieces;
};
/* False: the form is another one. */
bool batch_norm_moments_of(const struct op_form *form, struct batch_norm_moments *moments);
void batch_norm_form_statistics(const struct op_call *call, int input,
                                const struct device_traits *traits, struct op_form *form);

size_t batch_norm_workspace_backward(const struct op_call *call,
                                     const struct device_traits *traits);

/* Of apply: constants [3][channels], which loads take. */
size_t batch_norm_workspace_apply(const struct op_call *call, const struct device_traits *traits);

int batch_norm_load_apply(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list, struct op_load *load);
int batch_norm_load_backward(const struct op_call *call, const struct op_buffers *buffers,
                             struct launch_list *list, struct op_load *load);

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
