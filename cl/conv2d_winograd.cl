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
 * The last two are in conv2d_winograd_weights.cl.
 *
 * Work-items are few and each has its own scratch, which should fit the second-level cache: these
 * kernels are for CPUs, in groups of one item. Channels of what is read are padded with zeros to
 * whole vectors. The formulas in double and the bound of the error: src/reference/winograd.h.
 *
 * Precision: float. Sums run over c (weights: tiles in order within a group, then the groups in
 * order); no atomics: a run repeats bit for bit, on any number of cores. */
#include "common.clh"
#include "conv2d_finish.clh"
#include "conv2d_winograd.clh"

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

/* Products of a plane to 4 pixels of each of its tiles: m[point * pitch + k * height + tile] to
 * s[(tile * TILE + pixel) * outputs + k], NV vectors. */
void restore_plane(const __global VECTOR *m, int pitch, int height, int tiles, __global VECTOR *s,
                   int outputs)
{
    for (int t = 0; t < tiles; t++)
        for (int k = 0; k < NV; k++) {
            VECTOR in[N], out[TILE];
#pragma unroll
            for (int j = 0; j < N; j++) in[j] = m[j * pitch + k * height + t];
            winograd_output(in, out);
#pragma unroll
            for (int j = 0; j < TILE; j++) s[(t * TILE + j) * outputs + k] = out[j];
        }
}

/* Planes of s, `width` pixels of a row of tiles, to the `rows` rows of y that they have on the map.
 * place: the element of y of the first pixel, channel 0. */
void restore_row(const __global VECTOR *s, int pitch, int width, int rows, int outputs,
                 __global float *y, size_t place, size_t step, int K, int accumulate,
                 struct finish finish)
{
    const int plain = K % VW == 0 && !accumulate && finish.parts == 0;
    for (int x = 0; x < width; x++, place += K)
        for (int k = 0; k < outputs; k++, s++) {
            VECTOR in[N], out[TILE];
#pragma unroll
            for (int i = 0; i < N; i++) in[i] = s[i * pitch];
            winograd_output(in, out);
            const size_t to = place + k * VW;
            if (plain && rows == TILE) {
#pragma unroll
                for (int i = 0; i < TILE; i++) VSTORE_ALIGNED(out[i], y + to + i * step);
                continue;
            }
            for (int i = 0; i < rows; i++) {
                const VECTOR value =
                    finish_channels(out[i], finish, place + i * step, k * VW, min(VW, K - k * VW));
                store_pixel(value, y + to + i * step, k * VW, K, accumulate);
            }
        }
}

/* m[k][tile] = sum over c of v[c][tile] * u[c][k] for `height` tiles, a multiple of MR, where v and
 * m hold vectors of channels, u has C channels of NV vectors. m may be v where these are as many
 * vectors: a register tile has read all of its own before it writes them. soon: as many filters
 * that will be wanted next. */
void multiply_tiles(const __global VECTOR *v, const __global VECTOR *u, const __global VECTOR *soon,
                    __global VECTOR *m, int height, int vectors)
{
    for (int tile = 0; tile < height; tile += MR) {
        const __global VECTOR *filter = u, *next = soon;
        VECTOR sum[MR][NV];
#pragma unroll
        for (int i = 0; i < MR; i++)
#pragma unroll
            for (int j = 0; j < NV; j++) sum[i][j] = SPLAT(0.0f);
        for (int c = 0; c < vectors; c++) {
            const __global float *from = (const __global float *)(v + c * height + tile);
            /* Not all at once: the compiler would then finish one sum after the other. */
#pragma unroll 4
            for (int d = 0; d < VW; d++) {
                VECTOR weight[NV];
#pragma unroll
                for (int j = 0; j < NV; j++) weight[j] = filter[j];
#pragma unroll
                for (int j = 0; j < NV; j++) PREFETCH_NEAR(next + j);
#pragma unroll
                for (int i = 0; i < MR; i++) {
                    const VECTOR value = SPLAT(from[i * VW]);
#pragma unroll
                    for (int j = 0; j < NV; j++)
                        sum[i][j] = multiply_add(sum[i][j], value, weight[j]);
                }
                from++;
                filter += NV;
                next += NV;
            }
        }
#pragma unroll
        for (int i = 0; i < MR; i++)
#pragma unroll
            for (int j = 0; j < NV; j++) m[j * height + tile + i] = sum[i][j];
    }
}

