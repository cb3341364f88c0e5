/* The gradient of Winograd's filters: conv2d_winograd.cl says what the kernels do. */
#include "common.clh"
#include "conv2d_winograd.clh"

#if VW % MR != 0
#error "MR must divide VW"
#endif

/* As transform_columns, for the TILE rows of a tile's gradients: pixels of K floats, of which
 * `vectors` vectors are wanted. */
void transform_gradient_columns(const __global float *p, long step, int rows, int pixels, int K,
                                int vectors, __global VECTOR *t, int pitch)
{
    for (int x = 0; x < pixels; x++, p += K)
        for (int k = 0; k < vectors; k++, t++) {
            VECTOR in[TILE], out[N];
#pragma unroll
            for (int i = 0; i < TILE; i++) {
                in[i] = SPLAT(0.0f);
                if (i < rows) in[i] = VLOAD_ALIGNED(p + i * step + k * VW);
            }
            winograd_gradient(in, out);
#pragma unroll
            for (int i = 0; i < N; i++) t[i * pitch] = out[i];
        }
}

/* As transform_block. dy: at the first of the wanted channels. */
void transform_gradient_block(const __global float *dy, struct map map, int first_row, int rows,
                              struct columns c, int K, int vectors, __global VECTOR *t, int pitch)
{
    const long step = (long)map.W * K;
    for (int r = 0; r < rows; r++) {
        const int top = (first_row + r) % map.down * TILE;
        const __global float *p =
            dy + first_pixel_row(map, first_row + r) * step + (long)c.begin * K;
        __global VECTOR *row = t + r * c.count * vectors;
        clear_columns(row, c, vectors, pitch);
        transform_gradient_columns(p, step, min(TILE, map.H - top), c.end - c.begin, K, vectors, row,
                                   pitch);
    }
}

/* As transform_plane, where a tile has TILE columns of its own: `tiles` of them. */
void transform_gradient_plane(const __global VECTOR *t, int tiles, int vectors, __global VECTOR *z,
                              int pitch)
{
    for (int k = 0; k < vectors; k++)
        for (int a = 0; a < tiles; a++) {
            VECTOR in[TILE], out[N];
#pragma unroll
            for (int j = 0; j < TILE; j++) in[j] = t[(a * TILE + j) * vectors + k];
            winograd_gradient(in, out);
#pragma unroll
            for (int j = 0; j < N; j++) z[j * pitch + k * tiles + a] = out[j];
        }
}

/* sums[c][pitch] += v[c][tile] * z[k][tile] over the tiles, for `vectors` vectors of channels c and
 * `outputs` (a multiple of NV) of k; begun: else the sums start at 0. */
void add_products(const __global VECTOR *v, const __global VECTOR *z, __global VECTOR *sums,
                  int tiles, int vectors, int outputs, int pitch, int begun)
{
    for (int k = 0; k < outputs; k += NV)
        for (int c = 0; c < vectors * VW; c += MR) {
            const __global float *from = (const __global float *)(v + c / VW * tiles) + c % VW;
            __global VECTOR *s = sums + (size_t)c * pitch + k;
            VECTOR sum[MR][NV];
#pragma unroll
            for (int i = 0; i < MR; i++)
#pragma unroll
                for (int j = 0; j < NV; j++) sum[i][j] = begun ? s[i * pitch + j] : SPLAT(0.0f);
            for (int t = 0; t < tiles; t++) {
                VECTOR gradient[NV];
#pragma unroll
                for (int j = 0; j < NV; j++) gradient[j] = z[(k + j) * tiles + t];
#pragma unroll
                for (int i = 0; i < MR; i++) {
                    const VECTOR value = SPLAT(from[t * VW + i]);
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

/* partial[group][point][c][all_vectors], the sums over the tiles of a group, group_rows rows of
 * them, from x [images][H][W][C] and dy [images][H][W][all_vectors * VW]. An item takes part_vectors
 * (a multiple of NV) of the output channels of one group and goes through its tiles by blocks of
 * block_rows x block_across. scratch: for each item `item_scratch` vectors: N planes of pitch_t of
 * x's columns, of pitch_s of dy's; N * pitch points of x, N * pitch_z of dy.
 *
 * Grid: groups * parts items, parts = ceil(all_vectors / part_vectors). */
__kernel void conv2d_winograd_weights(__global const float *restrict x,
                                      __global const float *restrict dy,
                                      __global VECTOR *restrict partial,
                                      __global VECTOR *restrict scratch, int item_scratch,
                                      int tile_rows, int groups, int group_rows, int block_rows,
                                      int block_across, int H, int W, int across, int down, int C,
                                      int all_vectors, int parts, int part_vectors, int pitch_t,
                                      int pitch_s, int pitch, int pitch_z)
{
    const int id = get_global_id(0);
    if (id >= groups * parts) return;
    const struct map map = {H, W, down};
    const int g = id / parts, first_vector = id % parts * part_vectors, K = all_vectors * VW;
    const int outputs = min(part_vectors, all_vectors - first_vector), vectors = C / VW;
    __global VECTOR *t = scratch + (size_t)id * item_scratch, *s = t + N * pitch_t;
    __global VECTOR *v = s + N * pitch_s, *z = v + N * pitch;
    const int group_last = min((g + 1) * group_rows, tile_rows);
    partial += (size_t)g * POINTS * C * all_vectors + first_vector;
    dy += first_vector * VW;

    int begun = 0;
    for (int first = g * group_rows; first < group_last; first += block_rows)
        for (int left = 0; left < across; left += block_across) {
            const int rows = min(block_rows, group_last - first), tiles = rows * block_across;
            const struct columns wide =
                columns_make(left, block_across, FILTER / 2, FILTER - 1 - FILTER / 2, W);
            const struct columns own = columns_make(left, block_across, 0, 0, W);
            const int next = min(first + block_rows, group_last);
            const int next_last = min(next + block_rows, group_last);
            struct ahead ahead_x = ahead_make(x, map, next, next_last, (size_t)W * C, POINTS);
            struct ahead ahead_dy = ahead_make(dy, map, next, next_last, (size_t)W * K, POINTS);

            transform_block(x, map, first, rows, wide, vectors, t, pitch_t);
            transform_gradient_block(dy, map, first, rows, own, K, outputs, s, pitch_s);
            for (int i = 0; i < N; i++) {
                transform_plane(t + i * pitch_t, rows, block_across, wide.count, vectors, v, pitch,
                                tiles);
                transform_gradient_plane(s + i * pitch_s, tiles, outputs, z, pitch_z);
                for (int j = 0; j < N; j++) {
                    ahead_fetch(&ahead_x);
                    ahead_fetch(&ahead_dy);
                    add_products(v + j * pitch, z + j * pitch_z,
                                 partial + (size_t)(i * N + j) * C * all_vectors, tiles, vectors,
                                 outputs, all_vectors, begun);
                }
            }
            begun = 1;
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
