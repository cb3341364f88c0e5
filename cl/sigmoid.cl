/* Logistic function: y = 1 / (1 + exp(-x)), and dx = dy y (1 - y).
 *
 * Layout: [count], any shape. Grid: flat loops. Input and output may be one buffer.
 * Reference: src/reference/sigmoid.c. Precision: float; exp overflows to infinity for x below -88,
 * which gives y = 0. */
#include "common.clh"

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void sigmoid_forward(const __global float *x, __global float *y, long count, int chunk,
                     int accumulate)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        VECTOR value = 1.0f / (1.0f + exp(-load_first(x + i, n)));
        if (accumulate) value += load_first(y + i, n);
        store_first(value, y + i, n);
    }
}

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void sigmoid_backward(const __global float *y, const __global float *dy, __global float *dx,
                      long count, int chunk, int accumulate)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        const VECTOR a = load_first(y + i, n);
        VECTOR value = load_first(dy + i, n) * a * (1.0f - a);
        if (accumulate) value += load_first(dx + i, n);
        store_first(value, dx + i, n);
    }
}
