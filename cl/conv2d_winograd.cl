/* Convolution with fewer multiplications: Winograd's F(4x4, 3x3) and F(4x4, 5x5), for stride 1.
 *
 * The output is cut into tiles of 4x4 pixels, which may hang over the right and lower edge. A tile
 * needs N x N input pixels, N = 4 + FILTER - 1. Both these and the filter are transformed to N*N
 * "points", where the convolution is one product a point, to be summed over the input channels;
 * then the sums are transformed back (A, B and G are the matrices of conv2d_winograd_*.clh):
 *
 *     y = A' [ sum over c of (G w G') . (B x B') ] A          N*N instead of 16 * FILTER^2 products
 *
 * Over all tiles and channels that is one matrix product for each point, [tiles][C] x [C][K].
 * backward_data is the same convolution over dy with flipped filters whose channels have changed
 * places. For the weights' gradient x and dy are the factors and the tiles are summed over, with
 * 4 x 4 gradients in the filter's and FILTER x FILTER results in the output's place.
 *
 *     conv2d_winograd_filter   weights -> u[point][block of NV vectors][c][NV]
 *     conv2d_winograd_tiles    for blocks of tiles: transform, multiply by u, transform back
 *     conv2d_winograd_weights  for groups of tiles: transform x and dy, add up their products
 *     conv2d_winograd_taps     adds up the groups and transforms back to dw
 *
 * Work-items are few and each has its own scratch, which should fit the second-level cache: these
 * kernels are for CPUs, in groups of one item. Channels of what is read are padded with zeros to
 * whole vectors. The formulas in double and the bound of the error: src/reference/winograd.h.
 *
 * Precision: float. Sums run over c (weights: tiles in order within a group, then the groups in
 * order); no atomics: a run repeats bit for bit, on any number of cores. */
#include "common.clh"
#include "conv2d_finish.clh"

/* FILTER: rows and columns of the filter, 3 or 5. */
#ifndef FILTER
#define FILTER 3
#endif
#define FRACTION(a, b) ((float)(a) / (float)(b))
#if FILTER == 3
#include "conv2d_winograd_3.clh"
#elif FILTER == 5
#include "conv2d_winograd_5.clh"
#else
#error "FILTER must be 3 or 5"
#endif

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

#define TILE 4
#define N (TILE + FILTER - 1)
#define POINTS (N * N)

/* ---- Filters ---- */

/* Output channels k .. k+VW-1 of a tap; zeros from `outputs` on. */
VECTOR load_tap(const __global float *w, int k, int outputs, int out_stride)
{
    float part[VW];
    for (int j = 0; j < VW; j++) part[j] = k + j < outputs ? w[(size_t)(k + j) * out_stride] : 0.0f;
    return VLOAD(part);
}

/* The weight of tap (r, s), channels c and k, is at (r * FILTER + s) * inputs * outputs +
 * c * in_stride + k * out_stride; with flip, that of the opposite tap. u has C >= inputs channels.
 *
 * Grid: C * vectors items, one for each vector of output channels; NV divides vectors. */
__kernel void conv2d_winograd_filter(__global const float *restrict w, __global VECTOR *restrict u,
                                     int inputs, int outputs, int in_stride, int out_stride,
                                     int flip, int C, int vectors)
{
    const int id = get_global_id(0);
    if (id >= C * vectors) return;
    const int c = id / vectors, v = id % vectors, blocks = vectors / NV;
    w += (size_t)c * in_stride;
    u += ((size_t)(v / NV) * C + c) * NV + v % NV;

    VECTOR columns[N][FILTER], in[FILTER], out[N];
    for (int s = 0; s < FILTER; s++) {
        for (int r = 0; r < FILTER; r++) {
            const int tap = r * FILTER + s;
            const size_t at = (size_t)(flip ? FILTER * FILTER - 1 - tap : tap) * inputs * outputs;
            in[r] = c < inputs ? load_tap(w + at, v * VW, outputs, out_stride) : SPLAT(0.0f);
        }
        winograd_filter(in, out);
        for (int i = 0; i < N; i++) columns[i][s] = out[i];
    }
    for (int i = 0; i < N; i++) {
        winograd_filter(columns[i], out);
        for (int j = 0; j < N; j++) u[(size_t)(i * N + j) * blocks * C * NV] = out[j];
    }
}

/* ---- Tiles ---- */

/* The pixels of a map and its tiles: `across` in a row, `down` in a column. */
struct map {
    int H, W, across, down;
};

