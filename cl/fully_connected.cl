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
 *     fully_connected_block      a block of C, for large products on CPUs
 *     fully_connected_reduce     adds up the sums of the splits
 *
 * Where C is small and depth long, the depth is divided among `splits` parts, whose sums
 * fully_connected_reduce adds up.
 *
 * Precision: float, one running sum in order of depth within a split (or within a block of depths,
 * and the blocks in order), then the splits in order. No atomics: a run repeats bit for bit. */
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

/* PREFETCH(place): asks for the line of global memory that holds it, to be at hand later; OpenCL's
 * own prefetch() does nothing on CPUs. AHEAD: 1 if the host wants that. */
#ifndef AHEAD
#define AHEAD 0
#endif
#if AHEAD && defined(__has_builtin)
#if __has_builtin(__builtin_prefetch)
#define PREFETCH(place) __builtin_prefetch((place), 0, 2)
#endif
#endif
#ifndef PREFETCH
#define PREFETCH(place)
#endif
#define LINE 16 /* floats that come at once from memory */

/* PLAIN: 1 to transpose without swizzles, which end Oclgrind's search for uninitialised values. */
#ifndef PLAIN
#define PLAIN 0
#endif
#if PLAIN != 0 && PLAIN != 1
#error "PLAIN must be 0 or 1"
#endif

/* fully_connected_block: element (i, k) of its panel of A is at [i * LEFT_ROW + k * LEFT_STEP]. */
#ifndef LEFT_ROW
#define LEFT_ROW 1
#endif
#ifndef LEFT_STEP
#define LEFT_STEP 1
#endif
#if LEFT_ROW < 1 || LEFT_STEP < 1
#error "LEFT_ROW and LEFT_STEP must be at least 1"
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

/* Turns VW x VW floats in registers. A round takes the even and the odd elements of neighbouring
 * rows apart, which rotates the bits of a float's place (row, column) by one. */
