/* Winograd's convolution on GPUs, whose groups are too many for scratch of their own: the stages of
 * cl/conv2d_winograd.cl, which has the formulas, as kernels with the points in global memory.
 *
 *     conv2d_winograd_staged_filter    weights -> u[point][c][k]
 *     conv2d_winograd_staged_input     x -> v[point][tile][c]
 *     conv2d_winograd_staged_gradient  dy -> z[point][tile][k]
 *     conv2d_winograd_product          m[point] = v[point] u[point], or the transpose of v[point]
 *                                      times z[point]: cl/conv2d_winograd_product.cl
 *     conv2d_winograd_staged_output    m[point][tile][k] -> y, finished
 *     conv2d_winograd_staged_taps      m[split][point][c][k] -> dw
 *
 * The tiles of all images go through in slices, so that the points' memory does not grow with the
 * batch. Channels of points are padded with zeros to whole vectors of the product.
 *
 * An item has one channel of one tile, its N*N points in registers, and neighbours have
 * neighbouring channels: they read and write neighbours at every pixel and every point.
 *
 * Precision: float. Sums run over c (weights: tiles in order within a split and slice, then the
 * splits in order); no atomics: a run repeats bit for bit. */
#include "common.clh"
#include "conv2d_finish.clh"

#if VW != 1
#error "an item has one channel"
#endif

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

#define TILE 4
#define N (TILE + FILTER - 1)
#define POINTS (N * N)

/* Where a tile lies whose maps have `across` x `down` of them. */
struct place {
    int image, top, left;
};

struct place tile_place(int tile, int across, int down)
{
    struct place place;
    const int row = tile / across;
    place.image = row / down;
    place.top = (row - place.image * down) * TILE;
    place.left = (tile - row * across) * TILE;
    return place;
}

/* The channel at `channel` of a map's pixel, 0 around the map. */
float load_pixel(const __global float *channel, int y, int x, int H, int W, int C)
{
    const bool inside = (uint)y < (uint)H && (uint)x < (uint)W;
    return inside ? channel[(y * W + x) * C] : 0.0f;
}

/* u [POINTS][channels][columns] from w [FILTER][FILTER][C][K], or with the channels' places and the
 * taps turned round: in_stride and out_stride are K and 1, or 1 and K of that w. Zeros beyond C and
 * K.
 *
 * Grid: channels * columns items. */
__kernel void conv2d_winograd_staged_filter(__global const float *restrict w,
                                            __global float *restrict u, int C, int K,
                                            int in_stride, int out_stride, int flip, int channels,
                                            int columns)
{
    const int id = get_global_id(0), step = channels * columns;
    if (id >= step) return;
    const int c = id / columns, k = id - c * columns;
    const bool exists = c < C && k < K;
    w += c * in_stride + k * out_stride;
    u += id;
    float rows[FILTER][N], in[FILTER], out[N];
#pragma unroll
    for (int r = 0; r < FILTER; r++) {
#pragma unroll
        for (int s = 0; s < FILTER; s++) {
            const int tap = r * FILTER + s;
            const int at = flip ? FILTER * FILTER - 1 - tap : tap;
            in[s] = exists ? w[(size_t)at * C * K] : 0.0f;
        }
        winograd_filter(in, rows[r]);
    }
#pragma unroll
    for (int j = 0; j < N; j++) {
#pragma unroll
        for (int r = 0; r < FILTER; r++) in[r] = rows[r][j];
        winograd_filter(in, out);
#pragma unroll
        for (int i = 0; i < N; i++) u[(size_t)(i * N + j) * step] = out[i];
    }
}

/* v [POINTS][count][channels] from the inputs of the tiles first .. first+count-1 of
 * x [images][H][W][C]; zeros beyond C.
 *
 * Grid: count * channels items. */
__kernel void conv2d_winograd_staged_input(__global const float *restrict x,
                                           __global float *restrict v, int first, int count, int H,
                                           int W, int across, int down, int C, int channels)
{
    const int id = get_global_id(0), step = count * channels;
    if (id >= step) return;
    const int t = id / channels, c = id - t * channels;
    const struct place place = tile_place(first + t, across, down);
    const int top = place.top - FILTER / 2, left = place.left - FILTER / 2;
    const int height = c < C ? H : 0; /* a channel of the padding has no pixels */
    x += (size_t)place.image * H * W * C + c;
    v += id;
    float rows[N][N], in[N], out[N];
#pragma unroll
    for (int i = 0; i < N; i++) {
#pragma unroll
        for (int j = 0; j < N; j++) in[j] = load_pixel(x, top + i, left + j, height, W, C);
        winograd_input(in, rows[i]);
    }
#pragma unroll
    for (int j = 0; j < N; j++) {
#pragma unroll
        for (int i = 0; i < N; i++) in[i] = rows[i][j];
        winograd_input(in, out);
#pragma unroll
        for (int i = 0; i < N; i++) v[(size_t)(i * N + j) * step] = out[i];
    }
}