/* One pixel's vector of channels; zeros around the map. image: at the channels of pixel (0, 0). */
VECTOR load_pixel(const __global float *image, struct map map, int y, int x, int channels)
{
    VECTOR value = SPLAT(0.0f);
    if (y >= 0 && y < map.H && x >= 0 && x < map.W)
        value = VLOAD_ALIGNED(image + ((size_t)y * map.W + x) * channels);
    return value;
}

/* N x N pixels from (top, left) on to the points, at points[point * pitch]. */
void transform_input(const __global float *image, struct map map, int top, int left, int channels,
                     __global VECTOR *points, int pitch)
{
    VECTOR rows[N][N], in[N], out[N];
#pragma unroll
    for (int i = 0; i < N; i++) {
#pragma unroll
        for (int j = 0; j < N; j++) in[j] = load_pixel(image, map, top + i, left + j, channels);
        winograd_input(in, rows[i]);
    }
#pragma unroll
    for (int j = 0; j < N; j++) {
#pragma unroll
        for (int i = 0; i < N; i++) in[i] = rows[i][j];
        winograd_input(in, out);
#pragma unroll
        for (int i = 0; i < N; i++) points[(i * N + j) * pitch] = out[i];
    }
}

/* The same for the 4 x 4 gradients of a tile's outputs. */
void transform_gradient(const __global float *image, struct map map, int top, int left,
                        int channels, __global VECTOR *points, int pitch)
{
    VECTOR rows[TILE][N], in[TILE], out[N];
#pragma unroll
    for (int i = 0; i < TILE; i++) {
#pragma unroll
        for (int j = 0; j < TILE; j++) in[j] = load_pixel(image, map, top + i, left + j, channels);
        winograd_gradient(in, rows[i]);
    }
#pragma unroll
    for (int j = 0; j < N; j++) {
#pragma unroll
        for (int i = 0; i < TILE; i++) in[i] = rows[i][j];
        winograd_gradient(in, out);
#pragma unroll
        for (int i = 0; i < N; i++) points[(i * N + j) * pitch] = out[i];
    }
}

/* Channels k .. k+VW-1 of a pixel of y, to p or added to what is there. */
void store_pixel(VECTOR v, __global float *p, int k, int K, int accumulate)
{
    if (K % VW == 0) {
        if (accumulate) v += VLOAD_ALIGNED(p);
        VSTORE_ALIGNED(v, p);
        return;
    }
#if VW > 1
    float part[VW];
    VSTORE(v, part);
    for (int j = 0; j < VW && k + j < K; j++) p[j] = accumulate ? p[j] + part[j] : part[j];
#endif
}

/* The points of one vector of output channels back to the tile's pixels within the map at `image`
 * of y. */
void transform_output(const __global VECTOR *points, int pitch, __global float *y, size_t image,
                      struct map map, int top, int left, int k, int K, int accumulate,
                      struct finish finish)
{
    VECTOR columns[TILE][N], in[N], out[TILE];
#pragma unroll
    for (int j = 0; j < N; j++) {
#pragma unroll
        for (int i = 0; i < N; i++) in[i] = points[(i * N + j) * pitch];
        winograd_output(in, out);
#pragma unroll
        for (int i = 0; i < TILE; i++) columns[i][j] = out[i];
    }
#pragma unroll
    for (int i = 0; i < TILE; i++) {
        if (top + i >= map.H) break;
        winograd_output(columns[i], out);
        const size_t row = image + ((size_t)(top + i) * map.W + left) * K;
#pragma unroll
        for (int j = 0; j < TILE; j++) {
            if (left + j >= map.W) break;
            const size_t place = row + j * K;
            const VECTOR value = finish_channels(out[j], finish, place, k, min(VW, K - k));
            store_pixel(value, y + place + k, k, K, accumulate);
        }
    }
}

