/* The three conv2d passes as matrix products in local memory, for GPUs: see cl/conv2d_gemm.cl. All
 * shapes. Those of fully_connected, too: a convolution of 1x1 maps with a filter of 1x1. */
#ifndef SAAE_OPS_CONV2D_GEMM_H
#define SAAE_OPS_CONV2D_GEMM_H

#include "ops/op.h"

/* Not CPUs, whose work-items are loops: a barrier there ends every one of them. */
bool conv2d_gemm_supports(const struct op_call *call, const struct device_traits *traits);
/* Products large enough that most of a tile is used. */
bool conv2d_gemm_preferred(const struct op_call *call, const struct device_traits *traits);

size_t conv2d_gemm_workspace(const struct op_call *call, const struct device_traits *traits);
int conv2d_gemm_launch(const struct op_call *call, const struct op_buffers *buffers,
                       struct launch_list *list);

extern const struct op_tunable conv2d_gemm_tunables[];
void conv2d_gemm_tune(const struct op_call *call, const struct device_traits *traits,
                      int values[OP_MAX_TUNABLES]);

#endif
