/* Convolution by Fourier transforms, for stride 1: products of spectra (conv2d_fft_maps.cl), for
 * all channels together a matrix product for each frequency. With X, W, Y the transforms of maps
 * and of filters whose middle tap lies at (0, 0):
 *
 *     forward            Y  = sum over c of X conj(W)         [rows][C] x [C][K]
 *     backward_data      dX = sum over k of dY W              [rows][K] x [K][C]
 *     backward_weights   dW = sum over rows of X conj(dY)     [C][rows] x [rows][K]
 *
 *     conv2d_fft_filter     weights -> their transforms along rows of taps, for each column u
 *     conv2d_fft_multiply   transforms these along columns, multiplies a spectrum by them
 *     conv2d_fft_weights    in conv2d_fft_weights.cl
 *
 * The transforms of the filters are never stored, they are larger than all else: filters have few
 * taps, so that a column of them costs less to transform than to read.
 *
 * A work-item takes one column u or a part of it. In groups of one item, on CPUs; scratch is local.
 *
 * Precision: float. Sums run over channels in order; no atomics: a run repeats bit for bit, on any
 * number of cores. */
#include "conv2d_fft_product.clh"

/* ---- Filters ---- */

/* Output channels k .. k+VW-1 of a tap; zeros from `outputs` on. */
VECTOR load_tap(const __global float *w, int k, int outputs, int out_stride)
{
    float part[VW];
    for (int j = 0; j < VW; j++) part[j] = k + j < outputs ? w[(size_t)(k + j) * out_stride] : 0.0f;
    return VLOAD(part);
}

/* x[0], x[1 .. half], x[half + 1 .. 2 half] = middle, sums and differences of opposite taps. */
void fold_taps(VECTOR *x, int half_taps)
{
    VECTOR folded[(R > S ? R : S)];
    folded[0] = x[half_taps];
    for (int d = 1; d <= half_taps; d++) {
        folded[d] = x[half_taps + d] + x[half_taps - d];
        folded[half_taps + d] = x[half_taps + d] - x[half_taps - d];
    }
    for (int d = 0; d <= 2 * half_taps; d++) x[d] = folded[d];
}

/* u [FX/2][C][vectors][R][2], over FX * FY: for each folded row of taps its transform at column u;
 * for u = 0 those at columns 0 and FX/2, which are real. The weight of tap (r, s), channels c and
 * k, is at (r * S + s) * inputs * outputs + c * in_stride + k * out_stride.
 *
 * Grid: C * vectors items, C >= inputs channels with those that are 0. */
__kernel void conv2d_fft_filter(__global const float *restrict w, __global VECTOR *restrict u,
                                int inputs, int outputs, int in_stride, int out_stride, int C,
                                int vectors)
{
    const int id = get_global_id(0);
    if (id >= C * vectors) return;
    const int c = id / vectors, k = id % vectors * VW;
    VECTOR taps[R][S], column[R];
    for (int r = 0; r < R; r++) {
        for (int s = 0; s < S; s++) {
            const size_t at = (size_t)(r * S + s) * inputs * outputs + (size_t)c * in_stride;
            const VECTOR tap = c < inputs ? load_tap(w + at, k, outputs, out_stride) : SPLAT(0.0f);
            taps[r][s] = tap * SPLAT(1.0f / (FX * FY));
        }
        fold_taps(taps[r], BESIDE);
    }
    for (int s = 0; s < S; s++) {
        for (int r = 0; r < R; r++) column[r] = taps[r][s];
        fold_taps(column, BELOW);
        for (int r = 0; r < R; r++) taps[r][s] = column[r];
    }
    u += (size_t)id * R * 2;
    for (int x = 0; x < FX / 2; x++, u += (size_t)C * vectors * R * 2)
        for (int r = 0; r < R; r++) {
            VECTOR re = taps[r][0], im = x == 0 ? re : SPLAT(0.0f);
            for (int d = 1; d <= BESIDE; d++) {
                const int at = x * d % FX;
                re = multiply_add(re, SPLAT(COSINES_X[at]), taps[r][d]);
                if (x > 0) im = multiply_add(im, SPLAT(-SINES_X[at]), taps[r][BESIDE + d]);
                if (x == 0) im += d % 2 ? -taps[r][d] : taps[r][d];
            }
            u[2 * r] = re;
            u[2 * r + 1] = im;
        }
}

/* The transforms of filters at slots v and FY - v of column x (0 and FY/2 for v = 0), of `count`
 * vectors of output channels: panel[2][count / NV][3][C][NV]. w: at column x and the first of the
 * vectors. sign: -1 for the conjugates. */
