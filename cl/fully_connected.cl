/* Fully connected layer and its gradients: src/reference/fully_connected.h has the formulas.
 *
 * All passes are one product C [M][columns] = A [M][depth] B [depth][columns]: A is read one float
 * at a time, with any strides; B in vectors along a row; C is written with any strides. That lets
 * every pass read the large weights [I][O] as they lie in memory:
 *
 *     forward            y = x w        M = N, columns = O, depth = I
 *     backward_data      dx^T = w dy^T  M = I, columns = N, depth = O; C is written transposed
 *     backward_weights   dw = x^T dy    M = I, columns = O, depth = N; A is read transposed
 *
 * B must have whole vectors in a row: dy^T is made so by fully_connected_transpose, other matrices
 * that need it by fully_connected_pad. Where C is small and depth long, the depth is divided among
 * `splits` parts, whose sums fully_connected_reduce adds up.
 *
 * Precision: float, one running sum in order of depth within a split, then the splits in order. No
 * atomics: a run repeats bit for bit. */
#include "common.clh"

/* A register tile of MR rows by NV vectors, which must fit the registers with NV + 1 operands: MR
 * from 1 to 16, NV from 1 to 4. */
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

/* target [rows][pitch]: source [rows][columns] with zeros behind each row.
 *
 * Grid: (ceil(pitch / chunk), rows); an item writes `chunk` floats. */
__kernel void fully_connected_pad(__global const float *restrict source,
                                  __global float *restrict target, int rows, int columns,
                                  int pitch, int chunk)
{
    const int first = get_global_id(0) * chunk, row = get_global_id(1);
    if (first >= pitch || row >= rows) return;
    source += (size_t)row * columns;
    target += (size_t)row * pitch;
    for (int i = first; i < min(first + chunk, pitch); i++)
        target[i] = i < columns ? source[i] : 0.0f;
}

/* target [columns][pitch]: source [rows][columns] transposed, zeros in columns rows .. pitch-1.
 *
 * Grid: (ceil(columns / VW), pitch / VW); an item turns a block of VW x VW. */
__kernel void fully_connected_transpose(__global const float *restrict source,
                                        __global float *restrict target, int rows, int columns,
                                        int pitch)
{
    const int column = get_global_id(0) * VW, row = get_global_id(1) * VW;
    if (column >= columns || row >= pitch) return;
    const int height = min(VW, rows - row), width = min(VW, columns - column);
    float block[VW * VW];
    for (int i = 0; i < VW; i++) {
        const __global float *from = source + (size_t)(row + i) * columns + column;
        if (i < height && width == VW)
            VSTORE(VLOAD(from), block + i * VW);
        else
            for (int j = 0; j < VW; j++)
                block[i * VW + j] = i < height && j < width ? from[j] : 0.0f;
    }
    for (int j = 0; j < width; j++)
        for (int i = 0; i < VW; i++)
            target[(size_t)(column + j) * pitch + row + i] = block[i * VW + j];
}

void store_element(float value, __global float *p, int accumulate)
{
    *p = accumulate ? *p + value : value;
}

/* A row's vector: its first n elements to p, or added to what is there. */
void store_row(VECTOR v, __global float *p, int n, int accumulate)
{
    if (n >= VW) {
        if (accumulate) v += VLOAD(p);
        VSTORE(v, p);
        return;
    }
    float part[VW];
    VSTORE(v, part);
    for (int e = 0; e < n; e++) store_element(part[e], p + e, accumulate);
}

/* `rows` vectors of one column of a tile, rows[i * VW + e]: element e of row i to p[e * step + i],
 * so that consecutive stores are neighbours. */
void store_transposed(const float *rows, __global float *p, int count, int n, int step,
                      int accumulate)
{
    for (int e = 0; e < min(n, VW); e++)
        for (int i = 0; i < count; i++)
            store_element(rows[i * VW + e], p + (size_t)e * step + i, accumulate);
}

