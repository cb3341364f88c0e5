/* Largest value of each 2x2 window, stride 2.
 *
 * Layout: x, dx [N][height][width][channels]; y, dy [N][height/2][width/2][channels]; VW divides
 * channels.
 * Grid: one item for each piece of `chunk` vectors of one row of windows: item i takes piece
 * i mod pieces of row i / pieces; `items` in all.
 * Reference: src/reference/max_pool.c. Precision: exact. */
#include "common.clh"

/* The larger of each pair of elements, the first of equal ones. */
VECTOR larger(VECTOR first, VECTOR second)
{
    return second > first ? second : first;
}

/* Rows of windows: N * (height / 2). */
__kernel void max_pool_forward(const __global float *restrict x, __global float *restrict y,
                               long items, int pieces, int chunk, int height, int width,
                               int channels, int accumulate)
{
    const size_t item = get_global_id(0);
    if (item >= (size_t)items) return;
    const int P = height / 2, Q = width / 2, vectors = channels / VW;
    const size_t row = item / (size_t)pieces; /* n * P + p */
    const size_t n = row / (size_t)P, p = row % (size_t)P;
    const int first = (int)(item % (size_t)pieces) * chunk;
    const int last = min(first + chunk, Q * vectors);
    const size_t below = (size_t)width * (size_t)channels;
    const __global float *in = x + (n * (size_t)height + 2 * p) * below;
    __global float *out = y + row * (size_t)(Q * channels);
    int q = first / vectors, c = first % vectors * VW;
    for (int v = first; v < last; v++) {
        const __global float *window = in + 2 * q * channels + c;
        const VECTOR top = larger(VLOAD_ALIGNED(window), VLOAD_ALIGNED(window + channels));
        const VECTOR bottom =
            larger(VLOAD_ALIGNED(window + below), VLOAD_ALIGNED(window + below + channels));
        VECTOR most = larger(top, bottom);
        if (accumulate) most += VLOAD_ALIGNED(out + v * VW);
        VSTORE_ALIGNED(most, out + v * VW);
        c += VW;
        if (c == channels) {
            c = 0;
            q++;
        }
    }
}

void put(__global float *to, VECTOR value, int accumulate)
{
    if (accumulate) value += VLOAD_ALIGNED(to);
    VSTORE_ALIGNED(value, to);
}

/* dx of one whole window: dy goes to the first of the largest values, 0 to the others. The two rows
 * of the window are compared first, then the two of the row that won. */
void max_pool_backward_window(const __global float *x, VECTOR d, __global float *dx, size_t below,
                              int channels, int accumulate)
{
    const VECTOR zero = SPLAT(0.0f);
    const VECTOR x00 = VLOAD_ALIGNED(x), x01 = VLOAD_ALIGNED(x + channels);
    const VECTOR x10 = VLOAD_ALIGNED(x + below), x11 = VLOAD_ALIGNED(x + below + channels);
    const VECTOR top = larger(x00, x01), bottom = larger(x10, x11);
    const VECTOR d_top = bottom > top ? zero : d, d_bottom = bottom > top ? d : zero;
    put(dx, x01 > x00 ? zero : d_top, accumulate);
    put(dx + channels, x01 > x00 ? d_top : zero, accumulate);
    put(dx + below, x11 > x10 ? zero : d_bottom, accumulate);
    put(dx + below + channels, x11 > x10 ? d_bottom : zero, accumulate);
}

/* Rows of windows: N * ((height + 1) / 2), with the windows that an odd height or width cuts in
 * half: their places get 0. */
__kernel void max_pool_backward(const __global float *restrict x, const __global float *restrict dy,
                                __global float *restrict dx, long items, int pieces, int chunk,
                                int height, int width, int channels, int accumulate)
{
    const size_t item = get_global_id(0);
    if (item >= (size_t)items) return;
    const int P = height / 2, Q = width / 2, vectors = channels / VW;
    const size_t rows = (size_t)((height + 1) / 2);
    const size_t row = item / (size_t)pieces, n = row / rows;
    const int p = (int)(row % rows);
    const int first = (int)(item % (size_t)pieces) * chunk;
    const int last = min(first + chunk, (width + 1) / 2 * vectors);
    const size_t below = (size_t)width * (size_t)channels;
    const size_t start = (n * (size_t)height + (size_t)(2 * p)) * below;
    const __global float *gradient = dy + (n * (size_t)P + (size_t)p) * (size_t)(Q * channels);
    int q = first / vectors, c = first % vectors * VW;
    for (int v = first; v < last; v++) {
        const size_t at = start + (size_t)(2 * q * channels + c);
        if (p < P && q < Q) {
            const VECTOR d = VLOAD_ALIGNED(gradient + q * channels + c);
            max_pool_backward_window(x + at, d, dx + at, below, channels, accumulate);
        } else {
            const VECTOR zero = SPLAT(0.0f);
            put(dx + at, zero, accumulate);
            if (2 * q + 1 < width) put(dx + at + channels, zero, accumulate);
            if (2 * p + 1 < height) put(dx + at + below, zero, accumulate);
        }
        c += VW;
        if (c == channels) {
            c = 0;
            q++;
        }
    }
}
