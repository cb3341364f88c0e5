/* Column sums of a matrix, in two stages: deterministic, without atomics.
 *
 * Layout: x [rows][columns] at x[r * columns + c]; partial [groups][columns].
 * The host's side is src/ops/reduce.c; there is no reference of its own, the ops that use it
 * (bias.backward, batch_norm, the losses) are checked against theirs.
 * Precision: float. The first stage adds at most rows_per_group values in a row (about 1000), the
 * second is compensated. */
#include "common.clh"

/* partial[g][c] = sum of x over the rows of group g. Grid: a column loop. */
__kernel void reduce_columns(const __global float *restrict x, __global float *restrict partial,
                             long rows, int columns, int blocks, int rows_per_group, int groups)
{
    const int group = column_group(blocks);
    const int column = column_first(blocks);
    if (group >= groups) return;
    const long first = (long)group * rows_per_group;
    const int count = (int)min((long)rows_per_group, rows - first);
    const __global float *row = x + (size_t)first * (size_t)columns + (size_t)column;
    VECTOR sum[NC];
    for (int j = 0; j < NC; j++) sum[j] = SPLAT(0.0f);
    for (int r = 0; r < count; r++, row += columns) {
        for (int j = 0; j < NC; j++) sum[j] += VLOAD_ALIGNED(row + j * VW);
    }
    __global float *out = partial + (size_t)group * (size_t)columns + (size_t)column;
    for (int j = 0; j < NC; j++) VSTORE_ALIGNED(sum[j], out + j * VW);
}

/* out[c] = scale * sum over g of partial[g][c], or added to out[c].
 * Grid: columns / VW groups of LS. */
__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void reduce_partials(const __global float *restrict partial, __global float *restrict out,
                     int groups, int columns, float scale, int accumulate)
{
    __local VECTOR scratch[LS];
    const size_t column = get_group_id(0) * VW;
    VECTOR sum = scale * partials_sum(partial + column, columns, groups, scratch);
    if (get_local_id(0) != 0) return;
    if (accumulate) sum += VLOAD_ALIGNED(out + column);
    VSTORE_ALIGNED(sum, out + column);
}
