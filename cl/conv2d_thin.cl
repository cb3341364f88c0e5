/* Convolution with few output channels, forward or backward_data: cl/conv2d.cl has the layouts,
 * PARTS and what packs the weights. Its vectors run over the output channels, here they run over the
 * input channels.
 *
 * Precision: float, one running sum for each output element and lane in the order r, c, s, then
 * over the lanes and the items that share a tile. No atomics: a run repeats bit for bit. */
#include "common.clh"
#include "conv2d_finish.clh"

/* MR: pixels of a register tile, 1 to 16; NV: output channels, 1 to 4. The tile and the weights of
 * TAPS filter columns must fit the registers. */
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

/* Filter columns, 1 to 16; the stride; neighbouring items that share a tile, which divide LS. */
#ifndef TAPS
#define TAPS 1
#endif
#if TAPS < 1 || TAPS > 16
#error "TAPS must be from 1 to 16"
#endif
#ifndef STRIDE
#define STRIDE 1
#endif
#if STRIDE < 1 || STRIDE > 2
#error "STRIDE must be 1 or 2"
#endif
#ifndef LANES
#define LANES 1
#endif
#if LANES < 1 || (LANES & (LANES - 1)) != 0 || LANES > LS
#error "LANES must be a power of two up to LS"
#endif

/* Element `place` of y, of output channel k, with what is there if `accumulate`, finished. */
void store_thin(float value, __global float *y, size_t place, int k, int accumulate,
                struct finish finish)
{
    if (accumulate) value += y[place];
    if (finish.parts > 0) value += finish.bias[k];
    if (finish.parts > 1) value += finish.addend[place];
    y[place] = finish.parts > 0 ? fmax(value, finish.slope * value) : value;
}

/* As conv2d_tile of cl/conv2d.cl for NV output channels: vectors run over the input channels, of
 * which there must be a multiple of VW, and are added up at the end. x [N][H][W][vectors] has no
 * zeros around it: what would meet them is left out. Its column q*STRIDE + left meets filter column
 * 0. Each of its vectors is read once for all TAPS filter columns. u: packed with lanes = 1 and
 * channels_first = 0, so [k][r][s][vectors], of which every `every`-th s from s_first on is a tap.
 * LANES neighbours share a tile and take its vectors in turn, so that a GPU's items read
 * neighbours; their sums meet in local memory, always in the same order.
 *
 * Grid: N * rows * row_tiles * LANES items, in groups of LS if LANES > 1; rows and columns are
 * those of the phase, row_tiles = ceil(columns / MR). K = NV. */
__kernel void conv2d_thin(__global const VECTOR *restrict x, __global const VECTOR *restrict u,
                          __global float *restrict y, int N, int P, int Q, int rows, int columns,
                          int every, int p_first, int q_first, int row_tiles, int H, int W,
                          int filter_rows, int filter_columns, int R, int r_first, int s_first,
                          int top, int left, int vectors, int accumulate, int parts,
                          __global const float *restrict bias,
                          __global const float *restrict addend, float slope)
{
    const struct finish finish = {parts, bias, addend, slope};
    const int id = get_global_id(0) / LANES, lane = get_global_id(0) % LANES;
    const int tiles = N * rows * row_tiles;
    if (LANES == 1 && id >= tiles) return; /* else all must come to the barrier */
    const int tile = min(id, tiles - 1);
    const int row = tile / row_tiles, q0 = (tile - row * row_tiles) * MR;
    const int n = row / rows, p = row - n * rows;
    const int h = p * STRIDE + top, w = q0 * STRIDE + left;

    VECTOR sum[MR][NV];
#pragma unroll
    for (int i = 0; i < MR; i++)
#pragma unroll
        for (int k = 0; k < NV; k++) sum[i][k] = SPLAT(0.0f);

    const int r_end = min(R, H - h);
    for (int r = max(0, -h); r < r_end; r++) {
        const __global VECTOR *a = x + ((size_t)n * H + (h + r)) * W * vectors;
        const __global VECTOR *b =
            u + ((r_first + r * every) * filter_columns + s_first) * vectors;
        for (int c = lane; c < vectors; c += LANES) {
            VECTOR weight[TAPS][NV];
#pragma unroll
            for (int s = 0; s < TAPS; s++)
#pragma unroll
                for (int k = 0; k < NV; k++)
                    weight[s][k] =
                        b[(k * filter_rows * filter_columns + s * every) * vectors + c];
#pragma unroll
            for (int j = 0; j < (MR - 1) * STRIDE + TAPS; j++) {
                if (w + j < 0 || w + j >= W) continue;
                const VECTOR value = a[(w + j) * vectors + c];
#pragma unroll
                for (int i = 0; i < MR; i++) {
                    const int s = j - i * STRIDE;
                    if (s < 0 || s >= TAPS) continue;
#pragma unroll
                    for (int k = 0; k < NV; k++) sum[i][k] += value * weight[s][k];
                }
            }
        }
    }

    const size_t first = (((size_t)n * P + p * every + p_first) * Q + q0 * every + q_first) * NV;
    const int pixels = id < tiles ? columns - q0 : 0;
#if LANES == 1
#pragma unroll
    for (int i = 0; i < MR; i++)
#pragma unroll
        for (int k = 0; k < NV; k++)
            if (i < pixels)
                store_thin(vector_sum(sum[i][k]), y, first + (size_t)i * every * NV + k, k,
                           accumulate, finish);
#else
    __local float shared[LS / LANES][MR * NV][LANES + 1]; /* odd rows: no two in one bank */
    __local float(*sums)[LANES + 1] = shared[get_local_id(0) / LANES];
#pragma unroll
    for (int i = 0; i < MR; i++)
#pragma unroll
        for (int k = 0; k < NV; k++) sums[i * NV + k][lane] = vector_sum(sum[i][k]);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int e = lane; e < min(MR, pixels) * NV; e += LANES) {
        float total = 0.0f;
        for (int l = 0; l < LANES; l++) total += sums[e][l];
        store_thin(total, y, first + (size_t)(e / NV) * every * NV + e % NV, e % NV, accumulate,
                   finish);
    }
#endif
}
