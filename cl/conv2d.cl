/* Two-dimensional convolution and its gradients: src/reference/conv2d.h has the formulas.
 *
 * All tensors are NHWC, weights [R][S][C][K]. One register-tile kernel, conv2d_tile, serves two
 * passes: forward, and backward_data, which is a convolution of stride 1 over dy with zeros
 * inserted between its pixels and with flipped filters whose input and output channels change
 * places. backward_weights is conv2d_weights_tile. Below, "input" is what a pass slides its filter
 * over, with C channels, and "output" has K channels, whatever the tensors are called.
 *
 *     conv2d_pad             input -> rows with zeros left and right (and between, for stride)
 *     conv2d_pack            weights -> the order in which a tile reads them
 *     conv2d_tile            MR pixels of one output row x NV vectors of output channels
 *     conv2d_thin            the same for few output channels: vectors of input channels instead
 *     conv2d_weights_tile    MR of the S*C weights of a filter row x NV vectors of output channels
 *     conv2d_weights_reduce  adds up the groups' partial gradients
 *
 * Row y of the padded input starts at (n*H + y) * pitch floats; its column q*stride + s belongs to
 * output pixel q and filter column s, so that for one filter row the S*C weights of an output pixel
 * meet S*C consecutive floats that begin at q * step, step = stride * C. There are no padded rows:
 * filter rows outside the image are skipped.
 *
 * Precision: float, one running sum for each output element in the order r, s, c (weights: pixels
 * in order within a group, then the groups in order). No atomics: a run repeats bit for bit. */
#include "common.clh"

/* MR: rows of a register tile, 1 to 16; NV: vectors in one of its rows, 1 to 4. The tile and
 * NV + 1 operands must fit the registers. */
#ifndef MR
#define MR 4
#endif
#if MR < 1 || MR > 16
#error "MR must be from 1 to 16"
#endif
#ifndef NV
#define NV 1
#endif
#if NV < 1 || NV > 4
#error "NV must be from 1 to 4"
#endif

int zero_run(__global float *target, int e, int end)
{
    for (; e + VW <= end; e += VW) VSTORE(SPLAT(0.0f), target + e);
    for (; e < end; e++) target[e] = 0.0f;
    return e;
}

int copy_run(__global float *target, int e, int end, const __global float *source)
{
    for (; e + VW <= end; e += VW, source += VW) VSTORE(VLOAD(source), target + e);
    for (; e < end; e++) target[e] = *source++;
    return e;
}

/* target [rows][pitch]: row y of an image is row y / dilation of the source where that divides,
 * else zeros. In a row: `left` zeros, then `pixels` times `channels` floats of the source, each
 * time filled up with zeros to `step` floats, then zeros to the end.
 *
 * Grid: (ceil(pitch / chunk), rows); an item writes `chunk` floats. */
__kernel void conv2d_pad(__global const float *restrict source, __global float *restrict target,
                         int rows, int target_rows, int source_rows, int dilation, int pitch,
                         int left, int pixels, int channels, int step, int chunk)
{
    const int row = get_global_id(1);
    int e = (int)get_global_id(0) * chunk;
    if (row >= rows || e >= pitch) return;
    const int end = min(e + chunk, pitch);
    const int image = row / target_rows, y = row - image * target_rows;
    target += (size_t)row * pitch;
    if (y % dilation == 0) {
        source += ((size_t)image * source_rows + y / dilation) * pixels * channels;
        e = zero_run(target, e, min(end, left));
        int pixel = max(e - left, 0) / step;
        int c = max(e - left, 0) - pixel * step;
        for (; e < end && pixel < pixels; pixel++, c = 0) {
            const int run = max(channels - c, 0);
            e = copy_run(target, e, min(end, e + run), source + (size_t)pixel * channels + c);
            e = zero_run(target, e, min(end, left + (pixel + 1) * step));
        }
    }
    zero_run(target, e, end);
}

