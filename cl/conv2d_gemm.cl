/* Two-dimensional convolution and its gradients as matrix products on GPUs: src/reference/conv2d.h
 * has the formulas, cl/conv2d.cl the layouts and PARTS. The matrix of an image's windows is never
 * made: its elements are fetched from where they are, or are zeros of the border. A fully connected
 * layer is such a convolution too, of maps of 1x1.
 *
 *     conv2d_gemm          forward: pixels x taps times w; backward_data: the same over dy, one phase
 *                          of the output at a time
 *     conv2d_gemm_weights  backward_weights: taps x pixels times dy
 *     conv2d_gemm_sums     adds up the splits of either
 *
 * A depth is one (r, s, c) of a filter with C channels, or one pixel for the weights. An element of
 * the matrix of windows is where its pixel and its tap say together: both are a `place`, and the
 * places add up.
 *
 * SPLITS. Where C is small and depth long, the depth is divided among `splits` groups; y then is
 * [splits] times as large, its rows `pitch` floats, K rounded up to whole vectors, and
 * conv2d_gemm_sums adds them up.
 *
 * Precision: float, one running sum for each output element in the order r, s, c (weights: pixels
 * in order) within a split, then the splits in order. No atomics: a run repeats bit for bit. */
#include "conv2d_gemm.clh"

/* W_TURNED: the filter's depths follow each other in memory (backward_data), not its columns. */
#ifndef W_TURNED
#define W_TURNED 0
#endif
#if W_TURNED != 0 && W_TURNED != 1
#error "W_TURNED must be 0 or 1"
#endif

/* Row, column and offset in floats, modulo 2^32 as it may be in front of a tensor. */
struct place {
    int h, w;
    uint at;
};

/* A row that no tap brings into an image. */
#define NOWHERE (INT_MIN / 2)

/* Images of H x W pixels of C channels, and those of their pixels that are passed on a way of
 * `rows` x `columns`, `stride` apart and (top, left) the first. */
struct images {
    int H, W, C, rows, columns, stride, top, left;
};

/* Pixel number m of the way, of `count` in all images. */
struct place pixel_place(int m, int count, struct images x)
{
    struct place place;
    const int row = m / x.columns, n = row / x.rows;
    place.h = (row - n * x.rows) * x.stride + x.top;
    place.w = (m - row * x.columns) * x.stride + x.left;
    place.at = (((uint)n * x.H + place.h) * x.W + place.w) * x.C;
    if (m >= count) place.h = NOWHERE;
    return place;
}

/* Channel c of the tap (r, s). */
struct place tap_place(int r, int s, int c, struct images x)
{
    struct place place;
    place.h = r;
    place.w = s;
    place.at = ((uint)r * x.W + s) * x.C + c;
    return place;
}

LOAD_VECTOR fetch_window(const __global float *source, struct place pixel, struct place tap,
                         bool exists, struct images x)
{
    const bool inside = exists && (uint)(pixel.h + tap.h) < (uint)x.H &&
                        (uint)(pixel.w + tap.w) < (uint)x.W;
    return inside ? LOAD(source + (pixel.at + tap.at)) : NO_LOAD;
}

/* A phase of y [N][P][Q][pitch], whose rows * columns pixels of an image lie `every` apart from
 * (p_first, q_first) on; `pixels` of them in all images, with K channels. The tap (r, s) of the
 * phase, S in a row, of pixel (p, q) meets row p * stride + top + r and column
 * q * stride + left + s of x [N][H][W][C]. Its weights, [C][K], or [K][C] with W_TURNED, are block
 * tap + r * tap_r + s * tap_s of w; without W_TURNED the blocks are in order, so that w is a matrix
 * of `depth` rows.
 *
 * Grid: splits * ceil(pixels / BM) * ceil(K / BN) groups of LS; split g takes the depths g * chunk
 * .. (g+1) * chunk - 1, chunk a multiple of BK, and writes at y + g * split_size. */
