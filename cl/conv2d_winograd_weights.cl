#include "common.clh"
#include "conv2d_winograd.clh"

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
    const struct map map = {H, W, down};
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