void transpose(VECTOR block[VW])
{
#if PLAIN
    float turned[VW * VW];
    for (int i = 0; i < VW; i++) {
        float row[VW];
        VSTORE(block[i], row);
        for (int j = 0; j < VW; j++) turned[j * VW + i] = row[j];
    }
    for (int j = 0; j < VW; j++) block[j] = VLOAD(turned + j * VW);
#elif VW > 1
#pragma unroll
    for (int round = VW; round > 1; round /= 2) {
        VECTOR turned[VW];
#pragma unroll
        for (int i = 0; i < VW / 2; i++) {
            turned[i] = (VECTOR)(block[2 * i].even, block[2 * i + 1].even);
            turned[VW / 2 + i] = (VECTOR)(block[2 * i].odd, block[2 * i + 1].odd);
        }
#pragma unroll
        for (int i = 0; i < VW; i++) block[i] = turned[i];
    }
#endif
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

void store_element(float value, __global float *p, int accumulate)
{
    *p = accumulate ? *p + value : value;
}

/* A row's vector: its first n elements to p, or added to what is there. */
void store_row(VECTOR v, __global float *p, int n, int accumulate)
{
    if (n >= VW && (size_t)p % sizeof(VECTOR) == 0) {
        if (accumulate) v += VLOAD_ALIGNED(p);
        VSTORE_ALIGNED(v, p);
        return;
    }
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

/* `rows` times `length` floats, `step` apart, to rows of `pitch`. */
void copy_panel(const __global float *source, size_t step, __local float *panel, int pitch,
                int rows, int length)
{
    const bool aligned = ((size_t)source / sizeof(float) | step | (size_t)pitch) % VW == 0;
    for (int r = 0; r < rows; r++, source += step, panel += pitch) {
        int e = 0;
        if (aligned)
            for (; e + VW <= length; e += VW)
                *(__local VECTOR *)(panel + e) = VLOAD_ALIGNED(source + e);
        for (; e + VW <= length; e += VW) VSTORE(VLOAD(source + e), panel + e);
        for (; e < length; e++) panel[e] = source[e];
    }
}

/* Asks for the rows of a panel to come that are the share of `part` .. part + size of `parts`. */
void prefetch_panel(const __global float *source, size_t step, int rows, int length, int part,
                    int size, int parts)
{
    const int end = rows * min(part + size, parts) / parts;
    for (int r = rows * part / parts; r < end; r++)
        for (int e = 0; e < length; e += LINE) PREFETCH(source + r * step + e);
}

/* fully_connected_product for cores with caches. An item has a block of C: block_rows rows (a
 * multiple of MR) and block_vectors vectors of columns (a multiple of NV). It goes through its
 * split of the depth by block_depth; parts of A and B for that are first copied to panels, because
 * rows that lie a power of two apart share few lines of a cache, and sums rest in C. With
 * splits > 1, c is [splits][M][vectors] vectors, as above.
 * left_panel: block_rows x block_depth floats and the spare that LEFT_ROW and LEFT_STEP ask for;
 * right_panel: block_depth * NV vectors.
 *
 * Grid: row_blocks * column_blocks * splits items, in groups of one. */
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void fully_connected_block(__global const float *restrict a, __global const VECTOR *restrict b,
                           __global float *restrict c, int M, int columns, int depth, int vectors,
                           int block_rows, int block_vectors, int block_depth, int splits,
                           int chunk, int a_row, int a_step, int accumulate,
                           __local VECTOR *left_panel, __local VECTOR *right_panel)
{
    __local float *panel = (__local float *)left_panel;
    const int row_blocks = (M + block_rows - 1) / block_rows;
    const int column_blocks = (vectors + block_vectors - 1) / block_vectors;
    const int id = get_global_id(0), block = id % (row_blocks * column_blocks);
    const int g = id / (row_blocks * column_blocks);
    const int m0 = block / column_blocks * block_rows, rows = min(block_rows, M - m0);
    const int first = block % column_blocks * block_vectors;
    const int last = min(first + block_vectors, vectors);
    const int k_first = g * chunk, k_last = min(depth, k_first + chunk);
    if (splits > 1) {
        c += (size_t)g * M * vectors * VW;
        columns = vectors * VW;
        accumulate = 0;
    }

    for (int k0 = k_first; k0 < k_last; k0 += block_depth) {
        const int steps = min(block_depth, k_last - k0);
        const __global float *corner = a + (size_t)m0 * a_row + (size_t)k0 * a_step;
        if (a_step == 1)
            copy_panel(corner, a_row, panel, LEFT_ROW, rows, steps);
        else
            copy_panel(corner, a_step, panel, LEFT_STEP, steps, rows);
        /* What the item that comes next, or this one, will copy then. */
        const bool deeper = k0 + steps < depth, lower = m0 + 2 * block_rows <= M;
        const __global float *next =
            corner + (deeper ? (size_t)steps * a_step : (size_t)rows * a_row);
        for (int v = first; v < last; v += NV) {
            const __global VECTOR *right = b + (size_t)k0 * vectors + v;
            const bool wider = v + NV < last || deeper;
            const __global VECTOR *next_right =
                v + NV < last ? right + NV : right + (size_t)steps * vectors - (v - first);
            for (int k = 0; k < steps; k++)
#pragma unroll
                for (int j = 0; j < NV; j++)
                    right_panel[k * NV + j] = right[(size_t)k * vectors + j];

            for (int i0 = 0; i0 < rows; i0 += MR) {
                VECTOR sum[MR][NV];
#pragma unroll
                for (int i = 0; i < MR; i++)
#pragma unroll
                    for (int j = 0; j < NV; j++) sum[i][j] = SPLAT(0.0f);
                if (v == first && (deeper || lower)) {
                    if (a_step == 1)
                        prefetch_panel(next, a_row, rows, steps, i0, MR, rows);
                    else
                        prefetch_panel(next, a_step, steps, rows, i0, MR, rows);
                }
                if (wider)
                    prefetch_panel((const __global float *)next_right, (size_t)vectors * VW, steps,
                                   NV * VW, i0, MR, rows);
                const __local float *left = panel + i0 * LEFT_ROW;
                for (int k = 0; k < steps; k++)
#pragma unroll
                    for (int i = 0; i < MR; i++) {
                        const VECTOR value = SPLAT(left[i * LEFT_ROW + k * LEFT_STEP]);
#pragma unroll
                        for (int j = 0; j < NV; j++) sum[i][j] += value * right_panel[k * NV + j];
                    }
#pragma unroll
                for (int i = 0; i < MR; i++)
#pragma unroll
                    for (int j = 0; j < NV; j++) {
                        const int n = (v + j) * VW, m = m0 + i0 + i;
                        if (i0 + i < rows)
                            store_row(sum[i][j], c + (size_t)m * columns + n, columns - n,
                                      accumulate || k0 > k_first);
                    }
            }
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
