/* A slice out of the middle of rows.
 *
 *     forward   y[r][i] = x[r][offset + i], or added to
 *     backward  dx[r][i] = dy[r][i - offset] inside the slice, 0 outside, or added to
 *
 * Layout: x, dx [rows][pitch], y, dy [rows][length]. VW divides pitch, offset and length.
 * Grid: one item for each piece of `chunk` vectors of one row of the result: item i takes piece
 * i mod pieces of row i / pieces; `items` in all.
 * Reference: src/reference/slice.c. Precision: exact. */
#include "common.clh"

__kernel void slice_forward(const __global float *restrict x, __global float *restrict y,
                            long items, int pieces, int chunk, int pitch, int offset, int length,
                            int accumulate)
{
    const size_t item = get_global_id(0);
    if (item >= (size_t)items) return;
    const size_t row = item / (size_t)pieces;
    const int first = (int)(item % (size_t)pieces) * chunk * VW;
    const int last = min(first + chunk * VW, length);
    x += row * (size_t)pitch + (size_t)offset;
    y += row * (size_t)length;
    for (int i = first; i < last; i += VW) {
        VECTOR value = VLOAD_ALIGNED(x + i);
        if (accumulate) value += VLOAD_ALIGNED(y + i);
        VSTORE_ALIGNED(value, y + i);
    }
}

__kernel void slice_backward(const __global float *restrict dy, __global float *restrict dx,
                             long items, int pieces, int chunk, int pitch, int offset, int length,
                             int accumulate)
{
    const size_t item = get_global_id(0);
    if (item >= (size_t)items) return;
    const size_t row = item / (size_t)pieces;
    const int first = (int)(item % (size_t)pieces) * chunk * VW;
    const int last = min(first + chunk * VW, pitch);
    dy += row * (size_t)length;
    dx += row * (size_t)pitch;
    for (int i = first; i < last; i += VW) {
        const bool inside = i >= offset && i < offset + length;
        VECTOR value = inside ? VLOAD_ALIGNED(dy + (i - offset)) : SPLAT(0.0f);
        if (accumulate) value += VLOAD_ALIGNED(dx + i);
        VSTORE_ALIGNED(value, dx + i);
    }
}
