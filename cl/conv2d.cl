/* Two-dimensional convolution and its gradients: src/reference/conv2d.h has the formulas.
 *
 * All tensors are NHWC, weights [R][S][C][K]. One register-tile kernel, conv2d_tile, serves two
 * passes: forward, and backward_data, which is a convolution of stride 1 over dy with flipped
 * filters whose input and output channels change places. Below, "input" is what a pass slides its
 * filter over, with C channels, and "output" has K channels, whatever the tensors are called.
 *
 * PARTS. backward_data of a convolution with stride 2 has phases: output pixels whose row and
 * column leave the same remainders by `every` = 2 meet the same taps, every second one, and each
 * phase is a dense convolution of its own. A device that limits the iterations of an item gets some
 * filter rows, or some depths of them, in each launch. Both are a part: output row
 * p_first + p*every takes R rows of the input, from p*stride + top on, with the filter's rows
 * r_first, r_first + every, ... Otherwise every = 1, p_first = q_first = r_first = 0, R is the
 * filter's and there is one part.
 *
 *     conv2d_pad             input -> rows with zeros left and right
 *     conv2d_pack            weights -> the order in which a tile reads them
 *     conv2d_tile            MR pixels of one output row x NV vectors of output channels
 *     conv2d_weights_tile    MR of the S*C weights of a filter row x NV vectors of output channels
 *     conv2d_weights_reduce  adds up the groups' partial gradients
 *
 * In a row of the padded input, the weights of a filter row meet consecutive floats, which begin at
 * q * step for output pixel q, step = stride * C.
 *
 * Few output channels have a kernel of their own, cl/conv2d_thin.cl.
 *
 * Precision: float, one running sum for each output element in the order r, s, c (weights: pixels
 * in order within a group, then the groups in order). No atomics: a run repeats bit for bit. */
#include "common.clh"
#include "conv2d_finish.clh"

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

/* target [rows][pitch]: in a row `left` zeros, then `pixels` times `channels` floats of the
 * source's row, each time filled up with zeros to `step` floats, then zeros to the end.
 *
 * Grid: (ceil(pitch / chunk), rows); an item writes `chunk` floats. */
