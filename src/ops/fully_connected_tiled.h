/* The algorithms of the three fully_connected passes: register tiles (cl/fully_connected.cl), and
 * the product of the CLBlast library. */
#ifndef SAAE_OPS_FULLY_CONNECTED_TILED_H
#define SAAE_OPS_FULLY_CONNECTED_TILED_H

#include "ops/op.h"
#include "reference/fully_connected.h"

/* N, I and O of a call of any pass. */
struct reference_fully_connected fully_connected_dimensions(const struct op_call *call);

size_t fully_connected_tiled_workspace(const struct op_call *call,
                                       const struct device_traits *traits);
int fully_connected_tiled_launch(const struct op_call *call, const struct op_buffers *buffers,
                                 struct launch_list *list);

bool fully_connected_clblast_supports(const struct op_call *call,
                                      const struct device_traits *traits);
int fully_connected_clblast_launch(const struct op_call *call, const struct op_buffers *buffers,
                                   struct launch_list *list);

#endif
