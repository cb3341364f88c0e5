/* The weights' gradient by Fourier transforms, see conv2d_fft.cl: products of the spectra of x and
 * dy, summed over the rows of both, transformed back.
 *
 *     conv2d_fft_weights   products, transformed back along columns of taps
 *     conv2d_fft_taps      transforms these back along rows of taps
 *
 * Precision: float. Sums run over rows in blocks of BLOCK_ROWS, these in order, then over
 * frequencies in order, whatever the division among work-items. */
#include "conv2d_fft_product.clh"

/* Rows of the gradient's conjugate (as it is, where slots hold pairs of real numbers):
 * panel[vectors / NV][3][rows][NV]. */
void pack_gradients(const __global VECTOR *dy, size_t plane, __local VECTOR *panel, int rows,
                    int vectors, int pair)
{
    const VECTOR turn = SPLAT(pair ? 1.0f : -1.0f);
    for (int row = 0; row < rows; row++)
        for (int q = 0; q < vectors; q++) {
            const __global VECTOR *at = dy + row * vectors + q;
            put_operand(panel + ((q / NV) * PRODUCTS * rows + row) * NV + q % NV, rows * NV, at[0],
                        turn * at[plane], pair);
        }
}

/* to[i * pitch + j] += product[i][j]; begin: what is there counts as 0. */
void add_tile(VECTOR product[MR][NV], __local VECTOR *to, int pitch, int begin)
{
#pragma unroll
    for (int i = 0; i < MR; i++)
#pragma unroll
        for (int j = 0; j < NV; j++)
            to[i * pitch + j] = product[i][j] + (begin ? SPLAT(0.0f) : to[i * pitch + j]);
}

/* products[c][2][vectors] of one slot: the sums over rows of x[row][c] times the panel's rows, for
 * channels c of `count` vectors from `first` on. x_soon and dy_soon: what is read next. */