/* m[row][NV] = v[row][C] x u[C][NV] for `rows` rows, rounded up to whole register tiles. */
void multiply_rows(const __global float *v, const __global VECTOR *u, __global VECTOR *m, int rows,
                   int C)
{
    for (int row = 0; row < rows; row += MR) {
        VECTOR sum[MR][NV];
#pragma unroll
        for (int i = 0; i < MR; i++)
#pragma unroll
            for (int j = 0; j < NV; j++) sum[i][j] = SPLAT(0.0f);
        for (int c = 0; c < C; c++) {
            VECTOR weight[NV];
#pragma unroll
            for (int j = 0; j < NV; j++) weight[j] = u[c * NV + j];
#pragma unroll
            for (int i = 0; i < MR; i++) {
                const VECTOR value = SPLAT(v[(row + i) * C + c]);
#pragma unroll
                for (int j = 0; j < NV; j++) sum[i][j] = multiply_add(sum[i][j], value, weight[j]);
            }
        }
#pragma unroll
        for (int i = 0; i < MR; i++)
#pragma unroll
            for (int j = 0; j < NV; j++) m[(row + i) * NV + j] = sum[i][j];
    }
}

/* y [images][H][W][K] from x [images][H][W][C], C a multiple of VW, and the transformed filters u,
 * `blocks` blocks of NV vectors of output channels. `tiles` tiles in all, taken block_tiles (a
 * multiple of MR) at a time. scratch: for each item POINTS * ((block_tiles * C/VW + 1) +
 * (block_tiles * NV + 1)) vectors; the odd vector keeps points from sharing cache sets.
 *
 * Grid: `items` items; each takes every items-th block of tiles. */
__kernel void conv2d_winograd_tiles(__global const float *restrict x,
                                    __global const VECTOR *restrict u, __global float *restrict y,
                                    __global VECTOR *restrict scratch, int tiles, int block_tiles,
                                    int items, int H, int W, int across, int down, int C, int K,
                                    int blocks, int accumulate, int parts,
                                    __global const float *restrict bias,
                                    __global const float *restrict addend, float slope)
{
    const struct finish finish = {parts, bias, addend, slope};
    const int id = get_global_id(0);
    if (id >= items) return;
    const struct map map = {H, W, across, down};
    const int vectors = C / VW, pitch = block_tiles * vectors + 1, pitch_m = block_tiles * NV + 1;
    __global VECTOR *v = scratch + (size_t)id * POINTS * (pitch + pitch_m);
    __global VECTOR *m = v + (size_t)POINTS * pitch;

    for (int first = id * block_tiles; first < tiles; first += items * block_tiles) {
        const int count = min(block_tiles, tiles - first);
        /* Rows of a register tile behind the last tile repeat it. */
        const int rows = (count + MR - 1) / MR * MR;
        for (int t = 0; t < rows; t++) {
            const int tile = min(first + t, tiles - 1), row = tile / across;
            const int top = row % down * TILE, left = tile % across * TILE;
            const __global float *image = x + (size_t)(row / down) * H * W * C;
            for (int c = 0; c < vectors; c++)
                transform_input(image + c * VW, map, top - FILTER / 2, left - FILTER / 2, C,
                                v + t * vectors + c, pitch);
        }
        for (int b = 0; b < blocks; b++) {
            for (int p = 0; p < POINTS; p++)
                multiply_rows((const __global float *)(v + p * pitch),
                              u + ((size_t)p * blocks + b) * C * NV, m + p * pitch_m, rows, C);
            for (int t = 0; t < count; t++) {
                const int tile = first + t, row = tile / across;
                const int top = row % down * TILE, left = tile % across * TILE;
                const size_t image = (size_t)(row / down) * H * W * K;
                for (int j = 0; j < NV; j++)
                    transform_output(m + t * NV + j, pitch_m, y, image, map, top, left,
                                     (b * NV + j) * VW, K, accumulate, finish);
            }
        }
    }
}

/* ---- Weights' gradient ---- */

/* sums[c][pitch] += v[t][c] * z[t][vector] over `count` tiles t, for C channels and `vectors`
 * vectors; begun: else the sums start at 0. MR divides C, NV vectors. */
void multiply_tiles(const __global float *v, const __global VECTOR *z, __global VECTOR *sums,
                    int count, int C, int vectors, int pitch, int begun)
{
    for (int column = 0; column < vectors; column += NV)
        for (int c = 0; c < C; c += MR) {
            __global VECTOR *s = sums + (size_t)c * pitch + column;
            VECTOR sum[MR][NV];
#pragma unroll
            for (int i = 0; i < MR; i++)
#pragma unroll
                for (int j = 0; j < NV; j++) sum[i][j] = begun ? s[i * pitch + j] : SPLAT(0.0f);
            for (int t = 0; t < count; t++) {
                VECTOR gradient[NV];
#pragma unroll
                for (int j = 0; j < NV; j++) gradient[j] = z[t * vectors + column + j];
#pragma unroll
                for (int i = 0; i < MR; i++) {
                    const VECTOR value = SPLAT(v[t * C + c + i]);
#pragma unroll
                    for (int j = 0; j < NV; j++)
                        sum[i][j] = multiply_add(sum[i][j], value, gradient[j]);
                }
            }
#pragma unroll
            for (int i = 0; i < MR; i++)
#pragma unroll
                for (int j = 0; j < NV; j++) s[i * pitch + j] = sum[i][j];
        }
}