void pack_filters(const __global VECTOR *w, __local VECTOR *panel, int x, int v, int C, int vectors,
                  int count, float sign)
{
    for (int c = 0; c < C; c++)
        for (int q = 0; q < count; q++) {
            const __global VECTOR *z = w + ((size_t)c * vectors + q) * R * 2;
            __local VECTOR *b = panel + ((q / NV) * PRODUCTS * C + c) * NV + q % NV;
            /* Sums over even (cosine) and odd (sine) rows of taps. */
            VECTOR even_re = z[0], even_im = z[1], odd_re = SPLAT(0.0f), odd_im = SPLAT(0.0f);
            VECTOR half_re = even_re, half_im = even_im; /* v = 0: those at FY/2 */
#pragma unroll
            for (int d = 1; d <= BELOW; d++) {
                const __global VECTOR *even = z + 2 * d, *odd = z + 2 * (BELOW + d);
                const VECTOR cosine = SPLAT(COSINES_Y[v * d % FY]);
                const VECTOR sine = SPLAT(SINES_Y[v * d % FY]);
                even_re = multiply_add(even_re, cosine, even[0]);
                even_im = multiply_add(even_im, cosine, even[1]);
                odd_re = multiply_add(odd_re, sine, odd[0]);
                odd_im = multiply_add(odd_im, sine, odd[1]);
                half_re += d % 2 ? -even[0] : even[0];
                half_im += d % 2 ? -even[1] : even[1];
            }
            __local VECTOR *other = b + count * C * PRODUCTS;
            const int next = C * NV;
            if (v == 0) {
                const VECTOR turn = SPLAT(x == 0 ? 1.0f : sign);
                put_operand(b, next, even_re, turn * even_im, x == 0);
                put_operand(other, next, half_re, turn * half_im, x == 0);
            } else if (x == 0) {
                put_operand(b, next, even_re, SPLAT(-sign) * odd_re, 0);
                put_operand(other, next, even_im, SPLAT(-sign) * odd_im, 0);
            } else {
                put_operand(b, next, even_re + odd_im, SPLAT(sign) * (even_im - odd_re), 0);
                put_operand(other, next, even_re - odd_im, SPLAT(sign) * (even_im + odd_re), 0);
            }
        }
}

/* ---- Products ---- */

/* Left operands of product p: the rows of a tile, of `vectors` vectors. */
void put_rows(const __global VECTOR *x, size_t plane, __local VECTOR *left, int vectors, int p)
{
    for (int i = 0; i < MR * vectors; i++)
        left[i] = p == 0 ? x[i] + x[i + plane] : x[i + (p == 1 ? 0 : plane)];
}

/* y = x times the panel, for one slot and `count` vectors of output channels, of which y has
 * `vectors` a row. soon: what is read next, as large as x. Scratch: left, MR * C floats, and kept,
 * BLOCK_ROWS * NV vectors. */
void multiply_slot(const __global VECTOR *x, size_t x_plane, __global VECTOR *y, size_t y_plane,
                   const __local VECTOR *panel, __local VECTOR *left, __local VECTOR *kept,
                   const __global VECTOR *soon, int rows, int C, int vectors, int count, int pair)
{
    const int elements = 2 * rows * (C / VW), tiles = PRODUCTS * (rows / MR) * (count / NV);
    const int lines = (elements + tiles - 1) / tiles;
    int fetched = 0;
    for (int first = 0; first < rows; first += BLOCK_ROWS) {
        const int last = min(first + BLOCK_ROWS, rows);
        for (int q = 0; q < count; q += NV)
            for (int p = 0; p < PRODUCTS; p++)
                for (int row = first; row < last; row += MR, fetched += lines) {
                    VECTOR product[MR][NV];
                    __local VECTOR *begun = kept + (row - first) * NV;
                    __global VECTOR *to = y + row * vectors + q + (part_of(p, pair) ? y_plane : 0);
                    prefetch_lines(soon, fetched, min(fetched + lines, elements));
                    put_rows(x + row * (C / VW), x_plane, left, C / VW, p);
#pragma unroll
                    for (int i = 0; i < MR * NV; i++)
                        product[i / NV][i % NV] = p > 0 ? begun[i] : SPLAT(0.0f);
                    multiply_tile((const __local float *)left, C, 1,
                                  panel + (q * PRODUCTS + p * NV) * C, C, product);
#pragma unroll
                    for (int i = 0; i < MR * NV; i++) {
                        if (p > 0) {
                            to[i / NV * vectors + i % NV] = product[i / NV][i % NV];
                        } else {
                            begun[i] = product[i / NV][i % NV];
                        }
                    }
                }
    }
}

/* The spectrum y, `vectors` vectors of channels, from the spectrum x of C channels and the filters
 * u of conv2d_fft_filter. `panel_vectors` (a multiple of NV, as `vectors` is) are transformed and
 * multiplied at a time. panel: 6 * C * panel_vectors vectors; left and kept: see above.
 *
 * Grid: FX/2 * parts items; a part is some of the pairs of slots of a column. */
__kernel void conv2d_fft_multiply(__global const VECTOR *restrict x,
                                  __global const VECTOR *restrict u, __global VECTOR *restrict y,
                                  int rows, int C, int vectors, int parts, int panel_vectors,
                                  float sign, __local VECTOR *restrict panel,
                                  __local VECTOR *restrict left, __local VECTOR *restrict kept)
{
    const int id = get_global_id(0);
    if (id >= FX / 2 * parts) return;
    const int column = id / parts, part = id % parts;
    const int v_last = (part + 1) * (FY / 2) / parts;
    const size_t x_plane = PLANE(rows, C / VW), x_slot = SLOT(rows, C / VW);
    const size_t y_plane = PLANE(rows, vectors), y_slot = SLOT(rows, vectors);
    x += (size_t)column * FY * x_slot;
    u += (size_t)column * C * vectors * R * 2;
    y += (size_t)column * FY * y_slot;
    for (int v = part * (FY / 2) / parts; v < v_last; v++)
        for (int first = 0; first < vectors; first += panel_vectors) {
            const int count = min(panel_vectors, vectors - first);
            pack_filters(u + (size_t)first * R * 2, panel, column, v, C, vectors, count, sign);
            for (int side = 0; side < 2; side++) {
                const int slot = side ? other_slot(v) : v;
                const int next = side ? min(v + 1, FY / 2 - 1) : other_slot(v);
                multiply_slot(x + slot * x_slot, x_plane, y + slot * y_slot + first, y_plane,
                              panel + side * count * C * PRODUCTS, left, kept, x + next * x_slot,
                              rows, C, vectors, count, column == 0 && v == 0);
            }
        }
}
