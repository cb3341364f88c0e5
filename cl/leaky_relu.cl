/* Leaky rectifier: y = x > 0 ? x : slope x, and dx = y > 0 ? dy : slope dy.
 *
 * Layout: [count], any shape. Grid: flat loops. Input and output may be one buffer.
 * Reference: src/reference/leaky_relu.c. Precision: float, one rounding. */
#include "common.clh"

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void leaky_relu_forward(const __global float *x, __global float *y, long count, int chunk,
                        float slope, int accumulate)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        const VECTOR a = load_first(x + i, n);
        VECTOR value = a > SPLAT(0.0f) ? a : slope * a;
        if (accumulate) value += load_first(y + i, n);
        store_first(value, y + i, n);
    }
}

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void leaky_relu_backward(const __global float *y, const __global float *dy, __global float *dx,
                         long count, int chunk, float slope, int accumulate)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        const VECTOR d = load_first(dy + i, n);
        VECTOR value = load_first(y + i, n) > SPLAT(0.0f) ? d : slope * d;
        if (accumulate) value += load_first(dx + i, n);
        store_first(value, dx + i, n);
    }
}
