/* y = scale a, or y = scale a + scale_b b.
 *
 * Layout: [count], any shape. Grid: flat loops. Inputs and output may be one buffer.
 * Reference: src/reference/add.c. Precision: float, at most three roundings. */
#include "common.clh"

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void add_one(const __global float *a, __global float *y, long count, int chunk, float scale,
             int accumulate)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        VECTOR value = scale * load_first(a + i, n);
        if (accumulate) value += load_first(y + i, n);
        store_first(value, y + i, n);
    }
}

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void add_two(const __global float *a, const __global float *b, __global float *y, long count,
             int chunk, float scale, float scale_b, int accumulate)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        VECTOR value = scale * load_first(a + i, n) + scale_b * load_first(b + i, n);
        if (accumulate) value += load_first(y + i, n);
        store_first(value, y + i, n);
    }
}