/* partial[group][point][c][all_vectors], the sums over the tiles of a group, from
 * x [images][H][W][C] and dy [images][H][W][all_vectors * VW]. An item takes part_vectors (a
 * multiple of NV) of the output channels of one group and goes through its tiles by block_tiles.
 * scratch: for each item POINTS * ((block_tiles * C/VW + 1) + (block_tiles * part_vectors + 1))
 * vectors.
 *
 * Grid: groups * parts items, parts = ceil(all_vectors / part_vectors). */
__kernel void conv2d_winograd_weights(__global const float *restrict x,
                                      __global const float *restrict dy,
                                      __global VECTOR *restrict partial,
                                      __global VECTOR *restrict scratch, int tiles, int groups,
                                      int group_tiles, int block_tiles, int H, int W, int across,
                                      int down, int C, int all_vectors, int parts, int part_vectors)
{
    const int id = get_global_id(0);
    if (id >= groups * parts) return;
    const struct map map = {H, W, across, down};
    const int g = id / parts, k_first = id % parts * part_vectors, K = all_vectors * VW;
    const int k_vectors = min(part_vectors, all_vectors - k_first);
    const int vectors = C / VW, pitch = block_tiles * vectors + 1;
    const int pitch_z = block_tiles * part_vectors + 1;
    __global VECTOR *v = scratch + (size_t)id * POINTS * (pitch + pitch_z);
    __global VECTOR *z = v + (size_t)POINTS * pitch;
    const int group_first = g * group_tiles, last = min(group_first + group_tiles, tiles);
    partial += (size_t)g * POINTS * C * all_vectors + k_first;

    for (int first = group_first; first < last; first += block_tiles) {
        const int count = min(block_tiles, last - first);
        for (int t = 0; t < count; t++) {
            const int row = (first + t) / across;
            const int top = row % down * TILE, left = (first + t) % across * TILE;
            const size_t image = (size_t)(row / down) * H * W;
            for (int c = 0; c < vectors; c++)
                transform_input(x + image * C + c * VW, map, top - FILTER / 2, left - FILTER / 2, C,
                                v + t * vectors + c, pitch);
            for (int k = 0; k < k_vectors; k++)
                transform_gradient(dy + image * K + (k_first + k) * VW, map, top, left, K,
                                   z + t * k_vectors + k, pitch_z);
        }
        for (int p = 0; p < POINTS; p++)
            multiply_tiles((const __global float *)(v + p * pitch), z + p * pitch_z,
                           partial + (size_t)p * C * all_vectors, count, C, k_vectors, all_vectors,
                           first > group_first);
    }
}

/* dw [FILTER][FILTER][inputs][outputs] = the groups' sums in their order, transformed back, or
 * dw += that.
 *
 * Grid: inputs * vectors items, one for each vector of output channels. */
__kernel void conv2d_winograd_taps(__global const VECTOR *restrict partial,
                                   __global float *restrict dw, int groups, int C, int inputs,
                                   int outputs, int vectors, int accumulate)
{
    const int id = get_global_id(0);
    if (id >= inputs * vectors) return;
    const int c = id / vectors, k = id % vectors * VW;
    const size_t point = (size_t)C * vectors;
    partial += id;
    dw += (size_t)c * outputs + k;

    VECTOR columns[FILTER][N], in[N], out[FILTER];
    for (int j = 0; j < N; j++) {
        for (int i = 0; i < N; i++) {
            in[i] = partial[(i * N + j) * point];
            for (int g = 1; g < groups; g++)
                in[i] += partial[((size_t)g * POINTS + i * N + j) * point];
        }
        winograd_weights(in, out);
        for (int r = 0; r < FILTER; r++) columns[r][j] = out[r];
    }
    for (int r = 0; r < FILTER; r++) {
        winograd_weights(columns[r], out);
        for (int s = 0; s < FILTER; s++)
            store_pixel(out[s], dw + (size_t)(r * FILTER + s) * inputs * outputs, k, outputs,
                        accumulate);
    }
}