void multiply_rows(const __global VECTOR *x, const __global VECTOR *dy, __local VECTOR *panel,
                   __local VECTOR *left, __local VECTOR *products, const __global VECTOR *x_soon,
                   const __global VECTOR *dy_soon, int rows, int x_vectors, int vectors, int first,
                   int count, int pair)
{
    const size_t x_plane = PLANE(rows, x_vectors), dy_plane = PLANE(rows, vectors);
    const int channels = count * VW, C = x_vectors * VW;
    const int blocks = (rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
    const int tiles = PRODUCTS * blocks * (vectors / NV) * (channels / MR);
    int tile = 0;
    for (int row = 0; row < rows; row += BLOCK_ROWS) {
        const int n = min(BLOCK_ROWS, rows - row);
        pack_gradients(dy + row * vectors, dy_plane, panel, n, vectors, pair);
        put_left(x + row * x_vectors, x_plane, left, n, x_vectors, first, count);
        for (int q = 0; q < vectors; q += NV)
            for (int p = 0; p < PRODUCTS; p++)
                for (int c = 0; c < channels; c += MR, tile++) {
                    VECTOR product[MR][NV];
                    prefetch_part(x_soon, 2 * rows * x_vectors, tile, tiles);
                    prefetch_part(dy_soon, 2 * rows * vectors, tile, tiles);
#pragma unroll
                    for (int i = 0; i < MR * NV; i++) product[i / NV][i % NV] = SPLAT(0.0f);
                    multiply_tile((const __local float *)left + p * n * channels + c, 1, channels,
                                  panel + (q * PRODUCTS + p * NV) * n, n, product);
                    __local VECTOR *re = products + c * 2 * vectors + q, *im = re + vectors;
                    const int begin = p + row == 0, part = part_of(p, pair);
                    if (p == 0 || !part) add_tile(product, re, 2 * vectors, begin);
                    if (p == 0 || part) add_tile(product, im, 2 * vectors, begin);
                }
    }
}

/* What the slots v and FY - v of a column (0 and FY/2 for v = 0) add to the rows of taps: a cosine
 * and a sine sum for each pair of opposite rows, sums[0] of the middle one, sums[d] and
 * sums[BELOW + d] of rows d below and above; real and imaginary parts of each. */
void add_taps(const __local VECTOR *at, size_t other, size_t im, int column, int v,
              VECTOR sums[R][2])
{
    VECTOR even_re = at[0] + at[other], even_im = at[im] + at[other + im];
    VECTOR odd_re = at[0] - at[other], odd_im = at[im] - at[other + im];
    if (v > 0 && column == 0) { /* columns 0 and FX/2, and their mirrored halves */
        even_re = SPLAT(2.0f) * at[0];
        even_im = SPLAT(2.0f) * at[other];
        odd_re = SPLAT(-2.0f) * at[other + im];
        odd_im = SPLAT(2.0f) * at[im];
    }
    sums[0][0] += even_re;
    sums[0][1] += even_im;
#pragma unroll
    for (int d = 1; d <= BELOW; d++) {
        if (v > 0) {
            const VECTOR cosine = SPLAT(COSINES_Y[v * d % FY]), sine = SPLAT(SINES_Y[v * d % FY]);
            sums[d][0] = multiply_add(sums[d][0], cosine, even_re);
            sums[d][1] = multiply_add(sums[d][1], cosine, even_im);
            sums[BELOW + d][0] = multiply_add(sums[BELOW + d][0], sine, odd_re);
            sums[BELOW + d][1] = multiply_add(sums[BELOW + d][1], sine, odd_im);
        } else {
            sums[d][0] += d % 2 ? odd_re : even_re;
            sums[d][1] += d % 2 ? odd_im : even_im;
        }
    }
}

/* taps [FX/2][x_vectors * VW][vectors][R][2] from the spectra x and dy. An item takes part_vectors
 * vectors of the channels of x and goes through its column by `pairs` pairs of slots.
 * panel: 3 * BLOCK_ROWS * vectors; left: 3 * BLOCK_ROWS * part_vectors; products: pairs * 4 *
 * part_vectors * VW * vectors, all in vectors.
 *
 * Grid: FX/2 * parts items, parts = ceil(x_vectors / part_vectors). */
__kernel void conv2d_fft_weights(__global const VECTOR *restrict x,
                                 __global const VECTOR *restrict dy, __global VECTOR *restrict taps,
                                 int rows, int x_vectors, int vectors, int parts, int part_vectors,
                                 int pairs, __local VECTOR *restrict panel,
                                 __local VECTOR *restrict left, __local VECTOR *restrict products)
{
    const int id = get_global_id(0);
    if (id >= FX / 2 * parts) return;
    const int column = id / parts, first = id % parts * part_vectors;
    const int count = min(part_vectors, x_vectors - first);
    const size_t x_slot = SLOT(rows, x_vectors), dy_slot = SLOT(rows, vectors);
    const size_t im = vectors, other = (size_t)count * VW * 2 * vectors;
    x += (size_t)column * FY * x_slot;
    dy += (size_t)column * FY * dy_slot;
    taps += ((size_t)column * x_vectors + first) * VW * vectors * R * 2;
    for (int v_first = 0; v_first < FY / 2; v_first += pairs) {
        const int v_last = min(v_first + pairs, FY / 2);
        for (int v = v_first; v < v_last; v++)
            for (int side = 0; side < 2; side++) {
                const int slot = side ? other_slot(v) : v;
                const int next = side ? min(v + 1, FY / 2 - 1) : other_slot(v);
                multiply_rows(x + slot * x_slot, dy + slot * dy_slot, panel, left,
                              products + (2 * (v - v_first) + side) * other, x + next * x_slot,
                              dy + next * dy_slot, rows, x_vectors, vectors, first, count,
                              column == 0 && v == 0);
            }
        for (int c = 0; c < count * VW; c++)
            for (int q = 0; q < vectors; q++) {
                __global VECTOR *to = taps + (c * vectors + q) * R * 2;
                VECTOR sum[R][2];
#pragma unroll
                for (int t = 0; t < 2 * R; t++)
                    sum[t / 2][t % 2] = v_first > 0 ? to[t] : SPLAT(0.0f);
                for (int v = v_first; v < v_last; v++)
                    add_taps(products + 2 * (v - v_first) * other + c * 2 * vectors + q, other, im,
                             column, v, sum);
#pragma unroll
                for (int t = 0; t < 2 * R; t++) to[t] = sum[t / 2][t % 2];
            }
    }
}

/* Channels k .. k+VW-1 of a tap, those below K, to p or added to what is there. */
void store_tap(VECTOR value, __global float *p, int k, int K, int accumulate)
{
    float part[VW];
    VSTORE(value, part);
    for (int j = 0; j < VW && k + j < K; j++) p[j] = accumulate ? p[j] + part[j] : part[j];
}

/* dw [R][S][inputs][outputs], or added to it, from taps [FX/2][C][vectors][R][2].
 *
 * Grid: inputs * vectors items. */
__kernel void conv2d_fft_taps(__global const VECTOR *restrict taps, __global float *restrict dw,
                              int inputs, int outputs, int C, int vectors, int accumulate)
{
    const int id = get_global_id(0);
    if (id >= inputs * vectors) return;
    const int c = id / vectors, k = id % vectors * VW;
    const VECTOR unit = SPLAT(1.0f / (FX * FY));
    taps += (size_t)id * R * 2;
    dw += (size_t)c * outputs + k;
    for (int r = -BELOW; r <= BELOW; r++) {
        const int d = r < 0 ? -r : r;
        const VECTOR turn = SPLAT(r < 0 ? -1.0f : r > 0 ? 1.0f : 0.0f);
        VECTOR even[BESIDE + 1], odd[BESIDE + 1]; /* of columns of taps, as rows above */
        for (int u = 0; u < FX / 2; u++) {
            const __global VECTOR *at = taps + (size_t)u * C * vectors * R * 2;
            const __global VECTOR *sine = at + 2 * (d > 0 ? BELOW + d : 0);
            const VECTOR re = at[2 * d] - turn * sine[1], im = at[2 * d + 1] + turn * sine[0];
            for (int s = 0; s <= BESIDE; s++) {
                const int angle = u * s % FX;
                if (u == 0) { /* columns 0 and FX/2 */
                    even[s] = s % 2 ? re - im : re + im;
                    odd[s] = SPLAT(0.0f);
                } else {
                    even[s] = multiply_add(even[s], SPLAT(2.0f * COSINES_X[angle]), re);
                    odd[s] = multiply_add(odd[s], SPLAT(2.0f * SINES_X[angle]), im);
                }
            }
        }
        for (int s = -BESIDE; s <= BESIDE; s++) {
            const VECTOR sum = s < 0 ? even[-s] + odd[-s] : even[s] - odd[s];
            store_tap(unit * sum, dw + (size_t)((r + BELOW) * S + s + BESIDE) * inputs * outputs, k,
                      outputs, accumulate);
        }
    }
}
