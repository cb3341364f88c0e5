/* Bias and the leaky ReLU that follows it (slope 1: none): z[i] = x[i] + b[i mod length],
 * y = z > 0 ? z : slope z.
 *
 * Layout: x, y, dx, dy [count] = [rows][length], NHWC; b, db [length]; VW divides length.
 * Grids: said at the kernels. x and y may be one buffer, and so may dy and dx.
 * Reference: src/reference/bias.c. db is a column sum, whose second stage is in cl/reduce.cl, the
 * first too where no leaky ReLU follows.
 * Precision: float; y and dx have at most two roundings. */
#include "common.clh"

/* Grid: a flat loop. */
__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void bias_forward(const __global float *x, const __global float *b, __global float *y, long count,
                  int chunk, int length, float slope, int accumulate)
{
    const size_t end = flat_end(count, chunk);
    const int step = (int)(FLAT_STEP % (size_t)length);
    int place = (int)(flat_begin(chunk) % (size_t)length);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const VECTOR z = VLOAD_ALIGNED(x + i) + VLOAD_ALIGNED(b + place);
        VECTOR value = z > SPLAT(0.0f) ? z : slope * z;
        if (accumulate) value += VLOAD_ALIGNED(y + i);
        VSTORE_ALIGNED(value, y + i);
        place += step;
        if (place >= length) place -= length;
    }
}

/* dx = y > 0 ? dy : slope dy, or added to; partial[g][c] = the sum of it over the rows of group g.
 * Grid: a column loop. */
__kernel void bias_backward(const __global float *dy, const __global float *restrict y,
                            __global float *dx, __global float *restrict partial, long rows,
                            int columns, int blocks, int rows_per_group, int groups, float slope,
                            int accumulate)
{
    const int group = column_group(blocks);
    const int column = column_first(blocks);
    if (group >= groups) return;
    const long first = (long)group * rows_per_group;
    const int count = (int)min((long)rows_per_group, rows - first);
    VECTOR sum[NC];
    for (int j = 0; j < NC; j++) sum[j] = SPLAT(0.0f);
    for (int r = 0; r < count; r++) {
        const size_t row = (size_t)(first + r) * (size_t)columns + (size_t)column;
        for (int j = 0; j < NC; j++) {
            const size_t i = row + j * VW;
            const VECTOR d = VLOAD_ALIGNED(dy + i);
            VECTOR value = VLOAD_ALIGNED(y + i) > SPLAT(0.0f) ? d : slope * d;
            sum[j] += value;
            if (accumulate) value += VLOAD_ALIGNED(dx + i);
            VSTORE_ALIGNED(value, dx + i);
        }
    }
    __global float *out = partial + (size_t)group * (size_t)columns + (size_t)column;
    for (int j = 0; j < NC; j++) VSTORE_ALIGNED(sum[j], out + j * VW);
}
