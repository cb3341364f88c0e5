/* Fully connected layer and its gradients: src/reference/fully_connected.h has the formulas.
 *
 * All passes are one product C [M][columns] = A [M][depth] B [depth][columns]: A is read one float
 * at a time, with any strides; B in vectors along a row. That lets every pass read the large
 * weights [I][O] as they lie in memory:
 *
 *     forward            y = x w        M = N, columns = O, depth = I
 *     backward_data      dx^T = w dy^T  M = I, columns = N, depth = O; C is written transposed
 *     backward_weights   dw = x^T dy    M = I, columns = O, depth = N; A is read transposed
 *
 *     fully_connected_pad        B with whole vectors in a row, where it has none
 *     fully_connected_transpose  dy -> dy^T
 *     fully_connected_product    a tile of C
 *     fully_connected_reduce     adds up the sums of the splits
 *
 * Where C is small and depth long, the depth is divided among `splits` parts, whose sums
 * fully_connected_reduce adds up.
 *
 * Precision: float, one running sum in order of depth within a split, then the splits in order. No
 * atomics: a run repeats bit for bit. */
#include "fully_connected.clh"

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
    VECTOR block[VW];
#pragma unroll
    for (int i = 0; i < VW; i++) {
        const __global float *from = source + (size_t)(row + i) * columns + column;
        if (i < height && width == VW) {
            block[i] = VLOAD(from);
        } else {
            float part[VW];
            for (int j = 0; j < VW; j++) part[j] = i < height && j < width ? from[j] : 0.0f;
            block[i] = VLOAD(part);
        }
    }
    transpose(block);
    target += (size_t)column * pitch + row;
#pragma unroll
    for (int j = 0; j < VW; j++)
        if (j < width) VSTORE(block[j], target + (size_t)j * pitch);
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

/* C [M][columns], or transposed [columns][M], from the partial sums of the splits.
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
    if (!transposed) {
        store_row(sum, c + (size_t)m * columns + n, columns - n, accumulate);
        return;
    }
    float part[VW];
    VSTORE(sum, part);
    store_transposed(part, c + (size_t)n * M + m, 1, columns - n, M, accumulate);
}
