/* Copies columns of one matrix into columns of another: both directions of a concatenation.
 *
 *     to[r][to_offset + c] = from[r][from_offset + c],  c = 0 .. columns-1, or added to
 *
 * Layout: from [rows][from_pitch], to [rows][to_pitch]; rows = N * H * W, pitches are channels. VW
 * divides columns, pitches and offsets.
 * Grid: a column loop. Reference: src/reference/concat.c. Precision: exact. */
#include "common.clh"

__kernel void concat_copy(const __global float *restrict from, __global float *restrict to,
                          long rows, int columns, int blocks, int rows_per_group, int groups,
                          int from_pitch, int from_offset, int to_pitch, int to_offset,
                          int accumulate)
{
    const int group = column_group(blocks);
    const int column = column_first(blocks);
    if (group >= groups) return;
    const long first = (long)group * rows_per_group;
    const int count = (int)min((long)rows_per_group, rows - first);
    from += (size_t)first * (size_t)from_pitch + (size_t)(from_offset + column);
    to += (size_t)first * (size_t)to_pitch + (size_t)(to_offset + column);
    for (int r = 0; r < count; r++, from += from_pitch, to += to_pitch) {
        for (int j = 0; j < NC; j++) {
            VECTOR value = VLOAD_ALIGNED(from + j * VW);
            if (accumulate) value += VLOAD_ALIGNED(to + j * VW);
            VSTORE_ALIGNED(value, to + j * VW);
        }
    }
}