/* z [POINTS][count][columns], the same from the 4 x 4 gradients of the tiles' outputs,
 * dy [images][H][W][K].
 *
 * Grid: count * columns items. */
__kernel void conv2d_winograd_staged_gradient(__global const float *restrict dy,
                                              __global float *restrict z, int first, int count,
                                              int H, int W, int across, int down, int K,
                                              int columns)
{
    const int id = get_global_id(0), step = count * columns;
    if (id >= step) return;
    const int t = id / columns, k = id - t * columns;
    const struct place place = tile_place(first + t, across, down);
    const int height = k < K ? H : 0;
    dy += (size_t)place.image * H * W * K + k;
    z += id;
    float rows[TILE][N], in[TILE], out[N];
#pragma unroll
    for (int i = 0; i < TILE; i++) {
#pragma unroll
        for (int j = 0; j < TILE; j++)
            in[j] = load_pixel(dy, place.top + i, place.left + j, height, W, K);
        winograd_gradient(in, rows[i]);
    }
#pragma unroll
    for (int j = 0; j < N; j++) {
#pragma unroll
        for (int i = 0; i < TILE; i++) in[i] = rows[i][j];
        winograd_gradient(in, out);
#pragma unroll
        for (int i = 0; i < N; i++) z[(size_t)(i * N + j) * step] = out[i];
    }
}

/* The pixels of the tiles first .. first+count-1 of y [images][H][W][K], finished, or y += them,
 * from m [POINTS][count][columns].
 *
 * Grid: count * K items. */
__kernel void conv2d_winograd_staged_output(__global const float *restrict m,
                                            __global float *restrict y, int first, int count,
                                            int H, int W, int across, int down, int K, int columns,
                                            int accumulate, int parts,
                                            __global const float *restrict bias,
                                            __global const float *restrict addend, float slope)
{
    const struct finish finish = {parts, bias, addend, slope};
    const int id = get_global_id(0), step = count * columns;
    if (id >= count * K) return;
    const int t = id / K, k = id - t * K;
    const struct place place = tile_place(first + t, across, down);
    m += t * columns + k;
    float pixels[TILE][N], in[N], out[TILE];
#pragma unroll
    for (int j = 0; j < N; j++) {
#pragma unroll
        for (int i = 0; i < N; i++) in[i] = m[(size_t)(i * N + j) * step];
        winograd_output(in, out);
#pragma unroll
        for (int i = 0; i < TILE; i++) pixels[i][j] = out[i];
    }
    const size_t image = (size_t)place.image * H;
#pragma unroll
    for (int i = 0; i < TILE; i++) {
        winograd_output(pixels[i], out);
#pragma unroll
        for (int j = 0; j < TILE; j++) {
            const int row = place.top + i, column = place.left + j;
            const size_t pixel = ((image + row) * W + column) * K;
            if (row < H && column < W)
                store_channels(out[j], y, pixel, k, K, accumulate, finish);
        }
    }
}

/* dw [FILTER][FILTER][C][K] = the sums of the splits m [splits][POINTS][channels][columns] in their
 * order, transformed back, or dw += that.
 *
 * Grid: C * K items. */
__kernel void conv2d_winograd_staged_taps(__global const float *restrict m,
                                          __global float *restrict dw, int splits, int C, int K,
                                          int channels, int columns, int accumulate)
{
    const int id = get_global_id(0);
    if (id >= C * K) return;
    const int c = id / K, k = id - c * K;
    const size_t point = (size_t)channels * columns, taps = (size_t)C * K;
    m += c * columns + k;
    dw += id;
    float rows[FILTER][N], in[N], out[FILTER];
#pragma unroll
    for (int j = 0; j < N; j++) {
#pragma unroll
        for (int i = 0; i < N; i++) in[i] = m[(i * N + j) * point];
        for (int g = 1; g < splits; g++)
#pragma unroll
            for (int i = 0; i < N; i++) in[i] += m[((size_t)g * POINTS + i * N + j) * point];
        winograd_weights(in, out);
#pragma unroll
        for (int r = 0; r < FILTER; r++) rows[r][j] = out[r];
    }
#pragma unroll
    for (int r = 0; r < FILTER; r++) {
        winograd_weights(rows[r], out);
#pragma unroll
        for (int s = 0; s < FILTER; s++) {
            __global float *target = dw + (r * FILTER + s) * taps;
            *target = accumulate ? *target + out[s] : out[s];
        }
    }
}
