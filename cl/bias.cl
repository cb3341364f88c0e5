/* Bias: y[i] = x[i] + b[i mod length].
 *
 * Layout: x, y [count], NHWC; b [length], length divides count and VW divides length.
 * Grid: a flat loop. x and y may be one buffer.
 * Reference: src/reference/bias.c. bias.backward is a column sum: cl/reduce.cl.
 * Precision: float, one rounding. */
#include "common.clh"

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void bias_forward(const __global float *x, const __global float *b, __global float *y, long count,
                  int chunk, int length, int accumulate)
{
    const size_t end = flat_end(count, chunk);
    const int step = (int)(FLAT_STEP % (size_t)length);
    int place = (int)(flat_begin(chunk) % (size_t)length);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        VECTOR value = VLOAD_ALIGNED(x + i) + VLOAD_ALIGNED(b + place);
        if (accumulate) value += VLOAD_ALIGNED(y + i);
        VSTORE_ALIGNED(value, y + i);
        place += step;
        if (place >= length) place -= length;
    }
}