/* y [images][H][W][K] from x [images][H][W][C], C a multiple of VW, and the transformed filters u,
 * `blocks` blocks of NV vectors of output channels. A map has `down` rows of `across` tiles, all
 * images `tile_rows`; they are taken in blocks of block_rows x block_across. scratch: for each item
 * `item_scratch` vectors: N planes of t with pitch_t vectors each, the same memory for what becomes
 * of them behind the products; N * pitch points of x and behind them, or in their place where
 * pitch_m is 0, N * pitch_m products.
 *
 * Grid: `items` items; each takes every items-th block. */
__kernel void conv2d_winograd_tiles(__global const float *restrict x,
                                    __global const VECTOR *restrict u, __global float *restrict y,
                                    __global VECTOR *restrict scratch, int item_scratch,
                                    int tile_rows, int block_rows, int block_across, int items,
                                    int H, int W, int across, int down, int C, int K, int blocks,
                                    int pitch_t, int pitch, int pitch_m, int accumulate, int parts,
                                    __global const float *restrict bias,
                                    __global const float *restrict addend, float slope)
{
    const struct finish finish = {parts, bias, addend, slope};
    const struct map map = {H, W, down};
    const int id = get_global_id(0);
    if (id >= items) return;
    const int vectors = C / VW, outputs = blocks * NV;
    __global VECTOR *t = scratch + (size_t)id * item_scratch, *v = t + N * pitch_t;
    __global VECTOR *m = pitch_m ? v + N * pitch : v;
    if (!pitch_m) pitch_m = pitch;

    const int wide = (across + block_across - 1) / block_across;
    const int last = (tile_rows + block_rows - 1) / block_rows * wide;
    for (int block = id; block < last; block += items) {
        const int first_row = block / wide * block_rows, first_tile = block % wide * block_across;
        const int rows = min(block_rows, tile_rows - first_row), tiles = rows * block_across;
        const int height = (tiles + MR - 1) / MR * MR;
        const struct columns columns =
            columns_make(first_tile, block_across, FILTER / 2, FILTER - 1 - FILTER / 2, W);
        const int next = min((block + items) / wide * block_rows, tile_rows);
        struct ahead ahead_x = ahead_make(x, map, next, min(next + block_rows, tile_rows),
                                          (size_t)W * C, N * N * blocks);
        struct ahead ahead_y = ahead_make(y, map, first_row, first_row + rows, (size_t)W * K,
                                          N * N * blocks);

        transform_block(x, map, first_row, rows, columns, vectors, t, pitch_t);
        for (int i = 0; i < N; i++) {
            __global VECTOR *plane = t + i * pitch_t;
            transform_plane(plane, rows, block_across, columns.count, vectors, v, pitch, height);
            for (int b = 0; b < blocks; b++) {
                for (int j = 0; j < N; j++) {
                    const int point = i * N + j, later = min(point + 1, POINTS - 1);
                    ahead_fetch(&ahead_x);
                    ahead_fetch(&ahead_y);
                    multiply_tiles(v + j * pitch, u + ((size_t)point * blocks + b) * C * NV,
                                   u + ((size_t)later * blocks + b) * C * NV, m + j * pitch_m,
                                   height, vectors);
                }
                restore_plane(m, pitch_m, height, tiles, plane + b * NV, outputs);
            }
        }
        for (int r = 0; r < rows; r++) {
            const int top = (first_row + r) % down * TILE, left = first_tile * TILE;
            const size_t pixel = (size_t)first_pixel_row(map, first_row + r) * W + left;
            restore_row(t + r * TILE * block_across * outputs, pitch_t,
                        min(block_across * TILE, W - left), min(TILE, H - top), outputs, y,
                        pixel * K, (size_t)W * K, K, accumulate, finish);
        }
    }
}