/* Where a weight lies in [R][S][C][K] (or, flipped, the one that backward_data wants): tap holds
 * C*K floats; in_stride and out_stride are K and 1, or 1 and K when the channels change places. */
size_t weight_offset(int R, int S, int r, int s, int flip, int tap)
{
    return ((size_t)(flip ? R - 1 - r : r) * S + (flip ? S - 1 - s : s)) * tap;
}

/* u: for every channel block, filter row r and depth k = s*C + c the `lanes` weights of the block's
 * output channels, zeros beyond the last channel. Order [block][r][k][lane]; channels_first:
 * [r][k][block][lane].
 *
 * Grid: blocks * R * S * C items, one for each group of lanes. */
__kernel void conv2d_pack(__global const float *restrict w, __global float *restrict u, int R,
                          int S, int inputs, int outputs, int in_stride, int out_stride, int flip,
                          int lanes, int blocks, int channels_first)
{
    const int id = get_global_id(0);
    const int steps = R * S * inputs;
    if (id >= blocks * steps) return;
    const int block = channels_first ? id % blocks : id / steps;
    const int at = channels_first ? id / blocks : id % steps;
    const int c = at % inputs, s = at / inputs % S, r = at / inputs / S;
    w += weight_offset(R, S, r, s, flip, inputs * outputs) + (size_t)c * in_stride;
    u += (size_t)id * lanes;
    for (int lane = 0; lane < lanes; lane++) {
        const int k = block * lanes + lane;
        u[lane] = k < outputs ? w[(size_t)k * out_stride] : 0.0f;
    }
}

/* The first n elements of v to p, or added to what is there. */
void store_channels(VECTOR v, __global float *p, int n, int accumulate)
{
    if (n >= VW) {
        if (accumulate) v += VLOAD(p);
        VSTORE(v, p);
        return;
    }
#if VW > 1
    float part[VW];
    VSTORE(v, part);
    for (int j = 0; j < n; j++) p[j] = accumulate ? p[j] + part[j] : part[j];
#endif
}

/* y [rows][Q][K], rows = N*P, from the padded input x and the packed weights u (lanes = NV * VW).
 * Filter rows r_first .. r_last-1 and depths k_first .. k_last-1 only: a device that limits the
 * iterations of an item gets the sum in several launches, all but the first with accumulate = 1.
 * depth = S*C.
 * channels_first: neighbouring items take neighbouring channel blocks, whose weights lie side by
 * side (a GPU's lanes read one range together); else they take neighbouring pixels, and the weights
 * of a channel block are consecutive (a core streams through them). u is packed for it.
 *
 * Grid: rows * row_tiles * blocks items; row_tiles = ceil(Q / MR), blocks = ceil(K / (NV * VW)). */
