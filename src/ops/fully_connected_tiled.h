/* The algorithms of the three fully_connected passes: register tiles (cl/fully_connected.cl), the
 * product of the CLBlast library, and blocks in the caches of a CPU's cores
 * (cl/fully_connected_blocked.cl). */
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

bool fully_connected_blocked_supports(const struct op_call *call,
                                      const struct device_traits *traits);
bool fully_connected_blocked_preferred(const struct op_call *call,
                                       const struct device_traits *traits);
size_t fully_connected_blocked_workspace(const struct op_call *call,
                                         const struct device_traits *traits);
int fully_connected_blocked_launch(const struct op_call *call, const struct op_buffers *buffers,
                                   struct launch_list *list);
extern const struct op_tunable fully_connected_blocked_tunables[];
void fully_connected_blocked_tune(const struct op_call *call, const struct device_traits *traits,
                                  int values[OP_MAX_TUNABLES]);

/* Partial sums [splits][M][vectors] of C [M][columns], or transposed [columns][M]. */
struct fully_connected_sums {
    int M, columns, vectors, splits;
    bool transposed;
};
/* c = their sum, or c += it. options: of the tile. */
int fully_connected_reduce(struct launch_list *list, const char *options,
                           const struct fully_connected_sums *sums, struct buffer *partial,
                           struct buffer *c, int accumulate);

#endif
