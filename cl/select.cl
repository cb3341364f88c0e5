/* Rows taken by their numbers, and the gradient of that.
 *
 *     forward   y[n][r] = x[index[n]][r] + a[n][r], or added to; without a where `adds` is 0
 *     backward  dx[k][r] = sum of dy[n][r] over the n with index[n] = k, or added to
 *
 * Layout: x, dx [K][row], y, dy [N][row], row = H * W * C; index [N], kept within 0 .. K-1. VW
 * divides row.
 * Grids: said at the kernels. Reference: src/reference/select.c.
 * Precision: forward exact, with one rounding where it adds; backward adds in order of n, so that a run repeats bit for bit. */
#include "common.clh"

/* a and y may be one buffer. One item for each piece of `chunk` vectors of one row of y: item i takes piece i mod pieces of
 * row i / pieces; `items` in all. */
__kernel void select_forward(const __global float *restrict x, const __global int *restrict index,
                             const __global float *a, __global float *y, long items, int pieces,
                             int chunk, int row, int K, int adds, int accumulate)
{
    const size_t item = get_global_id(0);
    if (item >= (size_t)items) return;
    const size_t n = item / (size_t)pieces;
    const int first = (int)(item % (size_t)pieces) * chunk * VW;
    const int last = min(first + chunk * VW, row);
    const __global float *from = x + (size_t)clamp(index[n], 0, K - 1) * (size_t)row;
    __global float *to = y + n * (size_t)row;
    a += n * (size_t)row;
    for (int r = first; r < last; r += VW) {
        VECTOR value = VLOAD_ALIGNED(from + r);
        if (adds) value += VLOAD_ALIGNED(a + r);
        if (accumulate) value += VLOAD_ALIGNED(to + r);
        VSTORE_ALIGNED(value, to + r);
    }
}

/* One item for each block of NC vectors of one row of dx, a column loop with rows for groups: it
 * passes over the whole index and adds what is its row's. */
__kernel void select_backward(const __global float *restrict dy, const __global int *restrict index,
                              __global float *restrict dx, int row, int blocks, int K, int N,
                              int accumulate)
{
    const int k = column_group(blocks);
    const int column = column_first(blocks);
    if (k >= K) return;
    __global float *to = dx + (size_t)k * (size_t)row + (size_t)column;
    dy += column;
    VECTOR sum[NC];
    for (int j = 0; j < NC; j++) sum[j] = SPLAT(0.0f);
    for (int n = 0; n < N; n++, dy += row) {
        if (clamp(index[n], 0, K - 1) != k) continue;
        for (int j = 0; j < NC; j++) sum[j] += VLOAD_ALIGNED(dy + j * VW);
    }
    for (int j = 0; j < NC; j++) {
        if (accumulate) sum[j] += VLOAD_ALIGNED(to + j * VW);
        VSTORE_ALIGNED(sum[j], to + j * VW);
    }
}