__kernel void conv2d_tile(__global const float *restrict x, __global const VECTOR *restrict u,
                          __global float *restrict y, int rows, int row_tiles, int blocks, int P,
                          int Q, int K, int H, int R, int stride, int pitch, int step, int depth,
                          int r_first, int r_last, int k_first, int k_last, int channels_first,
                          int accumulate)
{
    const int id = get_global_id(0);
    const int tiles = rows * row_tiles;
    if (id >= tiles * blocks) return;
    const int block = channels_first ? id % blocks : id / tiles;
    const int tile = channels_first ? id / blocks : id % tiles;
    const int u_step = channels_first ? blocks * NV : NV;
    u += (channels_first ? (size_t)block : (size_t)block * R * depth) * NV;
    const int row = tile / row_tiles, q0 = (tile - row * row_tiles) * MR;
    const int n = row / P, p = row - n * P;
    const int top = p * stride - R / 2; /* row of the input that meets filter row 0 */

    VECTOR sum[MR][NV];
#pragma unroll
    for (int i = 0; i < MR; i++)
#pragma unroll
        for (int j = 0; j < NV; j++) sum[i][j] = SPLAT(0.0f);

    const int r_end = min(r_last, H - top);
    for (int r = max(r_first, -top); r < r_end; r++) {
        const __global float *a = x + ((size_t)n * H + (top + r)) * pitch + (size_t)q0 * step;
        const __global VECTOR *b = u + ((size_t)r * depth + k_first) * u_step;
        for (int k = k_first; k < k_last; k++, b += u_step) {
            VECTOR weight[NV];
#pragma unroll
            for (int j = 0; j < NV; j++) weight[j] = b[j];
#pragma unroll
            for (int i = 0; i < MR; i++) {
                const VECTOR value = SPLAT(a[i * step + k]);
#pragma unroll
                for (int j = 0; j < NV; j++) sum[i][j] += value * weight[j];
            }
        }
    }

    y += ((size_t)row * Q + q0) * K + block * NV * VW;
    const int channels = K - block * NV * VW;
#pragma unroll
    for (int i = 0; i < MR; i++)
        if (q0 + i < Q)
#pragma unroll
            for (int j = 0; j < NV; j++)
                store_channels(sum[i][j], y + (size_t)i * K + j * VW, channels - j * VW,
                               accumulate);
}

/* As conv2d_tile for one output channel an item: vectors run over the input channels, of which
 * there must be a multiple of VW, and are added up at the end. u: packed with lanes = 1 and
 * channels_first = 0 (blocks = K). depth, step, pitch, k_first and k_last count vectors.
 *
 * Grid: rows * row_tiles * K items, neighbours take neighbouring pixels. */
__kernel void conv2d_thin(__global const VECTOR *restrict x, __global const VECTOR *restrict u,
                          __global float *restrict y, int rows, int row_tiles, int P, int Q, int K,
                          int H, int R, int stride, int pitch, int step, int depth, int r_first,
                          int r_last, int k_first, int k_last, int accumulate)
{
    const int id = get_global_id(0);
    const int tiles = rows * row_tiles;
    if (id >= tiles * K) return;
    const int channel = id / tiles, tile = id - channel * tiles;
    const int row = tile / row_tiles, q0 = (tile - row * row_tiles) * MR;
    const int n = row / P, p = row - n * P;
    const int top = p * stride - R / 2;

    VECTOR sum[MR];
#pragma unroll
    for (int i = 0; i < MR; i++) sum[i] = SPLAT(0.0f);

    const int r_end = min(r_last, H - top);
    for (int r = max(r_first, -top); r < r_end; r++) {
        const __global VECTOR *a = x + ((size_t)n * H + (top + r)) * pitch + (size_t)q0 * step;
        const __global VECTOR *b = u + ((size_t)channel * R + r) * depth;
        for (int k = k_first; k < k_last; k++) {
            const VECTOR weight = b[k];
#pragma unroll
            for (int i = 0; i < MR; i++) sum[i] += a[i * step + k] * weight;
        }
    }

    y += ((size_t)row * Q + q0) * K + channel;
#pragma unroll
    for (int i = 0; i < MR; i++) {
        const float total = vector_sum(sum[i]);
        if (q0 + i < Q) y[i * K] = accumulate ? y[i * K] + total : total;
    }
}

/* Partial weight gradients: partial[g][r][m][v], m = s*C + c, v a vector of output channels, is the
 * sum over the output rows of group g of x[q * step + m] * dy[q][v]. x is padded (the columns
 * behind depth that the last tile reads too), dy is [rows][Q][vectors].
 *
 * An item takes `tiles_per_item` tiles and goes through the rows of its group by `block_rows`, all
 * tiles for one block of rows, so that a block of x and dy stays in the first-level cache; sums
 * rest in `partial` between blocks. One tile and all rows at once suit a GPU.
 *
 * Grid: groups * R * parts items, parts = ceil(tiles / tiles_per_item),
 * tiles = ceil(depth / MR) * column_tiles, column_tiles = vectors / NV (without remainder). */