__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void conv2d_gemm(__global const float *restrict x, __global const float *restrict w,
                 __global float *restrict y, int pixels, int H, int W, int C, int rows,
                 int columns, int stride, int top, int left, int K, int S, int tap, int tap_r,
                 int tap_s, int depth, int chunk, int P, int Q, int every, int p_first,
                 int q_first, int pitch, int split_size, int accumulate, int parts,
                 __global const float *restrict bias, __global const float *restrict addend,
                 float slope)
{
    const struct finish finish = {parts, bias, addend, slope};
    __local float4 a_slab[BK * A_PITCH / 4], b_slab[BK * B_PITCH / 4];
    __local float *a = (__local float *)a_slab, *b = (__local float *)b_slab;
    const struct images images = {H, W, C, rows, columns, stride, top, left};
    const int item = get_local_id(0), group = get_group_id(0);
    const int blocks = (K + BN - 1) / BN, tiles = (pixels + BM - 1) / BM * blocks;
    const int g = group / tiles, tile = group - g * tiles;
    const int m0 = tile / blocks * BM, n0 = tile % blocks * BN;
    const int d_first = g * chunk, d_last = d_first + min(chunk, depth - d_first);

    struct place pixel[A_LOADS];
#pragma unroll
    for (int j = 0; j < A_LOADS; j++)
        pixel[j] = pixel_place(m0 + turned_row(item, j), pixels, images);
    VECTOR sum[MR][NV];
    clear_sums(sum);

    int c = d_first + turned_depth(item), r = 0, s = 0; /* the item's depth */
    for (int d = d_first; d < d_last; d += BK) {
        LOAD_VECTOR a_next[A_LOADS], b_next[B_LOADS];
        if (c >= C) {
            s += c / C;
            c %= C;
            r += s / S;
            s %= S;
        }
        const bool exists = d + turned_depth(item) < d_last;
#pragma unroll
        for (int j = 0; j < A_LOADS; j++)
            a_next[j] = fetch_window(x, pixel[j], tap_place(r, s, c, images), exists, images);
        const uint block = (uint)(tap + r * tap_r + s * tap_s) * C * K;
#pragma unroll
        for (int j = 0; j < B_LOADS; j++)
            b_next[j] = W_TURNED ? fetch_turned(w + (block + c), item, j, exists, C, n0, K)
                                 : fetch_straight(w, item, j, BN, d, d_last, n0, K);
        c += BK;
        if (d > d_first) multiply_slabs(a, b, item, sum); /* while the fetched ones arrive */

        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
        for (int j = 0; j < A_LOADS; j++) put_turned(a_next[j], item, j, BM, A_PITCH, a);
#pragma unroll
        for (int j = 0; j < B_LOADS; j++)
            if (W_TURNED)
                put_turned(b_next[j], item, j, BN, B_PITCH, b);
            else
                put_straight(b_next[j], item, j, BN, B_PITCH, b);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (d_first < d_last) multiply_slabs(a, b, item, sum);

    y += (size_t)g * split_size;
#pragma unroll
    for (int i = 0; i < MR; i++) {
        const int m = m0 + item / LX * MR + i, row = m / columns, n = row / rows;
        const int p = (row - n * rows) * every + p_first, q = (m - row * columns) * every + q_first;
        if (m < pixels)
            store_row(sum[i], item, y, ((size_t)(n * P + p) * Q + q) * pitch, n0, pitch, accumulate,
                      finish);
    }
}

/* dw [weights][pitch], weights = R * S * C, K channels each, from x [N][H][W][C] and the `pixels`
 * of dy [N][P][Q][K].
 *
 * Grid: splits * ceil(weights / BM) * ceil(K / BN) groups of LS; split g takes the pixels g * chunk
 * .. (g+1) * chunk - 1, chunk a multiple of BK, and writes at dw + g * split_size. */
__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void conv2d_gemm_weights(__global const float *restrict x, __global const float *restrict dy,
                         __global float *restrict dw, int weights, int H, int W, int C, int P,
                         int Q, int stride, int K, int R, int S, int pixels, int chunk, int pitch,
                         int split_size, int accumulate)
{
    __local float4 a_slab[BK * A_PITCH / 4], b_slab[BK * B_PITCH / 4];
    __local float *a = (__local float *)a_slab, *b = (__local float *)b_slab;
    __local struct place pixel[BK];
    const struct images images = {H, W, C, P, Q, stride, -(R / 2), -(S / 2)};
    const int item = get_local_id(0), group = get_group_id(0);
    const int blocks = (K + BN - 1) / BN, tiles = (weights + BM - 1) / BM * blocks;
    const int g = group / tiles, tile = group - g * tiles;
    const int m0 = tile / blocks * BM, n0 = tile % blocks * BN;
    const int d_first = g * chunk, d_last = d_first + min(chunk, pixels - d_first);

    const int m = m0 + straight_row(item, BM), row = m / C; /* the item's weight */
    const struct place tap = tap_place(row / S, row % S, m - row * C, images);
    VECTOR sum[MR][NV];
    clear_sums(sum);

    for (int d = d_first; d < d_last; d += BK) {
        LOAD_VECTOR a_next[A_LOADS], b_next[B_LOADS];
        if (item < BK) pixel[item] = pixel_place(d + item, d_last, images);
        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
        for (int j = 0; j < A_LOADS; j++) {
            const int k = straight_depth(item, j, BM);
            const struct place place = pixel[min(k, BK - 1)];
            a_next[j] = fetch_window(x, place, tap, m < weights, images);
        }
#pragma unroll
        for (int j = 0; j < B_LOADS; j++)
            b_next[j] = fetch_straight(dy, item, j, BN, d, d_last, n0, K);
        if (d > d_first) multiply_slabs(a, b, item, sum); /* while the fetched ones arrive */

        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
        for (int j = 0; j < A_LOADS; j++) put_straight(a_next[j], item, j, BM, A_PITCH, a);
#pragma unroll
        for (int j = 0; j < B_LOADS; j++) put_straight(b_next[j], item, j, BN, B_PITCH, b);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (d_first < d_last) multiply_slabs(a, b, item, sum);

    const struct finish none = {0, 0, 0, 0.0f};
    dw += (size_t)g * split_size;
#pragma unroll
    for (int i = 0; i < MR; i++) {
        const int at = m0 + item / LX * MR + i;
        if (at < weights)
            store_row(sum[i], item, dw, (size_t)at * pitch, n0, pitch, accumulate, none);
    }
}

/* y [rows][K] = the sums of the splits partial [splits][rows][pitch], in order and finished, or
 * y += that. pitch: K rounded up to whole vectors.
 *
 * Grid: rows * pitch / VW items, one for each vector. */
__kernel void conv2d_gemm_sums(__global const float *restrict partial, __global float *restrict y,
                               int splits, int rows, int pitch, int K, int accumulate, int parts,
                               __global const float *restrict bias,
                               __global const float *restrict addend, float slope)
{
    const struct finish finish = {parts, bias, addend, slope};
    const int id = get_global_id(0), vectors = pitch / VW;
    if (id >= rows * vectors) return;
    const int row = id / vectors, k = (id - row * vectors) * VW;
    const size_t step = (size_t)rows * pitch;
    partial += (size_t)id * VW;
    VECTOR sum = VLOAD_ALIGNED(partial);
    for (int g = 1; g < splits; g++) sum += VLOAD_ALIGNED(partial + g * step);
    store_channels(sum, y, (size_t)row * K, k, K, accumulate, finish);
}