/* Element (m, k) of A is a[m * a_row + k * a_step]; b is [depth][vectors]. C is [M][columns], or
 * with transposed = 1 [columns][M].
 * splits > 1: c is [splits][M][vectors] vectors instead, split g sums the depths g * chunk ..
 * (g+1) * chunk - 1, and transposed and accumulate have no meaning.
 * columns_first: neighbouring items take neighbouring columns, not rows; the splits come last.
 *
 * Grid: row_tiles * column_tiles * splits items; row_tiles = ceil(M / MR),
 * column_tiles = vectors / NV (without remainder), splits = ceil(depth / chunk). */
__kernel void fully_connected_product(__global const float *restrict a,
                                      __global const VECTOR *restrict b, __global float *restrict c,
                                      int M, int columns, int depth, int vectors, int row_tiles,
                                      int column_tiles, int splits, int chunk, int a_row,
                                      int a_step, int transposed, int columns_first,
                                      int accumulate)
{
    const int id = get_global_id(0);
    const int tiles = row_tiles * column_tiles;
    if (id >= tiles * splits) return;
    const int g = id / tiles, tile = id - g * tiles;
    const int m0 = (columns_first ? tile / column_tiles : tile % row_tiles) * MR;
    const int v0 = (columns_first ? tile % column_tiles : tile / row_tiles) * NV;
    const int k_first = g * chunk, k_last = min(depth, k_first + chunk);

    size_t at[MR]; /* rows behind the last one read it again */
    VECTOR sum[MR][NV];
#pragma unroll
    for (int i = 0; i < MR; i++) {
        at[i] = (size_t)min(m0 + i, M - 1) * a_row;
#pragma unroll
        for (int j = 0; j < NV; j++) sum[i][j] = SPLAT(0.0f);
    }
    a += (size_t)k_first * a_step;
    b += (size_t)k_first * vectors + v0;
    for (int k = k_first; k < k_last; k++, a += a_step, b += vectors) {
        VECTOR right[NV];
#pragma unroll
        for (int j = 0; j < NV; j++) right[j] = b[j];
#pragma unroll
        for (int i = 0; i < MR; i++) {
            const VECTOR left = SPLAT(a[at[i]]);
#pragma unroll
            for (int j = 0; j < NV; j++) sum[i][j] += left * right[j];
        }
    }

    const int rows = min(MR, M - m0);
    if (splits > 1) {
        __global VECTOR *partial = (__global VECTOR *)c + ((size_t)g * M + m0) * vectors + v0;
#pragma unroll
        for (int i = 0; i < MR; i++)
            if (i < rows)
#pragma unroll
                for (int j = 0; j < NV; j++) partial[(size_t)i * vectors + j] = sum[i][j];
        return;
    }
#pragma unroll
    for (int j = 0; j < NV; j++) {
        const int n = (v0 + j) * VW;
        if (transposed) {
            float part[MR * VW];
#pragma unroll
            for (int i = 0; i < MR; i++) VSTORE(sum[i][j], part + i * VW);
            store_transposed(part, c + (size_t)n * M + m0, rows, columns - n, M, accumulate);
        } else {
#pragma unroll
            for (int i = 0; i < MR; i++)
                if (i < rows)
                    store_row(sum[i][j], c + (size_t)(m0 + i) * columns + n, columns - n,
                              accumulate);
        }
    }
}

/* C, as above, from the partial sums of the splits.
 *
 * Grid: M * vectors items. */
__kernel void fully_connected_reduce(__global const VECTOR *restrict partial,
                                     __global float *restrict c, int M, int columns, int vectors,
                                     int splits, int transposed, int accumulate)
{
    const int id = get_global_id(0);
    const int size = M * vectors;
    if (id >= size) return;
    VECTOR sum = partial[id];
    for (int g = 1; g < splits; g++) sum += partial[(size_t)g * size + id];
    const int m = id / vectors, n = (id - m * vectors) * VW;
    if (transposed) {
        float part[VW];
        VSTORE(sum, part);
        store_transposed(part, c + (size_t)n * M + m, 1, columns - n, M, accumulate);
    } else {
        store_row(sum, c + (size_t)m * columns + n, columns - n, accumulate);
    }
}
