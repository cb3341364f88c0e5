/* Hyperbolic tangent: y = tanh(x), and dx = dy (1 - y^2).
 *
 * Layout: [count], any shape. Grid: flat loops. Input and output may be one buffer.
 * Reference: src/reference/tanh.c. Precision: float; (1 - y)(1 + y) keeps the digits that 1 - y y
 * loses where y is near 1 or -1. */
#include "common.clh"

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void tanh_forward(const __global float *x, __global float *y, long count, int chunk,
                  int accumulate)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        VECTOR value = tanh(load_first(x + i, n));
        if (accumulate) value += load_first(y + i, n);
        store_first(value, y + i, n);
    }
}

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void tanh_backward(const __global float *y, const __global float *dy, __global float *dx,
                   long count, int chunk, int accumulate)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        const VECTOR a = load_first(y + i, n);
        VECTOR value = load_first(dy + i, n) * ((1.0f - a) * (1.0f + a));
        if (accumulate) value += load_first(dx + i, n);
        store_first(value, dx + i, n);
    }
}