__kernel void conv2d_weights_tile(__global const float *restrict x,
                                  __global const VECTOR *restrict dy,
                                  __global VECTOR *restrict partial, int rows, int groups,
                                  int group_rows, int block_rows, int parts, int tiles_per_item,
                                  int tiles, int column_tiles, int vectors, int P, int Q, int H,
                                  int R, int stride, int pitch, int step, int depth)
{
    const int id = get_global_id(0);
    if (id >= groups * R * parts) return;
    const int part = id % parts, r = id / parts % R, g = id / parts / R;
    const int row_first = g * group_rows, row_last = min(row_first + group_rows, rows);
    const int tile_last = min((part + 1) * tiles_per_item, tiles);
    partial += ((size_t)g * R + r) * depth * vectors;

    for (int row0 = row_first; row0 < row_last; row0 += block_rows) {
        const int row_end = min(row0 + block_rows, row_last);
        for (int tile = part * tiles_per_item; tile < tile_last; tile++) {
            const int m0 = tile / column_tiles * MR, v0 = tile % column_tiles * NV;
            __global VECTOR *sums = partial + (size_t)m0 * vectors + v0;
            VECTOR sum[MR][NV];
#pragma unroll
            for (int i = 0; i < MR; i++)
#pragma unroll
                for (int j = 0; j < NV; j++) {
                    const bool begun = row0 > row_first && m0 + i < depth;
                    sum[i][j] = begun ? sums[(size_t)i * vectors + j] : SPLAT(0.0f);
                }
            for (int row = row0; row < row_end; row++) {
                const int n = row / P, h = (row - n * P) * stride + r - R / 2;
                if (h < 0 || h >= H) continue;
                const __global float *a = x + ((size_t)n * H + h) * pitch + m0;
                const __global VECTOR *b = dy + (size_t)row * Q * vectors + v0;
                for (int q = 0; q < Q; q++) {
                    VECTOR gradient[NV];
#pragma unroll
                    for (int j = 0; j < NV; j++) gradient[j] = b[(size_t)q * vectors + j];
#pragma unroll
                    for (int i = 0; i < MR; i++) {
                        const VECTOR value = SPLAT(a[(size_t)q * step + i]);
#pragma unroll
                        for (int j = 0; j < NV; j++) sum[i][j] += value * gradient[j];
                    }
                }
            }
#pragma unroll
            for (int i = 0; i < MR; i++)
                if (m0 + i < depth)
#pragma unroll
                    for (int j = 0; j < NV; j++) sums[(size_t)i * vectors + j] = sum[i][j];
        }
    }
}

/* dw = the sum of the groups' partials in their order, or dw += it. Strides and flip as in
 * conv2d_pack.
 *
 * Grid: R * S * inputs * vectors items, one for each vector of a partial. */
__kernel void conv2d_weights_reduce(__global const VECTOR *restrict partial,
                                    __global float *restrict dw, int groups, int vectors, int R,
                                    int S, int inputs, int outputs, int in_stride, int out_stride,
                                    int flip, int accumulate)
{
    const int id = get_global_id(0);
    const int size = R * S * inputs * vectors;
    if (id >= size) return;
    VECTOR sum = partial[id];
    for (int g = 1; g < groups; g++) sum += partial[(size_t)g * size + id];

    const int v = id % vectors, at = id / vectors;
    const int c = at % inputs, s = at / inputs % S, r = at / inputs / S;
    dw += weight_offset(R, S, r, s, flip, inputs * outputs) + (size_t)c * in_stride;
    float part[VW];
    VSTORE(sum, part);
    for (int j = 0; j < VW; j++) {
        const int k = v * VW + j;
        if (k >= outputs) break;
        __global float *target = dw + (size_t)k * out_stride;
        *target = accumulate ? *target + part[j] : part[j];
    }
}
