/* A batch of images out of a data set of bytes: y[n][r] = bytes[index[n]][r] / 255.
 *
 * Layout: bytes [images][row], y [N][row], row = H * W * C; index [N], kept within 0 .. images-1.
 * VW divides row.
 * Grid: one item for each piece of `chunk` vectors of one image: item i takes piece i mod pieces of
 * image i / pieces; `items` in all.
 * Reference: src/reference/gather.c. Precision: correctly rounded. A device may divide with an
 * error of 2.5 ulp; one step of Newton's method with the exact remainder, which fma gives on every
 * device, rounds all 256 quotients as IEEE division does. */
#include "common.clh"

__kernel void gather_forward(const __global uchar *restrict bytes,
                             const __global int *restrict index, __global float *restrict y,
                             long items, int pieces, int chunk, int row, int images,
                             int accumulate)
{
    const size_t item = get_global_id(0);
    if (item >= (size_t)items) return;
    const size_t n = item / (size_t)pieces;
    const int first = (int)(item % (size_t)pieces) * chunk * VW;
    const int last = min(first + chunk * VW, row);
    const int image = clamp(index[n], 0, images - 1);
    const __global uchar *in = bytes + (size_t)image * (size_t)row;
    __global float *out = y + n * (size_t)row;
    const VECTOR reciprocal = SPLAT(1.0f / 255.0f);
    for (int r = first; r < last; r += VW) {
        const VECTOR byte = VLOAD_BYTES(in + r);
        const VECTOR guess = byte * reciprocal;
        VECTOR value = fma(fma(guess, SPLAT(-255.0f), byte), reciprocal, guess);
        if (accumulate) value += VLOAD_ALIGNED(out + r);
        VSTORE_ALIGNED(value, out + r);
    }
}