__kernel void conv2d_pad(__global const float *restrict source, __global float *restrict target,
                         int rows, int pitch, int left, int pixels, int channels, int step,
                         int chunk)
{
    const int row = get_global_id(1);
    int e = (int)get_global_id(0) * chunk;
    if (row >= rows || e >= pitch) return;
    const int end = min(e + chunk, pitch);
    target += (size_t)row * pitch;
    source += (size_t)row * pixels * channels;
    e = zero_run(target, e, min(end, left));
    int pixel = max(e - left, 0) / step;
    int c = max(e - left, 0) - pixel * step;
    for (; e < end && pixel < pixels; pixel++, c = 0) {
        const int run = max(channels - c, 0);
        e = copy_run(target, e, min(end, e + run), source + (size_t)pixel * channels + c);
        e = zero_run(target, e, min(end, left + (pixel + 1) * step));
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

/* How many of the rows or columns first, first + every, ... there are below `size`. */
int phase_size(int size, int first, int every)
{
    return (size - first + every - 1) / every;
}

/* A part of y [N][P][Q][K] from the input x [N][H][pitch], padded left and right, and the packed
 * weights u (lanes = NV * VW), of which a filter row has row_depth = S*C depths. The part takes
 * `runs` times `depth` of these: a run begins every `every * step` depths from u_first on, and
 * every `step` floats of a row of x from x_first on, counted from where a pixel begins. (With
 * every = 1 one run is enough; else stride = 1, so that step = C.)
 * channels_first: neighbouring items take neighbouring channel blocks, whose weights lie side by
 * side (a GPU's lanes read one range together, a core writes all channels of a pixel); else they
 * take neighbouring pixels, and the weights of a channel block are consecutive (a core keeps them
 * in its cache). u is packed for it.
 *
 * Grid: N * rows * row_tiles * blocks items; rows and columns are those of the phase,
 * row_tiles = ceil(columns / MR), blocks = ceil(K / (NV * VW)). */
__kernel void conv2d_tile(__global const float *restrict x, __global const VECTOR *restrict u,
                          __global float *restrict y, int N, int P, int Q, int K, int every,
                          int p_first, int q_first, int row_tiles, int blocks, int H,
                          int filter_rows, int R, int r_first, int stride, int top, int x_first,
                          int pitch, int step, int u_first, int row_depth, int runs, int depth,
                          int channels_first, int accumulate, int parts,
                          __global const float *restrict bias,
                          __global const float *restrict addend, float slope)
{
    const struct finish finish = {parts, bias, addend, slope};
    const int id = get_global_id(0);
    const int image_rows = phase_size(P, p_first, every);
    const int tiles = N * image_rows * row_tiles;
    if (id >= tiles * blocks) return;
    const int block = channels_first ? id % blocks : id / tiles;
    const int tile = channels_first ? id / blocks : id % tiles;
    const int u_step = channels_first ? blocks * NV : NV;
    u += (channels_first ? (size_t)block : (size_t)block * filter_rows * row_depth) * NV;
    const int row = tile / row_tiles, q0 = (tile - row * row_tiles) * MR;
    const int n = row / image_rows, p = row - n * image_rows;
    const int h = p * stride + top; /* row of the input that meets filter row 0 */

    VECTOR sum[MR][NV];
#pragma unroll
    for (int i = 0; i < MR; i++)
#pragma unroll
        for (int j = 0; j < NV; j++) sum[i][j] = SPLAT(0.0f);

    const int r_end = min(R, H - h);
    for (int r = max(0, -h); r < r_end; r++) {
        const __global float *a = x + ((size_t)n * H + (h + r)) * pitch + x_first + q0 * step;
        const __global VECTOR *b =
            u + ((size_t)(r_first + r * every) * row_depth + u_first) * u_step;
        for (int run = 0; run < runs; run++, a += step) {
            for (int k = 0; k < depth; k++, b += u_step) {
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
            b += (every * step - depth) * u_step;
        }
    }

    const size_t first = (((size_t)n * P + p * every + p_first) * Q + q0 * every + q_first) * K;
    /* In memory, so that one copy of what finishes and stores a vector is enough: MR * NV of them
     * take compilers seconds. */
    VECTOR done[MR * NV];
#pragma unroll
    for (int i = 0; i < MR; i++)
#pragma unroll
        for (int j = 0; j < NV; j++) done[i * NV + j] = sum[i][j];
    const int pixels = min(MR, phase_size(Q, q_first, every) - q0);
#pragma unroll 1
    for (int i = 0; i < pixels * NV; i++) {
        const int k = (block * NV + i % NV) * VW;
        store_channels(done[i], y, first + (size_t)(i / NV) * every * K, k, K, accumulate,
                       finish);
    }
}

/* Partial weight gradients: partial[g][r][m][v], m = s*C + c, v a vector of output channels, is the
 * sum over the output rows of group g of x[q * step + m] * dy[q][v]. x is padded (the columns
 * behind depth that the last tile reads too), dy is [rows][Q][vectors].
 *
 * A tile belongs to one filter row. An item takes `tiles_per_item` tiles and goes through the rows
 * of its group by `block_rows`, all tiles for one block of rows, so that a block of x and dy stays
 * in the first-level cache; sums rest in `partial` between blocks. One tile and all rows at once
 * suit a GPU.
 *
 * Grid: groups * parts items, parts = ceil(R * tiles / tiles_per_item),
 * tiles = ceil(depth / MR) * column_tiles, column_tiles = vectors / NV (without remainder). */
__kernel void conv2d_weights_tile(__global const float *restrict x,
                                  __global const VECTOR *restrict dy,
                                  __global VECTOR *restrict partial, int rows, int groups,
                                  int group_rows, int block_rows, int parts, int tiles_per_item,
                                  int tiles, int column_tiles, int vectors, int P, int Q, int H,
                                  int R, int stride, int pitch, int step, int depth)
{
    const int id = get_global_id(0);
    if (id >= groups * parts) return;
    const int part = id % parts, g = id / parts;
    const int row_first = g * group_rows, row_last = min(row_first + group_rows, rows);
    const int tile_last = min((part + 1) * tiles_per_item, R * tiles);
    partial += (size_t)g * R * depth * vectors;

    for (int row0 = row_first; row0 < row_last; row0 += block_rows) {
        const int row_end = min(row0 + block_rows, row_last);
        for (int tile = part * tiles_per_item; tile < tile_last; tile++) {
            const int r = tile / tiles, in_row = tile - r * tiles;
            const int m0 = in_row / column_tiles * MR, v0 = in_row % column_tiles * NV;
            __global VECTOR *sums = partial + ((size_t)r * depth + m0) * vectors + v0;
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
                for (int q = 0; q < Q; q++, a += step, b += vectors) {
                    VECTOR gradient[NV];
#pragma unroll
                    for (int j = 0; j < NV; j++) gradient[j] = b[j];
#pragma unroll
                    for (int i = 0; i < MR; i++) {
                        const VECTOR value = SPLAT(a[i]);
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
